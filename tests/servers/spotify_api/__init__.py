"""Spotify's accounts service and Web API as their documentation has them, with made-up people and tracks.

    world.py      people, what they play, tracks, albums and artists, all worked out from numbers
    server.py     the HTTP server: OAuth with PKCE, cursors, limits, removed fields, faults on demand
    schemas.json  what the documentation says of each answer; the server sends nothing that does not agree

Sources: developer.spotify.com, "Authorization Code with PKCE Flow", "Redirect URIs", "Rate Limits", the
reference of `Get Recently Played Tracks`, `Get Track`, `Get Album`, `Get Artist`, and the migration guide of
February 2026, as of that month.
"""
