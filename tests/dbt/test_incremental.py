"""Loading days one by one gives what loading everything at once gives."""

from datetime import date, timedelta
from random import Random

import polars as pl
import pytest

from spotify_assets.rows.window import Window
from spotify_assets.transforms.sessions import with_sessions
from tests.dbt.judging import CompiledTest, failing
from tests.dbt.warehouse import (
    DAYS,
    FIRST_DAY,
    NEW_SNAPSHOT,
    DbtWarehouse,
    assert_same_rows,
    catalogue_frames,
    event_frames,
    events_frame,
    problems,
    source_frames,
)

INCREMENTAL = ("--select", "config.materialized:incremental")
UP_TO_INCREMENTAL = ("--select", "+config.materialized:incremental")
NO_TESTS = ("--exclude-resource-type", "test")
OTHERS = ("--exclude", "config.materialized:incremental")


def window(start: date, end: date) -> tuple[str, ...]:
    return "--event-time-start", start.isoformat(), "--event-time-end", end.isoformat()


@pytest.mark.slow
def test_building_again_changes_nothing(copy_of_built):
    """What dbt's tests would find in the same rows, they found when these were built."""
    before = copy_of_built.marts()
    copy_of_built.build(*NO_TESTS)
    assert_same_rows(copy_of_built.marts(), before)


def core_after(before: dict[str, pl.DataFrame], late: pl.DataFrame, days: Window) -> dict[str, pl.DataFrame]:
    """The core tables after the days of a window were made anew with other events.

    As in a run of those days, events of other days stay as they are, their sessions included; those of the
    window continue the sessions that were running before it.
    """
    in_window = pl.col("event_date").is_between(days.start, days.end, closed="left")
    stored = before["core.listening_events"]
    earlier = stored.filter(pl.col("event_date") < days.start)
    made = with_sessions(late, lambda _: earlier).select(stored.columns)
    events = pl.concat([stored.filter(~in_window), made])
    tables = {**before, "core.listening_events": events}
    for name, rows in event_frames(events).items():
        if name != "core.listening_events":
            tables[name] = pl.concat([before[name].filter(~in_window), rows.filter(in_window)])
    return tables


def other_snapshot(before: dict[str, pl.DataFrame], day: date, random: Random) -> dict[str, pl.DataFrame]:
    """The catalogue after a snapshot of the day was landed, or landed again: some tracks, other figures."""
    tables = dict(before)
    tracks = before["core.tracks"]
    listed = tracks.filter(pl.col("snapshot_date") == NEW_SNAPSHOT).sample(
        random.randrange(4), seed=random.randrange(1_000)
    )
    said = {
        "core.tracks": listed.with_columns(
            popularity=pl.lit(random.randrange(3), pl.Int64), track_name=pl.lit(random.choice("AB"))
        ),
        "core.track_artists": before["core.track_artists"],
        "core.track_genres": before["core.track_genres"],
        "core.artists": before["core.artists"].with_columns(
            track_count=pl.lit(random.randrange(1, 3), pl.Int64)
        ),
    }
    for name, rows in said.items():
        newest = rows.filter(pl.col("snapshot_date") == NEW_SNAPSHOT)
        if "track_id" in rows.columns:
            newest = newest.join(listed, on="track_id", how="semi")
        others = before[name].filter(pl.col("snapshot_date") != day)
        tables[name] = pl.concat([others, newest.with_columns(snapshot_date=pl.lit(day))])
    return tables


