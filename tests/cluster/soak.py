"""Writes, kills, restarts and upkeep for hours, and never a difference from the warehouse of one machine.

    python -m tests.cluster.soak --hours 24 [--seed 1]

A lakehouse and a file are written by the same rounds: days are replaced by two threads at once, a driver is
killed before or after its commit, Postgres is restarted, files are joined and removed, while somebody reads.
After each `COMPARED_EVERY` rounds every table of both is compared, books included. It ends with 1 at the
first difference. What it has done is written to `.benchmarks/soak.json` all the time.
Start it by `make soak`.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from spotify_assets.rows.window import Window
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.upkeep import look_after
from tests.benchmarks.reporting import report
from tests.cluster import lakes, worlds
from tests.cluster.driver import DAY, write
from tests.cluster.test_commits import kill_at
from tests.servers.holding import Moment
from tests.servers.postgres import Postgres

COMPARED_EVERY = 25
DAYS = [Window(date(2025, 1, day), date(2025, 1, day + 1)) for day in range(2, 29)]
SHARES = {"two days at once": 80, "a kill": 8, "a restart of Postgres": 2, "upkeep": 10}
"""Rounds of each kind, of a hundred."""


@dataclass
class Soak:
    """Both warehouses, and what was done to them."""

    lakehouse: Lakehouse
    native: Database
    server: Postgres
    random: Random
    done: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def round(self) -> None:
        """Something happens."""
        [kind] = self.random.choices(list(SHARES), list(SHARES.values()))
        self.number += 1
        self.done[kind] += 1
        if kind == "two days at once":
            self._write(self.random.sample(DAYS, 2))
        elif kind == "a kill":
            moment = self.random.choice(list(Moment))
            kill_at(moment, self.lakehouse, self.server, self.number)
            if moment is Moment.AFTER:
                write(self.native, self.number)
        elif kind == "a restart of Postgres":
            self.server.restart()
        else:
            look_after(self.lakehouse, kept=timedelta(minutes=1), abandoned=timedelta(minutes=10))

    def _write(self, days: list[Window]) -> None:
        with ThreadPoolExecutor(len(days)) as writers:
            for written in [writers.submit(write, self.lakehouse, self.number, day) for day in days]:
                written.result()
        for day in days:
            write(self.native, self.number, day)

    def differences(self) -> list[str]:
        """The tables that are not equal, or that count themselves wrong."""
        self.done["comparisons"] += 1
        with self.lakehouse.reader() as connection:
            wrong = [f"{table}: {words}" for table, words in disagreements(connection).items()]
        return wrong + worlds.differences(self.native, self.lakehouse)

    def read(self, over: threading.Event) -> None:
        """Read all the time: a day is there whole, of one write, whatever happens meanwhile."""
        while not over.wait(0.2):
            try:
                with self.lakehouse.reader() as connection:
                    asked = "select event_date, count(*), count(distinct plays) from core.plays group by all"
                    rows = {row[1:] for row in connection.execute(asked).fetchall()}
                self.done["reads"] += 1
            except Exception:  # noqa: BLE001 Postgres is restarted under it
                self.done["reads without an answer"] += 1
                continue
            if rows != {(20, 1)}:
                self.done["wrong reads"] += 1


def main() -> None:
    """Go on until the time is over or something differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if (why := lakes.missing()) is not None:
        sys.exit(why)
    with Postgres() as server, tempfile.TemporaryDirectory(prefix="soak-") as folder:
        lakehouse = lakes.new_lakehouse(server, Path(folder), timeout=120.0)
        soak = Soak(lakehouse, Database(Path(folder) / "native.duckdb"), server, Random(asked.seed))
        for warehouse in (soak.lakehouse, soak.native):
            write(warehouse, 0, DAY)
        sys.exit(_go_on(soak, asked.hours, asked.seed))


def _go_on(soak: Soak, hours: float, seed: int) -> int:
    started, over, different = time.monotonic(), threading.Event(), list[str]()
    reading = threading.Thread(target=soak.read, args=[over], daemon=True)
    reading.start()
    while (elapsed := time.monotonic() - started) < hours * 3600 and not different:
        for _ in range(COMPARED_EVERY):
            soak.round()
        different = soak.differences()
        facts = {"hours": (time.monotonic() - started) / 3600, "seed": seed, "rounds": soak.number}
        report("soak", facts, [{"what": what, "times": n} for what, n in soak.done.items()], different)
    over.set()
    reading.join()
    print(f"{elapsed / 3600:.2f} h, {soak.number:,} rounds: {different or 'no difference'}", flush=True)
    return int(bool(different) or soak.done["wrong reads"] > 0)


if __name__ == "__main__":
    main()
