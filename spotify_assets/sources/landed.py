"""Reading the lake's own files: canonical Parquet, and the NDJSON and CSV that producers may write beside it.

Parquet in the lake carries the columns of a raw table with their types. NDJSON (`.ndjson`, `.jsonl`) and
CSV carry the same columns as text: times in ISO 8601 (UTC where they name no offset), dates as YYYY-MM-DD,
an empty CSV field for null. A row that does not convert, or that lies in the folder of another date, is
refused; its neighbours are kept.
"""

import gzip
import json
import math
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from io import BytesIO

import polars as pl
import pyarrow as pa

from spotify_assets import places
from spotify_assets.places import Place, StoreError
from spotify_assets.rows.cleaned import REJECTED_SCHEMA, Cleaned, no_rejects
from spotify_assets.rows.rejects import reject
from spotify_assets.sources.delimited import MALFORMED_SCHEMA, ROW, read_delimited
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.text import decode
from spotify_assets.tables import DuckDBType, Table

MALFORMED_JSON = "malformed_json"
WRONG_FOLDER = "wrong_folder"

_PROVENANCE = ["source_file", "source_row"]
_UNPACKED_BY: Mapping[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".zst": lambda content: bytes(pa.input_stream(pa.py_buffer(content), compression="zstd").read()),
}
_BOM = b"\xef\xbb\xbf"
_FOLDER_DATE = re.compile(r"(?:^|/)(?:snapshot_)?date=(\d{4}-\d{2}-\d{2})/")
_TIME_WITHOUT_OFFSET = r"\d{2}:\d{2}:\d{2}(\.\d+)?$"
UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)
"""What damaged files raise; Polars panics on some damaged Parquet pages."""
_FOREIGN_TYPES = (pl.Binary, pl.Duration, pl.Time, pl.Object)
"""Types of Parquet columns that no column of the catalogue can hold."""
_WORDS: dict[DuckDBType, str] = {
    "VARCHAR": "text",
    "BIGINT": "whole number",
    "DOUBLE": "number",
    "BOOLEAN": "true or false",
    "DATE": "date (YYYY-MM-DD)",
    "TIMESTAMP": "time (YYYY-MM-DDTHH:MM:SS, UTC or with an offset)",
}


def read_landed(paths: Sequence[Place], table: Table, lake_dir: Place) -> Cleaned:
    """The rows of landed files as the raw table's columns. One row per row of the files.

    A row without `source_file` and `source_row` of its own, or with those of a row before it (a file that was
    copied, a producer that sent twice), gets the file's path in the lake and its number there: the line of an
    NDJSON file, the record of a CSV or Parquet file, from 1.

    Raises:
        SourceError: a file cannot be read at all, lacks a required column, or has one that the table does
            not know or cannot hold.
    """
    parts: list[Cleaned] = []
    seen: dict[str, list[pl.DataFrame]] = {}
    for path in paths:
        name = places.within(path, lake_dir)
        try:
            part = _read_file(path, table, name)
            if _comes_again(part, seen):
                part = _read_file(path, table, name, tells_provenance=False)
        except SourceError as error:  # files of many days have one name
            raise error.named(name) from error
        for told in _provenance_of(part):
            for file in told["source_file"].unique():
                seen.setdefault(file, []).append(told)
        parts.append(part)
    return Cleaned(
        rows=pl.concat([table.empty(), *(part.rows for part in parts)]),
        rows_in=sum(part.rows_in for part in parts),
        rejected=pl.concat([no_rejects(), *(part.rejected for part in parts)]),
    )


def tells_no_provenance(path: Place) -> bool:
    """Whether the rows of a file can only be its own, because it has no column that says otherwise.

    Only of Parquet this is known without reading all of it.
    """
    if path.suffix != ".parquet":
        return False
    try:
        return _PROVENANCE[0] not in places.scan_parquet([path]).collect_schema()
    except UNREADABLE:
        return False  # reading it says what is wrong


