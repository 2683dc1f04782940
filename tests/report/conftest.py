"""The published copies of four made-up listeners without a catalogue, and of a generated world."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.publish import publish
from tests.dbt.warehouse import DbtWarehouse
from tests.report.listeners import core_tables


@pytest.fixture(scope="session")
def listeners(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Only to be read."""
    folder = tmp_path_factory.mktemp("listeners")
    settings = Settings(data_dir=folder, _env_file=None)
    warehouse = DbtWarehouse(settings.warehouse_path, folder / "target")
    warehouse.create(core_tables())
    warehouse.build("--exclude-resource-type", "test")
    publish(Database(settings.warehouse_path), settings.processed_dir)
    return Database(settings.serving_path)


@pytest.fixture
def connection(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as opened:
        yield opened
