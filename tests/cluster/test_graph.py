"""The whole graph on a lakehouse: every table of it is that of the native warehouse, row by row.

Once in a folder, made by one process, and once in an object store, with slices made by Spark on two workers.
"""

from collections.abc import Iterator

import pytest

from spotify_assets.settings import Settings
from spotify_assets.tables import TABLES
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.door import warehouse_of
from spotify_assets.warehouse.on_spark import session_of
from tests.cluster import lakes, stores, worlds
from tests.servers.postgres import Postgres
from tests.servers.spark import standalone

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
def in_folder(native: Settings, server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The tables of the same world in a lakehouse in a folder."""
    settings = worlds.settings_of(
        tmp_path_factory.mktemp("lakehouse") / "data",
        lake_url=str(native.data_dir),
        warehouse_url=lakes.as_setting(lakes.new_catalogue(server)),
    )
    assert worlds.make_tables(settings).failures == {}
    return settings


@pytest.fixture(scope="module")
def in_store(
    server: Postgres, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The tables of the same world in an object store, their slices made by two workers."""
    if (why := standalone.missing()) is not None:
        pytest.skip(why)
    bucket = stores.new_bucket(request.getfixturevalue("gateway"))
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        # The workers are told of the store by their environment, as machines of a cluster are.
        for name, value in {**bucket.environment, "SPARK_LOCAL_IP": "127.0.0.1"}.items():
            patch.setenv(name, value)
        with standalone.Standalone() as spark:
            settings = worlds.settings_of(
                folder / "data",
                lake_url=f"s3://{bucket.name}/lake",
                warehouse_url=lakes.as_setting(lakes.new_catalogue(server)),
                spark_master=spark.address,
            )
            worlds.write_world(settings.lake, folder / "scratch")
            assert worlds.make_tables(settings).failures == {}
            yield settings
            session_of(spark.address).stop()


@pytest.mark.parametrize("where", ["in_folder", "in_store"])
def test_every_table_is_that_of_the_native_warehouse(
    where: str, native: Settings, request: pytest.FixtureRequest
):
    lakehouse: Settings = request.getfixturevalue(where)
    assert not lakehouse.warehouse_path.exists()
    with warehouse_of(lakehouse).reader() as connection:
        assert disagreements(connection) == {}
    assert worlds.differences(warehouse_of(native), warehouse_of(lakehouse)) == []
    assert worlds.contents(warehouse_of(lakehouse)).keys() >= {
        ".".join(f'"{part}"' for part in name.split(".")) for name in TABLES
    }
