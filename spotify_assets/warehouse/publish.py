"""The published copy: what everyone outside Dagster reads.

`serving.duckdb` is replaced in one step, so a page that has the old one open keeps reading it and the next
one sees the new. Beside it every table lies as Parquet, for tools that read files.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from spotify_assets.warehouse.database import Database

_WORK = ".publishing"


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
    serving = work / "serving.duckdb"
    rows: dict[str, int] = {}
    with database.reader() as connection:
        relations = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = current_database() order by all"
        ).fetchall()
        for schema, name in relations:
            folder = work / "tables" / schema
            folder.mkdir(parents=True, exist_ok=True)
            _copy_to(connection, f"{schema}.{name}", folder / f"{name}.parquet")
    with duckdb.connect(str(serving)) as copy:
        for schema, name in relations:
            file = work / "tables" / schema / f"{name}.parquet"
            copy.execute(f"create schema if not exists {schema}")
            copy.execute(f"create table {schema}.{name} as select * from read_parquet(?)", [str(file)])
            [rows[f"{schema}.{name}"]] = copy.execute(f"select count(*) from {schema}.{name}").fetchone() or (
                0,
            )
    _replace_tree(work / "tables", processed_dir / "tables")
    target = processed_dir / serving.name
    serving.replace(target)
    shutil.rmtree(work)
    return Published(target, rows)


def export_csv(serving: Path, table: str, target: Path) -> int:
    """Write one published table as CSV with a header, for tools that read nothing better; returns its rows.

    Raises:
        ValueError: there is no such published table; the message lists those that there are.
    """
    with duckdb.connect(str(serving), read_only=True) as connection:
        known = [
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables order by all"
            ).fetchall()
        ]
        if table not in known:
            raise ValueError(f"no published table {table}; there are {', '.join(known)}")
        _copy_to(connection, table, target)
        [rows] = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    return int(rows)


def _copy_to(connection: duckdb.DuckDBPyConnection, table: str, target: Path) -> None:
    kind = "format csv, header" if target.suffix == ".csv" else "format parquet, compression zstd"
    connection.execute(f"copy {table} to '{str(target).replace(chr(39), chr(39) * 2)}' ({kind})")


def _replace_tree(new: Path, target: Path) -> None:
    """Put each new file in place of the old one of its name; remove files that are no longer published."""
    wanted = {path.relative_to(new) for path in new.rglob("*.parquet")}
    for relative in wanted:
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        (new / relative).replace(target / relative)
    for path in target.rglob("*.parquet"):
        if path.relative_to(target) not in wanted:
            path.unlink()
