"""How long a listener of fifteen years waits for My listening in a headless Chromium, and for another period.

    .venv/bin/python -m tests.benchmarks.listening [--plays 150000] [--data FOLDER]

A made-up history of so many plays is built and published, which is not measured; FOLDER is where one is
published already. The page is opened over all years by somebody who was never there, first on a server that
nobody has asked anything, then a second time; then periods are chosen one after the other by *Year or month*,
each of them for the first time, as answers are kept. `first content` is the time until the sentence of the
page is another one than before, `whole` until nothing is drawn any more. CPU is what the server used.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from spotify_assets.dashboard.components import HEADLINE
from tests.benchmarks.pages import PATIENCE, UNFINISHED, timed
from tests.benchmarks.recap import published
from tests.benchmarks.reporting import Row, report
from tests.e2e.browser import opened_browser
from tests.e2e.dashboard import served
from tests.report.listeners import FIRST, LAST, YEARS

LEAD = f".st-key-{HEADLINE} p"
PERIODS = ("2016", "2012", "2024", "March 2019")


class Waiting:
    """A page of one visitor, and what it takes to see something of it."""

    def __init__(self, browser: Any, url: str, server: psutil.Process) -> None:
        self.context = browser.new_context(viewport={"width": 1300, "height": 900})
        self.context.set_default_timeout(PATIENCE)
        self.page, self.url, self.server = self.context.new_page(), url, server

    def at_rest(self) -> None:
        self.page.locator(UNFINISHED).first.wait_for(state="detached")

    def opened(self) -> None:
        self.page.goto(f"{self.url}/listener?user={YEARS}&from={FIRST}&to={LAST}")
        self.page.locator(LEAD).first.wait_for()

    def chosen(self, period: str) -> None:
        """Choose a period that is offered; over when the sentence of the page is a new one."""
        before = self.page.locator(LEAD).first.inner_text()
        self.page.get_by_role("option", name=period, exact=True).click()
        self.page.wait_for_function(
            "([where, before]) => document.querySelector(where)?.innerText !== before", arg=[LEAD, before]
        )

    def offered(self, period: str) -> None:
        field = self.page.locator(".st-key-preset input")
        field.click()
        field.fill(period)
        self.page.get_by_role("option", name=period, exact=True).wait_for()


def measured(browser: Any, url: str, server: psutil.Process) -> list[Row]:
    """A row for each visit and each choice of a period."""
    rows: list[Row] = []

    def row(waiting: Waiting, what: str, act: Callable[[], None]) -> None:
        first, cpu = timed(server, act)
        rest, rest_cpu = timed(server, waiting.at_rest)
        rows.append(
            {"what": what, "first content s": first, "whole s": first + rest, "CPU s": cpu + rest_cpu}
        )

    first, again = (Waiting(browser, url, server) for _ in range(2))
    row(first, "all years, first visit of the server", first.opened)
    first.context.close()
    row(again, "all years, again", again.opened)
    for period in PERIODS:
        again.offered(period)
        row(again, f"then {period}", partial(again.chosen, period))
    again.context.close()
    return rows


def main() -> None:
    """Build, serve and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plays", type=int, default=150_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = asked.data.resolve() if asked.data else Path(name)
        if not asked.data:
            published(data, asked.plays)
        load = os.getloadavg()[0]
        with served(data) as (url, server), opened_browser() as browser:
            rows = measured(browser, url, server)
    notes = [f"load of the machine: {load:.1f} at the start"]
    report("listening", {"plays": asked.plays}, rows, notes)


if __name__ == "__main__":
    main()
