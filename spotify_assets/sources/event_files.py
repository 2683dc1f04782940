"""The product's own events from elsewhere: NDJSON, JSON, CSV, Parquet, in the columns of `raw.raw_events`.

What the table requires and a file lacks is filled in where nothing has to be invented for it: `started_at`
and `ended_at` from each other and `ms_played`, `event_date` from `ended_at`, `event_id` as a hash of the
row's facts, `user_id` as the caller's. Columns that the table does not know go to `extra`, personal ones
nowhere. `device` is a kind of device; any other text is read as the name of a platform. `source_file` and
`source_row` are those of the file that is read, whatever it says itself.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.rows.rejects import reject
from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.delimited import ROW
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.event_rows import (
    EARLIEST,
    LATEST,
    MAX_MS_PLAYED,
    TIME_OUT_OF_RANGE,
    event_ids,
    malformed_records,
    refused_element,
    text_column,
)
from spotify_assets.sources.extras import Extras, unplanned, values_of
from spotify_assets.sources.json_stream import Malformed, read_batches
from spotify_assets.sources.kinds import Chunk, Recognised
from spotify_assets.sources.landed import canonical_rows, convert
from spotify_assets.sources.privacy import PERSONAL_KEYS, scrub
from spotify_assets.sources.streaming_history import DEVICES, device_of
from spotify_assets.sources.text_stream import read_record_blocks
from spotify_assets.tables import RAW_EVENTS

ROWS_AT_A_TIME = 20_000
_PROVENANCE = frozenset({"source_file", "source_row"})
_COLUMNS = {name: kind for name, kind in RAW_EVENTS.polars_schema.items() if name not in _PROVENANCE}
_KNOWN = frozenset({*_COLUMNS, *_PROVENANCE, *PERSONAL_KEYS, ROW})
_FACTS = ("user_id", "track_id", "track_name", "artist_name", "started_at", "ended_at", "action", "ms_played")


def read(file: InputFile, recognised: Recognised, source_file: str, user_id: str) -> Iterator[Chunk]:
    """The events of a file, batch by batch, as columns of `raw.raw_events`. One row per row of the file.

    Raises:
        SourceError: the file cannot be read, has a column of a type that the table cannot hold, or passes a
            limit.
    """
    form = recognised.dialect["format"]
    if form == "parquet":
        yield from _read_parquet(file, source_file, user_id)
    elif form == "csv":
        yield from _read_csv(file, str(recognised.dialect["delimiter"]), source_file, user_id)
    else:
        yield from _read_json(file, source_file, user_id)


def _read_json(file: InputFile, source_file: str, user_id: str) -> Iterator[Chunk]:
    with file.open() as stream:
        for batch in read_batches(stream):
            keys = set().union(*batch.elements) & _COLUMNS.keys()
            columns = [text_column(key, values_of(batch.elements, key)) for key in sorted(keys)]
            given = pl.DataFrame([pl.Series(ROW, batch.rows, pl.Int64), *columns])
            extras = unplanned(batch.elements, _KNOWN)
            yield _chunk(
                given,
                extras,
                batch.malformed,
                batch.notes,
                name=file.name,
                source_file=source_file,
                user_id=user_id,
            )


def _read_csv(file: InputFile, delimiter: str, source_file: str, user_id: str) -> Iterator[Chunk]:
    with file.open() as stream:
        for block in read_record_blocks(stream, file.name, delimiter, header=None):
            rows = block.rows.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
            yield chunk_of_frame(rows, malformed_records(block), file.name, source_file, user_id)


def _read_parquet(file: InputFile, source_file: str, user_id: str) -> Iterator[Chunk]:
    import pyarrow as pa  # noqa: PLC0415  # heavy, and few files are Parquet
    import pyarrow.parquet as pq  # noqa: PLC0415

    row = 0
    try:
        with file.local() as path, pq.ParquetFile(path) as parquet:
            for batch in parquet.iter_batches(batch_size=ROWS_AT_A_TIME):
                batch.validate(full=True)  # texts that are no UTF-8, which Polars takes for granted
                frame = pl.DataFrame(pl.from_arrow(batch))
                rows = frame.with_columns(pl.int_range(row + 1, row + 1 + frame.height).alias(ROW))
                row += frame.height
                yield chunk_of_frame(rows, [], file.name, source_file, user_id)
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
    ) as error:
        raise SourceError(
            Path(file.name), f"the Parquet file cannot be read: {error}", "Write or download it again"
        ) from error


def chunk_of_frame(
    rows: pl.DataFrame, malformed: list[Malformed], name: str, source_file: str, user_id: str | None
) -> Chunk:
    """Rows with their number as `ROW` as those of raw.raw_events; rows that name nobody are `user_id`'s."""
    unknown = [column for column in rows.columns if column not in _KNOWN]
    extras = unplanned(rows.select(unknown).to_dicts() if unknown else [], _KNOWN)
    given = rows.select(ROW, *(column for column in rows.columns if column in _COLUMNS))
    return _chunk(given, extras, malformed, {}, name=name, source_file=source_file, user_id=user_id)


