"""The whole graph on a lakehouse: every table of it is that of the native warehouse, row by row."""

import pytest

from spotify_assets.settings import Settings
from spotify_assets.tables import TABLES
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.door import warehouse_of
from tests.cluster import lakes, worlds
from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The tables of a world in the native warehouse."""
    folder = tmp_path_factory.mktemp("native")
    worlds.write_world(folder / "data" / "raw", folder / "scratch")
    settings = worlds.settings_of(folder / "data")
    assert worlds.make_tables(settings).failures == {}
    return settings


@pytest.fixture(scope="module")
def lakehouse(
    native: Settings,
    server: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """The tables of the same world in a lakehouse: of all days, and then of some once more."""
    folder = tmp_path_factory.mktemp("lakehouse")
    settings = worlds.settings_of(
        folder / "data",
        lake_url=str(native.data_dir),
        warehouse_url=lakes.as_setting(lakes.new_catalogue(server)),
    )
    assert worlds.make_tables(settings).failures == {}
    return settings


def test_every_table_is_that_of_the_native_warehouse(native: Settings, lakehouse: Settings):
    assert not lakehouse.warehouse_path.exists()
    with warehouse_of(lakehouse).reader() as connection:
        assert disagreements(connection) == {}
    assert worlds.differences(warehouse_of(native), warehouse_of(lakehouse)) == []
    assert worlds.contents(warehouse_of(lakehouse)).keys() >= {
        ".".join(f'"{part}"' for part in name.split(".")) for name in TABLES
    }
