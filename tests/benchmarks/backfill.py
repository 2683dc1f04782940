"""The range backfill, raw files → listening events → daily metrics, by several engines.

    .venv/bin/python -m tests.benchmarks.backfill --events 1000000 [--days 100] [--engines assets,script,…]

Each engine runs in a process of its own over the same generated files, one after the other, in rounds; time
is wall time of the work alone (start-up and imports are left out), memory the process's peak. The tables that
the engines make are compared with each other by checksum of their rows. Prints JSON.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import write_days
from spotify_assets.settings import Settings
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.warehouse.slices import Window

FIRST = date(2025, 1, 1)
TRACKS = 10_000
EVENTS_PER_USER_AND_DAY = 14.5
"""What the generator's default listeners come to."""
SCRIPT = Path(__file__).with_name("backfill.sql")
TABLES = {
    "core.listening_events": [
        *("event_id", "session_id", "session_position", "outcome", "is_stream", "ms_played"),
    ],
    "core.daily_track_metrics": [
        *("event_date", "track_id", "plays", "streams", "skips", "completes", "abandons", "listeners"),
        *("ms_played", "playlist_adds", "pauses"),
    ],
    "ml.model_features": [
        *("event_id", "is_skip", "danceability", "popularity", "hour_utc", "weekday", "session_position"),
        *("previous_is_skip", "round(gap_seconds, 6)", "user_plays", "user_track_plays", "user_artist_plays"),
        *("round(recent_skip_rate, 9)", "round(user_skip_rate, 9)", "round(user_track_skip_rate, 9)"),
        "round(user_artist_skip_rate, 9)",
    ],
}
"""The tables that are compared, and the columns by which."""


def make_lake(data_dir: Path, events: int, days: int) -> Window:
    """Generate the files that every engine reads, where they are not there yet."""
    last = FIRST + timedelta(days=days - 1)
    settings = Settings(data_dir=data_dir, _env_file=None)
    done = data_dir / f"made-{events}-{days}"
    if not done.exists():
        write_catalogue(settings.lake_dir, generate_catalogue(TRACKS, seed=1), FIRST, 1)
        files = settings.lake_dir / "spotify_tracks" / f"snapshot_date={FIRST}" / "*.parquet"
        tracks = clean_tracks(pl.read_parquet(files, hive_partitioning=False)).tracks.rows
        users = max(1, round(events / days / EVENTS_PER_USER_AND_DAY))
        write_days(GeneratorConfig(users=users, seed=1), tracks, settings.lake_dir, FIRST, last, workers=1)
        done.touch()
    return Window(FIRST, last + timedelta(days=1))


def prepare_tracks(settings: Settings) -> pl.DataFrame:
    """The clean catalogue, which every engine is given: it is not part of what is measured."""
    files = settings.lake_dir / "spotify_tracks" / f"snapshot_date={FIRST}" / "*.parquet"
    return clean_tracks(pl.read_parquet(files, hive_partitioning=False)).tracks.rows


def run_assets(settings: Settings, window: Window) -> float:
    """The product: one Dagster run over the range, checks of the catalogue on every slice included."""
    import dagster as dg

    from spotify_assets.automation.instance import instance_of
    from spotify_assets.automation.runs import run
    from spotify_assets.definitions import build_defs

    backfill = dg.AssetSelection.all().without_checks()
    definitions = dg.Definitions.merge(
        build_defs(settings), dg.Definitions(jobs=[dg.define_asset_job("backfill", selection=backfill)])
    )
    first = Window(FIRST, FIRST + timedelta(days=1))
    keys = {name: dg.AssetKey(name.split(".")) for name in ("raw.raw_tracks", "core.tracks", *TABLES)}
    measured = [dg.AssetKey(["raw", "raw_events"]), *(keys[name] for name in TABLES)]
    with instance_of(settings) as instance:
        tracks = [keys["raw.raw_tracks"], *definitions.get_assets_def(keys["core.tracks"]).keys]
        assert run(definitions, instance, settings, "backfill", window=first, assets=tracks).success
        start = time.perf_counter()
        outcome = run(definitions, instance, settings, "backfill", window=window, assets=measured)
        seconds = time.perf_counter() - start
    assert outcome.success, outcome.failures
    return seconds


def run_script(settings: Settings, window: Window) -> float:
    """One hand-written DuckDB script over all days at once."""
    del window
    tracks = prepare_tracks(settings)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema core; create table core.tracks as select * from tracks")
        del tracks
        events = str(settings.lake_dir / "listening_events" / "**" / "*.parquet")
        script = SCRIPT.read_text().replace("$events", f"'{events}'")
        start = time.perf_counter()
        connection.execute(script)
        connection.execute("checkpoint")
        return time.perf_counter() - start


ENGINES: dict[str, Callable[[Settings, Window], float]] = {"assets": run_assets, "script": run_script}


def checksums(warehouse: Path) -> dict[str, tuple[int, int]]:
    """Rows and an order-free checksum of each table."""
    found = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table, columns in TABLES.items():
            row = connection.execute(
                f"select count(*), bit_xor(hash({', '.join(columns)}))::hugeint from {table}"
            ).fetchone()
            assert row is not None
            found[table] = row
    return found


def measure(engine: str, data_dir: Path, events: int, days: int) -> dict[str, object]:
    """Run one engine in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(dir=data_dir.parent) as scratch:
        (Path(scratch) / "raw").symlink_to(data_dir / "raw")
        command = [sys.executable, "-m", "tests.benchmarks.backfill", "--run", engine, "--data", scratch]
        command += ["--events", str(events), "--days", str(days)]
        environment = {**os.environ, "DAGSTER_HOME": f"{scratch}/dagster"}
        environment["PYTHONPATH"] = os.pathsep.join([str(Path.cwd()), environment.get("PYTHONPATH", "")])
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return {"engine": engine, "failed": done.stderr.strip().splitlines()[-3:]}
        result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        result["tables"] = checksums(Path(scratch) / "warehouse.duckdb")
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-bench")
    parser.add_argument("--run", choices=ENGINES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        settings = Settings(data_dir=arguments.data, _env_file=None)
        window = Window(FIRST, FIRST + timedelta(days=arguments.days))
        seconds = ENGINES[arguments.run](settings, window)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"engine": arguments.run, "seconds": round(seconds, 2), "peak_mb": round(peak)}))
        return
    lake = arguments.data / f"{arguments.events}-{arguments.days}"
    make_lake(lake, arguments.events, arguments.days)
    results = [
        measure(engine, lake, arguments.events, arguments.days)
        for _ in range(arguments.rounds)
        for engine in arguments.engines.split(",")
    ]
    print(json.dumps(results, indent=2, default=str))


if __name__ == "__main__":
    main()
