"""What publishing costs, first, again with nothing changed, and after one day of many was written.

    .venv/bin/python -m tests.benchmarks.publishing [--rows 12000000] [--days 5000] [--copies]

Two tables of so many rows over so many days: `core.listening_events`, which has books, and
`marts.fact_listens`, which has none and is known by a hash of its rows. With `--copies`, also the ways to
copy the warehouse.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import duckdb

from spotify_assets.tables import LISTENING_EVENTS, ROW_COUNTS
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.publish import publish
from spotify_assets.warehouse.store import create_table
from tests.benchmarks.reporting import report

FIRST = date(2012, 1, 1)
GIGABYTE = 1e9


def make_warehouse(database: Database, rows: int, days: int) -> None:
    """Fill the tables; every column of the catalogue that is text gets one of 40,000 values."""
    known = {
        "event_id": "md5(i::varchar)",
        "event_date": f"date '{FIRST}' + (i * {days} // {rows})::integer",
        "ms_played": "(hash(i) % 300000)::bigint",
    }
    by_type = {
        "VARCHAR": "substr(md5((i % 40000)::varchar), 1, 22)",
        "BIGINT": "(i % 100)::bigint",
        "DOUBLE": "(i % 1000) / 1000",
        "BOOLEAN": "i % 7 = 0",
        "DATE": f"date '{FIRST}'",
        "TIMESTAMP": "timestamp '2012-01-01' + to_seconds(i)",
    }
    columns = ", ".join(
        f'{known.get(column.name, by_type[column.type])} as "{column.name}"'
        for column in LISTENING_EVENTS.columns
    )
    with database.transaction() as connection:
        for table in (LISTENING_EVENTS, ROW_COUNTS):
            create_table(connection, table)
        connection.execute(
            f"insert into {LISTENING_EVENTS.full_name} by name select {columns} from range({rows}) r(i)"
        )
        connection.execute(
            f"insert into {ROW_COUNTS.full_name} select '{LISTENING_EVENTS.full_name}', event_date, "
            f"event_date + 1, 'loaded', '', count(*), now()::timestamp from {LISTENING_EVENTS.full_name} "
            "group by all"
        )
        connection.execute(
            f"create schema marts; create table marts.fact_listens as from {LISTENING_EVENTS.full_name}"
        )


def change_a_day(database: Database, day: date) -> None:
    """Write one day of both tables anew."""
    with database.transaction() as connection:
        connection.execute(
            f"update {ROW_COUNTS.full_name} set written_at = now()::timestamp where slice_date = ?", [day]
        )
        connection.execute("update marts.fact_listens set ms_played = 1 where event_date = ?", [day])


def copy_logically(database: Database, target: Path) -> None:
    """Every row written anew by DuckDB: what copying the file is compared with."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database.path}' as source (read_only); attach '{target}' as target")
        connection.execute("copy from database source to target")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def main() -> None:
    """Measure, in a folder that is thrown away."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=12_000_000)
    parser.add_argument("--days", type=int, default=5_000)
    parser.add_argument("--copies", action="store_true", help="measure ways to copy the warehouse as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        database, processed = Database(Path(scratch) / "warehouse.duckdb"), Path(scratch) / "processed"
        make_warehouse(database, arguments.rows, arguments.days)
        found: dict[str, object] = {
            "rows of each table": arguments.rows,
            "gigabytes": round(database.path.stat().st_size / GIGABYTE, 2),
            "first": seconds(lambda: publish(database, processed)),
            "files": len(list(processed.rglob("*.parquet"))),
            "nothing changed": seconds(lambda: publish(database, processed)),
        }
        change_a_day(database, FIRST + timedelta(days=arguments.days // 2))
        found["one day changed"] = seconds(lambda: publish(database, processed))
        if arguments.copies:
            target = Path(scratch) / "copy.duckdb"
            found["copy of the file"] = seconds(lambda: database.copy_to(target))
            target.unlink()
            found["copy of the rows"] = seconds(lambda: copy_logically(database, target))
    rows = [{"what": what, "value": value} for what, value in found.items()]
    ratios = {
        "one day changed / first": cast("float", found["one day changed"]) / cast("float", found["first"])
    }
    report("publishing", found, rows, ratios=ratios)


if __name__ == "__main__":
    main()
