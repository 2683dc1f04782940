"""One built warehouse for all tests that only read it; each build takes dbt some seconds."""

import shutil
from pathlib import Path

import pytest

from tests.dbt.judging import CompiledTest, compiled_tests, failing
from tests.dbt.warehouse import DbtWarehouse, problems, source_frames
from tests.shared import made_once


@pytest.fixture(scope="session")
def as_built(tmp_path_factory) -> Path:
    """The folder of a warehouse and what dbt left, where all tests have passed; only to be copied."""

    def make(folder: Path) -> None:
        warehouse = DbtWarehouse(folder / "warehouse.duckdb", folder / "target")
        warehouse.create(source_frames())
        warehouse.build("--exclude-resource-type", "test", unit_tests=True)
        # As nodes of a build the data tests take dbt twice as long as to compile them.
        compiled = warehouse.dbt("compile", "--select", "resource_type:test", artifacts=True)
        assert compiled.success, problems(compiled)
        assert failing(warehouse, compiled_tests(warehouse.target_path)) == set()

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
