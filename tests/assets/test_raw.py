"""Raw assets: the files that a partition came from are named on its page."""

from collections.abc import Callable
from datetime import date
from functools import partial

import dagster as dg
import pytest

from spotify_assets.assets.raw import raw_assets
from spotify_assets.lake import layout
from spotify_assets.settings import Settings
from spotify_assets.sources.errors import SeveralSourcesError, SourceError
from spotify_assets.start_date import start_of
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.warehouse.io_manager import WarehouseIOManager

DAY = date(2025, 3, 1)
FILES = ["listening_events/date=2025-03-01/a.parquet", "listening_events/date=2025-03-01/hour=07/b.parquet"]


def files_shown(settings: Settings, **partition: object) -> list[object]:
    """The files that the materialisations of `raw_events` name."""
    raw_events = next(
        a
        for a in raw_assets(settings, partial(start_of, settings))
        if a.key == dg.AssetKey(["raw", "raw_events"])
    )
    result = dg.materialize(
        [raw_events],
        resources={
            "warehouse": WarehouseIOManager(
                database=str(settings.warehouse_path), lock_timeout_seconds=1, memory_limit=None
            )
        },
        **partition,  # type: ignore[arg-type]
    )
    materialisations = result.asset_materializations_for_node("raw__raw_events")
    shown = [made.metadata.get("source files") for made in materialisations]
    return [each.value if each else None for each in shown]


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    made = make_settings()
    for file in FILES:
        layout.write_parquet(made.lake_dir / file, RAW_EVENTS.empty())
    layout.write_parquet(
        made.lake_dir / "listening_events/date=2025-03-02/of-another-day.parquet", RAW_EVENTS.empty()
    )
    return made


def test_a_partition_names_its_files(settings: Settings):
    assert files_shown(settings, partition_key=DAY.isoformat()) == [FILES]


def test_each_partition_of_a_range_run_names_its_own_files(settings: Settings):
    tags = {
        "dagster/asset_partition_range_start": "2025-03-01",
        "dagster/asset_partition_range_end": "2025-03-03",
    }
    of_another = ["listening_events/date=2025-03-02/of-another-day.parquet"]
    assert files_shown(settings, tags=tags) == [FILES, of_another, []]


def test_all_files_that_cannot_be_read_are_named_and_not_only_the_first(settings: Settings):
    broken = [*FILES, "listening_events/date=2025-03-02/of-another-day.parquet"]
    for name in broken:
        (settings.lake_dir / name).write_bytes(b"nonsense")
    tags = {
        "dagster/asset_partition_range_start": "2025-03-01",
        "dagster/asset_partition_range_end": "2025-03-03",
    }
    with pytest.raises(SeveralSourcesError) as raised:
        files_shown(settings, tags=tags)
    told = str(raised.value).splitlines()
    assert [line.partition(": ")[0] for line in told] == broken
    assert all("move it out of the lake" in line for line in told)


def test_one_file_that_cannot_be_read_is_an_error_by_itself(settings: Settings):
    (settings.lake_dir / FILES[1]).write_bytes(b"nonsense")
    with pytest.raises(SourceError, match=FILES[1]):
        files_shown(settings, partition_key=DAY.isoformat())
