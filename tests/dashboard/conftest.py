"""Each test has a published copy of its own, in one process."""

from collections.abc import Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

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


@pytest.fixture(scope="session", autouse=True)
def packages_read_once() -> Iterator[None]:
    """Streamlit reads the metadata of every installed package for each page that a test opens, which takes
    longer than the page; a server does so once, when it starts, and so does a test process."""
    with pytest.MonkeyPatch.context() as patch:
        read_once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", read_once)
        yield