def _chunk(
    given: pl.DataFrame,
    extras: Extras,
    malformed: list[Malformed],
    notes: dict[str, int],
    *,
    name: str,
    source_file: str,
    user_id: str | None,
) -> Chunk:
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in _COLUMNS.items() if name not in given]
    filled = _filled(_with_extra(given.with_columns(absent), extras), user_id)
    judged = canonical_rows(filled, RAW_EVENTS, Path(name), source_file)
    in_range = reject(
        judged.rows,
        {
            TIME_OUT_OF_RANGE: (
                (pl.col("event_date") < EARLIEST) | (pl.col("event_date") >= LATEST),
                pl.format(f"event_date {{}} is not between {EARLIEST.year} and {LATEST.year}", "event_date"),
            )
        },
    )
    refused = [refused_element(each, source_file) for each in malformed]
    return Chunk(
        rows=in_range.kept,
        rows_in=given.height + len(malformed),
        rejected=pl.concat(
            [judged.rejected, in_range.rejected, pl.DataFrame(refused, schema=REJECTED_SCHEMA, orient="row")]
        ).sort("source_row"),
        notes=notes | ({"personal_fields_dropped": len(extras.dropped)} if extras.dropped else {}),
    )


def _filled(given: pl.DataFrame, user_id: str | None) -> pl.DataFrame:
    """The rows with what they lack and what follows from the rest."""

    def as_declared(name: str) -> pl.Expr:
        return convert(given.schema[name], _COLUMNS[name], name)

    def fill(name: str, value: pl.Expr) -> pl.Expr:
        kind = given.schema[name]
        return pl.col(name).fill_null(value.cast(kind)).alias(name)

    devices = given.get_column("device").cast(pl.String)
    others = [text for text in devices.drop_nulls().unique() if text not in DEVICES]
    ms_played = as_declared("ms_played").fill_null(0)
    played = pl.duration(milliseconds=pl.when(ms_played.is_between(0, MAX_MS_PLAYED)).then(ms_played))
    timed = given.with_columns(
        fill("started_at", as_declared("ended_at") - played),
        fill("ended_at", as_declared("started_at") + played),
        fill("user_id", pl.lit(user_id, pl.String)),
        devices.replace(others, [device_of(text) for text in others]),
    )
    dated = timed.with_columns(fill("event_date", as_declared("ended_at").dt.date()))
    if dated.get_column("event_id").null_count() == 0:
        return dated
    ids = event_ids("events", dated.select(pl.col(name).cast(pl.String) for name in _FACTS))
    return dated.with_columns(pl.col("event_id").cast(pl.String).fill_null(ids))


def _with_extra(given: pl.DataFrame, extras: Extras) -> pl.DataFrame:
    """The rows with `extra` as JSON without personal fields, unknown columns among them."""
    written = given.get_column("extra")
    if not extras.values and written.null_count() == written.len():
        return given
    merged: list[str | None] = []
    for at, text in enumerate(written.cast(pl.String).to_list()):
        members = _object(text) | {name: values.get(at) for name, values in extras.values.items()}
        kept = scrub({name: value for name, value in members.items() if value is not None})
        merged.append(json.dumps(kept, ensure_ascii=False, default=str) if kept else None)
    return given.with_columns(pl.Series("extra", merged, dtype=pl.String))


def _object(text: str | None) -> dict[str, object]:
    """The JSON object of a text; a text that is none becomes its one member `text`."""
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    return found if isinstance(found, dict) else {"text": found}
