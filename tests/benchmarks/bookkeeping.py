"""What Dagster's bookkeeping costs for each asset and partition of a range run that has no data at all.

    .venv/bin/python -m tests.benchmarks.bookkeeping [--partitions 365] [--rounds 3]

Six assets over a range of days in one run, in process, on three event logs: Dagster's own, the pooled one,
and the pooled one with batches. Rounds are interleaved, each run in a fresh process and `DAGSTER_HOME`, so
that a busy machine slows all three alike; between machines, compare the ratios. CPU time is what the run
itself used, whoever else was busy; the time beyond it is waiting for the disk and for other processes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg

from tests.benchmarks.reporting import report
from tests.instance.range_assets import ASSETS, daily_assets, materialize_range

OWN = "telemetry: {enabled: false}\n"
POOLED = (
    OWN
    + """
event_log_storage:
  module: spotify_assets.instance.event_log
  class: PooledSqliteEventLogStorage
  config: {}
"""
)
EVENT_LOGS = {
    "Dagster's own": (OWN, "0"),
    "pooled": (POOLED, "0"),
    "pooled, batches of 1000": (POOLED, "1000"),
}
"""`dagster.yaml` and `DAGSTER_EVENT_BATCH_SIZE` of what is compared; the first is the yardstick."""

CLOCKS = ("wall", "cpu")


def run_once(partitions: int) -> tuple[float, float]:
    """Seconds and CPU seconds of one range run on the instance of `DAGSTER_HOME`."""
    days = daily_assets[0].partitions_def
    assert days is not None
    keys = days.get_partition_keys()[:partitions]
    with dg.DagsterInstance.get() as instance:
        start, start_cpu = time.perf_counter(), time.process_time()
        result = materialize_range(instance, keys[0], keys[-1])
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
        assert result.success
        assert len(instance.get_materialized_partitions(dg.AssetKey(ASSETS[-1]))) == partitions
    return seconds, cpu_seconds


def measure(dagster_yaml: str, batch_size: str, partitions: int) -> dict[str, float]:
    """Milliseconds for each asset and partition of a run in a process and a `DAGSTER_HOME` of its own."""
    with tempfile.TemporaryDirectory() as home:
        Path(home, "dagster.yaml").write_text(dagster_yaml)
        command = [sys.executable, "-m", "tests.benchmarks.bookkeeping", "--once"]
        done = subprocess.run(
            [*command, "--partitions", str(partitions)],
            env={**os.environ, "DAGSTER_HOME": home, "DAGSTER_EVENT_BATCH_SIZE": batch_size},
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    wall, cpu = (seconds / (partitions * len(ASSETS)) * 1000 for seconds in json.loads(done.stdout))
    return {"wall": wall, "cpu": cpu}


def main() -> None:
    """Measure, and report the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--partitions", type=int, default=365, help="days of the range run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each event log")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps(run_once(arguments.partitions)))
        return

    rounds = [
        {name: measure(*event_log, arguments.partitions) for name, event_log in EVENT_LOGS.items()}
        for _ in range(arguments.rounds)
    ]
    medians = {
        name: {clock: statistics.median(figures[name][clock] for figures in rounds) for clock in CLOCKS}
        for name in EVENT_LOGS
    }
    yardstick = next(iter(medians.values()))
    rows = [
        {
            "event log": name,
            "ms per asset and partition": round(median["wall"], 2),
            "× faster": round(yardstick["wall"] / median["wall"], 1),
            "CPU ms": round(median["cpu"], 2),
            "× faster, CPU": round(yardstick["cpu"] / median["cpu"], 1),
        }
        for name, median in medians.items()
    ]
    facts = {"assets": len(ASSETS), "partitions": arguments.partitions, "rounds": rounds}
    ratios = {
        f"{name} / Dagster's own, processor time": median["cpu"] / yardstick["cpu"]
        for name, median in medians.items()
        if median is not yardstick
    }
    report("bookkeeping", facts, rows, ratios=ratios)


if __name__ == "__main__":
    main()
