"""The formats of listening history, one module each; recognition, reading, overlaps and features ask it.

Here belongs: what kind a format is, how it is recognised and read, which of its fields are personal, and how
far its clock is believed. A new format is a kind in `sources.kinds`, a module here and its line in `FORMATS`.
Not here: what all readers share (`sources.event_rows`).
"""

from collections.abc import Mapping

from spotify_assets.sources.formats import (
    apple_music,
    lastfm,
    listenbrainz,
    own_events,
    spotify_account,
    spotify_extended,
    youtube_music,
)
from spotify_assets.sources.formats.model import Clock, Format
from spotify_assets.sources.kinds import Kind

FORMATS: Mapping[Kind, Format] = {
    one.kind: one
    for one in (
        spotify_extended.FORMAT,
        *spotify_account.FORMATS,
        apple_music.FORMAT,
        youtube_music.FORMAT,
        listenbrainz.FORMAT,
        own_events.FORMAT,
        lastfm.FORMAT,
    )
}
"""Every format, in the order in which they are asked whether a file is of them."""

PERSONAL_KINDS = frozenset(kind for kind, one in FORMATS.items() if one.clock is not None)
"""Kinds whose files are one person's history and name the listener nowhere that may be read: the listener
is who the caller says."""

EVENT_KINDS = frozenset(FORMATS)
"""Kinds that `imports.read_events` reads."""

WEB_API = Clock("web_api", trust=40, early_ms=30_000, late_ms=30_000, either_end=True)
_OTHER_CLOCKS = (Clock("stream", trust=10, silent=False), Clock("synthetic", trust=20, silent=False), WEB_API)
"""Sources that are no files of a person's."""

CLOCKS = tuple(
    sorted(
        {*_OTHER_CLOCKS, *(one.clock for one in FORMATS.values() if one.clock)}, key=lambda clock: clock.trust
    )
)
"""What every source knows of time, in the order in which they are believed."""

PERSONAL_SOURCES = tuple(clock.source for clock in CLOCKS if clock.silent)
"""Sources of one person's listening, who may well listen to nothing for days."""
