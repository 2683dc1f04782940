"""How long a dropped file takes to reach the tables that people read, on the real webserver and daemon.

    .venv/bin/python -m tests.benchmarks.freshness [--events 100000] [--history-days 7] [--rounds 1]

One day of events is dropped into the lake of an installation that has a small history, and the clock runs
until the sensor on raw files has asked for its run, the core table is made, the published copy has the day's
metrics, it has the marts of the day, and the run has ended. The sensor looks every so many seconds and leaves
a file alone that was written just now; the column `beyond` is what comes on top of its interval in the worst
case: the time that a file has to rest, and all that follows the sensor's request.

CPU is what all processes of the installation used from the drop on, the webserver and daemon included: on a
machine that others use, or with another number of cores, compare that.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from spotify_assets.automation.changes import SETTLE_SECONDS
from spotify_assets.automation.sensors import INTERVAL_SECONDS, RAW_FILES
from spotify_assets.lake import layout
from tests.e2e.server import Server, run_cli

USERS, TRACKS = 200, 2_000
EVENTS_OF_A_USER = 15
"""Events a day of one generated listener, about."""
WAIT_SECONDS = 600
MILESTONES = (
    "run asked for",
    "core table made",
    "metrics published",
    "marts published",
    "run ended",
)


@dataclass(frozen=True)
class Passed:
    """When a milestone was passed: seconds since the drop, and CPU seconds of the installation."""

    seconds: float
    cpu_seconds: float


def make_history(folder: Path, days: int, until: date) -> None:
    """Generate a small history and materialise it, without models."""
    generate = ("generate", "--users", str(USERS), "--tracks", str(TRACKS))
    run_cli(folder, *generate, "--days", str(days), "--until", str(until))
    run_cli(folder, "materialize", "--select", 'not group:"ml"')


def generate_day(folder: Path, scratch: Path, day: date, events: int) -> list[Path]:
    """Files with the events of one more day, over the catalogue of a folder, but outside its lake."""
    shutil.copytree(folder / "data" / "raw" / layout.TRACKS, scratch / "data" / "raw" / layout.TRACKS)
    users = max(USERS, events // EVENTS_OF_A_USER)
    arguments = ("--users", str(users), "--days", "1", "--until", str(day), "--events-per-day", str(events))
    run_cli(scratch, "generate", *arguments)
    return layout.landed_files(layout.events_dir(scratch / "data" / "raw", day))


def drop(files: list[Path], lake: Path, day: date) -> int:
    """Put files into the lake as producers do, under their names once they are complete; returns bytes."""
    folder = layout.events_dir(lake, day)
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        unfinished = folder / f".{file.name}"
        shutil.copyfile(file, unfinished)
        unfinished.replace(folder / file.name)
    return sum(file.stat().st_size for file in files)


def cpu_seconds(session: int) -> float:
    """CPU seconds of all processes of a session, those that have ended included (Linux)."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # ended since it was listed
            continue
        if int(fields[3]) == session:
            ticks += sum(int(value) for value in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def rows_published(folder: Path, table: str, day: date) -> int:
    """Rows of a day in the published copy."""
    serving = folder / "data" / "processed" / "serving.duckdb"
    with duckdb.connect(str(serving), read_only=True) as connection:
        [(rows,)] = connection.execute(f"select count(*) from {table} where event_date = ?", [day]).fetchall()
    return int(rows)


def asked_for(server: Server, day: date) -> dict[str, Any] | None:
    """The run that the sensor asked for and that covers a day."""
    for run in server.runs(tags=[{"key": "spotify/requested_by", "value": RAW_FILES}]):
        tags = run["tags"]
        keys = {
            str(tags.get("dagster/asset_partition_range_end")),
            str(tags.get("dagster/partition")),
        }
        if str(day) in keys:
            return run
    return None


def made_in(server: Server, run_id: str, table: str) -> bool:
    """Whether a run has made a core table."""
    found = server.ask(
        "query ($id: ID!) { runOrError(runId: $id) { ... on Run { assetMaterializations "
        "{ assetKey { path } } } } }",
        id=run_id,
    )
    made = found["runOrError"].get("assetMaterializations") or []
    return ["core", table] in [each["assetKey"]["path"] for each in made]


def follow(server: Server, day: date, started: float) -> dict[str, Passed]:
    """Wait for one milestone after the other."""
    used_before = cpu_seconds(server.process.pid)
    folder = server.folder

    def ended() -> bool:
        run = asked_for(server, day)
        if run and run["status"] in ("FAILURE", "CANCELED"):
            raise RuntimeError(f"run {run['runId']} ended as {run['status']}: see {folder / 'server.log'}")
        return bool(run and run["status"] == "SUCCESS")

    def core_made() -> bool:
        run = asked_for(server, day)
        return bool(run and made_in(server, run["runId"], "daily_track_metrics"))

    conditions: dict[str, Callable[[], bool]] = {
        "run asked for": lambda: asked_for(server, day) is not None,
        "core table made": core_made,
        "metrics published": lambda: rows_published(folder, "core.daily_track_metrics", day) > 0,
        "marts published": lambda: rows_published(folder, "marts.daily_aggregates", day) > 0,
        "run ended": ended,
    }
    passed = {}
    for name in MILESTONES:
        server.wait(conditions[name], name, WAIT_SECONDS)
        passed[name] = Passed(time.monotonic() - started, cpu_seconds(server.process.pid) - used_before)
    return passed


def once(events: int, history_days: int) -> dict[str, dict[str, float]]:
    """One round in a folder that is thrown away: the figures by milestone."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    with tempfile.TemporaryDirectory() as scratch:
        folder, other = Path(scratch) / "installation", Path(scratch) / "generated"
        folder.mkdir()
        make_history(folder, history_days, day - timedelta(days=1))
        files = generate_day(folder, other, day, events)
        server = Server(folder)
        try:
            server.start()
            server.wait(lambda: server.ticks(RAW_FILES), "the sensor's first tick", WAIT_SECONDS)
            drop(files, folder / "data" / "raw", day)
            passed = follow(server, day, time.monotonic())
        finally:
            server.stop()
    asked = passed["run asked for"].seconds
    return {
        name: {
            "from drop": each.seconds,
            "beyond": SETTLE_SECONDS + each.seconds - asked,
            "cpu": each.cpu_seconds,
        }
        for name, each in passed.items()
    }


def main() -> None:
    """Print the figures as JSON, then as a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000, help="events of the day that is dropped")
    parser.add_argument("--history-days", type=int, default=7, help="days that are there before")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    rounds = [once(arguments.events, arguments.history_days) for _ in range(arguments.rounds)]
    medians = {
        name: {
            figure: round(statistics.median(found[name][figure] for found in rounds), 1)
            for figure in rounds[0][name]
        }
        for name in MILESTONES
    }
    print(
        json.dumps(
            {
                "benchmark": "freshness",
                "unit": "s",
                "events": arguments.events,
                "interval": INTERVAL_SECONDS,
                "rest": SETTLE_SECONDS,
                "load": os.getloadavg()[0],
                "rounds": rounds,
                "median": medians,
            }
        )
    )
    print(f"\n{'seconds until':<20}{'from drop':>11}{'beyond':>9}{'CPU':>7}")
    for name, median in medians.items():
        print(f"{name:<20}{median['from drop']:>11.1f}{median['beyond']:>9.1f}{median['cpu']:>7.1f}")


if __name__ == "__main__":
    main()
