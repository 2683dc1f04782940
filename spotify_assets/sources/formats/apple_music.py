"""Apple Music's `Apple Music Play Activity.csv` of the privacy export. One row per playback.

A row is an event; only a `PLAY_END` (and a row of the years that name no type) ends a playback, any other is
refused as `not_a_play`. `ended_at` is *Event End Timestamp* (UTC), else the start and the time played later;
`ms_played` is *Play Duration Milliseconds*, else the time between both. *End Reason Type* becomes the
`reason_end` that Spotify has for it and stays as it is in `extra.end_reason_type`. Addresses, places, the
account's number and identifiers of devices are taken off before anything else looks at a row.

`event_id`: user, end, time played and names: the same in every export.
"""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.event_rows import (
    NOT_A_PLAY,
    Parsed,
    chunk,
    country,
    event_ids,
    int_column,
    ms_reasons,
    started_at,
    text_column,
    time_column,
    time_reasons,
)
from spotify_assets.sources.extras import extra_json, unplanned, values_of
from spotify_assets.sources.formats.model import Clock, Format
from spotify_assets.sources.json_stream import Batch
from spotify_assets.sources.kinds import Chunk, Kind, Recognised
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.sources.scrobbles import as_batch
from spotify_assets.sources.streaming_history import device_of
from spotify_assets.sources.text_stream import read_record_blocks

SOURCE = "apple_music"
PLAY_END = "PLAY_END"
PLAYED, START, END = "Play Duration Milliseconds", "Event Start Timestamp", "Event End Timestamp"
_NEEDED = frozenset({"Event Type", PLAYED})
_SONG, _ALBUM = ("Song Name", "Content Name"), ("Album Name", "Container Album Name")
_ARTIST = ("Artist Name", "Container Artist Name")
_TEXTS = (
    *(*_SONG, *_ALBUM, *_ARTIST, "Event Type", "End Reason Type", "Media Type", "IP Country Code"),
    *("Device Type", "Device OS Name", "Media Duration In Milliseconds", "UTC Offset In Seconds"),
)
PERSONAL = PERSONAL_KEYS | {"Apple Id Number", "Apple ID Number", "Household ID", "Client IP Address"}
"""Columns that tell who somebody is; the names of others, as *IP City*, say so themselves."""
_KNOWN = frozenset({PLAYED, START, END, *_TEXTS, *PERSONAL})
_REASONS = {
    "NATURAL_END_OF_TRACK": "trackdone",
    "TRACK_SKIPPED_FORWARDS": "fwdbtn",
    "TRACK_SKIPPED_BACKWARDS": "backbtn",
    "MANUALLY_SELECTED_PLAYBACK_OF_A_DIFF_ITEM": "clickrow",
    "FAILED_TO_LOAD": "trackerror",
}


def is_play_activity(header: Sequence[str]) -> bool:
    """Whether columns are those of Play Activity."""
    columns = {name.strip() for name in header}
    return columns >= _NEEDED and not columns.isdisjoint(_SONG) and not columns.isdisjoint({START, END})


def _read(file: InputFile, recognised: Recognised, source_file: str, user_id: str) -> Iterator[Chunk]:
    with file.open() as stream:
        for block in read_record_blocks(stream, file.name, str(recognised.dialect["delimiter"]), None):
            batch = as_batch(block)
            elements = [_without_personal(element) for element in batch.elements]
            yield _chunk(Batch(batch.rows, elements, batch.malformed, batch.notes), source_file, user_id)


def _without_personal(element: Mapping[str, object]) -> dict[str, object]:
    return {key.strip(): value for key, value in element.items() if key.strip() not in PERSONAL}


def _chunk(batch: Batch, source_file: str, user_id: str) -> Chunk:
    elements = batch.elements
    extras = unplanned(elements, _KNOWN)
    begun = time_column("begun", values_of(elements, START))
    ended = time_column("ended", values_of(elements, END))
    played = int_column("ms_played", values_of(elements, PLAYED))
    texts = pl.DataFrame([text_column(name, values_of(elements, name)) for name in _TEXTS])
    between = (pl.col("ended") - pl.col("begun")).dt.total_milliseconds()
    given = (
        texts.with_columns(begun.values, ended.values, played.values)
        .with_columns(ms_played=pl.coalesce("ms_played", between))
        .with_columns(ended_at=pl.coalesce("ended", pl.col("begun") + pl.duration(milliseconds="ms_played")))
        .with_columns(
            track_name=pl.coalesce(_SONG), artist_name=pl.coalesce(_ARTIST), album_name=pl.coalesce(_ALBUM)
        )
    )
    facts = given.select(
        pl.lit(user_id).alias("user"),
        pl.col("ended_at").dt.epoch("ms").alias("when"),
        *("ms_played", "artist_name", "track_name"),
    )
    platforms = pl.concat_str("Device Type", "Device OS Name", separator=" ", ignore_nulls=True)
    rows = given.select(
        event_ids(SOURCE, facts),
        extra_json(given.select(_planned_extra()), extras),
        pl.col("ended_at").dt.date().alias("event_date"),
        started_at(pl.col("ended_at"), pl.col("ms_played")).alias("started_at"),
        *("ended_at", "ms_played", "track_name", "artist_name", "album_name", "Event Type"),
        country(pl.col("IP Country Code")).alias("country"),
        pl.when(platforms != "")
        .then(platforms.map_elements(device_of, return_dtype=pl.String))
        .alias("device"),
        pl.col("End Reason Type").replace_strict(_REASONS, default=None).alias("reason_end"),
        content_type=pl.when(pl.col("track_name").is_null())
        .then(pl.lit("unknown"))
        .when(pl.col("Media Type") == "VIDEO")
        .then(pl.lit("video"))
        .otherwise(pl.lit("music")),
        user_id=pl.lit(user_id),
        source=pl.lit(SOURCE),
        action=pl.lit("play"),
    )
    kind = pl.col("Event Type")
    reasons: list[tuple[str, pl.Expr, pl.Expr | str]] = [
        (NOT_A_PLAY, kind != PLAY_END, pl.format("the event {} ends no playback", kind)),
        *time_reasons(Parsed(rows.get_column("ended_at"), ended.failed), END),
        *ms_reasons(played, PLAYED),
    ]
    return chunk(rows, batch, source_file, reasons, extras)


def _planned_extra() -> list[pl.Expr]:
    return [
        pl.col("End Reason Type").alias("end_reason_type"),
        pl.col("Media Duration In Milliseconds").cast(pl.Int64, strict=False).alias("media_duration_ms"),
        pl.col("UTC Offset In Seconds").cast(pl.Int64, strict=False).alias("utc_offset_seconds"),
    ]


FORMAT = Format(
    kind=Kind.APPLE_MUSIC,
    why="records with Event Type and Play Duration Milliseconds: Apple Music's Play Activity",
    read=_read,
    clock=Clock(SOURCE, trust=30),
    is_header=is_play_activity,
    personal=PERSONAL,
)
