"""The published copy: what everyone outside Dagster reads.

`serving.duckdb` is replaced in one step, so a page that has the old one open keeps reading it and the next
one sees the new. Beside it every table lies as Parquet, for tools that read files.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from spotify_assets.warehouse.database import Database, single_row
from spotify_assets.warehouse.errors import WarehouseMissingError

_WORK = ".publishing"
_SERVING = "serving.duckdb"


@dataclass(frozen=True)
class Published:
    """What was published: the serving database, and rows per table (`schema.table`)."""

    serving: Path
    rows: dict[str, int]


def publish(database: Database, processed_dir: Path) -> Published:
    """Publish the committed state of the warehouse below `processed_dir`.

    Views of the warehouse become tables of the copy, so that it stands alone.

    Raises:
        WarehouseMissingError: there is no warehouse yet.
    """
    work = processed_dir / _WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        rows = _copy(database, work)
        _replace_tree(work / "tables", processed_dir / "tables")
        serving = (work / _SERVING).replace(processed_dir / _SERVING)
    finally:
        shutil.rmtree(work)
    return Published(serving, rows)


def _copy(database: Database, work: Path) -> dict[str, int]:
    """Make the copy and its Parquet files in a folder; returns rows per table."""
    rows: dict[str, int] = {}
    with database.reader() as connection:
        relations = connection.execute(
            """
            select
                schema_name,
                table_name,
                list(column_name order by column_index),
                list(data_type order by column_index)
            from duckdb_columns()
            where database_name = current_database() and not internal
            group by all
            order by all
            """
        ).fetchall()
        for schema, name, _, _ in relations:
            folder = work / "tables" / schema
            folder.mkdir(parents=True, exist_ok=True)
            _copy_to(connection, schema, name, folder / f"{name}.parquet", "format parquet, compression zstd")
    with duckdb.connect(str(work / _SERVING)) as copy:
        for schema, name, columns, types in relations:
            file = work / "tables" / schema / f"{name}.parquet"
            # Parquet has no HUGEINT, the type of a sum of integers: the copy states the types.
            typed = ", ".join(f'"{c}"::{kind} as "{c}"' for c, kind in zip(columns, types, strict=True))
            copy.execute(f'create schema if not exists "{schema}"')
            copy.execute(
                f'create table "{schema}"."{name}" as select {typed} from read_parquet(?)', [str(file)]
            )
            [rows[f"{schema}.{name}"]] = single_row(copy, f'select count(*) from "{schema}"."{name}"')
    return rows


def export_csv(serving: Path, table: str, target: Path) -> int:
    """Write one published table as CSV with a header, for tools that read nothing better; returns its rows.

    Raises:
        WarehouseMissingError: nothing was published yet.
        ValueError: there is no such published table; the message lists those that there are.
    """
    if not serving.exists():
        raise WarehouseMissingError(f"{serving} does not exist yet: materialise the assets first")
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(serving), read_only=True) as connection:
        known = {
            f"{schema}.{name}": (schema, name)
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables order by all"
            ).fetchall()
        }
        if table not in known:
            raise ValueError(f"no published table {table}; there are {', '.join(known)}")
        return _copy_to(connection, *known[table], target, "format csv, header")


def _copy_to(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, target: Path, options: str
) -> int:
    """Write one table or view to a file; returns its rows."""
    file = str(target).replace("'", "''")
    [rows] = single_row(connection, f"""copy "{schema}"."{name}" to '{file}' ({options})""")
    return int(rows)


def _replace_tree(new: Path, target: Path) -> None:
    """Put each new file in place of the old one of its name; remove files that are no longer published."""
    wanted = {path.relative_to(new) for path in new.rglob("*.parquet")}
    for relative in wanted:
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        (new / relative).replace(target / relative)
    for path in target.rglob("*.parquet"):
        if path.relative_to(target) not in wanted:
            path.unlink()
