"""One built warehouse for all tests that only read it; each build takes dbt some seconds."""

import shutil
from pathlib import Path

import pytest

from tests.dbt.warehouse import DbtWarehouse, source_frames
from tests.shared import made_once


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> DbtWarehouse:
    def make(folder: Path) -> None:
        warehouse = DbtWarehouse(folder / "warehouse.duckdb", folder / "target")
        warehouse.create(source_frames())
        warehouse.build(unit_tests=True)

    made = made_once(tmp_path_factory, "dbt", make)
    own = shutil.copytree(made, tmp_path_factory.mktemp("dbt") / "built")
    return DbtWarehouse(own / "warehouse.duckdb", own / "target")


@pytest.fixture
def copy_of_built(built: DbtWarehouse, tmp_path) -> DbtWarehouse:
    """The built warehouse, to be changed."""
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(built.path.read_bytes())
    return DbtWarehouse(path, built.target_path)
