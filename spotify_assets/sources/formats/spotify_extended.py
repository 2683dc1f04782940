"""Spotify's Extended Streaming History: complete, to the second, and it says why a playback ended."""

from collections.abc import Iterator

from spotify_assets.sources import streaming_history
from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.formats.model import Clock, Format
from spotify_assets.sources.kinds import Chunk, Kind, Recognised
from spotify_assets.sources.privacy import PERSONAL_KEYS


def _read(file: InputFile, _: Recognised, source_file: str, user_id: str) -> Iterator[Chunk]:
    return streaming_history.read(file, source_file, user_id)


FORMAT = Format(
    kind=Kind.EXTENDED_HISTORY,
    why="rows with ts and ms_played: Spotify's Extended Streaming History",
    read=_read,
    clock=Clock(streaming_history.SOURCE, trust=0),
    is_element=lambda element: element.keys() >= streaming_history.NEEDED,
    personal=PERSONAL_KEYS,
)
