"""A connection to a published copy of a generated world."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database


@pytest.fixture
def connection(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as opened:
        yield opened
