"""The assets of the weather, over a server with the archive's contract, which nobody asks unbidden."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import dagster as dg
import polars as pl
import pytest

from spotify_assets.assets.spec import IO_MANAGER, key_of
from spotify_assets.assets.weather import weather_assets
from spotify_assets.checks.evaluate import evaluate
from spotify_assets.partitions import partitions
from spotify_assets.settings import Settings
from spotify_assets.tables import (
    LISTENING_EVENTS,
    TRACKS,
    USER_PROFILES,
    WEATHER_EFFECTS,
    WEATHER_HOURS,
    Table,
)
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from spotify_assets.weather.declared import declare
from tests.assets.test_identity import catalogue
from tests.servers.open_meteo import Server, open_meteo
from tests.transforms.events import listening_events, playback, track

FIRST, DAYS = date(2025, 1, 1), 120
LAST = FIRST + timedelta(days=DAYS - 1)
EVENTS = listening_events(
    *(
        playback(
            f"{day}-{hour}",
            f"{FIRST + timedelta(days=day)} {hour:02d}:10",
            track_key=track(day % 2),
            track_id=track(day % 2),
            session_id="s",
            is_stream=True,
            outcome="complete",
        )
        for day in range(DAYS)
        for hour in (8, 12, 18)
    )
)


@pytest.fixture
def server() -> Iterator[Server]:
    with open_meteo() as running:
        yield running


@pytest.fixture
def settings(server: Server, make_settings: Callable[..., Settings]) -> Settings:
    made = make_settings(start_date=FIRST, weather_url=server.url, geocoding_url=server.url)
    sounds = catalogue((FIRST, track(0), 5), (FIRST, track(1), 5)).with_columns(
        valence=pl.Series([0.2, 0.8]), energy=pl.lit(0.5), tempo=pl.Series([90.0, 120.0])
    )
    with Database(made.warehouse_path).transaction() as connection:
        for table, rows in (
            (LISTENING_EVENTS, EVENTS),
            (TRACKS, sounds),
            (USER_PROFILES, USER_PROFILES.empty()),
        ):
            create_table(connection, table)
            insert_rows(connection, table, rows, EVERYTHING, label="test")
    return made


def materialise(settings: Settings) -> None:
    """Both assets, for all days."""
    definition = partitions(settings)
    sources = [
        dg.AssetSpec(
            key_of(table), partitions_def=definition if table.partition_column else None
        ).with_io_manager_key(IO_MANAGER)
        for table in (LISTENING_EVENTS, TRACKS, USER_PROFILES)
    ]
    tags = {"dagster/asset_partition_range_start": str(FIRST), "dagster/asset_partition_range_end": str(LAST)}
    for table in (WEATHER_HOURS, WEATHER_EFFECTS):
        assert dg.materialize(
            [*sources, *weather_assets(settings)],
            selection=[key_of(table)],
            resources={"warehouse": WarehouseIOManager.of(settings)},
            tags=tags if table.partition_column else None,
        ).success


def stored(settings: Settings, table: Table) -> pl.DataFrame:
    return TableReader(Database(settings.warehouse_path), table).read()


@pytest.mark.slow
def test_nobody_is_asked_before_somebody_declares_a_place(settings: Settings, server: Server):
    materialise(settings)
    assert server.requests == 0
    assert stored(settings, WEATHER_HOURS).is_empty()
    assert stored(settings, WEATHER_EFFECTS).is_empty()


def test_the_weather_of_a_declared_place_is_fetched_once_and_compared(settings: Settings, server: Server):
    declare(settings.places_path, "anna", city="Hamburg", latitude=53.55, longitude=9.99)
    declare(settings.places_path, "nobody here", city="Hamburg", latitude=53.55, longitude=9.99)
    materialise(settings)
    assert server.asked == [("53.55,9.99", FIRST, LAST)]
    hours = stored(settings, WEATHER_HOURS)
    assert hours.height == 24 * DAYS
    assert hours.filter(pl.col("event_date") == FIRST)["is_daylight"].sum() == 7  # from 07:37 to 15:11 UTC
    answers = stored(settings, WEATHER_EFFECTS)
    assert answers["user_id"].unique().to_list() == ["anna"]
    rain = answers.row(
        by_predicate=(pl.col("condition") == "rain") & (pl.col("measure") == "minutes"), named=True
    )
    # Whoever plays at the same hours each day plays no more when it rains.
    assert rain["estimate"] == pytest.approx(0, abs=1e-9)
    assert not rain["is_positive"]
    assert rain["mean"] == pytest.approx(9 * DAYS / rain["hours"])
    with Database(settings.warehouse_path).reader() as connection:
        for table in (WEATHER_HOURS, WEATHER_EFFECTS):
            assert [one.check for one in evaluate(connection, table, None) if not one.passed] == []
    materialise(settings)
    assert len(server.asked) == 1
