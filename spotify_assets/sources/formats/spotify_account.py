"""Streaming history of Spotify's account data, three kinds of it. The end is cut down to the minute."""

from collections.abc import Iterator, Mapping

from spotify_assets.sources import account_data
from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.formats.model import MINUTE_MS, Clock, Format
from spotify_assets.sources.kinds import Chunk, Kind, Recognised
from spotify_assets.sources.privacy import PERSONAL_KEYS

CLOCK = Clock(account_data.SOURCE, trust=50, late_ms=MINUTE_MS, reports=True, coarse_seconds=60)
_MUSIC = frozenset({"trackName", "artistName"})
_PODCAST = frozenset({"episodeName", "podcastName"})


def _read(file: InputFile, _: Recognised, source_file: str, user_id: str) -> Iterator[Chunk]:
    return account_data.read(file, source_file, user_id)


def _kind(element: Mapping[str, object]) -> Kind | None:
    keys = element.keys()
    if not keys >= account_data.NEEDED:
        return None
    if keys & _MUSIC:
        return Kind.ACCOUNT_MUSIC
    return Kind.ACCOUNT_PODCAST if keys & _PODCAST else Kind.ACCOUNT_AUDIOBOOK


def _format(kind: Kind, what: str, content: str) -> Format:
    return Format(
        kind=kind,
        why=f"rows with endTime, {what} and msPlayed: Spotify's account data, {content}",
        read=_read,
        clock=CLOCK,
        is_element=lambda element: _kind(element) is kind,
        personal=PERSONAL_KEYS,
    )


FORMATS = (
    _format(Kind.ACCOUNT_MUSIC, "trackName", "music"),
    _format(Kind.ACCOUNT_PODCAST, "episodeName", "podcasts"),
    _format(Kind.ACCOUNT_AUDIOBOOK, "a book", "audiobooks"),
)
