"""What Dagster's bookkeeping costs for each asset and partition of a range run that has no data at all.

    .venv/bin/python -m tests.benchmarks.bookkeeping [--partitions 365] [--rounds 3]

Six assets over a range of days in one run, in process, on three event logs: Dagster's own, the pooled one, and
the pooled one with batches. Rounds are interleaved, each in a fresh process and a fresh `DAGSTER_HOME`, so
that a busy machine slows all three alike; between machines, compare the ratios.
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

from tests.automation.range_assets import ASSETS, daily_assets, materialize_range

OWN = "telemetry: {enabled: false}\n"
POOLED = (
    OWN
    + """
event_log_storage:
  module: spotify_assets.automation.event_log
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


def run_once(partitions: int) -> float:
    """Seconds of one range run on the instance of `DAGSTER_HOME`."""
    days = daily_assets[0].partitions_def
    assert days is not None
    keys = days.get_partition_keys()[:partitions]
    with dg.DagsterInstance.get() as instance:
        start = time.perf_counter()
        result = materialize_range(instance, keys[0], keys[-1])
        seconds = time.perf_counter() - start
        assert result.success
        assert len(instance.get_materialized_partitions(dg.AssetKey(ASSETS[-1]))) == partitions
    return seconds


def measure(dagster_yaml: str, batch_size: str, partitions: int) -> float:
    """Milliseconds for each asset and partition, in a process and a `DAGSTER_HOME` of its own."""
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
    return float(done.stdout) / (partitions * len(ASSETS)) * 1000


def main() -> None:
    """Print the figures as JSON, then as a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--partitions", type=int, default=365, help="days of the range run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each event log")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        print(run_once(arguments.partitions))
        return

    rounds = [
        {name: measure(*event_log, arguments.partitions) for name, event_log in EVENT_LOGS.items()}
        for _ in range(arguments.rounds)
    ]
    milliseconds = {name: [figures[name] for figures in rounds] for name in EVENT_LOGS}
    medians = {name: statistics.median(figures) for name, figures in milliseconds.items()}
    print(
        json.dumps(
            {
                "benchmark": "bookkeeping",
                "unit": "ms per asset and partition",
                "assets": len(ASSETS),
                "partitions": arguments.partitions,
                "rounds": milliseconds,
                "median": medians,
            }
        )
    )
    yardstick = next(iter(medians.values()))
    print(f"\n{'event log':<26}{'ms per asset and partition':>28}{'faster':>9}")
    for name, median in medians.items():
        print(f"{name:<26}{median:>28.2f}{yardstick / median:>8.1f}x")


if __name__ == "__main__":
    main()
