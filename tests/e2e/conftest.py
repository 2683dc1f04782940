"""One folder that the product has run in, and its server, which is stopped whatever happens."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.server import Server, run_cli

LAST = datetime.now(UTC).date() - timedelta(days=1)
"""The last day that the folder has listening of; it has that of the days before it, too."""
DAYS = 4


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here starts servers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few days of listening, materialised by the command line; no models, but what is
    unusual, which the page of one listener tells."""
    found = tmp_path_factory.mktemp("e2e")
    run_cli(found, "generate", "--users", "8", "--days", str(DAYS), "--tracks", "120", "--until", str(LAST))
    run_cli(found, "materialize", "--select", 'not group:"ml" or key:"ml/unusual_listening"')
    return found


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    """The server that all tests share; each works on days of its own."""
    running = Server(folder, SPOTIFY_START_DATE=str(LAST - timedelta(days=100)))
    try:
        running.start()
        yield running
    finally:
        running.stop()
