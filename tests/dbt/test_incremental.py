"""Loading days one by one gives what loading everything at once gives."""

from datetime import date

import polars as pl
import pytest

from tests.dbt.warehouse import (
    DAYS,
    DbtWarehouse,
    assert_same_rows,
    catalogue_frames,
    daily_track_metrics,
    events_frame,
    problems,
    source_frames,
)

INCREMENTAL = ("--select", "config.materialized:incremental")
OTHERS = ("--exclude", "config.materialized:incremental")


def window(start: date, end: date) -> tuple[str, ...]:
    return "--event-time-start", start.isoformat(), "--event-time-end", end.isoformat()


def test_building_again_changes_nothing(copy_of_built):
    before = copy_of_built.marts()
    copy_of_built.build()
    assert_same_rows(copy_of_built.marts(), before)


def test_late_arrivals_and_removals_equal_a_full_refresh(copy_of_built, tmp_path):
    """Two days of a month's end get new rows and lose old ones; only they are loaded again."""
    warehouse = copy_of_built
    start, end = date(2025, 1, 31), date(2025, 2, 2)
    in_window = pl.col("event_date").is_between(start, end, closed="left")
    late = events_frame(120, seed=2).filter(in_window)
    kept = events_frame().filter(~in_window | (pl.int_range(pl.len()) % 3 > 0))
    events = pl.concat([kept, late])
    untouched = "from marts.fact_listens where event_date not in ('2025-01-31', '2025-02-01') order by all"
    before = warehouse.query(untouched)
    for table, rows in (
        ("core.listening_events", events),
        ("core.daily_track_metrics", daily_track_metrics(events)),
    ):
        warehouse.execute(f"delete from {table}")
        warehouse.insert(table, rows)

    warehouse.build(*INCREMENTAL, *window(start, end))
    assert_same_rows({"rest": warehouse.query(untouched)}, {"rest": before})
    warehouse.build(*OTHERS)

    fresh = DbtWarehouse(tmp_path / "fresh" / "warehouse.duckdb", warehouse.target_path)
    fresh.create(source_frames(events))
    fresh.build("--full-refresh")
    assert warehouse.query("select count(*) from marts.fact_listens").item() > 0
    assert_same_rows(warehouse.marts(), fresh.marts())


def test_first_load_of_some_days_has_only_those(tmp_path, built):
    warehouse = DbtWarehouse(tmp_path / "warehouse.duckdb", built.target_path)
    warehouse.create(source_frames())
    warehouse.build(*window(date(2025, 1, 30), date(2025, 2, 1)))
    found = warehouse.query("select distinct event_date from marts.fact_listens order by all")
    assert found["event_date"].to_list() == [date(2025, 1, 30), date(2025, 1, 31)]
    assert found.height < DAYS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--event-time-start", "2025-01-30T06:00:00", "--event-time-end", "2025-02-01"), "midnight UTC"),
        (("--full-refresh", *window(date(2025, 1, 30), date(2025, 2, 1))), "would drop every other day"),
    ],
    ids=["part of a day", "full refresh of a window"],
)
def test_a_window_that_would_lose_rows_is_refused(copy_of_built, arguments, message):
    before = copy_of_built.query("from marts.fact_listens order by all")
    result = copy_of_built.dbt("run", *INCREMENTAL, *arguments)
    assert not result.success
    assert message in " ".join(problems(result))
    assert_same_rows({"fact": copy_of_built.query("from marts.fact_listens order by all")}, {"fact": before})


@pytest.mark.parametrize(
    "frames",
    [
        {},
        catalogue_frames(),
        {
            "core.listening_events": events_frame(60),
            "core.daily_track_metrics": daily_track_metrics(events_frame(60)),
        },
    ],
    ids=["nothing", "catalogue only", "events only"],
)
def test_marts_build_on_empty_tables(tmp_path, built, frames):
    warehouse = DbtWarehouse(tmp_path / "warehouse.duckdb", built.target_path)
    warehouse.create(frames)
    warehouse.build()
    plays = warehouse.query("select coalesce(sum(plays), 0) as plays from marts.daily_aggregates").item()
    assert (plays > 0) == ("core.listening_events" in frames)
    assert warehouse.query("from marts.dim_track where track_id = 'unknown'").height == 1
    assert warehouse.query("from marts.dim_artist where artist_id = 'unknown'").height == 1
