"""One built warehouse for all tests that only read it; each build takes dbt some seconds."""

import pytest

from tests.dbt.warehouse import DbtWarehouse, source_frames


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> DbtWarehouse:
    folder = tmp_path_factory.mktemp("dbt")
    warehouse = DbtWarehouse(folder / "warehouse.duckdb", folder / "target")
    warehouse.create(source_frames())
    warehouse.build(unit_tests=True)
    return warehouse


@pytest.fixture
def copy_of_built(built: DbtWarehouse, tmp_path) -> DbtWarehouse:
    """The built warehouse, to be changed."""
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(built.path.read_bytes())
    return DbtWarehouse(path, built.target_path)
