"""What a lake in an object store costs beside one on disk: histories imported, events backfilled, the demo.

    .venv/bin/python -m tests.benchmarks.store [--events 10M] [--days 100] [--rows 620000] [--demos 1]

The store is Ceph's S3 gateway on this machine, so that the server's own work takes the same processors:
CPU is that of the product's process alone. Both lakes have the same files, put into the store by
`spotify-assets lake copy`; the tables that the backfills make are compared by checksums.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from spotify_assets.generator.dirt import AS_SENT
from tests.benchmarks.backfill import checksums, engine_environment, size
from tests.benchmarks.imports import history_of, measured
from tests.benchmarks.lakes import make_lake
from tests.benchmarks.reporting import FOLDER, report
from tests.benchmarks.watching import watch
from tests.servers import ceph
from tests.servers.ceph.buckets import Bucket

COMMAND = str(Path(sys.executable).with_name("spotify-assets"))
DEMO = ("demo", "--users", "40", "--days", "14", "--tracks", "500")


def in_store(bucket: Bucket) -> dict[str, str]:
    """The environment of a product whose lake is a new place in the bucket."""
    return bucket.environment | {"SPOTIFY_LAKE_URL": f"s3://{bucket.name}/{uuid4().hex[:8]}"}


def imported(corpus: Path, where: Mapping[str, str]) -> dict[str, float]:
    """What importing every history of a folder costs."""
    with tempfile.TemporaryDirectory() as folder:
        files = sorted(str(path) for path in corpus.glob("*.zip"))
        return measured([COMMAND, "import", "--user", "anna", *files], Path(folder), **where)


def demonstrated(where: Mapping[str, str]) -> dict[str, float]:
    """What the whole demo costs."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dagster").mkdir()
        found = measured([COMMAND, *DEMO], Path(folder), **where)
    if found["exit code"]:
        sys.exit(f"the demo failed with {where or 'a lake on disk'}")
    return found


def backfilled(lake: Path, days: int, where: Mapping[str, str]) -> dict[str, object]:
    """What a backfill of a lake costs, and the checksums of what it made."""
    with tempfile.TemporaryDirectory(dir=lake.parent) as scratch:
        if not where:
            (Path(scratch) / "raw").symlink_to(lake / "raw")
        (Path(scratch) / "dagster").mkdir()
        command = [sys.executable, "-m", "tests.benchmarks.backfill"]
        command += ["--run", "assets", "--data", scratch, "--days", str(days)]
        ended = watch(command, {**engine_environment("assets", Path(scratch)), **where})
        if ended.returncode:
            sys.exit(ended.errors)
        cost = json.loads(ended.output.splitlines()[-1])["cost"]
        return {
            "wall seconds": round(cost["seconds"], 2),
            "cpu seconds": round(cost["cpu_seconds"], 2),
            "peak MB": ended.peak_mb,
            "_tables": checksums(Path(scratch)),
        }


def main() -> None:
    """Measure, alternating between disk and store."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", default="10M", help="events of the backfill; 0 for none")
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument(
        "--rows", type=int, default=620_000, help="rows of the imported histories; 0 for none"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--demos", type=int, default=0, help="rounds of the whole demo")
    chosen = parser.parse_args()
    if (why := ceph.missing()) is not None:
        sys.exit(why)
    FOLDER.mkdir(exist_ok=True)
    rows: list[dict[str, object]] = []
    with ceph.Ceph() as server, tempfile.TemporaryDirectory() as scratch:
        bucket = Bucket.create(server, server.create_user("owner"), "listening")
        if chosen.rows:
            corpus = history_of(Path(scratch), chosen.rows, AS_SENT)
            for _ in range(chosen.rounds):
                for lake, where in (("disk", {}), ("store", in_store(bucket))):
                    rows.append({"what": "import", "lake": lake, **imported(corpus, where)})
        for _ in range(chosen.demos):
            for lake, where in (("disk", {}), ("store", in_store(bucket))):
                rows.append({"what": "demo", "lake": lake, **demonstrated(where)})
        if events := size(chosen.events):
            made = FOLDER / f"store-{events}-{chosen.days}"
            make_lake(made, events, chosen.days)
            stored = in_store(bucket)
            copy = [COMMAND, "lake", "copy", "--to", stored["SPOTIFY_LAKE_URL"]]
            here = {"SPOTIFY_DATA_DIR": str(made)}
            subprocess.run(copy, check=True, env=os.environ | bucket.environment | here)
            places = (("disk", dict[str, str]()), ("store", stored))
            for _ in range(chosen.rounds):
                for lake, where in places:
                    rows.append({"what": "backfill", "lake": lake, **backfilled(made, chosen.days, where)})
    tables = [row["_tables"] for row in rows if "_tables" in row]
    same = all(each == tables[0] for each in tables)
    columns = ("what", "lake", "wall seconds", "cpu seconds", "peak MB")
    report(
        "store",
        {"events": chosen.events, "rows": chosen.rows},
        [{name: row.get(name) for name in columns} for row in rows],
        [f"tables of all backfills equal: {same}"] if tables else [],
    )


if __name__ == "__main__":
    main()
