"""The product's transforms as plain Dagster assets with the stock `DuckDBPolarsIOManager`.

Its type handler reads with DuckDB up to 1.5 only. The range is one run, as the transforms need the days
before each day: partition by partition, the stock IO manager would read 28 of them again for every one.
"""

from collections.abc import Sequence

import dagster as dg
import polars as pl
from dagster_duckdb_polars import DuckDBPolarsIOManager

from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.transforms.events import listening_events as clean_events
from spotify_assets.transforms.features import model_features as features_of
from spotify_assets.transforms.metrics import daily_track_metrics as track_metrics
from tests.benchmarks.lakes import clean_catalogue, event_files
from tests.benchmarks.watching import Cost, measured


class NothingBefore:
    """The listening before the first day there is, as `transforms.features.Earlier`."""

    def __init__(self, events: pl.DataFrame) -> None:
        self._none = events.clear().select(
            "user_id", "track_id", pl.col("artist_name").alias("artist"), "event_date", plays=0, skips=0
        )
        self._rows = events.clear()

    def rows(self, days: int, columns: Sequence[str], matching: pl.DataFrame) -> pl.DataFrame:
        """No events."""
        del days, matching
        return self._rows.select(columns)

    def plays_of_users(self, days: int) -> pl.DataFrame:
        """No counts."""
        del days
        return self._none.select("user_id", "event_date", "plays", "skips")

    def plays_of_pairs(self, days: int, pairs: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
        """No counts."""
        del days, pairs, artists
        return self._none


def assets_of(settings: Settings, window: Window) -> list[dg.AssetsDefinition]:
    """The assets, partitioned by day; the catalogue first."""
    daily = dg.DailyPartitionsDefinition(str(window.start), end_date=str(window.end))
    single_run = dg.BackfillPolicy.single_run()

    @dg.asset(key_prefix="core")
    def tracks() -> pl.DataFrame:
        return clean_catalogue(settings)

    @dg.asset(
        key_prefix="raw",
        partitions_def=daily,
        backfill_policy=single_run,
        metadata={"partition_expr": "event_date"},
    )
    def raw_events() -> pl.DataFrame:
        return pl.read_parquet(event_files(settings), hive_partitioning=False)

    @dg.asset(
        key_prefix="core",
        partitions_def=daily,
        backfill_policy=single_run,
        metadata={"partition_expr": "event_date"},
        ins={"raw_events": dg.AssetIn(["raw", "raw_events"]), "tracks": dg.AssetIn(["core", "tracks"])},
    )
    def listening_events(raw_events: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
        return clean_events(raw_events, lambda _: raw_events.clear(), tracks).rows

    @dg.asset(
        key_prefix="core",
        partitions_def=daily,
        backfill_policy=single_run,
        metadata={"partition_expr": "event_date"},
        ins={"listening_events": dg.AssetIn(["core", "listening_events"])},
    )
    def daily_track_metrics(listening_events: pl.DataFrame) -> pl.DataFrame:
        return track_metrics(listening_events)

    @dg.asset(
        key_prefix="ml",
        partitions_def=daily,
        backfill_policy=single_run,
        metadata={"partition_expr": "event_date"},
        ins={
            "listening_events": dg.AssetIn(["core", "listening_events"]),
            "tracks": dg.AssetIn(["core", "tracks"]),
        },
    )
    def model_features(listening_events: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
        return features_of(listening_events, NothingBefore(listening_events), tracks)

    return [tracks, raw_events, listening_events, daily_track_metrics, model_features]


def run(settings: Settings, window: Window) -> Cost:
    """One run over the window."""
    tracks, *measured_assets = assets_of(settings, window)
    resources = {"io_manager": DuckDBPolarsIOManager(database=str(settings.warehouse_path))}
    days = window.days()
    tags = {
        "dagster/asset_partition_range_start": str(days[0]),
        "dagster/asset_partition_range_end": str(days[-1]),
    }
    everything = [tracks, *measured_assets]
    with dg.DagsterInstance.get() as instance:
        dg.materialize([tracks], instance=instance, resources=resources)
        with measured() as cost:
            done = dg.materialize(
                everything, selection=measured_assets, instance=instance, resources=resources, tags=tags
            )
    assert done.success
    return cost
