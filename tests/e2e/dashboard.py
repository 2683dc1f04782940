"""A dashboard on what is published, and a page of it in a browser with everything that should not be."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import psutil  # type: ignore[import-untyped]

from spotify_assets.dashboard.serve import command
from spotify_assets.settings import PROJECT_ROOT
from tests.e2e.server import free_port

MILLISECONDS = 1000
PATIENCE = 180
"""Seconds that a busy machine may need for a page."""
PROBES = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit's own client looks for these below the address of a page, in vain, and then at the root."""


@contextmanager
def served(data: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address of a dashboard on a data folder, and its process, which answers."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            command(port=port),
            cwd=PROJECT_ROOT,
            env=os.environ | {"SPOTIFY_DATA_DIR": str(data), "DAGSTER_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            found = psutil.Process(process.pid)
            while not found.net_connections():
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", found
        finally:
            process.terminate()
            process.wait()


@dataclass
class Watched:
    """A page of the browser and everything about it that should not be."""

    page: Any
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def _said(self, message: Any) -> None:
        # A resource that is not there is told by its answer, which names it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _asked(self, request: Any) -> None:
        address = urlparse(request.url)
        if address.scheme in {"http", "https", "ws"} and address.hostname != "127.0.0.1":
            self.wrong.append(f"asked {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and not response.url.endswith(PROBES):
            self.wrong.append(f"{response.status} for {response.url}")


def open_page(shown: Watched, url: str) -> None:
    """Open a page and wait until Streamlit says that its script has run."""
    shown.page.goto(url, wait_until="domcontentloaded")
    shown.page.wait_for_selector("h1")
    shown.page.wait_for_selector("[data-test-script-state=notRunning]")
