"""How long a listener of fifteen years waits: for recap, PDF, a card, and the figures of My listening.

    .venv/bin/python -m tests.benchmarks.recap [--plays 150000]

A made-up history of so many plays (`tests.report.listeners`) is built into marts by dbt and published, which
is not measured. Each thing is then made three times in this process; the first time includes what is loaded,
and CPU is that of this process, which on a busy machine is what to compare.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from spotify_assets.figures.view import Period
from spotify_assets.report.cards.drawing import card
from spotify_assets.report.paper import paper
from spotify_assets.report.recap import Asked, recap
from spotify_assets.report.sections import figures_of
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.publish import publish
from tests.benchmarks.reporting import Row, report
from tests.dbt.warehouse import DbtWarehouse
from tests.report.listeners import FIRST, LAST, YEARS, core_tables

TIMES = 3
YEAR = Period(date(2016, 1, 1), date(2016, 12, 31))


def timed(what: str, make: Callable[[], object]) -> Row:
    """Seconds on the clock and of CPU, the first time and the best of those after it."""
    took = []
    for _ in range(TIMES):
        began, used = time.monotonic(), time.process_time()
        make()
        took.append((time.monotonic() - began, time.process_time() - used))
    later = min(took[1:])
    return {
        "what": what,
        "first s": took[0][0],
        "first CPU s": took[0][1],
        "later s": later[0],
        "later CPU s": later[1],
    }


def published(folder: Path, plays: int) -> Database:
    """The published copy of a history of so many plays."""
    settings = Settings(data_dir=folder, _env_file=None)
    warehouse = DbtWarehouse(settings.warehouse_path, folder / "target")
    warehouse.create(core_tables(plays))
    warehouse.build("--exclude-resource-type", "test")
    publish(Database(settings.warehouse_path), settings.processed_dir)
    return Database(settings.serving_path)


def main() -> None:
    """Measure, and say how large what was written is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plays", type=int, default=150_000)
    plays = parser.parse_args().plays
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        serving = published(folder, plays)
        asked = Asked(YEARS, FIRST, LAST)
        page = folder / "recap.html"

        def asked_for(period: Period) -> object:
            with serving.reader() as connection:
                return figures_of(connection, YEARS, period)

        with serving.reader() as connection:
            year = figures_of(connection, YEARS, YEAR)
        rows = [
            timed("recap of all years", lambda: recap(serving, page, asked)),
            timed("figures of all years", lambda: asked_for(Period(FIRST, LAST))),
            timed("figures of one year", lambda: asked_for(YEAR)),
            timed("a card", lambda: card(year, "artists")),
            timed("PDF of one year", lambda: paper(year)),
        ]
        notes = [
            f"the page has {page.stat().st_size / 1e6:.2f} MB",
            f"load of the machine: {os.getloadavg()[0]:.1f}",
        ]
        report("recap", {"plays": plays}, rows, notes)


if __name__ == "__main__":
    main()
