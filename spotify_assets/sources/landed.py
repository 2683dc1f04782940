"""Reading the lake's own files: canonical Parquet, and the NDJSON and CSV that producers may write beside it.

Parquet in the lake carries the columns of a raw table with their types. NDJSON (`.ndjson`, `.jsonl`) and
CSV carry the same columns as text; a row that does not convert is refused, its neighbours are kept.
"""

import gzip
from pathlib import Path

import polars as pl

from spotify_assets.catalog import Table
from spotify_assets.sources.errors import SourceError
from spotify_assets.transforms.cleaned import Cleaned, no_rejects
from spotify_assets.transforms.rejects import reject


def read_landed(paths: list[Path], table: Table, lake_dir: Path) -> Cleaned:
    """The rows of landed files as the raw table's columns. One row per row of the files.

    Raises:
        SourceError: a file cannot be read at all, or has columns that the table does not know.
    """
    parts = [_read_file(path, table, path.relative_to(lake_dir).as_posix()) for path in paths]
    return Cleaned(
        rows=pl.concat([table.empty(), *(part.rows for part in parts)]),
        rows_in=sum(part.rows_in for part in parts),
        rejected=pl.concat([no_rejects(), *(part.rejected for part in parts)]),
    )


def _read_file(path: Path, table: Table, name: str) -> Cleaned:
    try:
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path, hive_partitioning=False)
        else:
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            is_csv = path.name.removesuffix(".gz").endswith(".csv")
            frame = pl.read_csv(content, infer_schema=False) if is_csv else _read_ndjson(content)
    except (OSError, EOFError, pl.exceptions.PolarsError) as error:
        raise SourceError(
            path, f"cannot be read: {error}", "write the file again, or move it out of the lake"
        ) from error
    return _canonical(frame, table, path, name)


def _read_ndjson(content: bytes) -> pl.DataFrame:
    rows = pl.read_ndjson(content, infer_schema_length=None)
    return rows.select(
        pl.col(column)
        if kind in (pl.String, pl.Boolean, pl.Int64, pl.Float64, pl.Null)
        else pl.col(column).map_elements(str, return_dtype=pl.String)
        for column, kind in rows.schema.items()
    )


def _canonical(frame: pl.DataFrame, table: Table, path: Path, name: str) -> Cleaned:
    """The frame with exactly the table's columns; missing nullable ones are null."""
    schema = table.polars_schema
    unknown = sorted(set(frame.columns) - set(schema))
    required = {column.name for column in table.columns if not column.nullable}
    missing = sorted(required - set(frame.columns) - {"source_file", "source_row"})
    if unknown or missing:
        problems = [f"has no column {c}" for c in missing] + [f"has an unknown column {c}" for c in unknown]
        raise SourceError(path, "; ".join(problems), f"write the columns of {table.full_name}")
    if "source_file" not in frame.columns:
        frame = frame.with_columns(source_file=pl.lit(name))
    if "source_row" not in frame.columns:
        frame = frame.with_row_index("source_row", offset=1)
    absent = [pl.lit(None, dtype=kind).alias(c) for c, kind in schema.items() if c not in frame.columns]
    whole = frame.with_columns(absent).select(schema.names())
    if whole.schema == schema:
        return Cleaned(whole, rows_in=whole.height)
    converted = {
        c: _convert(whole.schema[c], kind, c) for c, kind in schema.items() if whole.schema[c] != kind
    }
    reasons = {
        f"unparseable_{c}": (
            pl.col(c).is_not_null() & expression.is_null(),
            f"{c} is no {schema[c]}",
        )
        for c, expression in converted.items()
    }
    reasons |= {
        f"missing_{c}": (pl.col(c).is_null(), f"{c} is empty") for c in sorted(required) if c in whole.columns
    }
    judged = reject(whole, reasons)
    rows = judged.kept.with_columns(expression.alias(c) for c, expression in converted.items())
    return Cleaned(rows.select(schema.names()), rows_in=whole.height, rejected=judged.rejected)


def _convert(actual: pl.DataType, declared: pl.DataType, column: str) -> pl.Expr:
    """The column as the declared type, null where it does not convert."""
    value = pl.col(column)
    if actual == pl.String and declared == pl.Datetime("us"):
        return value.str.strip_suffix("Z").str.to_datetime(time_unit="us", strict=False)
    if actual == pl.String and declared == pl.Date():
        return value.str.to_date(strict=False)
    if actual == pl.String and declared == pl.Boolean():
        return value.str.to_lowercase().replace_strict(
            {"true": True, "false": False, "1": True, "0": False}, default=None, return_dtype=pl.Boolean
        )
    return value.cast(declared, strict=False)
