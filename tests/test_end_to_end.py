"""The whole graph on generated listening, at both grains, as the CLI and the UI run it: one run for a range.

Numbers are compared with computations that share no code with the product.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.automation.runs import RunOutcome, run
from spotify_assets.definitions import build_defs
from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import write_days
from spotify_assets.instance.home import instance_of
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.transforms.tracks import clean_tracks

FIRST, LAST = date(2025, 2, 22), date(2025, 3, 7)
DAYS = Window(FIRST, LAST + timedelta(days=1))
COMPARED = {
    "core.tracks": "snapshot_date, track_id",
    "core.track_genres": "snapshot_date, track_id, genre",
    "core.listening_events": "event_id",
    "core.daily_track_metrics": "event_date, track_id",
    "ml.model_features": "event_id",
    "marts.dim_track": "track_id",
    "marts.fact_listens": "event_id",
    "marts.daily_aggregates": "all",
    "marts.genre_skip_rates": "genre",
}
"""Tables that must not depend on the grain, and the order to compare them in."""


@dataclass(frozen=True)
class World:
    """One materialised data folder."""

    settings: Settings
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    outcome: RunOutcome

    def run(
        self, job: str, window: Window | None = None, assets: list[dg.AssetKey] | None = None
    ) -> RunOutcome:
        return run(self.definitions, self.instance, self.settings, job, window=window, assets=assets)

    def check(self, asset: dg.AssetKey) -> RunOutcome:
        """Evaluate the checks of an asset."""
        known = self.definitions.resolve_asset_graph().asset_check_keys
        checks = [key for key in known if key.asset_key == asset]
        return run(self.definitions, self.instance, self.settings, "checks", checks=checks)

    def sql(self, query: str) -> pl.DataFrame:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            rows: pl.DataFrame = connection.sql(query).pl()
        return rows

    def table(self, name: str) -> pl.DataFrame:
        return self.sql(f"select * from {name} order by {COMPARED[name]}")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated catalogue and two weeks of listening, across the end of a month."""
    lake_dir = tmp_path_factory.mktemp("lake")
    catalogue = generate_catalogue(300, seed=3)
    write_catalogue(lake_dir, catalogue, FIRST, 3)
    raw = pl.read_parquet(lake_dir / "spotify_tracks" / f"snapshot_date={FIRST}" / "*.parquet")
    write_days(GeneratorConfig(users=25, seed=3), clean_tracks(raw).tracks.rows, lake_dir, FIRST, LAST)
    return lake_dir


