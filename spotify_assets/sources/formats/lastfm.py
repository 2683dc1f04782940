"""Scrobbles of Last.fm, CSV or JSON: the start by another clock, and nothing about the end."""

from spotify_assets.sources.formats.model import SECOND_MS, Clock, Format
from spotify_assets.sources.kinds import Kind
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.sources.scrobble_layouts import LASTFM_ARRAYS, is_lastfm
from spotify_assets.sources.scrobbles import LASTFM, read_lastfm

FORMAT = Format(
    kind=Kind.LASTFM,
    why="rows with artist, track and the time of a scrobble: Last.fm",
    read=read_lastfm,
    clock=Clock(LASTFM, trust=70, early_ms=30 * SECOND_MS, late_ms=90 * SECOND_MS, starts_only=True),
    is_element=is_lastfm,
    arrays=LASTFM_ARRAYS,
    personal=PERSONAL_KEYS,
    named_by_account=True,
)
