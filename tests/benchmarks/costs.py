"""Whether a projection of costs comes true: runs of two sizes tell what one of ten times the larger takes.

    .venv/bin/python -m tests.benchmarks.costs [--users 30 300] [--days 14] [--times 10] [--tracks 5000]

Each size is a data folder of its own below `--data`, where its costs stay: the same days, so many listeners.
The whole graph is materialised there by the command line, and what `ops.run_costs` has of the smaller two is
projected to the largest.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from spotify_assets.insight.cost import projected, sizes_of, whole_runs
from spotify_assets.settings import Settings
from spotify_assets.tables import RUN_COSTS
from spotify_assets.warehouse.door import warehouse_of
from spotify_assets.warehouse.reader import TableReader
from tests.benchmarks.reporting import report

COMMAND = [sys.executable, "-c", "from spotify_assets.cli import app; app()"]


def costs_of(folder: Path, users: int, number: int, days: int, tracks: int) -> pl.DataFrame:
    """The costs of the n-th run over everything that so many listeners did, in a folder of its own."""
    data = folder / f"users-{users}"
    kept = folder / f"costs-{users}-{number}.parquet"
    if kept.exists():
        return pl.read_parquet(kept, glob=False)
    data.mkdir()
    places = {"SPOTIFY_DATA_DIR": str(data), "DAGSTER_HOME": str(data)}
    for command in (
        ["generate", "--users", str(users), "--days", str(days), "--tracks", str(tracks)],
        ["materialize"],
    ):
        subprocess.run([*COMMAND, *command], env=os.environ | places, check=True, stdout=subprocess.DEVNULL)
    costs = TableReader(warehouse_of(Settings(data_dir=data, _env_file=None)), RUN_COSTS).read()
    costs.write_parquet(kept)
    shutil.rmtree(data)
    return costs


def main() -> None:
    """Make the three sizes, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, nargs=2, default=[30, 300])
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=2, help="runs of each of the smaller sizes")
    parser.add_argument("--tracks", type=int, default=5_000)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-costs")
    asked = parser.parse_args()
    sizes = [*asked.users, asked.users[1] * asked.times]
    asked.data.mkdir(parents=True, exist_ok=True)
    *known, real = [
        costs_of(asked.data, users, number, asked.days, asked.tracks)
        for users in sizes
        for number in range(asked.rounds if users < sizes[-1] else 1)
    ]
    runs = whole_runs(pl.concat(known))
    [events] = sizes_of(real)
    then = projected(runs, events)
    measures = {
        "wall_seconds": pl.sum,
        "cpu_seconds": pl.sum,
        "stored_bytes": pl.sum,
        "peak_memory_bytes": pl.max,
    }
    rows = []
    for name, total in measures.items():
        told, took = (float(frame.select(total(name)).item()) for frame in (then, real))
        rows.append({"measure": name, "projected": told, "real": took, "projected / real": told / took})
    facts = {"events": [*sizes_of(runs), events], "days": asked.days, "tracks": asked.tracks}
    tables = then.join(
        real.select("step", "table_name", took="cpu_seconds"), on=["step", "table_name"], nulls_equal=True
    )
    off = tables.sort((pl.col("cpu_seconds") - pl.col("took")).abs(), descending=True).head(5)
    notes = [
        f"{row['table_name'] or row['step']}: {row['cpu_seconds']:.1f} s projected, {row['took']:.1f} s taken"
        for row in off.iter_rows(named=True)
    ]
    report("costs", facts, rows, [f"events: {facts['events']}", *notes])


if __name__ == "__main__":
    main()