def _provenance_of(part: Cleaned) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which rows of which files the rows of a part say they are, those kept and those refused."""
    return part.rows.select(_PROVENANCE), part.rejected.select(_PROVENANCE)


def _comes_again(part: Cleaned, seen: Mapping[str, Sequence[pl.DataFrame]]) -> bool:
    """Whether a row of a part says that it is a row that was read before."""
    for told in _provenance_of(part):
        for file in told["source_file"].unique():
            if any(told.join(before, on=_PROVENANCE, how="semi").height for before in seen.get(file, ())):
                return True
    return False


def _read_file(path: Place, table: Table, name: str, *, tells_provenance: bool = True) -> Cleaned:
    try:
        rows, malformed = read_rows(path)
    except StoreError:
        raise
    except UNREADABLE as error:
        raise SourceError(
            path, f"cannot be read: {error}", "write or import the file again, or move it out of the lake"
        ) from error
    if not tells_provenance:
        rows = rows.drop(_PROVENANCE, strict=False)
    refused = malformed.rename({ROW: "source_row"}).with_columns(source_file=pl.lit(name))
    has_nothing = rows.is_empty() and rows.columns == [ROW]
    judged = Cleaned(table.empty(), rows_in=0) if has_nothing else canonical_rows(rows, table, path, name)
    return Cleaned(
        rows=judged.rows,
        rows_in=judged.rows_in + refused.height,
        rejected=pl.concat([refused.select(REJECTED_SCHEMA.names()), judged.rejected]),
    )


def unpacked(path: Place) -> bytes:
    """The content of a text file of the lake.

    Raises:
        OSError, EOFError, zlib.error: the file cannot be read.
    """
    content = path.read_bytes()
    if path.suffix not in _UNPACKED_BY:
        return content
    if not content:
        raise EOFError("the compressed file is empty")
    return _UNPACKED_BY[path.suffix](content)


def read_rows(path: Place) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of a file with their number as `ROW`, and what is no row, as in `MALFORMED_SCHEMA`.

    Raises:
        OSError, EOFError, zlib.error, PolarsError: the file cannot be read.
    """
    nothing = pl.DataFrame(schema=MALFORMED_SCHEMA)
    if path.suffix == ".parquet":
        rows = places.read_parquet(path)
        return rows.with_row_index(ROW, offset=1).cast({ROW: pl.Int64}), nothing
    content = unpacked(path)
    if not content.strip():
        return pl.DataFrame(schema={ROW: pl.Int64()}), nothing
    if not path.name.removesuffix(path.suffix if path.suffix in _UNPACKED_BY else "").endswith(".csv"):
        return _read_ndjson(content)
    read = read_delimited(decode(path, content), ",")
    filled = pl.col(pl.String).replace("", None)
    return read.rows.with_columns(filled), read.malformed


