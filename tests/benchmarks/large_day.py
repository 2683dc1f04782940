"""One day that is larger than memory, from its files to the features: how much memory and time it takes.

    python -m tests.benchmarks.large_day [--events 10M] [--most-mb 3000] [--files 100]

The producer's file of the day is cut into so many files, as producers of so many events write them. The run
is stopped where it and its children pass the limit; it ends with 1 then.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from spotify_assets.lake import layout
from spotify_assets.settings import Settings
from tests.benchmarks.backfill import size
from tests.benchmarks.lakes import FIRST, make_lake
from tests.benchmarks.reporting import report
from tests.benchmarks.watching import watch


def cut(folder: Path, rows: int, files: int) -> None:
    """Cut the only file of a day; nothing is done where there are several."""
    found = list(folder.glob("*.parquet"))
    if len(found) > 1:
        return
    batches = pq.ParquetFile(found[0]).iter_batches(batch_size=-(-rows // files))
    for number, batch in enumerate(batches):
        pl.DataFrame(batch).write_parquet(folder / f"part-{number:05}.parquet")
    found[0].unlink()


def main() -> None:
    """Make the day, and its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=size, default=10_000_000)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--most-mb", type=float, default=3_000)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-large-day")
    asked = parser.parse_args()
    lake = asked.data / f"{asked.events}"
    make_lake(lake, asked.events, 1)
    cut(layout.events_dir(Settings(data_dir=lake, _env_file=None).lake_dir, FIRST), asked.events, asked.files)
    with tempfile.TemporaryDirectory(prefix="large-day-") as scratch:
        told = {"SPOTIFY_DATA_DIR": f"{scratch}/data", "DAGSTER_HOME": f"{scratch}/home"}
        command = [sys.executable, "-m", "tests.benchmarks.scale_run", "backfill", str(FIRST), "1"]
        environment = os.environ | told | {"SPOTIFY_LAKE_URL": str(lake)}
        ended = watch(command, environment, most_mb=asked.most_mb)
    if ended.returncode:
        sys.exit(ended.stopped or ended.errors[-3000:])
    run = json.loads(ended.output.splitlines()[-1])
    row = {
        "events of the day": asked.events,
        "peak MB": ended.peak_mb,
        "clock": run["run"]["seconds"],
        "processor": run["run"]["cpu_seconds"],
        "pieces": run["parts"],
    }
    report("large-day", {"files": asked.files, "most MB": asked.most_mb}, [row])


if __name__ == "__main__":
    main()
