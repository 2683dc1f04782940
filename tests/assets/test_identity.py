"""The assets of who, where and what, over a warehouse with two days of listening."""

from collections.abc import Callable
from datetime import date
from typing import Any

import dagster as dg
import polars as pl
import pytest

from spotify_assets.assets.identity import identity_assets
from spotify_assets.assets.spec import IO_MANAGER, key_of
from spotify_assets.lake.profiles import Profile, write_profile
from spotify_assets.partitions import partitions
from spotify_assets.settings import Settings
from spotify_assets.tables import (
    COUNTRIES,
    LISTENING_EVENTS,
    LISTENING_HOURS,
    PLAYED_TRACKS,
    RECORDINGS,
    TRACKS,
    USER_PROFILES,
    Table,
)
from spotify_assets.transforms.zones import countries
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.transforms.events import listening_events, playback, track

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 2)
EVENT = {"session_id": "s", "is_stream": True, "track_name": "Song", "artist_name": "Artist"}
EVENTS = listening_events(
    playback("1", "2025-03-01 22:50", 1_800, track_key=track(1), **EVENT),
    playback("2", "2025-03-01 23:40", 2_400, track_key="name-00", **EVENT | {"track_id": None}),
    playback("3", "2025-03-01 23:50", 3_600, track_key=track(2), **EVENT | {"track_id": track(2)}),
)


def catalogue(*dated: tuple[date, str, int]) -> pl.DataFrame:
    """Clean tracks of one name: snapshot date, id and popularity."""
    required: dict[str, Any] = {"track_name": "Song", "artist_names": "Artist", "primary_artist_id": "a"}
    required |= {"primary_artist_name": "Artist", "artist_count": 1, "duration_ms": 180_000}
    required |= {"genre_count": 0, "source_rows": 1}
    rows = [required | {"snapshot_date": day, "track_id": key, "popularity": p} for day, key, p in dated]
    return pl.DataFrame(rows, schema=TRACKS.polars_schema)


@pytest.fixture(params=["day", "month"])
def settings(request: pytest.FixtureRequest, make_settings: Callable[..., Settings]) -> Settings:
    made = make_settings(start_date=date(2025, 2, 1), partition_grain=request.param)
    dated = [(FIRST, track(1), 5), (FIRST, track(3), 90), (LAST, track(1), 95)]
    with Database(made.warehouse_path).transaction() as connection:
        for table, rows in ((LISTENING_EVENTS, EVENTS), (TRACKS, catalogue(*dated))):
            create_table(connection, table)
            insert_rows(connection, table, rows, EVERYTHING, label="test")
    return made


def materialise(settings: Settings, *tables: Table) -> dg.ExecuteInProcessResult:
    """Materialise tables for every partition of the two days, one after the other."""
    assets = identity_assets(settings)
    specs = [
        dg.AssetSpec(
            key_of(table),
            partitions_def=partitions(settings),
            metadata={"partition_expr": column, "dagster/io_manager_key": IO_MANAGER},
        )
        for table, column in ((LISTENING_EVENTS, "event_date"), (TRACKS, "snapshot_date"))
    ]
    keys = ["2025-03-01"] if settings.partition_grain == "month" else [str(FIRST), str(LAST)]
    manager = WarehouseIOManager(
        database=str(settings.warehouse_path), lock_timeout_seconds=10.0, memory_limit=None
    )
    result: dg.ExecuteInProcessResult | None = None
    for table in tables:
        for key in keys if table.partition_column else keys[:1]:
            result = dg.materialize(
                [*assets, *specs],
                selection=[key_of(table)],
                partition_key=key if table.partition_column else None,
                resources={IO_MANAGER: manager},
            )
            assert result.success
    assert result is not None
    return result


def stored(settings: Settings, table: Table) -> list[dict[str, Any]]:
    rows = TableReader(Database(settings.warehouse_path), table).read()
    return rows.sort(table.key).to_dicts()


def test_profiles_are_those_that_listeners_declared(settings: Settings):
    write_profile(settings.lake_dir, Profile("ben", follows_country=True))
    write_profile(settings.lake_dir, Profile("anna", "Asia/Kolkata"))
    materialise(settings, USER_PROFILES)
    assert [tuple(row.values()) for row in stored(settings, USER_PROFILES)] == [
        ("anna", "Asia/Kolkata", False),
        ("ben", None, True),
    ]


@pytest.mark.slow
def test_hours_follow_the_declared_zone_and_add_up_across_partitions(settings: Settings):
    write_profile(settings.lake_dir, Profile("anna", "Asia/Kolkata"))
    materialise(settings, USER_PROFILES, LISTENING_HOURS)
    rows = stored(settings, LISTENING_HOURS)
    minutes = [
        (row["event_date"], row["local_hour"], row["ms_listened"] / 60_000, row["ms_overlapping"] / 60_000)
        for row in rows
    ]
    assert minutes == [(FIRST, 4, 30, 0), (LAST, 5, 50, 30), (LAST, 6, 20, 0)]
    assert {row["local_date"] for row in rows} == {LAST}


def test_recordings_know_the_newest_catalogue_and_obey_the_overrides(settings: Settings):
    result = materialise(settings, PLAYED_TRACKS, RECORDINGS)
    rows = {row["track_key"]: row for row in stored(settings, RECORDINGS)}
    assert {row["recording_id"] for row in rows.values()} == {track(1)}
    assert {row["catalogue_track_id"] for key, row in rows.items() if key in ("name-00", track(2))} == {
        track(1)
    }
    [materialisation] = result.asset_materializations_for_node("core__recordings")
    assert materialisation.metadata["tracks in the catalogue by id"].value == pytest.approx(1 / 3)
    assert materialisation.metadata["tracks in the catalogue by id or identity"].value == 1

    settings.recordings_path.write_text(f'different = [["{track(1)}", "name-00"]]')
    materialise(settings, RECORDINGS)
    parted = {row["track_key"]: row["recording_id"] for row in stored(settings, RECORDINGS)}
    assert parted["name-00"] == "name-00"

    settings.recordings_path.unlink()
    materialise(settings, RECORDINGS)
    assert {row["track_key"]: row for row in stored(settings, RECORDINGS)} == rows


def test_every_country_is_stored(settings: Settings):
    materialise(settings, COUNTRIES)
    assert len(stored(settings, COUNTRIES)) == countries().height
