"""The product with its lake on a real S3 server: imports at once, killed at any moment, wrong keys; what is
published is read by others from the store."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.places import StorePlace
from spotify_assets.warehouse.manifest import PublishedFile, PublishedManifest
from spotify_assets.warehouse.publish_lake import publish_to_lake
from tests.lake.exports import plays, write_json
from tests.lake.test_in_store import YEARS
from tests.servers.ceph.buckets import Bucket

pytestmark = pytest.mark.store
COMMAND = str(Path(sys.executable).with_name("spotify-assets"))
PLAYS, KILLS = 400, 10


@pytest.fixture
def environment(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mapping[str, str]:
    """Variables of a program whose lake is in the bucket; this process finds it as well."""
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return {
        **os.environ,
        **bucket.environment,
        "SPOTIFY_LAKE_URL": f"s3://{bucket.name}/prefix",
        "SPOTIFY_DATA_DIR": str(tmp_path / "data"),
        "DAGSTER_HOME": str(tmp_path / "home"),
    }


@pytest.fixture
def lake(bucket: Bucket, environment: Mapping[str, str]) -> StorePlace:
    return StorePlace.of(f"s3://{bucket.name}/prefix") / "raw"


@pytest.fixture
def exports(tmp_path: Path) -> list[str]:
    begin = datetime(2024, 2, 1, 8)  # noqa: DTZ001
    folder = tmp_path / "exports"
    files = [write_json(folder / f"{n}.json", plays(begin.replace(month=2 + n), PLAYS)) for n in range(4)]
    return list(map(str, files))


def start(environment: Mapping[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, *words],
        env=dict(environment),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def run(environment: Mapping[str, str], *words: str) -> tuple[int, str]:
    process = start(environment, *words)
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def must_be_whole(lake: StorePlace, files: int) -> None:
    """Each file is landed once, and all of it; no object is left that nothing names."""
    receipts = read_receipts(lake)
    assert len(receipts) == files
    assert EventLake(lake).read(YEARS).rows.height == files * PLAYS
    named = {name for receipt in receipts for name in receipt.landed_files}
    assert {places.within(path, lake) for path in places.below(lake / layout.EVENTS)} == named


def test_of_two_importers_of_the_same_one_wins(environment, lake: StorePlace, exports: list[str]):
    started = [start(environment, "import", "--user", "me", *exports) for _ in range(2)]
    said = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert sum("landed before" in each for each in said) == 1
    must_be_whole(lake, len(exports))


def test_imports_that_are_killed_leave_nothing_to_read_and_end_whole(
    environment, lake: StorePlace, exports: list[str]
):
    moments = random.Random(16)
    for _ in range(KILLS):
        process = start(environment, "import", "--user", "me", *exports)
        time.sleep(moments.uniform(0.5, 4))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        receipts = read_receipts(lake)
        loaded = sum(receipt.loaded for receipt in receipts)
        assert EventLake(lake).read(YEARS).rows.height == loaded
    code, said = run(environment, "import", "--user", "me", *exports)
    assert code == 0, said
    must_be_whole(lake, len(exports))


def test_wrong_keys_and_a_missing_bucket_are_told_in_one_line_without_the_secret(
    environment, bucket: Bucket, exports: list[str], tmp_path: Path
):
    secret = "wrong-secret-0123456789"
    wrong = {**environment, "AWS_SECRET_ACCESS_KEY": secret}
    code, said = run(wrong, "import", "--user", "me", *exports)
    assert code != 0
    assert "the secret key is wrong" in said.replace("\n", " ")
    assert secret not in said and "Traceback" not in said
    missing = {**environment, "SPOTIFY_LAKE_URL": f"s3://{bucket.name}-none/prefix"}
    code, said = run(missing, "import", "--user", "me", *exports)
    assert code != 0
    assert "there is no such bucket" in said.replace("\n", " ") and "Traceback" not in said
    own = bucket.owner.secret_key
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert secret.encode() not in content and own.encode() not in content, path


def test_no_object_and_no_output_holds_the_secret(environment, bucket: Bucket, lake, exports: list[str]):
    code, said = run(environment, "import", "--user", "me", *exports)
    assert code == 0
    secret = bucket.owner.secret_key
    assert secret not in said
    for key in sorted(bucket.keys("prefix/")):
        assert secret.encode() not in bucket.read(key), key


def test_keys_may_come_from_a_profile(environment, bucket: Bucket, exports: list[str], tmp_path: Path):
    profile = tmp_path / "credentials"
    keys = bucket.owner
    profile.write_text(
        f"[listening]\naws_access_key_id = {keys.access_key}\naws_secret_access_key = {keys.secret_key}\n"
    )
    without = {
        key: v for key, v in environment.items() if key not in {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    }
    code, said = run(
        {**without, "AWS_PROFILE": "listening", "AWS_SHARED_CREDENTIALS_FILE": str(profile)},
        "import",
        "--user",
        "me",
        exports[0],
    )
    assert code == 0, said
    assert any(key.startswith("prefix/raw/_receipts/") for key in bucket.keys("prefix/raw/"))


def publish(processed: Path, months: Mapping[str, int]) -> None:
    """A published table with so many rows in each month, as `warehouse.publish` leaves it."""
    before, files = PublishedManifest.read(processed), {}
    for month, rows in months.items():
        path = f"core/listening_events/month={month}/data.parquet"
        (processed / path).parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame({"n": range(rows), "said": [str(rows)] * rows}).write_parquet(processed / path)
        size = (processed / path).stat().st_size
        files[path] = PublishedFile(str(rows), rows, size, before.version + 1)
    PublishedManifest(before.version + 1, complete=True, files=files).write(processed)


def test_published_tables_are_read_by_polars_and_only_what_changed_is_written(
    environment, bucket: Bucket, tmp_path: Path
):
    processed, there = tmp_path / "processed", StorePlace.of(f"s3://{bucket.name}/prefix") / "processed"
    publish(processed, {"2025-01": 10, "2025-02": 20, "2025-03": 30})
    assert len(publish_to_lake(processed, there)) == 3
    assert publish_to_lake(processed, there) == ()
    publish(processed, {"2025-01": 10, "2025-02": 25})
    assert publish_to_lake(processed, there) == ("core/listening_events/month=2025-02/data.parquet",)
    assert PublishedManifest.read(there) == PublishedManifest.read(processed)
    pattern = f"{there}/core/listening_events/**/*.parquet"
    scanned = pl.scan_parquet(
        pattern, storage_options=there.storage_options, credential_provider=None, hive_partitioning=True
    )
    assert scanned.group_by("month").len().sort("month").collect().rows() == [
        ("2025-01", 10),
        ("2025-02", 25),
    ]


def test_published_tables_are_read_by_duckdb(environment, bucket: Bucket, tmp_path: Path):
    there = StorePlace.of(f"s3://{bucket.name}/prefix") / "processed"
    publish(tmp_path / "processed", {"2025-01": 10, "2025-02": 25})
    publish_to_lake(tmp_path / "processed", there)
    owner, host = bucket.owner, bucket.server.endpoint.removeprefix("http://")
    with duckdb.connect() as connection:
        try:
            connection.execute("load httpfs")
        except duckdb.Error as error:
            pytest.skip(f"DuckDB has no httpfs here: {error}")
        connection.execute(
            f"create secret (type s3, key_id '{owner.access_key}', secret '{owner.secret_key}', "
            f"endpoint '{host}', url_style 'path', use_ssl false)"
        )
        counted = connection.execute(
            f"select count(*) from read_parquet('{there}/core/listening_events/**/*.parquet')"
        ).fetchone()
    assert counted == (35,)
