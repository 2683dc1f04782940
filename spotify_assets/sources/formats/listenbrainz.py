"""Listens of ListenBrainz, JSON or JSON lines: the start by another clock, and nothing about the end."""

from spotify_assets.sources.formats.model import SECOND_MS, Clock, Format
from spotify_assets.sources.kinds import Kind
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.sources.scrobble_layouts import LISTENBRAINZ_ARRAYS, is_listenbrainz
from spotify_assets.sources.scrobbles import LISTENBRAINZ, read_listenbrainz

FORMAT = Format(
    kind=Kind.LISTENBRAINZ,
    why="rows with listened_at and track_metadata: ListenBrainz",
    read=read_listenbrainz,
    clock=Clock(LISTENBRAINZ, trust=60, early_ms=30 * SECOND_MS, late_ms=90 * SECOND_MS, starts_only=True),
    is_element=is_listenbrainz,
    arrays=LISTENBRAINZ_ARRAYS,
    personal=PERSONAL_KEYS,
    named_by_account=True,
)
