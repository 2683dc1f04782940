"""YouTube Music's `watch-history.json` of Google Takeout. One row per playback.

`time` is the UTC moment of the start. Nothing says how much was heard, so `ms_played` is the 30 seconds that
scrobbles get too (`extra.ms_played_from` = `assumed`) and the outcome stays unknown. The title stands in a
sentence of the account's language ("Watched …"), which is taken off where its words are known; the artist is
the channel, without " - Topic". Entries of YouTube itself share the file: they are refused as `not_music`
and nothing of what they name is kept.
"""

import re
from collections.abc import Iterator, Mapping

import polars as pl

from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.event_rows import text_column
from spotify_assets.sources.extras import unplanned, values_of
from spotify_assets.sources.formats.model import SECOND_MS, Clock, Format
from spotify_assets.sources.json_stream import Batch, read_batches
from spotify_assets.sources.kinds import Chunk, Kind, Recognised
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.sources.scrobble_evidence import Evidence, ScrobbleTexts
from spotify_assets.sources.scrobbles import Reading, scrobbled

SOURCE = "youtube_music"
MUSIC, VIDEOS = "YouTube Music", "YouTube"
NOT_MUSIC = "not_music"
_NEEDED = frozenset({"header", "title", "time"})
_KNOWN = frozenset(
    {*_NEEDED, "titleUrl", "subtitles", "products", "activityControls", "description", "details"}
)
PERSONAL = PERSONAL_KEYS | {"locationInfos", "imageFile"}
_TITLE = re.compile(
    r"^(?:(?:Watched|Obejrzano:|Has visto|Viste|Hai guardato|Vous avez regardé|Você assistiu a|Assistiu a"
    r"|Viu|Du tittade på|Du har sett på|Katsoit videon)\s+(?P<after>.+)"
    r"|(?P<before>.+?)\s*(?:angesehen|bekeken|を視聴しました|を視聴|을\(를\) 시청함))$",
    re.DOTALL,
)
_ADDRESS = re.compile(r"^https?://")
_VIDEO_ID = r"[?&]v=([0-9A-Za-z_-]{11})(?:$|&)"


def is_entry(element: Mapping[str, object]) -> bool:
    """Whether a JSON object is an entry of a watch history."""
    return element.keys() >= _NEEDED and element["header"] in (MUSIC, VIDEOS)


def _title(value: object) -> str | None:
    """The title in the sentence around it; None where a removed video has its address for a title."""
    if not isinstance(value, str):
        return None
    found = _TITLE.match(value.strip())
    title = (found["after"] or found["before"]) if found else value.strip()
    return None if _ADDRESS.match(title) else title


def _artist(value: object) -> str | None:
    first = value[0] if isinstance(value, list) and value else None
    name = first.get("name") if isinstance(first, dict) else None
    return name.removesuffix(" - Topic") if isinstance(name, str) else None


def _names(elements: list[dict[str, object]]) -> ScrobbleTexts:
    return ScrobbleTexts(
        text_column("artist_name", [_artist(value) for value in values_of(elements, "subtitles")]),
        text_column("track_name", [_title(value) for value in values_of(elements, "title")]),
        pl.Series("album_name", [None] * len(elements), dtype=pl.String),
        text_column("started_at", values_of(elements, "time")),
        "time",
    )


def _without_videos(batch: Batch) -> Batch:
    """The batch with nothing but the header of what is no music, which is then refused."""
    elements = [
        element if element.get("header") == MUSIC else {"header": element.get("header")}
        for element in batch.elements
    ]
    return Batch(batch.rows, elements, batch.malformed, batch.notes)


def _read(file: InputFile, _: Recognised, source_file: str, user_id: str) -> Iterator[Chunk]:
    def batches() -> Iterator[Batch]:
        with file.open() as stream:
            yield from map(_without_videos, read_batches(stream))

    evidence = Evidence(file, lambda: (_names(batch.elements) for batch in batches()))
    reading = Reading(SOURCE, source_file, user_id, evidence)
    for batch in batches():
        yield _chunk(batch, reading)


def _chunk(batch: Batch, reading: Reading) -> Chunk:
    elements = batch.elements
    is_video = pl.Series([element.get("header") != MUSIC for element in elements], dtype=pl.Boolean)
    given = pl.DataFrame(
        {name: [None] * len(elements) for name in ("length_ms", "length_s", "listened_s", "track_id")},
        schema={"length_ms": pl.Int64, "length_s": pl.Int64, "listened_s": pl.Int64, "track_id": pl.String},
    )
    extras = unplanned(elements, _KNOWN | PERSONAL)
    ids = text_column("id", values_of(elements, "titleUrl")).str.extract(_VIDEO_ID, 1)
    if found := {at: value for at, value in enumerate(ids) if value is not None}:
        extras.values["youtube_video_id"] = dict(found)
    refused = [(NOT_MUSIC, pl.lit(is_video), "it is a video of YouTube, not of YouTube Music")]
    return scrobbled(
        batch, given, _names(elements), reading=reading, first_reasons=list(refused), extras=extras
    )


FORMAT = Format(
    kind=Kind.YOUTUBE_MUSIC,
    why="rows with header, title and time: the watch history of YouTube Music",
    read=_read,
    clock=Clock(SOURCE, trust=80, early_ms=30 * SECOND_MS, late_ms=90 * SECOND_MS, starts_only=True),
    is_element=is_entry,
    personal=PERSONAL,
)
