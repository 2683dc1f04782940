"""How scrobbles are laid out: what tells a file of them, and what their fields are called.

Here belongs: names of fields, headers, what is wrapped around the rows. Not here: what a row says
(`scrobbles`).
"""

import re
from collections.abc import Mapping, Sequence

LASTFM_ARRAYS = ("scrobbles", "track")
LISTENBRAINZ_ARRAYS = ("listens",)

ALIASES: Mapping[str, tuple[str, ...]] = {
    "time": (
        *(
            "uts",
            "unixtime",
            "unix_time",
            "timestamp",
            "date_uts",
            "utc_time",
            "utctime",
            "iso_time",
            "isotime",
        ),
        *("scrobbled_at", "played_at", "listened_at", "datetime", "date_time", "date", "time"),
    ),
    "artist": ("artist", "artist_name", "artistname"),
    "track": ("track", "track_name", "trackname", "name", "title", "song"),
    "album": ("album", "album_name", "albumname", "album_title"),
    "duration_ms": ("duration_ms", "length_ms"),
    "duration_s": ("duration", "length"),
}
"""What exporters call a field, the likelier names first; epoch times come before written ones."""
NOT_KEPT = frozenset({*ALIASES["time"], "image", "url", "streamable", "loved", "@attr"})
_HEADERLESS: Mapping[int, tuple[str, ...]] = {
    4: ("artist", "album", "track", "date"),
    7: ("timestamp", "track", "artist", "album", "track_mbid", "artist_mbid", "album_mbid"),
}
"""Columns of the layouts without a header, by their number: `lastfm-to-csv` and `lastexport`."""
_WRITTEN_TIME = re.compile(r"^\d{1,2} [A-Za-z]{3} \d{4},? \d{2}:\d{2}(?::\d{2})?$")
_EPOCH = re.compile(r"^\d{9,13}$")


def is_lastfm(element: Mapping[str, object]) -> bool:
    """Whether a JSON object is a scrobble as Last.fm's exporters write it."""
    keys = {normal(key) for key in element}
    is_track = bool(keys & set(ALIASES["artist"]) and keys & set(ALIASES["track"]))
    is_timed = bool(keys & set(ALIASES["time"])) or is_now_playing(element)
    return is_track and is_timed


def is_listenbrainz(element: Mapping[str, object]) -> bool:
    """Whether a JSON object is a listen of ListenBrainz."""
    return "track_metadata" in element and ("listened_at" in element or "inserted_at" in element)


def contained(element: Mapping[str, object]) -> list[object] | None:
    """The scrobbles in an object that is a page of them; None where it is none."""
    for outer in ("recenttracks", "payload"):
        inner = element.get(outer)
        if isinstance(inner, dict):
            element = inner
    for name in (*LASTFM_ARRAYS, *LISTENBRAINZ_ARRAYS):
        members = element.get(name)
        if isinstance(members, list):
            return members
        if isinstance(members, dict) and name == "track" and "artist" in members:
            return [members]
    return None


def lastfm_columns(header: Sequence[str]) -> dict[str, str]:
    """The column for each field of a scrobble, empty where artist, track and time are not all there."""
    written = {normal(name.split("#", 1)[0]): name for name in reversed(header)}
    found = {
        field: written[alias]
        for field, aliases in ALIASES.items()
        for alias in reversed(aliases)
        if alias in written
    }
    return found if {"time", "artist", "track"} <= found.keys() else {}


def lastfm_layout(first: Sequence[str]) -> tuple[str, ...] | None:
    """The columns of a file without a header, told by its first record; None where it is no such file."""
    layout = _HEADERLESS.get(len(first))
    if layout is None:
        return None
    pattern = _WRITTEN_TIME if len(first) == 4 else _EPOCH
    return layout if pattern.match(first[layout.index("date" if len(first) == 4 else "timestamp")]) else None


def normal(name: str) -> str:
    """A field's name as the aliases write it."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def is_now_playing(element: Mapping[str, object]) -> bool:
    """Whether a track of Last.fm was playing when its page was read."""
    attributes = element.get("@attr")
    return isinstance(attributes, dict) and str(attributes.get("nowplaying")).lower() == "true"
