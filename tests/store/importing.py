"""Imports into a store by the product's own command, and what an independent reader finds there then."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from tests.lake.exports import plays, write_json
from tests.servers.ceph import User
from tests.servers.ceph.buckets import Bucket

LISTENER = "anna"
PREFIX = "family"
Played = tuple[str, str]
"""When a playback ended, and the track."""


def write_exports(folder: Path, files: int = 6, rows: int = 400) -> Path:
    """Files of an extended history, one after the other in time; each begins where the last ended."""
    first = datetime(2022, 1, 1, tzinfo=UTC)
    everything = plays(first, files * rows, hours=4.5)
    for number in range(files):
        of_file = everything[number * rows : (number + 1) * rows]
        write_json(folder / f"Streaming_History_Audio_{number}.json", of_file)
    return folder


def played(folder: Path) -> Counter[Played]:
    """What the files of a folder say was played."""
    rows = [row for path in sorted(folder.glob("*.json")) for row in json.loads(path.read_text("utf-8"))]
    return Counter((row["ts"], row["spotify_track_uri"].rpartition(":")[2]) for row in rows)


def reader_of(bucket: Bucket) -> User:
    """Somebody new who may list and read a bucket, and nothing else."""
    reader = bucket.server.create_user(f"reads-{bucket.name}")
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": [reader.arn]},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket.name}", f"arn:aws:s3:::{bucket.name}/*"],
    }
    bucket.allow({"Version": "2012-10-17", "Statement": [allowed]})
    return reader


@dataclass(frozen=True)
class Lake:
    """A lake in a bucket: the product beside it, and what an independent reader sees of it."""

    bucket: Bucket
    data_dir: Path

    @property
    def url(self) -> str:
        return f"s3://{self.bucket.name}/{PREFIX}"

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of the product; changes name single variables."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("SPOTIFY_", "AWS_"))
        }
        own = {
            "SPOTIFY_LAKE_URL": self.url,
            "SPOTIFY_DATA_DIR": str(self.data_dir),
            "DAGSTER_HOME": str(self.data_dir / "dagster"),
            "COLUMNS": "200",
            "HOME": str(self.data_dir),
        }
        return kept | self.bucket.environment | own | changes

    def begin(self, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        """The product's command, running."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("spotify-assets")), *arguments],
            env=self.environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **changes: str) -> "Done":
        """The product's command, run to its end."""
        running = self.begin(*arguments, **changes)
        said, wrong = running.communicate(timeout=300)
        return Done(running.returncode, said, wrong)

    def load(self, folder: Path, **changes: str) -> "Done":
        """Import what lies in a folder."""
        return self.run("import", str(folder), "--user", LISTENER, **changes)

    def found(self) -> Counter[Played]:
        """What was played by the files that receipts name; read past the product."""
        keys = self.bucket.keys(f"{PREFIX}/raw/")
        receipts = [json.loads(self.bucket.read(key)) for key in keys if "/_receipts/" in key]
        found: Counter[Played] = Counter()
        for receipt in receipts:
            rows = [row for file in receipt["landed_files"] for row in self._rows(f"{PREFIX}/raw/{file}")]
            assert len(rows) == receipt["loaded"], receipt["receipt_id"]
            found.update(rows)
        return found

    def _rows(self, key: str) -> list[Played]:
        table = pq.read_table(io.BytesIO(self.bucket.read(key)), columns=["ended_at", "track_id"])
        return [(f"{row['ended_at']:%Y-%m-%dT%H:%M:%SZ}", row["track_id"]) for row in table.to_pylist()]

    @staticmethod
    def _months() -> list[date]:
        return [date(year, month, 1) for year in (2022, 2023) for month in range(1, 13)]

    def seen_by_the_product(self) -> int:
        """Rows of imported events that the product reads from the lake, in a process of its own."""
        months = [f"{day:%Y-%m-%d}" for day in self._months()]
        script = (
            "from datetime import date\n"
            "from spotify_assets import places\n"
            "from spotify_assets.lake.layout import imported_files\n"
            "from spotify_assets.settings import Settings\n"
            "lake = Settings(_env_file=None).lake\n"
            f"files = [f for m in {months} for f in imported_files(lake, date.fromisoformat(m))]\n"
            "print(places.scan_parquet(files).collect().height if files else 0)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return int(done.stdout)


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    said: str
    wrong: str

    @property
    def lines_of_trouble(self) -> Sequence[str]:
        """What it said to the error stream, line by line."""
        return [line for line in self.wrong.splitlines() if line.strip()]