def _read_ndjson(content: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The objects of the lines as text, and the lines that are none."""
    lines = content.removeprefix(_BOM).split(b"\n")
    numbered = {number: line for number, line in enumerate(lines, start=1) if line.strip()}
    body = b"\n".join(numbered.values())
    try:
        names = pl.scan_ndjson(BytesIO(body), infer_schema_length=None).collect_schema()
        rows = pl.read_ndjson(body, schema=dict.fromkeys(names, pl.String()))
        rows = rows.with_columns(pl.Series(ROW, list(numbered), pl.Int64))
    except pl.exceptions.PolarsError:
        return _read_line_by_line(numbered)
    return rows, pl.DataFrame(schema=MALFORMED_SCHEMA)


def _read_line_by_line(numbered: dict[int, bytes]) -> tuple[pl.DataFrame, pl.DataFrame]:
    objects: list[dict[str, str | int | None]] = []
    malformed: list[tuple[int, str, str, str]] = []
    for number, line in numbered.items():
        try:
            objects.append(_object(line) | {ROW: number})
        except (ValueError, RecursionError) as error:
            text = line.decode(errors="replace").rstrip("\r")
            original = json.dumps({"text": text}, ensure_ascii=False)
            malformed.append((number, MALFORMED_JSON, f"the line is no JSON object: {error}", original))
    names = dict.fromkeys(name for each in objects for name in each)
    schema = {ROW: pl.Int64()} | {name: pl.String() for name in names if name != ROW}
    return (
        pl.DataFrame(objects, schema=schema),
        pl.DataFrame(malformed, schema=MALFORMED_SCHEMA, orient="row"),
    )


def _object(line: bytes) -> dict[str, str | None]:
    """The fields of a JSON object as text.

    Raises:
        ValueError: the line is no JSON object, or has a value that JSON or UTF-8 cannot hold.
    """
    parsed = json.loads(line.decode())
    if not isinstance(parsed, dict):
        raise ValueError(f"it is a {type(parsed).__name__}")
    return {name: _json_text(value) for name, value in parsed.items()}


def _json_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no JSON number")
        return str(int(value)) if value.is_integer() else repr(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)
    text.encode()
    return text


def canonical_rows(frame: pl.DataFrame, table: Table, path: Place, name: str) -> Cleaned:
    """The frame with exactly the table's columns; missing nullable ones are null."""
    schema = table.polars_schema
    required = [c.name for c in table.columns if not c.nullable and c.name not in _PROVENANCE]
    problems = [f"has no column {c}" for c in sorted(set(required) - set(frame.columns))]
    problems += [f"has an unknown column {c}" for c in sorted(set(frame.columns) - set(schema) - {ROW})]
    problems += [
        f"has {c} as {kind}" for c, kind in frame.schema.items() if kind.is_nested() or kind in _FOREIGN_TYPES
    ]
    if problems:
        raise SourceError(path, "; ".join(problems), f"write the columns of {table.full_name}")
    absent = [pl.lit(None, dtype=kind).alias(c) for c, kind in schema.items() if c not in frame.columns]
    whole = _with_provenance(frame.with_columns(absent), name).select(schema.names())
    converted = {c: convert(kind, schema[c], c) for c, kind in whole.schema.items() if kind != schema[c]}
    reasons: dict[str, tuple[pl.Expr, pl.Expr | str]] = {
        f"unparseable_{c.name}": (
            pl.col(c.name).is_not_null() & converted[c.name].is_null(),
            pl.format(f"{c.name} '{{}}' is no {_WORDS[c.type]}", pl.col(c.name).cast(pl.String)),
        )
        for c in table.columns
        if c.name in converted
    }
    reasons |= {f"missing_{c}": (pl.col(c).is_null(), f"{c} is empty") for c in required}
    if (match := _FOLDER_DATE.search(name)) and (column := table.partition_column):
        value = converted.get(column, pl.col(column))
        reasons[WRONG_FOLDER] = (
            value != date.fromisoformat(match[1]),
            pl.format(f"{column} is {{}} in the folder of {match[1]}", value.cast(pl.String)),
        )
    judged = reject(whole, reasons)
    rows = judged.kept.with_columns(expression.alias(c) for c, expression in converted.items())
    return Cleaned(rows, rows_in=whole.height, rejected=judged.rejected)


def _with_provenance(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame with where each row came from: as the file says of one row alone, else the file and row."""
    file = pl.col("source_file").cast(pl.String)
    row = convert(frame.schema["source_row"], pl.Int64(), "source_row")
    known = file.is_not_null() & row.is_not_null() & pl.struct(file, row).is_first_distinct()
    return frame.with_columns(
        source_file=pl.when(known).then(file).otherwise(pl.lit(name)),
        source_row=pl.when(known).then(row).otherwise(ROW),
    )


def convert(actual: pl.DataType, declared: pl.DataType, column: str) -> pl.Expr:
    """The column as the declared type, null where it does not convert without loss."""
    value = pl.col(column)
    if actual == pl.Datetime and declared == pl.Date:
        return pl.when(value == value.dt.truncate("1d")).then(value.cast(pl.Date))
    is_wider = declared.is_numeric() and (actual.is_integer() or (actual.is_float() and declared.is_float()))
    if is_wider or actual == declared.base_type() or pl.Null in (actual, declared) or declared == pl.String:
        return value.cast(declared, strict=False)
    text = value.cast(pl.String)
    if declared == pl.Datetime:
        return _to_utc(text)
    if declared == pl.Date:
        return text.str.to_date("%Y-%m-%d", strict=False)
    if declared == pl.Boolean:
        return text.str.to_lowercase().replace_strict(
            {"true": True, "false": False, "1": True, "0": False}, default=None, return_dtype=pl.Boolean
        )
    if declared == pl.Int64:
        text = text.str.replace(r"\.0+$", "")
    return text.cast(declared, strict=False)


def _to_utc(text: pl.Expr) -> pl.Expr:
    """Times in ISO 8601 as naive UTC, null where they are none; without an offset they are UTC."""
    upper = text.str.replace(" ", "T", literal=True).str.to_uppercase()
    with_offset = (
        pl.when(upper.str.contains(_TIME_WITHOUT_OFFSET))
        .then(upper + "+00:00")
        .otherwise(upper.str.replace("Z$", "+00:00"))
    )
    return with_offset.str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", strict=False
    ).dt.replace_time_zone(None)
