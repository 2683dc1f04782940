"""Fixtures that every test may use: settings of a data folder that is thrown away."""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from spotify_assets.settings import Settings
from tests.examples import PROFILE, some
from tests.longest import place_of
from tests.shared import made_once

if TYPE_CHECKING:
    from spotify_assets.warehouse.database import Database

# One commit, one verdict: the same examples every time, and more of them in `make test-slow`. `make explore`
# looks for new ones.
MANY = 100
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, max_examples=some(MANY))
hypothesis.settings.register_profile("thorough", derandomize=True, deadline=None, max_examples=MANY)
hypothesis.settings.register_profile("explore", deadline=None)
# `make mutate` asks whether anything fails, not for the smallest example that does.
hypothesis.settings.register_profile(
    "mutation",
    derandomize=True,
    deadline=None,
    database=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)
hypothesis.settings.load_profile(PROFILE)


# What the modules hold stays until the end: the collector need not go through it, now or later.
gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place_of(item.nodeid))


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_configure() -> None:
    """Nothing here sees the developer's variables, fixtures of a module as little as tests."""
    _forget_variables()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Settings that a module leaves in the environment would be those of modules that happen to come after it
    in the same process; so it fails. What `prepare_instance` tells the process of Dagster is taken out."""
    yield
    if nextitem is None or nextitem.path != item.path:
        left = [name for name in _forget_variables() if name.startswith("SPOTIFY_")]
        assert not left, f"{item.path.name} leaves {', '.join(left)} in the environment"


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def main_module_stays() -> Iterator[None]:
    """Streamlit puts a page's script in the place of `__main__`, which new processes would then run."""
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A test sees neither the developer's variables nor their instance, and leaves none of its own."""
    for name in _of_the_product():
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster_home"))
    yield
    _forget_variables()


def _forget_variables() -> list[str]:
    """Take the product's variables out of the environment; their names."""
    found = _of_the_product()
    for name in found:
        del os.environ[name]
    return found


def _of_the_product() -> list[str]:
    return [name for name in os.environ if name.startswith(("SPOTIFY_", "DAGSTER_"))]


@pytest.fixture(scope="session", autouse=True)
def revisions_read_once() -> Iterator[None]:
    """Alembic reads the ninety revisions of Dagster's storages once in a process, and not at each opening."""
    from alembic.script import ScriptDirectory

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", staticmethod(cache(ScriptDirectory.from_config)))
        yield


@pytest.fixture(scope="session", autouse=True)
def instances_made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The empty storage of a new Dagster instance is made once in a process; homes of tests get copies."""
    from spotify_assets.instance import home

    make = home._open_once

    @cache
    def made() -> Path:
        folder = tmp_path_factory.mktemp("instance")
        (folder / "dagster.yaml").write_text(home.instance_configuration(Settings(_env_file=None)))
        make(folder)
        return folder

    def copied(folder: Path) -> None:
        if not (folder / home._OPENED).exists():
            shutil.copytree(made(), folder, ignore=shutil.ignore_patterns("*.yaml"), dirs_exist_ok=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home, "_open_once", copied)
        yield


@pytest.fixture(scope="session", autouse=True)
def instances_cost_less(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hundreds of runs in one process do not pay for what only a process of its own needs."""
    from tests import instances

    with pytest.MonkeyPatch.context() as patch:
        instances.copy_empty_run_files(patch, tmp_path_factory.mktemp("event_log"))
        instances.keep_engines(patch)
        instances.print_output_at_the_end(patch)
        yield


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings over a folder of the test's own; keyword arguments change single values."""

    def make(**changes: Any) -> Settings:
        return Settings(**({"data_dir": tmp_path / "data", "_env_file": None} | changes))

    return make


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget where the last instance had its definitions' state, before any fixture is made: instances of
    several tests end in another order than they began, and then the one that Dagster keeps is gone."""
    from dagster._core.storage.defs_state.base import _current_storage

    _current_storage.set(None)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse of a generated world, with answers about its weather, whose marts are built;
    only to be copied, with `DbtWarehouse.copy_of`."""

    def make(folder: Path) -> None:
        from tests.dbt.generated import core_tables
        from tests.dbt.warehouse import DbtWarehouse
        from tests.insight.rows import weather_rows

        warehouse = DbtWarehouse(folder / "warehouse.duckdb", folder / "target")
        tables = core_tables()
        warehouse.create(tables | weather_rows(tables["core.listening_events"]))
        warehouse.build("--exclude-resource-type", "test")

    return made_once(tmp_path_factory, "generated", make)


@pytest.fixture(scope="session")
def published(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of that world as it is without weather, published; only to be read."""

    def make(folder: Path) -> None:
        from tests.dbt.warehouse import DbtWarehouse

        warehouse = DbtWarehouse.copy_of(generated, folder)
        for table in ("core.weather_effects", "marts.listening_by_weather"):
            warehouse.execute(f"delete from {table}")
        _publish(warehouse.path, folder)

    return made_once(tmp_path_factory, "published", make)


@pytest.fixture(scope="session")
def listeners(tmp_path_factory: pytest.TempPathFactory) -> "Database":
    """The published copy of four made-up listeners without a catalogue; only to be read."""
    from spotify_assets.warehouse.database import Database

    def make(folder: Path) -> None:
        from tests.dbt.warehouse import DbtWarehouse
        from tests.report.listeners import core_tables

        warehouse = DbtWarehouse(folder / "warehouse.duckdb", folder / "target")
        warehouse.create(core_tables())
        warehouse.build("--exclude-resource-type", "test")
        _publish(warehouse.path, folder)

    folder = made_once(tmp_path_factory, "listeners", make)
    return Database(Settings(data_dir=folder, _env_file=None).serving_path)


def _publish(warehouse: Path, folder: Path) -> None:
    """Publish a warehouse into a data folder."""
    from spotify_assets.warehouse.database import Database
    from spotify_assets.warehouse.publish import publish

    publish(Database(warehouse), Settings(data_dir=folder, _env_file=None).processed_dir)


@pytest.fixture(scope="session")
def worked(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with planted models, books, receipts, checks and a failed run; only to be read."""
    from tests.worked import make_worked

    return made_once(tmp_path_factory, "worked", lambda folder: make_worked(published, folder))
