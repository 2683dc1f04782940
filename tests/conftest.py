"""Fixtures that every test may use: settings of a data folder that is thrown away."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.warehouse.database import Database

# One commit, one verdict: the same examples every time. `make explore` looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
# `make mutate` asks whether anything fails, not for the smallest example that does.
hypothesis.settings.register_profile(
    "mutation",
    derandomize=True,
    deadline=None,
    database=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


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
    for name in _of_the_product():
        del os.environ[name]


def _of_the_product() -> list[str]:
    return [name for name in os.environ if name.startswith(("SPOTIFY_", "DAGSTER_"))]


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
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a generated world whose marts are built and published; only to be read."""
    from spotify_assets.warehouse.database import Database
    from spotify_assets.warehouse.publish import publish
    from tests.dbt.generated import core_tables
    from tests.dbt.warehouse import DbtWarehouse

    folder = tmp_path_factory.mktemp("published")
    settings = Settings(data_dir=folder, _env_file=None)
    warehouse = DbtWarehouse(settings.warehouse_path, folder / "target")
    warehouse.create(core_tables())
    warehouse.build("--exclude-resource-type", "test")
    publish(Database(settings.warehouse_path), settings.processed_dir)
    return folder


@pytest.fixture(scope="session")
def listeners(tmp_path_factory: pytest.TempPathFactory) -> "Database":
    """The published copy of four made-up listeners without a catalogue; only to be read."""
    from spotify_assets.warehouse.database import Database
    from spotify_assets.warehouse.publish import publish
    from tests.dbt.warehouse import DbtWarehouse
    from tests.report.listeners import core_tables

    folder = tmp_path_factory.mktemp("listeners")
    settings = Settings(data_dir=folder, _env_file=None)
    warehouse = DbtWarehouse(settings.warehouse_path, folder / "target")
    warehouse.create(core_tables())
    warehouse.build("--exclude-resource-type", "test")
    publish(Database(settings.warehouse_path), settings.processed_dir)
    return Database(settings.serving_path)


@pytest.fixture(scope="session")
def worked(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with planted models, books, receipts, checks and a failed run; only to be read."""
    from tests.worked import make_worked

    return make_worked(published, tmp_path_factory.mktemp("worked"))
