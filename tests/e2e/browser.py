"""The browser of the tests: which program it is, and a page of it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHROMIUM = next(
    filter(
        None, (os.environ.get("CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "chrome")))
    ),
    None,
)
"""The program that $CHROMIUM names, or the one on the path."""


@contextmanager
def opened_browser() -> Iterator[Any]:
    """A headless Chromium; the test is skipped, with what to install, where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: make test-e2e installs it"
    )
    if not CHROMIUM:
        pytest.skip(
            "no Chromium on the path: install Debian's chromium, or set CHROMIUM to one, to run what needs it"
        )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
