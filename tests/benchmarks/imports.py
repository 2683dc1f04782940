"""What importing costs: processor time, wall time and peak memory of `spotify-assets import`, each a process.

    .venv/bin/python -m tests.benchmarks.imports [--rows 31000 620000] [--corpus FOLDER] [--materialize month]

Histories of about so many rows, as Spotify sends them and with planted dirt, and a corpus that `make-export`
wrote, each into a data folder that is thrown away. Beside each history as sent, what DuckDB takes to count
the distinct rows of the same files, unpacked before: it reads the JSON, and does nothing else of an import.
With `--materialize`, also what materialising it up to the marts costs at that grain. The row `start-up` is
`spotify-assets --help`, which every command pays.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import cast

from spotify_assets.generator.dirt import AS_SENT, Rates
from spotify_assets.generator.exports import INBOX, Corpus, write_corpus
from spotify_assets.generator.spotify_files import Export
from spotify_assets.generator.true_plays import MAX_SESSIONS_PER_DAY, TRACKS_PER_SESSION, Person
from tests.benchmarks.reporting import report
from tests.benchmarks.watching import measured as cost_of
from tests.benchmarks.watching import watch

LAST = date(2025, 12, 31)
BUSIEST_PER_DAY = 0.4 * MAX_SESSIONS_PER_DAY * TRACKS_PER_SESSION
YEARS = 15
ROWS_PER_PLAY = 1.06
"""Rows that a history tells of each play asked for: bursts, repeats and videos come on top."""
DISTINCT = "DuckDB, distinct "
COMMAND = str(Path(sys.executable).with_name("spotify-assets"))


def history_of(folder: Path, rows: int, rates: Rates) -> Path:
    """One extended history of about so many rows; more than a listener makes becomes several listeners'."""
    plays = round(rows / ROWS_PER_PLAY)
    people = -(-plays // int(BUSIEST_PER_DAY * YEARS * 365))
    for number in range(people):
        person = Person(LAST - timedelta(days=YEARS * 365 - 1), LAST, plays // people, seed=number)
        whole = (Export(person.first, person.last),)
        corpus = Corpus(person, histories=whole, accounts=(), others=False, rates=rates)
        write_corpus(folder / str(number), corpus)
        (folder / str(number) / INBOX / "my_spotify_data_1.zip").rename(folder / f"history-{number}.zip")
    return folder


def measured(command: list[str], data_dir: Path, **settings: str) -> dict[str, float]:
    """Seconds and peak memory of one command. Raises CalledProcessError where it fails otherwise than 1."""
    environment = os.environ | {"SPOTIFY_DATA_DIR": str(data_dir), "DAGSTER_HOME": str(data_dir / "dagster")}
    with cost_of() as cost:
        ended = watch(command, environment | settings)
    if ended.returncode not in (0, 1):
        raise subprocess.CalledProcessError(ended.returncode, command, stderr=ended.errors)
    return {
        "rows": rows_landed(data_dir),
        "exit code": ended.returncode,
        "wall seconds": round(cost.seconds, 2),
        "cpu seconds": round(cost.cpu_seconds, 2),
        "peak MB": ended.peak_mb,
    }


def rows_landed(data_dir: Path) -> int:
    """The rows of all files that were imported into a data folder, as their receipts count them."""
    receipts = (data_dir / "raw" / "_receipts").glob("*.json")
    return sum(json.loads(path.read_text())["rows_in"] for path in receipts)


def counted_by_duckdb(zips: list[str], folder: Path) -> dict[str, float]:
    """What `select distinct` costs over the same files."""
    for path in map(Path, zips):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / path.stem)
    files = f"{folder}/*/*/Streaming_History_*.json"
    query = f"select count(*) from (select distinct * from read_json('{files}', union_by_name => true))"
    return measured([sys.executable, "-c", f'import duckdb; duckdb.sql("{query}").fetchall()'], folder)


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
        rows: list[dict[str, object]] = [
            {"what": "start-up", **measured([COMMAND, "--help"], folder / "none")}
        ]
        inputs = {
            f"{count:,} rows, {name}": history_of(folder / f"{count}-{len(name)}", count, rates)
            for count in arguments.rows
            for name, rates in (("as sent", AS_SENT), ("with dirt", Rates()))
        }
        if arguments.corpus:
            inputs[str(arguments.corpus.name)] = arguments.corpus / INBOX
        for number, (what, path) in enumerate(inputs.items()):
            data_dir = folder / f"data-{number}"
            zips = [str(each) for each in sorted(path.iterdir()) if each.is_file()]
            if what.endswith("as sent"):
                found = counted_by_duckdb(zips, folder / f"unpacked-{number}")
                rows.append({"what": f"{DISTINCT}{what}", **found})
            # The first import chooses a grain where none is given, and that is kept.
            grain = {"SPOTIFY_PARTITION_GRAIN": arguments.materialize} if arguments.materialize else {}
            rows.append({"what": f"import {what}", **measured([COMMAND, "import", *zips], data_dir, **grain)})
            if arguments.materialize:
                found = measured([COMMAND, "materialize"], data_dir, **grain)
                rows.append({"what": f"materialize {what}, by {arguments.materialize}", **found})
    cpu = {str(row["what"]): cast("float", row["cpu seconds"]) for row in rows}
    ratios = {
        f"import / DuckDB's distinct, {what}, processor time": cpu[f"import {what}"] / by_duckdb
        for what, by_duckdb in ((name.removeprefix(DISTINCT), seconds) for name, seconds in cpu.items())
        if f"{DISTINCT}{what}" in cpu
    }
    report("imports", {"rows": arguments.rows}, rows, ratios=ratios)


if __name__ == "__main__":
    main()
