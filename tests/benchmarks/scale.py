"""What a cluster costs: where slices are made, how it grows, and whether a model of that comes true.

    python -m tests.benchmarks.scale ratios [--events 1M] [--days 8] [--rounds 1] [--where "one worker" …]
    python -m tests.benchmarks.scale model [--what backfill] [--fit 100K 500K] [--check 1500K] [--days 14]
    python -m tests.benchmarks.scale native [--events 100K] [--days 14]

A real Postgres and Spark standalone with workers of one core each, on loopback; the rows lie in a folder.
`ratios` makes slices in one process on one core, on one worker and on two. `model` runs the whole graph, or
what is between raw files and features, at some sizes, fits what each part takes, and compares with a size
that it was not fitted on; it ends with 1 where that is more than a quarter off.
`native` compares the whole graph with the warehouse that is a file.
Start it by `make scale`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.backfill import size
from tests.benchmarks.lakes import FIRST, make_lake
from tests.benchmarks.reporting import report
from tests.benchmarks.scale_model import Parts, fitted, forecast
from tests.benchmarks.watching import Workers
from tests.cluster import lakes
from tests.servers.postgres import Postgres
from tests.servers.spark import standalone

NATIVE = "native file"
HERE, ONE, TWO = "in one process", "one worker", "two workers"
_WORKERS = {ONE: 1, TWO: 2}
FARTHEST = 0.25
"""How far a prediction may be from what it predicts, as a share of it."""


@dataclass(frozen=True)
class Measured:
    """One run: its parts in seconds of processors and on the clock."""

    where: str
    events: int
    cpu: Parts
    clock: Parts
    parts: int

    def row(self) -> dict[str, object]:
        """As a table has it."""
        return {
            "where": self.where,
            "events": self.events,
            "making, clock": self.clock.making,
            "commits, clock": self.clock.committing,
            "run, clock": self.clock.total,
            "making, processor": self.cpu.making,
            "commits, processor": self.cpu.committing,
            "rest, processor": self.cpu.rest,
            "run, processor": self.cpu.total,
            "commits, share of the clock": self.clock.committing / self.clock.total,
            "files": self.parts,
        }


@dataclass(frozen=True)
class Bench:
    """A folder of lakes, and a Postgres for catalogues."""

    folder: Path
    server: Postgres

    def run(self, what: str, where: str, events: int, days: int, *, pinned: bool = False) -> Measured:
        """A run of its own process over a lake that is kept, into a new warehouse."""
        lake = self.folder / "lake"
        make_lake(lake / f"{events}-{days}", events, days)
        with tempfile.TemporaryDirectory(prefix="scale-") as scratch, _cluster(where, pinned) as spark:
            environment = self._environment(lake / f"{events}-{days}", Path(scratch), where, spark)
            command = [sys.executable, "-m", "tests.benchmarks.scale_run", what, str(FIRST), str(days)]
            if pinned and spark is None:
                command = ["taskset", "--cpu-list", "0", *command]
            roots = [w.process.pid for w in (spark.workers if spark else []) if w.process is not None]
            with Workers(roots) as workers:
                before = workers.cpu_seconds()
                done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
                away = workers.cpu_seconds() - before
        found = _told(json.loads(done.stdout.splitlines()[-1]), where, events, away)
        print(
            f"{where}, {events:,} events: {found.cpu} of processors; {found.clock} on the clock", flush=True
        )
        return found

    def _environment(
        self, lake: Path, scratch: Path, where: str, spark: standalone.Standalone | None
    ) -> dict[str, str]:
        told = {
            "SPOTIFY_DATA_DIR": str(scratch / "data"),
            "DAGSTER_HOME": str(scratch / "home"),
            "SPOTIFY_LAKE_URL": str(lake),
            "SPOTIFY_TRAINING_DAYS": "7",
            "SPOTIFY_TEST_DAYS": "4",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        if where != NATIVE:
            told["SPOTIFY_WAREHOUSE_URL"] = lakes.as_setting(
                lakes.new_catalogue(self.server)
            ).get_secret_value()
        if spark is not None:
            told["SPOTIFY_SPARK_MASTER"] = spark.address
        return {**os.environ, **told}


@contextmanager
def _cluster(where: str, pinned: bool) -> Iterator[standalone.Standalone | None]:
    if where not in _WORKERS:
        yield None
        return
    with standalone.Standalone(_WORKERS[where], pinned=pinned) as spark:
        yield spark


def _told(said: Mapping[str, dict[str, float]], where: str, events: int, away: float) -> Measured:
    """What a run said of itself, and what was used elsewhere meanwhile."""
    by_clock, by_cpu = (
        [said[part][kind] for part in ("making", "committing", "run")] for kind in ("seconds", "cpu_seconds")
    )
    parts = int(said["parts"])  # type: ignore[call-overload]
    clock = Parts(by_clock[0], by_clock[1], by_clock[2] - by_clock[0] - by_clock[1])
    cpu = Parts(by_cpu[0] + away, by_cpu[1], by_cpu[2] - by_cpu[0] - by_cpu[1])
    return Measured(where, events, cpu, clock, parts)


def ratios(bench: Bench, asked: argparse.Namespace) -> int:
    """Slices made in one process on one core, on one worker, and on two, or in some of these places."""
    make_lake(bench.folder / "lake" / f"{asked.events}-{asked.days}", asked.events, asked.days)
    found = [
        bench.run("backfill", where, asked.events, asked.days, pinned=True)
        for _ in range(asked.rounds)
        for where in asked.where
    ]
    best = {where: min(_of(found, where), key=lambda run: run.clock.total) for where in asked.where}
    notes = [f"commits, {where}: {run.clock.committing / run.clock.total:.1%}" for where, run in best.items()]
    if {HERE, ONE} <= best.keys():
        notes.append(
            f"one worker / none: {best[ONE].clock.total / best[HERE].clock.total:.2f} on the clock, "
            f"{best[ONE].cpu.total / best[HERE].cpu.total:.2f} of processors"
        )
    if {ONE, TWO} <= best.keys():
        faster = best[ONE].clock.making / best[TWO].clock.making
        notes.append(f"making slices, one worker / two: {faster:.2f}")
    report("scale-ratios", {"days": asked.days}, [run.row() for run in found], notes)
    return 0


def native(bench: Bench, asked: argparse.Namespace) -> int:
    """The whole graph in a lakehouse and in a file, by turns."""
    found: list[Measured] = []
    for _ in range(asked.rounds):
        found += [bench.run("everything", where, asked.events, asked.days) for where in (NATIVE, HERE)]
    least = {where: min(run.cpu.total for run in _of(found, where)) for where in (NATIVE, HERE)}
    note = f"lakehouse / native file: {least[HERE] / least[NATIVE]:.2f} of processors"
    report("scale-native", {"days": asked.days}, [run.row() for run in found], [note])
    return 0


def model(bench: Bench, asked: argparse.Namespace) -> int:
    """Fit on some sizes, and check on another."""
    known = [bench.run(asked.what, TWO, events, asked.days) for events in asked.fit]
    grows = fitted([(run.events, run.cpu) for run in known])
    real = bench.run(asked.what, TWO, asked.check, asked.days)
    predicted = grows.at(asked.check)
    rows = [run.row() for run in (*known, real)]
    off = predicted.total / real.cpu.total - 1
    notes = [
        f"fixed: {grows.fixed}; of a million events: {grows.of_an_event * 1_000_000}",
        f"predicted at {asked.check:,} events: {predicted}; real: {real.cpu}; {off:+.1%} in all",
        *forecast(grows, asked.days),
    ]
    report(
        "scale-model", {"days": asked.days, "fitted on": asked.fit, "checked on": asked.check}, rows, notes
    )
    return int(abs(off) > FARTHEST)


def _of(found: Sequence[Measured], where: str) -> list[Measured]:
    return [run for run in found if run.where == where]


def main() -> None:
    """One of the three."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-scale")
    kinds = parser.add_subparsers(required=True)
    for do, days, events in ((ratios, 8, 1_000_000), (native, 14, 100_000), (model, 14, 0)):
        kind = kinds.add_parser(do.__name__)
        kind.set_defaults(do=do)
        kind.add_argument("--days", type=int, default=days)
        kind.add_argument("--rounds", type=int, default=1)
        if do is ratios:
            kind.add_argument("--where", choices=[HERE, ONE, TWO], nargs="+", default=[HERE, ONE, TWO])
        if do is model:
            kind.add_argument("--what", choices=["backfill", "everything"], default="everything")
            kind.add_argument("--fit", type=size, nargs="+", default=[100_000, 500_000])
            kind.add_argument("--check", type=size, default=1_500_000)
        else:
            kind.add_argument("--events", type=size, default=events)
    asked = parser.parse_args()
    if (why := lakes.missing() or standalone.missing()) is not None:
        sys.exit(why)
    if shutil.which("taskset") is None:
        sys.exit("taskset is not installed: apt-get install util-linux")
    with Postgres() as server:
        sys.exit(asked.do(Bench(asked.data, server), asked))


if __name__ == "__main__":
    main()
