"""The assets over the models: which cut-offs a run makes, what it leaves, and what it compares."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from spotify_assets.assets.ml import ml_assets
from spotify_assets.assets.spec import IO_MANAGER, key_of
from spotify_assets.partitions import partitions
from spotify_assets.settings import Settings
from spotify_assets.tables import MODEL_FEATURES, MODEL_REGISTRY, SKIP_LADDER, TRACKS, Table
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.skip.rows import DAYS, FIRST, feature_rows
from tests.skip.test_popularity import catalogue

LAST = FIRST + timedelta(days=DAYS - 1)
BEFORE_LAST = LAST - timedelta(days=1)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse with features of twenty days and a catalogue."""
    made = Settings(
        data_dir=tmp_path_factory.mktemp("described"),
        start_date=FIRST,
        training_days=10,
        test_days=4,
        training_sample_rows=1_000,
        _env_file=None,
    )
    described = catalogue(1, 500).with_columns(
        pl.lit(None).cast(kind).alias(name)
        for name, kind in TRACKS.polars_schema.items()
        if name
        not in ("snapshot_date", "track_id", "popularity", "primary_artist_id", "danceability", "energy")
    )
    required = described.with_columns(
        track_name=pl.lit("-"),
        artist_names=pl.lit("-"),
        primary_artist_name=pl.lit("-"),
        artist_count=1,
        duration_ms=1,
        genre_count=0,
        source_rows=1,
    )
    with Database(made.warehouse_path).transaction() as connection:
        for table, rows in ((MODEL_FEATURES, feature_rows(1)), (TRACKS, required)):
            create_table(connection, table)
            insert_rows(connection, table, rows, EVERYTHING, label="test")
    assert stored(made, MODEL_FEATURES).height == feature_rows(1).height
    return made


def every(settings: Settings) -> Settings:
    """The same, with a ladder of each cut-off."""
    return settings.model_copy(update={"ladder_cutoffs": 100})


def copied(settings: Settings, folder: Path) -> Settings:
    """The same with a copy of its warehouse, to be changed.

    What was committed may still stand in the log beside the file, so its bytes alone are not enough.
    """
    copy = settings.model_copy(update={"data_dir": folder})
    Database(settings.warehouse_path).copy_to(copy.warehouse_path)
    return copy


@pytest.fixture
def settings(described: Settings, tmp_path: Path) -> Settings:
    return copied(described, tmp_path)


@pytest.fixture(scope="module")
def two_made(described: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same after a history of models of the last two days was made; only to be read."""
    made = copied(described, tmp_path_factory.mktemp("two_made"))
    materialize(every(made), BEFORE_LAST, LAST)
    assert cutoffs(made) == [BEFORE_LAST, LAST]
    return made


def materialize(settings: Settings, first: date, last: date) -> None:
    """Run the ladder's assets for a range of cut-offs, as one run."""
    tags = {
        "dagster/asset_partition_range_start": str(first),
        "dagster/asset_partition_range_end": str(last),
    }
    sources = [
        dg.AssetSpec(key_of(table), partitions_def=partitions(settings)).with_io_manager_key(IO_MANAGER)
        for table in (MODEL_FEATURES, TRACKS)
    ]
    wanted = [asset for asset in ml_assets(settings) if key_of(SKIP_LADDER) in asset.keys]
    manager = WarehouseIOManager(
        database=str(settings.warehouse_path), lock_timeout_seconds=10, memory_limit=None
    )
    result = dg.materialize(
        [*sources, *wanted],
        resources={"warehouse": manager},
        tags=tags if first != last else None,
        partition_key=str(last) if first == last else None,
    )
    assert result.success


def stored(settings: Settings, table: Table) -> pl.DataFrame:
    return TableReader(Database(settings.warehouse_path), table).read()


def cutoffs(settings: Settings) -> list[date]:
    return stored(settings, SKIP_LADDER)["cutoff_date"].unique().sort().to_list()


@pytest.mark.slow
def test_a_range_makes_its_newest_cutoff_and_leaves_what_is_stored_for_the_others(two_made, tmp_path):
    settings = copied(two_made, tmp_path)
    with Database(settings.warehouse_path).transaction() as connection:
        for table in (SKIP_LADDER, MODEL_REGISTRY):
            connection.execute(f"delete from {table.full_name} where cutoff_date = date '{LAST}'")
        # What is stored says that it is not made again.
        connection.execute(f"update {SKIP_LADDER.full_name} set sampled_from = sampled_from + 1")
    before = stored(settings, SKIP_LADDER)
    assert before.height > 0
    materialize(settings, LAST - timedelta(days=3), LAST)

    assert cutoffs(settings) == [BEFORE_LAST, LAST]
    after = stored(settings, SKIP_LADDER).filter(pl.col("cutoff_date") == BEFORE_LAST)
    assert after.equals(before)
    # There are more rows than the setting allows: they are sampled, and the whole is said.
    ladder = stored(settings, SKIP_LADDER).filter(cutoff_date=LAST)
    features = feature_rows(1).filter(pl.col("event_date") > LAST - timedelta(days=14))
    assert ladder["sampled_from"].unique().to_list() == [features.height]
    [train] = ladder["train_rows"].unique()
    assert abs(train - 1_000) <= 10
    newest = stored(settings, MODEL_REGISTRY).filter(cutoff_date=LAST, target="skip")
    assert set(newest["previous_model_id"]) == {
        f"skip/logistic/{BEFORE_LAST}",
        f"skip/gradient_boosting/{BEFORE_LAST}",
    }


def test_a_history_of_models_is_a_range_with_the_setting_raised_and_the_same_every_time(two_made):
    assert cutoffs(two_made) == [BEFORE_LAST, LAST]
    registry = (
        stored(two_made, MODEL_REGISTRY).filter(target="skip", estimator="logistic").sort("cutoff_date")
    )
    assert registry["previous_model_id"].to_list() == [None, *registry["model_id"][:-1]]
    assert registry["promoted"][0]
    # The current model only ever changes to one that was promoted.
    for row, current in zip(
        registry.iter_rows(named=True), [None, *registry["current_model_id"]], strict=False
    ):
        assert row["current_model_id"] == (row["model_id"] if row["promoted"] else current)


@pytest.mark.slow
def test_days_without_data_make_nothing_and_say_so(settings, capfd):
    materialize(settings, LAST + timedelta(days=1), LAST + timedelta(days=2))
    assert cutoffs(settings) == []
    assert "ml.model_features has no rows in 2025-01-21" in capfd.readouterr().err


def test_a_cutoff_whose_data_is_gone_keeps_nothing(two_made, tmp_path):
    settings = copied(two_made, tmp_path)
    with Database(settings.warehouse_path).transaction() as connection:
        connection.execute(f"delete from {MODEL_FEATURES.full_name} where event_date = date '{BEFORE_LAST}'")

    materialize(settings, BEFORE_LAST, LAST)
    assert cutoffs(settings) == [LAST]
    assert stored(settings, MODEL_REGISTRY)["cutoff_date"].unique().to_list() == [LAST]
