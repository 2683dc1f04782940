"""Each test has a published copy of its own, in one process."""

from collections.abc import Iterator

import pytest

from spotify_assets.dashboard.once import settings
from spotify_assets.dashboard.published import serving


@pytest.fixture(autouse=True)
def _place_of_its_own() -> Iterator[None]:
    """A server reads once where the copy is; each test is one."""
    for read_once in (serving, settings):
        read_once.cache_clear()
    yield
    for read_once in (serving, settings):
        read_once.cache_clear()
