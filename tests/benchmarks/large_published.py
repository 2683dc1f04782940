"""A published copy as large as 100 million events over a thousand days leave it, without running them.

    .venv/bin/python -m tests.benchmarks.large_published SMALL TARGET [--events 100M]

SMALL is a data folder in which four weeks (28 days) are published, as `spotify-assets demo --users 6700
--tracks 20000` leaves it. Every table that grows with days is laid down again and again in TARGET, each time
four weeks earlier, so that weekdays stay, with ids of events and sessions of their own, until there are so
many playbacks; marts by month are counted from them. Listeners, tracks and genres stay those of the four
weeks, and so do the tables that know no day, whose numbers are then those of four weeks.
`core.listening_events` has the newest four weeks only, which are all that a page reads of it by day.
"""

import argparse
import shutil
from pathlib import Path

import duckdb

from tests.benchmarks.backfill import size

BLOCK_DAYS = 28
_OF_A_COPY = ("event_id", "session_id")
GROWING = (
    *("fact_listens", "fact_sessions", "fact_user_activity", "fact_listening_hours"),
    *("daily_active_users", "daily_aggregates", "daily_hour_metrics", "daily_location_metrics"),
    *("daily_session_metrics", "daily_skip_flags", "daily_skip_metrics", "daily_skip_seconds"),
    "daily_track_plays",
)
"""Marts of which each four weeks have rows of their own."""


def moved(connection: duckdb.DuckDBPyConnection, table: str, block: int) -> str:
    """The rows of a mart so many blocks earlier, as a query."""
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = 'small' "
        "and schema_name = 'marts' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    days = block * BLOCK_DAYS

    def value(name: str, kind: str) -> str:
        if name in _OF_A_COPY:
            return f"{name} || '-{block}' as {name}"
        if kind == "DATE":
            return f"({name} - {days})::date as {name}"
        return f"{name} - to_days({days}) as {name}" if kind.startswith("TIMESTAMP") else name

    return f"select {', '.join(value(*column) for column in columns)} from small.marts.{table}"


def months(connection: duckdb.DuckDBPyConnection) -> None:
    """Count `marts.monthly_track_metrics` anew, month by month."""
    connection.execute("delete from marts.monthly_track_metrics")
    for (month,) in connection.execute(
        "select distinct date_trunc('month', event_date)::date from marts.daily_aggregates order by 1"
    ).fetchall():
        connection.execute(
            """
            insert into marts.monthly_track_metrics by name
            select $month::date as event_month, track_id, count(*) as plays,
                count(*) filter (where is_stream) as streams, count(*) filter (where is_skip) as skips,
                count(*) filter (where is_complete) as completes,
                count(*) filter (where is_abandoned) as abandons,
                count(*) filter (where is_outcome_unknown) as unknowns,
                count(distinct user_id) as listeners, sum(ms_played)::bigint as ms_played,
                min(event_date) as first_event_date, max(event_date) as last_event_date
            from marts.fact_listens
            where is_music and event_date between $month and last_day($month::date)
            group by track_id
            """,
            {"month": month},
        )


def lay_down(small: Path, target: Path, events: int) -> int:
    """Write the large copy; returns its playbacks."""
    source, serving = (folder / "processed" / "serving.duckdb" for folder in (small, target))
    serving.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, serving)
    with duckdb.connect(str(serving)) as connection:
        connection.execute("set memory_limit = '3GB'; set threads = 2")
        connection.execute(f"attach '{source}' as small (read_only)")
        [(there,)] = connection.execute("select count(*) from small.marts.fact_listens").fetchall()
        for table in GROWING:  # the oldest first, as days come in
            connection.execute(f"delete from marts.{table}")
            for block in reversed(range(max(1, round(events / there)))):
                connection.execute(f"insert into marts.{table} {moved(connection, table, block)}")
            connection.execute("checkpoint")
        months(connection)
        connection.execute("detach small; checkpoint")
        [(playbacks,)] = connection.execute("select count(*) from marts.fact_listens").fetchall()
    return int(playbacks)


def main() -> None:
    """Lay it down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("small", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--events", type=size, default=100_000_000)
    asked = parser.parse_args()
    print(f"{lay_down(asked.small, asked.target, asked.events):,} playbacks")


if __name__ == "__main__":
    main()
