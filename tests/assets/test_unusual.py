"""The asset of unusual listening, over a warehouse with a planted world."""

from collections.abc import Callable
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest

from spotify_assets.assets.spec import IO_MANAGER, key_of
from spotify_assets.assets.unusual import unusual_assets
from spotify_assets.checks.evaluate import evaluate
from spotify_assets.partitions import partitions
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import LISTENING_EVENTS, SOUND, TRACKS, UNUSUAL_LISTENING
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.insight.planted import FIRST, Heard, heard

DAYS = 56


@pytest.fixture(scope="module")
def world() -> Heard:
    return heard(3, users=8, days=DAYS)


def catalogue(world: Heard) -> pl.DataFrame:
    """The world's tracks as core.tracks."""
    tempo = pl.when(pl.col("tempo") > 1).then("tempo")
    known = world.tracks.select("track_id", *SOUND).with_columns(tempo=tempo)
    required = {"track_name": "-", "artist_names": "-", "primary_artist_id": "a", "primary_artist_name": "-"}
    numbers = {"artist_count": 1, "genre_count": 0, "source_rows": 1}
    made = known.with_columns(
        *(pl.lit(value).alias(name) for name, value in required.items()),
        *(pl.lit(value, pl.Int64).alias(name) for name, value in numbers.items()),
        snapshot_date=pl.lit(FIRST),
        duration_ms=pl.lit(1, pl.Int64),
    )
    missing = [
        pl.lit(None, kind).alias(n) for n, kind in TRACKS.polars_schema.items() if n not in made.columns
    ]
    return made.with_columns(missing).select(TRACKS.column_names).cast(TRACKS.polars_schema)


@pytest.mark.parametrize("grain", ["day", "month"])
def test_a_run_stores_what_the_rules_find_and_its_check_warns(
    world: Heard, grain: str, make_settings: Callable[..., Settings]
):
    settings = make_settings(start_date=FIRST, partition_grain=grain)
    database = Database(settings.warehouse_path)
    with database.transaction() as connection:
        for table, rows in ((LISTENING_EVENTS, world.events), (TRACKS, catalogue(world))):
            create_table(connection, table)
            insert_rows(connection, table, rows, EVERYTHING, label="test")
    definition = partitions(settings)
    keys = [key for key in definition.get_partition_keys() if key <= str(FIRST + timedelta(days=DAYS - 1))]
    sources = [
        dg.AssetSpec(key_of(table), partitions_def=definition).with_io_manager_key(IO_MANAGER)
        for table in (LISTENING_EVENTS, TRACKS)
    ]
    result = dg.materialize(
        [*sources, *unusual_assets(settings)],
        selection=[key_of(UNUSUAL_LISTENING)],
        resources={"warehouse": WarehouseIOManager.of(settings)},
        tags={"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]},
    )
    assert result.success
    stored = TableReader(database, UNUSUAL_LISTENING).read().sort("unusual_id")
    assert stored.equals(world.find().sort("unusual_id"))
    assert stored.height > 10
    quiet = Window(FIRST, FIRST + timedelta(days=7))
    with database.reader() as connection:
        told = {finding.check: finding for finding in evaluate(connection, UNUSUAL_LISTENING, None)}
        nothing = {finding.check: finding for finding in evaluate(connection, UNUSUAL_LISTENING, quiet)}
    assert [name for name, finding in told.items() if not finding.passed] == ["nothing_unusual"]
    assert told["nothing_unusual"].warns
    assert told["nothing_unusual"].failing_rows == stored.height
    assert nothing["nothing_unusual"].passed
