"""A PostgreSQL for the tests of this folder; where it is not installed they are skipped and say so."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import duckdb
import pytest

from spotify_assets.settings import Settings
from tests.postgres.looking import asked
from tests.servers import postgres

FOLDER = Path(__file__).parent
NUMBERS = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Postgres]:
    """One server; a test that stops it starts it again."""
    if (why := postgres.missing()) is not None:
        pytest.skip(why)
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    with postgres.Postgres() as running:
        yield running


@pytest.fixture
def url(server: postgres.Postgres) -> Iterator[str]:
    """The address of a database of the test's own."""
    name = f"test_{next(NUMBERS)}"
    asked(server.url(), f"create database {name}")
    yield server.url(database=name)
    asked(server.url(), f"drop database {name} with (force)")


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    """A published copy of the test's own, which it may change."""
    target = tmp_path / "data" / "processed" / "serving.duckdb"
    target.parent.mkdir(parents=True)
    shutil.copyfile(published / "processed" / "serving.duckdb", target)
    return target


@pytest.fixture
def change(copied: Path) -> Callable[[str], None]:
    """Changes the published copy by SQL of DuckDB, as a run that publishes would."""

    def execute(sql: str) -> None:
        with duckdb.connect(str(copied)) as connection:
            connection.execute(sql)

    return execute


@pytest.fixture
def settings(copied: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of the copy and the database, which the command line finds too."""
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(copied.parents[1]))
    monkeypatch.setenv("SPOTIFY_SERVING_POSTGRES_URL", url)
    return Settings(_env_file=None)
