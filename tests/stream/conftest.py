"""A Kafka for the tests of this folder; where Java or its jars are missing they are skipped and say so."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spotify_assets.settings import Settings
from tests.servers import kafka


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Kafka]:
    """One broker, for tests that do not kill it."""
    if (why := kafka.missing()) is not None:
        pytest.skip(why)
    with kafka.Kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def lake_dir(tmp_path: Path) -> Path:
    """An empty lake."""
    return tmp_path / "data" / "raw"


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """Settings of an empty lake."""
    return make_settings()
