"""The asset that recommends, on a warehouse: both tables, the checks, and what earlier runs left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import dagster as dg
import polars as pl
import pytest

from spotify_assets.assets.recommendations import recommendation_assets
from spotify_assets.assets.spec import IO_MANAGER, key_of
from spotify_assets.checks.bounds import Bounds
from spotify_assets.checks.evaluate import evaluate
from spotify_assets.partitions import partitions
from spotify_assets.settings import Settings
from spotify_assets.tables import LISTENING_EVENTS, RECOMMENDATION_QUALITY, RECOMMENDATIONS, TRACKS, Table
from spotify_assets.transforms.exclusions import Exclusion
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from spotify_assets.warehouse.reader import TableReader
from tests.recommend.worlds import CUTOFF, FIRST, generated


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """A warehouse with the listening of thirty generated listeners and their catalogue."""
    made = make_settings(start_date=FIRST)
    told = generated(users=30, tracks=500).told
    events = told.plays.with_row_index("number").with_columns(
        event_id=pl.format("e{}", "number"),
        event_date=pl.col("started_at").dt.date(),
        ended_at=pl.col("started_at"),
        action=pl.when(pl.col("outcome") == "skip").then(pl.lit("skip")).otherwise(pl.lit("play")),
        content_type=pl.lit("music"),
        source=pl.lit("synthetic"),
    )
    tracks = told.tracks.unique("track_id").with_columns(track_name=pl.col("track_name").fill_null("-"))
    with Database(made.warehouse_path).transaction() as connection:
        for table, rows in ((LISTENING_EVENTS, events), (TRACKS, tracks)):
            connection.register("rows_to_write", rows.select(set(rows.columns) & set(table.column_names)))
            connection.execute(f"create schema if not exists {table.schema}")
            columns = ", ".join(
                column.name if column.name in rows.columns else f"null::{column.type} as {column.name}"
                for column in table.columns
            )
            connection.execute(f"create table {table.full_name} as select {columns} from rows_to_write")
            connection.unregister("rows_to_write")
    return made


def materialize(settings: Settings, day: date) -> None:
    sources = [
        dg.AssetSpec(key_of(table), partitions_def=partitions(settings)).with_io_manager_key(IO_MANAGER)
        for table in (LISTENING_EVENTS, TRACKS)
    ]
    manager = WarehouseIOManager(
        database=str(settings.warehouse_path), lock_timeout_seconds=10, memory_limit=None
    )
    result = dg.materialize(
        [*sources, *recommendation_assets(settings)],
        resources={"warehouse": manager},
        partition_key=str(day),
    )
    assert result.success


def stored(settings: Settings, table: Table) -> pl.DataFrame:
    return TableReader(Database(settings.warehouse_path), table).read()


def failing(settings: Settings, table: Table, bounds: Bounds | None = None) -> list[str]:
    with Database(settings.warehouse_path).reader() as connection:
        return [
            found.check
            for found in evaluate(connection, table, None, bounds or Bounds())
            if not found.passed and found.check != "references"
        ]


def test_a_cutoff_is_made_checked_and_kept_beside_the_next(settings: Settings):
    materialize(settings, CUTOFF)
    lists, quality = stored(settings, RECOMMENDATIONS), stored(settings, RECOMMENDATION_QUALITY)
    assert set(lists["task"]) == set(quality["task"]) == {"next", "new"}
    assert quality["test_to"].unique().to_list() == [CUTOFF]
    assert quality["train_to"].unique().to_list() == [CUTOFF - timedelta(days=7)]
    for table in (RECOMMENDATIONS, RECOMMENDATION_QUALITY):
        assert failing(settings, table) == []
    materialize(settings, CUTOFF - timedelta(days=1))
    assert stored(settings, RECOMMENDATIONS)["cutoff_date"].n_unique() == 2
    kept = stored(settings, RECOMMENDATIONS).filter(cutoff_date=CUTOFF)
    assert kept.sort(kept.columns).equals(lists.sort(lists.columns))


@pytest.mark.slow
def test_what_is_excluded_by_now_or_was_heard_fails_the_check(settings: Settings):
    materialize(settings, CUTOFF)
    lists = stored(settings, RECOMMENDATIONS)
    listed = lists.filter(task="new").row(0, named=True)
    rules = (Exclusion(user_id=listed["user_id"], track=listed["track_id"]),)
    assert failing(settings, RECOMMENDATIONS, Bounds(exclusions=rules)) == ["nothing_excluded"]
    other = (replace(rules[0], user_id="somebody else"),)
    assert failing(settings, RECOMMENDATIONS, Bounds(exclusions=other)) == []
    with Database(settings.warehouse_path).transaction() as connection:
        connection.execute(
            f"update {LISTENING_EVENTS.full_name} set track_id = ? where event_id = "
            f"(select min(event_id) from {LISTENING_EVENTS.full_name} where user_id = ?)",
            [listed["track_id"], listed["user_id"]],
        )
    assert failing(settings, RECOMMENDATIONS) == ["nothing_heard"]


@pytest.mark.slow
def test_quality_below_the_plain_rung_warns_and_later_learning_fails(settings: Settings):
    materialize(settings, CUTOFF)
    with Database(settings.warehouse_path).transaction() as connection:
        name = RECOMMENDATION_QUALITY.full_name
        connection.execute(
            f"update {name} set ndcg_10_high = 0, ndcg_10 = 0, ndcg_10_low = 0 "
            "where task = 'next' and rung = 'blend'"
        )
    assert failing(settings, RECOMMENDATION_QUALITY) == ["no_worse_than_baseline"]
    with Database(settings.warehouse_path).transaction() as connection:
        connection.execute(f"update {name} set train_to = test_from")
    assert failing(settings, RECOMMENDATION_QUALITY) == ["nothing_later", "no_worse_than_baseline"]


@pytest.mark.slow
def test_days_without_listening_make_nothing(settings: Settings):
    materialize(settings, CUTOFF + timedelta(days=3))
    assert stored(settings, RECOMMENDATIONS).is_empty()
