"""One built warehouse for all tests that only read it; each build takes dbt some seconds."""

import shutil
from pathlib import Path

import pytest

from tests.dbt.judging import CompiledTest, compiled_tests
from tests.dbt.warehouse import DbtWarehouse, source_frames
from tests.shared import made_once


@pytest.fixture(scope="session")
def as_built(tmp_path_factory) -> Path:
    """The folder of a warehouse and what dbt left when it built it, with all tests; only to be copied."""

    def make(folder: Path) -> None:
        warehouse = DbtWarehouse(folder / "warehouse.duckdb", folder / "target")
        warehouse.create(source_frames())
        warehouse.build(unit_tests=True)

    return made_once(tmp_path_factory, "dbt", make)


@pytest.fixture(scope="session")
def built(as_built: Path, tmp_path_factory) -> DbtWarehouse:
    own = shutil.copytree(as_built, tmp_path_factory.mktemp("dbt") / "built")
    return DbtWarehouse(own / "warehouse.duckdb", own / "target")


@pytest.fixture(scope="session")
def tests_of_marts(as_built: Path) -> list[CompiledTest]:
    """Every data test of the project, as it judges whole tables."""
    return compiled_tests(as_built / "target")


@pytest.fixture
def copy_of_built(built: DbtWarehouse, tmp_path) -> DbtWarehouse:
    """The built warehouse, to be changed."""
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(built.path.read_bytes())
    return DbtWarehouse(path, built.target_path)
