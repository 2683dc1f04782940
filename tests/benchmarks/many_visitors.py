"""How long ten people wait who change a filter at the same moment, in a headless Chromium.

    .venv/bin/python -m tests.benchmarks.many_visitors --data FOLDER [--visitors 10] [--all-days]

FOLDER is a data folder in which something is published. Each is in a browser context of its own, on one of
the pages that obey every filter. All at once they choose a genre, an artist, a country or a device, each
another one, and then clear it again; a wait is timed from the key or click until nothing is drawn any more.
With `--all-days` the pages are of all days that there are. All browsers draw on the cores of the server: its
processor time and memory say what the server itself needs.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import psutil  # type: ignore[import-untyped]

from spotify_assets.figures.view import Choices, choices, known_days
from tests.benchmarks.pages import PATIENCE, UNFINISHED
from tests.benchmarks.reporting import report
from tests.e2e.browser import opened_browser
from tests.e2e.dashboard import served

VIEWS = ("overview", "tracks", "genres", "skips", "places")
"""Pages that obey every filter."""
_AT_REST = """
(unfinished) => new Promise((resolve) => {
    const began = window.changedAt;
    let rested = null;
    const look = () => {
        const now = performance.now();
        rested = document.querySelector(unfinished) ? null : rested ?? now;
        if (rested !== null && now - rested > 250) resolve((rested - began) / 1000);
        else setTimeout(look, 20);
    };
    setTimeout(look, 50);  // Streamlit has to hear of the click first
})
"""
_CLEAR = """
() => {
    window.changedAt = performance.now();
    [...document.querySelectorAll("button")].find((b) => b.innerText.includes("Clear all filters")).click();
}
"""


def choose(pages: list[Any], offered: Choices) -> list[float]:
    """Seconds that each waits who chooses a value of a filter, each another one."""
    named = {
        "Genre": list(offered.genre.values()),
        "Artist": list(offered.artist_id.values()),
        "Country": list(offered.country.values()),
        "Device": list(offered.device.values()),
    }
    for number, page in enumerate(pages):
        label = list(named)[number % len(named)]
        values = named[label]
        box = page.get_by_role("combobox", name=label)
        box.click()
        box.fill(values[number // len(named) % len(values)])
        page.get_by_role("option").first.wait_for()
    return changed(pages, "() => { window.changedAt = performance.now(); }", "Enter")


def changed(pages: list[Any], act: str, key: str | None = None) -> list[float]:
    """Seconds that each waits for a change that all make at once, by a script and perhaps a key."""
    for page in pages:
        page.evaluate(act)
        if key:
            page.keyboard.press(key)
    for page in pages:
        page.evaluate(f"(unfinished) => {{ window.rest = ({_AT_REST})(unfinished); }}", UNFINISHED)
    return [float(page.evaluate("() => window.rest")) for page in pages]


def opened(browser: Any, address: str) -> Any:
    """A page in a browser context of its own, at rest."""
    page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator(UNFINISHED).first.wait_for(state="detached")
    page.get_by_role("combobox", name="Genre").wait_for()
    return page


def row(change: str, server: psutil.Process, act: Callable[[], list[float]]) -> dict[str, object]:
    """What a change cost those who wait, and the server."""
    time.sleep(2)
    used = sum(server.cpu_times()[:2])
    waits = act()
    return {
        "change": change,
        "median s": median(waits),
        "slowest s": max(waits),
        "server CPU s": sum(server.cpu_times()[:2]) - used,
        "server MB": _megabytes(server),
    }


def main() -> None:
    """Let them all come, and change their filters together."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--all-days", action="store_true")
    asked = parser.parse_args()
    data = asked.data.resolve()
    with duckdb.connect(str(data / "processed" / "serving.duckdb"), read_only=True) as connection:
        known, offered = known_days(connection), choices(connection)
    assert known is not None, f"nothing is published in {data}"
    days = f"?from={known.first}&to={known.last}" if asked.all_days else ""
    with served(data) as (url, server), opened_browser() as browser:
        pages = [
            opened(browser, f"{url}/{VIEWS[number % len(VIEWS)]}{days}") for number in range(asked.visitors)
        ]
        chosen = row("chosen", server, lambda: choose(pages, offered))
        rows = [chosen, row("cleared", server, lambda: changed(pages, _CLEAR))]
    report("many-visitors", {"data": str(data), "visitors": asked.visitors}, rows)


def _megabytes(server: psutil.Process) -> float:
    """The most memory that the server held so far."""
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