@pytest.fixture(scope="module", params=["day", pytest.param("month", marks=pytest.mark.slow)])
def world(
    request: pytest.FixtureRequest, lake: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The graph materialised once at each grain, over the same lake."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "raw").symlink_to(lake)
    settings = Settings(
        data_dir=folder, partition_grain=request.param, training_days=7, test_days=4, _env_file=None
    )
    patch = pytest.MonkeyPatch()
    patch.setenv("DAGSTER_HOME", str(folder / "dagster_home"))
    definitions = build_defs(settings)
    with instance_of(settings) as instance:
        outcome = run(definitions, instance, settings, "everything", window=DAYS)
        yield World(settings, definitions, instance, outcome)
    patch.undo()


IN_MONTHS = pytest.mark.parametrize("world", [pytest.param("month", marks=pytest.mark.slow)], indirect=True)
"""What costs as much as the whole graph once more is shown at one grain."""


def landed_events(world: World) -> list[dict[str, object]]:
    files = sorted((world.settings.lake_dir / "listening_events").rglob("*.parquet"))
    return [row for file in files for row in pl.read_parquet(file, hive_partitioning=False).to_dicts()]


def test_one_run_materialises_everything_and_every_check_that_blocks_passes(world: World):
    assert world.outcome.failures == {}
    assert world.outcome.success
    assert world.outcome.broken == []
    assert len(world.outcome.checks) > 100


def test_the_run_is_one_run_of_the_instance_with_every_partition_materialised(world: World):
    assert len(world.instance.get_runs()) >= 1
    key = dg.AssetKey(["core", "listening_events"])
    definition = world.definitions.resolve_asset_graph().get(key).partitions_def
    assert definition is not None
    materialised = world.instance.get_materialized_partitions(key)
    expected = (
        {"2025-02-01", "2025-03-01"}
        if world.settings.partition_grain == "month"
        else set(map(str, DAYS.days()))
    )
    assert materialised == expected


def test_what_people_read_is_published_before_what_it_does_not_need(world: World):
    records = world.instance.get_records_for_run(
        world.outcome.run_id, of_type=dg.DagsterEventType.STEP_START
    ).records
    order = [record.event_log_entry.step_key for record in records]
    assert order.index("publish__metrics") < order.index("ml__unusual_listening") < order.index("dbt")
    models = ("ml__model_features", "recommend", "skip_ladder", "skip_model", "skip_survival")
    readable = order.index("publish__marts_copy_has_what_is_read")
    assert order.index("dbt") < order.index("publish__marts") < readable
    assert all(readable < order.index(step) < order.index("publish__serving") for step in models)


def test_every_landed_row_is_in_the_warehouse_and_every_refused_one_has_a_reason(world: World):
    landed = landed_events(world)
    [(raw, loaded, refused)] = world.sql(
        """
        select
            (select count(*) from raw.raw_events),
            (select count(*) from core.listening_events),
            (select count(*) from ops.rejected_rows where table_name = 'core.listening_events')
        """
    ).rows()
    assert raw == len(landed) == loaded + refused
    books = world.sql("select table_name, outcome, sum(rows)::bigint as n from ops.row_counts group by all")
    totals: dict[str, dict[str, int]] = defaultdict(dict)
    for table, outcome, rows in books.rows():
        totals[table][outcome] = rows
    for table, entries in totals.items():
        assert entries["in"] == entries["loaded"] + entries.get("rejected", 0) + entries.get(
            "duplicate", 0
        ), table
    assert totals["core.tracks"]["duplicate"] > 0
    assert totals["core.tracks"]["rejected"] == 1


def test_daily_metrics_are_those_counted_by_hand(world: World):
    plays: dict[tuple[object, object], int] = defaultdict(int)
    heard: dict[tuple[object, object], int] = defaultdict(int)
    users: dict[tuple[object, object], set[object]] = defaultdict(set)
    for event in landed_events(world):
        if event["action"] in ("play", "skip"):
            key = (event["event_date"], event["track_id"])
            plays[key] += 1
            heard[key] += int(str(event["ms_played"]))
            users[key].add(event["user_id"])
    metrics = {
        (row["event_date"], row["track_id"]): (row["plays"], row["ms_played"], row["listeners"])
        for row in world.sql("select * from core.daily_track_metrics where plays > 0").to_dicts()
    }
    assert metrics == {key: (plays[key], heard[key], len(users[key])) for key in plays}


def test_marts_agree_with_the_core_tables(world: World):
    [(facts, plays, days, weighted)] = world.sql(
        """
        select
            (select count(*) from marts.fact_listens),
            (select sum(plays)::bigint from core.daily_track_metrics),
            (select sum(plays)::bigint from marts.daily_aggregates),
            (select round(sum(weighted_plays))::bigint from marts.genre_skip_rates)
        """
    ).rows()
    assert facts == plays == days == weighted


def test_a_session_across_midnight_is_one_session(world: World):
    across = world.sql(
        """
        select session_id from core.listening_events
        group by session_id having count(distinct event_date) > 1
        """
    )
    assert across.height > 0
    broken = world.sql(
        """
        select user_id from (
            select user_id, session_id, started_at,
                lag(session_id) over (partition by user_id order by started_at, ended_at, event_id) as before,
                max(ended_at) over (
                    partition by user_id order by started_at, ended_at, event_id
                    rows between unbounded preceding and 1 preceding
                ) as heard_until
            from core.listening_events
        )
        where (session_id = before) <> (started_at - heard_until <= interval 30 minutes)
        """
    )
    assert broken.height == 0


def test_the_skip_model_is_judged_on_days_it_never_saw(world: World):
    models = world.sql("select * from ml.skip_model order by cutoff_date")
    assert models.height > 0
    newest = models.row(-1, named=True)
    assert newest["cutoff_date"] == LAST
    assert newest["train_to"] < newest["test_from"]
    assert 0.45 < newest["auc"] < 0.7
    assert "association, not cause" in newest["insight"]
    terms = world.sql(f"select term from ml.skip_model_coefficients where cutoff_date = date '{LAST}'")
    assert set(terms["term"]) == {"intercept", "danceability", "energy", "valence", "tempo", "popularity"}


def test_the_published_copy_has_what_the_warehouse_has(world: World):
    with duckdb.connect(str(world.settings.serving_path), read_only=True) as published:
        for table in COMPARED:
            [rows] = world.sql(f"select count(*) from {table}").row(0)
            assert published.execute(f"select count(*) from {table}").fetchone() == (rows,)


def assert_same(rows: pl.DataFrame, expected: pl.DataFrame) -> None:
    """The same rows; what sums fractions (genre weights) may differ by the order in which it adds them."""
    assert_frame_equal(rows, expected, rel_tol=1e-12, abs_tol=0)


@IN_MONTHS  # the whole graph once more; tests/dbt/test_incremental.py shows it of the marts
def test_running_again_changes_no_table(world: World):
    before = {name: world.table(name) for name in COMPARED}

    again = world.run("everything", DAYS)

    assert again.success
    for name, rows in before.items():
        assert_same(world.table(name), rows)


@pytest.mark.slow  # takes a world of each grain
def test_the_grain_changes_no_table(world: World, lake: Path, tmp_path_factory: pytest.TempPathFactory):
    """Both grains leave their tables in the lake's folder; the second one compares."""
    kept = lake.parent / "tables_of_the_other_grain"
    if kept.exists():
        for name in COMPARED:
            other = pl.read_parquet(kept / f"{name}.parquet")
            mine = world.table(name)
            assert_same(mine, other.select(mine.columns))
    else:
        kept.mkdir()
        for name in COMPARED:
            world.table(name).write_parquet(kept / f"{name}.parquet")


@pytest.mark.slow
@IN_MONTHS
def test_the_checks_alone_run_on_whole_tables_dbts_tests_included(world: World):
    checked = world.run("checks")

    assert checked.failures == {}
    assert checked.success
    assert checked.broken == []
    everything = {(check.asset, check.check) for check in world.outcome.checks}
    # Recaps are made by a schedule of their own.
    of_recaps = {("publish/monthly_recap", "every_recap_has_its_page")}
    assert {(check.asset, check.check) for check in checked.checks} == everything | of_recaps


def test_a_broken_row_is_found_and_repaired_by_materialising_its_asset(world: World):
    with duckdb.connect(str(world.settings.warehouse_path)) as connection:
        connection.execute(
            "update core.listening_events set ms_played = -1 "
            "where event_id = (select min(event_id) from core.listening_events)"
        )
    events = dg.AssetKey(["core", "listening_events"])

    checked = world.check(events)

    assert len(checked.checks) > 3
    assert [(check.asset, check.check) for check in checked.broken] == [("core/listening_events", "ranges")]
    repaired = world.run("everything", DAYS, [events])
    assert repaired.success
    assert repaired.broken == []


def test_rows_that_break_a_rule_are_set_aside_and_their_neighbours_stay(world: World):
    touched = [dg.AssetKey(["raw", "raw_events"]), dg.AssetKey(["core", "listening_events"])]
    day = Window(LAST, DAYS.end)
    folder = world.settings.lake_dir / "listening_events" / f"date={LAST}"
    broken = folder / "part-zz-broken.parquet"
    good = pl.read_parquet(folder / "part-synthetic.parquet", hive_partitioning=False)
    before = world.table("core.listening_events")
    good.head(3).with_columns(
        event_id=pl.concat_str(pl.lit("broken-"), "event_id"),
        ms_played=pl.Series([-5, 10, 20]),
        track_id=pl.Series([good["track_id"][0], "not a track id", good["track_id"][2]]),
        source_file=pl.lit("broken.parquet"),
    ).select(good.columns).write_parquet(broken)
    try:
        assert world.run("everything", day, touched).success
        refused = world.sql(
            "select reason from ops.rejected_rows where source_file = 'broken.parquet' order by all"
        )
        assert refused["reason"].to_list() == ["invalid_track_id", "negative_ms_played"]
        assert world.table("core.listening_events").height == before.height + 1
    finally:
        broken.unlink()
    assert world.run("everything", day, touched).success
    assert world.table("core.listening_events").equals(before)
