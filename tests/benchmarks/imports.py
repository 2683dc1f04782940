"""What importing costs: processor time, wall time and peak memory of `spotify-assets import`, each a process.

    .venv/bin/python -m tests.benchmarks.imports [--rows 31000 620000] [--corpus FOLDER] [--materialize month]

Histories of so many rows, and a corpus that `make-export` wrote, each into a data folder that is thrown away.
With `--materialize`, also what materialising it up to the marts costs at that grain. The row `start-up` is
`spotify-assets --help`, which every command pays.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from spotify_assets.generator.exports import INBOX, Corpus, write_corpus
from spotify_assets.generator.history import MAX_SESSIONS_PER_DAY, TRACKS_PER_SESSION, Person
from spotify_assets.generator.spotify_files import Export
from tests.benchmarks.reporting import report
from tests.benchmarks.watching import measured as cost_of
from tests.benchmarks.watching import watch

LAST = date(2025, 12, 31)
BUSIEST_PER_DAY = 0.4 * MAX_SESSIONS_PER_DAY * TRACKS_PER_SESSION
YEARS = 15
COMMAND = str(Path(sys.executable).with_name("spotify-assets"))


def history_of(folder: Path, rows: int) -> Path:
    """One extended history of about so many rows; more than a listener makes becomes several listeners'."""
    per_person = int(min(rows, BUSIEST_PER_DAY * YEARS * 365))
    people = -(-rows // per_person)
    for number in range(people):
        person = Person(LAST - timedelta(days=YEARS * 365 - 1), LAST, rows // people, seed=number)
        whole = (Export(person.first, person.last),)
        write_corpus(folder / str(number), Corpus(person, histories=whole, accounts=(), others=False))
        (folder / str(number) / INBOX / "my_spotify_data_1.zip").rename(folder / f"history-{number}.zip")
    return folder


def measured(arguments: list[str], data_dir: Path, **settings: str) -> dict[str, float]:
    """Seconds and peak memory of one command. Raises CalledProcessError where it fails otherwise than 1."""
    environment = os.environ | {"SPOTIFY_DATA_DIR": str(data_dir), "DAGSTER_HOME": str(data_dir / "dagster")}
    with cost_of() as cost:
        ended = watch([COMMAND, *arguments], environment | settings)
    if ended.returncode not in (0, 1):
        raise subprocess.CalledProcessError(ended.returncode, arguments, stderr=ended.errors)
    return {
        "exit code": ended.returncode,
        "wall seconds": round(cost.seconds, 2),
        "cpu seconds": round(cost.cpu_seconds, 2),
        "peak MB": ended.peak_mb,
    }


def main() -> None:
    """Measure each and report it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="*", default=[31_000, 620_000])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--materialize", choices=("day", "month"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spotify-assets-bench-") as scratch:
        folder = Path(scratch)
        rows: list[dict[str, object]] = [{"what": "start-up", **measured(["--help"], folder / "none")}]
        inputs = {f"{rows:,} rows": history_of(folder / f"history-{rows}", rows) for rows in arguments.rows}
        if arguments.corpus:
            inputs[str(arguments.corpus.name)] = arguments.corpus / INBOX
        for number, (what, path) in enumerate(inputs.items()):
            data_dir = folder / f"data-{number}"
            zips = [str(each) for each in sorted(path.iterdir()) if each.is_file()]
            rows.append({"what": f"import {what}", **measured(["import", *zips], data_dir)})
            if arguments.materialize:
                grain = {"SPOTIFY_PARTITION_GRAIN": arguments.materialize}
                found = measured(["materialize"], data_dir, **grain)
                rows.append({"what": f"materialize {what}, by {arguments.materialize}", **found})
    report("imports", {"rows": arguments.rows}, rows)


if __name__ == "__main__":
    main()
