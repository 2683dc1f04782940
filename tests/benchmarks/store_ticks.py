"""What a tick of the sensor on raw files costs where the lake is in a store and large.

    .venv/bin/python -m tests.benchmarks.store_ticks [--objects 100000] [--dates 1000] [--rounds 3]

The store is Ceph's S3 gateway on this machine. Each round has the first tick of an installation, which
remembers nothing; the first one of another process, as after a restart, which remembers every date; and those
after it, when nothing changed. CPU is that of the process alone. Requests are counted in one round more, by a
proxy between the two.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
from obstore.store import S3Store

from spotify_assets.automation.lake_watch import pack, scan
from spotify_assets.automation.sensors import raw_files_sensor
from spotify_assets.settings import Settings
from tests.benchmarks.reporting import report
from tests.benchmarks.watching import measured
from tests.servers import ceph
from tests.servers.ceph.buckets import Bucket
from tests.servers.faulty import Faulty

PREFIX = "family"
ENDS = date(2026, 6, 30)
"""The last date: none is one where producers still write."""
AT_ONCE = 16
TICKS = ("remembers nothing", "after a restart", "nothing changed", "nothing changed, again")


def fill(bucket: Bucket, objects: int, dates: int) -> float:
    """Put so many small objects into so many dates; returns the seconds."""
    store = S3Store(
        bucket.name,
        endpoint=bucket.server.endpoint,
        region=ceph.REGION,
        access_key_id=bucket.owner.access_key,
        secret_access_key=bucket.owner.secret_key,
        client_options={"allow_http": True},
    )
    folder = f"{PREFIX}/raw/listening_events"
    keys = [
        f"{folder}/date={ENDS - timedelta(days=number % dates)}/part-{number // dates:05d}.parquet"
        for number in range(objects)
    ]
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda key: store.put(key, b"made up"), keys))
    return time.monotonic() - began


def ticks(cursor: Path) -> list[dict[str, float]]:
    """What the ticks of this process cost, with the lake of the environment.

    One tick without a cursor, which is then kept, or three with the one that was kept.
    """
    settings = Settings(_env_file=None)
    sensor = raw_files_sensor(settings)
    remembered = cursor.read_text() if cursor.exists() else None
    found = []
    for _ in TICKS[1:] if remembered else TICKS[:1]:
        with dg.DagsterInstance.ephemeral() as instance, measured() as cost:
            result = sensor(dg.build_sensor_context(instance, remembered))
        assert isinstance(result, dg.SensorResult)
        found.append(
            {"seconds": cost.seconds, "cpu": cost.cpu_seconds, "runs": len(result.run_requests or ())}
        )
    if remembered is None:
        seen = {key: each.digest for key, each in scan(settings.lake, settings.grain).items()}
        cursor.write_text(f"{settings.grain}:{pack(seen)}")
    return found


def one_round(environment: dict[str, str]) -> list[dict[str, float]]:
    """The ticks of two new processes, one after the other."""
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        own = {"SPOTIFY_DATA_DIR": folder, "SPOTIFY_START_DATE": "2020-01-01"}
        command = [sys.executable, "-m", "tests.benchmarks.store_ticks", "--inside", f"{folder}/cursor"]
        for _ in range(2):
            environ = os.environ | environment | own
            told = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
            found += json.loads(told.stdout.splitlines()[-1])
    return found


def requests(bucket: Bucket, environment: dict[str, str]) -> int:
    """Requests of all ticks of a process."""
    with Faulty(bucket.server.ports.gateway) as proxy:
        one_round(environment | {"AWS_ENDPOINT_URL": proxy.endpoint})
        return proxy.counts.total()


def main() -> None:
    """Fill a bucket and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--dates", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        print(json.dumps(ticks(chosen.inside)))
        return
    if (why := ceph.missing()) is not None:
        sys.exit(why)
    with ceph.Ceph() as server:
        bucket = Bucket.create(server, server.create_user("owner"), "listening")
        print(f"filled in {fill(bucket, chosen.objects, chosen.dates):.0f} s", flush=True)
        environment = bucket.environment | {"SPOTIFY_LAKE_URL": f"s3://{bucket.name}/{PREFIX}"}
        rounds = [one_round(environment) for _ in range(chosen.rounds)]
        total = requests(bucket, environment)
    rows = [
        {"tick": name, "round": number, **tick}
        for number, ticks_of_round in enumerate(rounds, start=1)
        for name, tick in zip(TICKS, ticks_of_round, strict=True)
    ]
    report(
        "store_ticks",
        {"objects": chosen.objects, "dates": chosen.dates},
        rows,
        [f"requests of a round: {total:,}"],
    )


if __name__ == "__main__":
    main()
