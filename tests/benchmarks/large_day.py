"""One day that is larger than memory, from its files to the features: how much memory and time it takes.

    python -m tests.benchmarks.large_day [--events 10M] [--most-mb 3000] [--files 100] [--spark]

The day lies in so many files, as producers of so many events write them. The run is stopped where it and its
children pass the limit; it ends with 1 then. The limit and the peak are of the sum of resident memory, in
which what processes share counts for each of them; beside it stand the sum in which it counts once (PSS,
which other programs with the same libraries make smaller), and the largest process.

With `--spark` slices are made by Spark on this machine (`local[2]`) and lie in a lakehouse: its Java and its
Python count, Postgres does not. That needs what `make scale` installs.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from spotify_assets.generator.listeners import PART_NAME
from spotify_assets.lake import layout
from spotify_assets.settings import Settings
from tests.benchmarks.backfill import size
from tests.benchmarks.lakes import FIRST, make_lake
from tests.benchmarks.reporting import report
from tests.benchmarks.watching import watch
from tests.cluster import lakes
from tests.servers.postgres import Postgres

BLOCK = 2_000_000
"""Most events that are generated at once."""
OF_A_COPY = ("event_id", "user_id", "session_id")


def make_day(data_dir: Path, events: int, files: int) -> None:
    """Write the only day of a lake where it is not there yet: one generated block, again and again.

    Each copy is of other listeners. A producer's files say nothing of where their rows come from.
    """
    done = data_dir / f"made-day-{events}-{files}"
    if done.exists():
        return
    copies = max(1, round(events / BLOCK))
    make_lake(data_dir, events // copies, 1)
    folder = layout.events_dir(Settings(data_dir=data_dir, _env_file=None).lake_dir, FIRST)
    whole = folder / PART_NAME
    block = pl.read_parquet(whole).drop("source_file", "source_row")
    for copy in range(copies):
        another = block.with_columns(pl.format("{}-{}", name, pl.lit(copy)).alias(name) for name in OF_A_COPY)
        for number, rows in enumerate(another.iter_slices(-(-block.height // max(1, files // copies)))):
            rows.write_parquet(folder / f"part-{copy:03}-{number:03}.parquet")
    whole.unlink()
    done.touch()


@contextmanager
def _elsewhere(by_spark: bool) -> Iterator[dict[str, str]]:
    """The settings of Spark and of a new lakehouse, or none."""
    if not by_spark:
        yield {}
        return
    if (why := lakes.missing()) is not None:
        sys.exit(why)
    with Postgres() as server:
        url = lakes.as_setting(lakes.new_catalogue(server)).get_secret_value()
        yield {
            "SPOTIFY_WAREHOUSE_URL": url,
            "SPOTIFY_SPARK_MASTER": "local[2]",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }


def main() -> None:
    """Make the day, and its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=size, default=10_000_000)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--most-mb", type=float, default=3_000)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-large-day")
    parser.add_argument("--spark", action="store_true", help="let Spark make the slices")
    asked = parser.parse_args()
    lake = asked.data / f"{asked.events}"
    make_day(lake, asked.events, asked.files)
    with tempfile.TemporaryDirectory(prefix="large-day-") as scratch, _elsewhere(asked.spark) as spark:
        told = {"SPOTIFY_DATA_DIR": f"{scratch}/data", "DAGSTER_HOME": f"{scratch}/home"}
        command = [sys.executable, "-m", "tests.benchmarks.scale_run", "backfill", str(FIRST), "1"]
        environment = os.environ | told | spark | {"SPOTIFY_LAKE_URL": str(lake)}
        ended = watch(command, environment, most_mb=asked.most_mb)
    if ended.returncode:
        sys.exit(ended.stopped or ended.errors[-3000:])
    run = json.loads(ended.output.splitlines()[-1])
    row = {
        "events of the day": asked.events,
        "peak MB": ended.peak_mb,
        "peak MB, shared once": ended.peak_shared_once_mb,
        "largest process MB": ended.largest_mb,
        "clock": run["run"]["seconds"],
        "processor": run["run"]["cpu_seconds"],
        "pieces": run["parts"],
    }
    made = "by Spark" if asked.spark else "in the process of the run"
    report("large-day", {"files": asked.files, "most MB": asked.most_mb, "slices": made}, [row])


if __name__ == "__main__":
    main()