@pytest.mark.parametrize(
    ("seed", "times"), [(0, 1), *(pytest.param(seed, 3, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_late_arrivals_and_removals_equal_a_full_refresh(
    copy_of_built, tests_of_marts, tmp_path, seed, times
):
    """Random days get new events, lose old ones and get another snapshot; only they are loaded again.

    Once, the marts that are loaded by days are compared; where it is done again and again, all of them.
    """
    warehouse, random = copy_of_built, Random(seed)
    tables = source_frames()
    for _ in range(times):
        start = FIRST_DAY + timedelta(days=random.randrange(-1, DAYS))
        days = Window(start, start + timedelta(days=random.randrange(1, 4)))
        in_window = pl.col("event_date").is_between(days.start, days.end, closed="left")
        kept = tables["core.listening_events"].filter(in_window & (pl.int_range(pl.len()) % 3 > 0))
        late = events_frame(150, seed=random.randrange(2, 1_000)).filter(in_window)
        tables = core_after(tables, pl.concat([kept, late]).unique("event_id", maintain_order=True), days)
        snapshot = days.start + timedelta(days=random.randrange((days.end - days.start).days))
        if snapshot != NEW_SNAPSHOT:
            tables = other_snapshot(tables, snapshot, random)
        for name, rows in tables.items():
            warehouse.execute(f"delete from {name}")
            warehouse.insert(name, rows)
        untouched = (
            "from marts.fact_listens "
            f"where event_date not between '{days.start}' and '{days.end}' order by all"
        )
        before = warehouse.query(untouched)
        warehouse.build(*INCREMENTAL, *NO_TESTS, *window(days.start, days.end))
        assert failing(warehouse, of_tables(tests_of_marts, by_days(warehouse))) == set()
        assert_same_rows({"rest": warehouse.query(untouched)}, {"rest": before})
    if times > 1:
        warehouse.build(*OTHERS)

    fresh = DbtWarehouse(tmp_path / "fresh" / "warehouse.duckdb", warehouse.target_path)
    fresh.create(tables)
    fresh.build("--full-refresh", *NO_TESTS, *(() if times > 1 else UP_TO_INCREMENTAL))
    assert warehouse.query("select count(*) from marts.fact_listens").item() > 0
    compared = fresh.marts().keys() if times > 1 else by_days(fresh)
    found, wanted = warehouse.marts(), fresh.marts()
    assert found.keys() >= wanted.keys() >= compared
    assert_same_rows({name: found[name] for name in compared}, {name: wanted[name] for name in compared})


def of_tables(tests: list[CompiledTest], names: set[str]) -> list[CompiledTest]:
    """The tests that read some of these marts and no others."""
    found = [test for test in tests if test.tables and test.tables <= {f"marts.{name}" for name in names}]
    assert len(found) > 20
    return found


def by_days(warehouse: DbtWarehouse) -> set[str]:
    """The marts that are loaded by days."""
    nodes = warehouse.manifest().nodes.values()
    names = {node.name for node in nodes if node.config.materialized == "incremental"}
    assert len(names) > 10
    return names


@pytest.mark.slow
def test_first_load_of_some_days_has_only_those(tmp_path, built):
    warehouse = DbtWarehouse(tmp_path / "warehouse.duckdb", built.target_path)
    warehouse.create(source_frames())
    warehouse.build(*UP_TO_INCREMENTAL, *window(date(2025, 1, 30), date(2025, 2, 1)))
    found = warehouse.query("select distinct event_date from marts.fact_listens order by all")
    assert found["event_date"].to_list() == [date(2025, 1, 30), date(2025, 1, 31)]
    assert found.height < DAYS


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "frames",
    [{}, catalogue_frames(), event_frames(events_frame(60))],
    ids=["nothing", "catalogue only", "events only"],
)
def test_marts_build_on_empty_tables(tmp_path, built, tests_of_marts, frames):
    warehouse = DbtWarehouse(tmp_path / "warehouse.duckdb", built.target_path)
    warehouse.create(frames)
    warehouse.build(*NO_TESTS)
    assert failing(warehouse, tests_of_marts) == set()
    plays = warehouse.query("select coalesce(sum(plays), 0) as plays from marts.daily_aggregates").item()
    assert (plays > 0) == ("core.listening_events" in frames)
    assert warehouse.query("from marts.dim_track where track_id = 'unknown'").height == 1
    assert warehouse.query("from marts.dim_artist where artist_id = 'unknown'").height == 1


@pytest.mark.slow
def test_tests_of_a_window_judge_its_days_only(copy_of_built):
    """A fault on a day fails the run of that day and not the run of another: no test reads all of history."""
    faulty, other = date(2025, 2, 3), date(2025, 1, 31)
    copy_of_built.execute(
        "update marts.fact_listens set outcome = 'nonsense', track_id = 'nothing' "
        f"where event_date = '{faulty}'"
    )
    found = {}
    for day in (faulty, other):
        only_tests = ("--select", "fact_listens", "--resource-type", "test")
        result = copy_of_built.dbt("build", *only_tests, *window(day, day + timedelta(days=1)))
        found[day] = {problem.split(":")[0] for problem in problems(result)}
    assert found[other] == set()
    assert found[faulty] >= {
        "accepted_values_fact_listens_outcome__complete__skip__abandoned__unknown",
        "relationships_fact_listens_track_id__track_id__ref_dim_track_",
    }
