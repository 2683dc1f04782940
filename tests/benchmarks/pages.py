"""How long a visitor waits for a page of the dashboard, in a headless Chromium, on what is published.

    .venv/bin/python -m tests.benchmarks.pages [--data FOLDER] [--all-days]

FOLDER is a data folder in which something is published, `./data` by default: `make demo` makes one. A server
is started on it, and each page is opened twice, in a browser context of its own, as by somebody who was never
there; My listening also for one listener. `first content` is the time until its first number is seen, in
words or drawn, or a message; `drawn` until its first tile, chart, table or message, `whole` until nothing is
drawn any more. The second time its address names a period, which is then cleared by the button of the
sidebar: `filtered` is the time until all of the other view is there. CPU is what the server used: on a
machine that others use, compare that. With `--all-days` these are the pages whose questions cost most, of all
days that there are, under one filter of each kind.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import duckdb
import psutil  # type: ignore[import-untyped]

from spotify_assets.dashboard.app import PAGES
from spotify_assets.dashboard.components import HEADLINE
from spotify_assets.figures.view import choices, known_days
from tests.benchmarks.page_questions import values
from tests.benchmarks.reporting import report
from tests.e2e.browser import opened_browser
from tests.e2e.dashboard import served

KINDS = ("stMetric", "stVegaLiteChart", "stDataFrame", "stAlert")
DRAWN = ", ".join(f'[data-testid="{kind}"]' for kind in KINDS)
CONTENT = f".st-key-{HEADLINE} p, {DRAWN}"
UNFINISHED = '[data-stale="true"], [data-testid="stStatusWidget"], [data-testid="stSkeleton"]'
PATIENCE = 60_000
"""Milliseconds that a page may take."""


def timed(server: psutil.Process, act: Callable[[], object]) -> tuple[float, float]:
    """Seconds that something takes, and CPU seconds of the server meanwhile."""
    began, used = time.monotonic(), sum(server.cpu_times()[:2])
    act()
    return time.monotonic() - began, sum(server.cpu_times()[:2]) - used


def measured(browser: Any, url: str, view: str, other: str, server: psutil.Process) -> dict[str, object]:
    """The row of one page, by its address below `url`; `other` is the query of another view of it."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()

    def opened(query: str = "") -> None:
        page.goto(f"{url}/{view}{query}")
        page.locator(CONTENT).first.wait_for()

    def drawn() -> None:
        page.locator(DRAWN).first.wait_for()

    def at_rest() -> None:
        page.locator(UNFINISHED).first.wait_for(state="detached")

    def cleared() -> None:
        button = page.get_by_role("button", name="Clear all filters")
        button.dispatch_event("click")  # while Streamlit draws, the sidebar takes no pointer
        button.wait_for(state="detached")
        at_rest()

    first, first_cpu = timed(server, opened)
    later, later_cpu = timed(server, drawn)
    rest, rest_cpu = timed(server, at_rest)
    opened(f"{'&' if '?' in view else '?'}{other}")
    at_rest()
    filtered, filtered_cpu = timed(server, cleared)
    context.close()
    return {
        "page": view,
        "first content s": first,
        "drawn s": first + later,
        "whole s": first + later + rest,
        "CPU s": first_cpu + later_cpu + rest_cpu,
        "filtered s": filtered,
        "filtered CPU s": filtered_cpu,
    }


def main() -> None:
    """Measure every page, the first visit of the server first."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--all-days", action="store_true")
    asked = parser.parse_args()
    data = asked.data.resolve()
    with duckdb.connect(str(data / "processed" / "serving.duckdb"), read_only=True) as connection:
        known, offered = known_days(connection), choices(connection)
    if known is None:
        sys.exit(f"nothing is published in {data}: make demo")
    period = known.default()
    other = f"from={period.first + timedelta(days=1)}&to={period.last}"
    views = [*(page.module for page in PAGES), f"listener?user={quote(next(iter(offered.user_id)))}"]
    if asked.all_days:
        views = [
            f"{page}?{urlencode({'from': known.first, 'to': known.last, **chosen})}"
            for page in ("overview", "skips", "places")
            for chosen in values(offered).values()
        ]
    load = os.getloadavg()[0]
    with served(data) as (url, server), opened_browser() as browser:
        rows = [measured(browser, url, view, other, server) for view in views]
    report("pages", {"data": str(data)}, rows, [f"load of the machine: {load:.1f} at the start"])


if __name__ == "__main__":
    main()
