"""Does the skip half reach its targets, and what does it cost?

    .venv/bin/python -m tests.benchmarks.skip [recovery] [shuffled] [world] [features] [large]

- recovery: 200 seeded repetitions with planted coefficients; share of 95 % intervals that hold them;
- shuffled: 40 repetitions with the outcome shuffled; share of AUC intervals that cover 0.5;
- world: the ladder on generated listening, 1,000 users and 28 days;
- features: model features of a day of 100,000 events with the trailing window, from the warehouse;
- large: the skip model, the ladder and its registry over ten million feature rows, in a process of its own.

Prints JSON, then a table. Times are those of the machine, busy or not; memory is the peak of the process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import generate_days
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.skip.ladder import Ladder, climb
from spotify_assets.skip.model import train_skip_model
from spotify_assets.tables import LISTENING_EVENTS, MODEL_FEATURES, TRACKS
from spotify_assets.transforms.events import listening_events
from spotify_assets.transforms.features import EVENT_COLUMNS, TRACK_COLUMNS, model_features
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lookback import ListeningHistory
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import create_table
from tests.skip.simulation import CUTOFF, PLANTED, TEST_DAYS, TRAINING_DAYS, simulated
from tests.transforms.before import Before

REPETITIONS, SHUFFLES = 200, 40
FIRST, DAYS = date(2025, 3, 1), 28
LARGE_ROWS = 10_000_000
DUCKDB_MEMORY = "1GB"
"""Limit of DuckDB's share of the memory: without one it keeps as much of the file as fits."""
EVENTS_PER_DAY = 100_000
PLAYS_PER_USER = 16.5
"""Events per user and day of the generator's defaults, about."""

Figures = dict[str, float]


def recovery() -> Figures:
    """Share of 95 % intervals that hold the planted coefficient."""
    inside = []
    for seed in range(REPETITIONS):
        rows = simulated(10_000 + seed, rows=1_500, users=50, likeness=0.25)
        model = train_skip_model(rows, CUTOFF, training_days=TRAINING_DAYS, test_days=TEST_DAYS)
        for term in model.features:
            assert term.sd is not None and term.ci_low is not None and term.ci_high is not None
            inside.append(term.ci_low <= PLANTED[term.term] * term.sd <= term.ci_high)
    return {"repetitions": REPETITIONS, "share of intervals that hold the truth": float(np.mean(inside))}


def shuffled() -> Figures:
    """Share of AUC intervals of the ladder's last rung that cover 0.5 where nothing can be learnt."""
    events = world(users=100)[1]
    covered, areas = [], []
    for seed in range(SHUFFLES):
        labels = events["is_skip"].sample(fraction=1, shuffle=True, seed=seed)
        ladder = split_and_climb(events.with_columns(labels))
        auc = ladder.best("gradient_boosting").measures["auc"]
        assert auc.low is not None and auc.high is not None
        covered.append(auc.low <= 0.5 <= auc.high)
        areas.append(auc.value)
    return {
        "share of AUC intervals that cover 0.5": float(np.mean(covered)),
        "mean AUC": float(np.mean(areas)),
    }


def ladder_of_a_world() -> Figures:
    """AUC and calibration error of each rung on generated listening."""
    ladder = split_and_climb(world(users=1_000)[1])
    figures: Figures = {"train rows": ladder.train_rows, "test rows": ladder.test_rows}
    for rung in ladder.rungs:
        for name in ("auc", "calibration_error", "log_loss"):
            figures[f"{rung.name}, {rung.estimator}: {name}"] = rung.measures[name].value
    return figures


def features_of_a_day() -> Figures:
    """Seconds for the features of a day of 100,000 events, reading the trailing window from the warehouse."""
    tracks, _, events = world_of_events(round(EVENTS_PER_DAY / PLAYS_PER_USER), DAYS + 2)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "warehouse.duckdb")
        with database.transaction() as connection:
            for table, rows in ((LISTENING_EVENTS, events), (TRACKS, tracks)):
                create_table(connection, table)
                connection.register("rows_to_write", rows)
                connection.execute(f"insert into {table.full_name} by name select * from rows_to_write")
        last = FIRST + timedelta(days=DAYS + 1)
        per_day = events.filter(pl.col("event_date") == last).height
        del events
        reader, catalogue = TableReader(database, LISTENING_EVENTS), TableReader(database, TRACKS)
        window = Window(last, last + timedelta(days=1))
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            model_features(
                reader.read(window, EVENT_COLUMNS),
                ListeningHistory(reader, window),
                catalogue.as_of(window, "track_id", TRACK_COLUMNS),
            )
            seconds.append(time.perf_counter() - start)
    return {"events of the day": per_day, "seconds (best of 3)": min(seconds)}


def large() -> Figures:
    """Seconds and memory of the assets over ten million feature rows, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        rows = write_large(Path(folder))
        command = [sys.executable, "-m", "tests.benchmarks.skip", "--in", folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    figures: Figures = json.loads(done.stdout.decode().splitlines()[-1])
    return {"feature rows": rows} | figures


def write_large(folder: Path) -> int:
    """A warehouse whose model_features are those of 1,000 users many times over, under other names."""
    tracks, features = world(users=1_000)
    copies = -(-LARGE_ROWS // features.height)
    settings = Settings(data_dir=folder, _env_file=None)
    with Database(settings.warehouse_path).transaction() as connection:
        for table in (TRACKS, MODEL_FEATURES):
            create_table(connection, table)
        connection.register("features_once", features)
        connection.register("tracks_once", tracks)
        connection.execute("insert into core.tracks by name select * from tracks_once")
        connection.execute(
            "insert into ml.model_features by name select features_once.* replace "
            "(event_id || '-' || n as event_id, user_id || '-' || n as user_id) "
            f"from features_once, range({copies}) as copies(n) order by event_date"
        )
    return features.height * copies


def train_large(folder: Path) -> Figures:
    """Materialise the models of the last day; what it took in this process."""
    import dagster as dg

    from spotify_assets.assets.ml import LADDER_TABLES
    from spotify_assets.assets.spec import key_of
    from spotify_assets.automation.runs import run
    from spotify_assets.definitions import build_defs
    from spotify_assets.instance.home import instance_of
    from spotify_assets.tables import SKIP_MODEL, SKIP_MODEL_COEFFICIENTS

    settings = Settings(data_dir=folder, start_date=FIRST, duckdb_memory_limit=DUCKDB_MEMORY, _env_file=None)
    definitions = build_defs(settings)
    last = FIRST + timedelta(days=DAYS - 1)
    seconds: Figures = {}
    for name, tables in (
        ("skip model", (SKIP_MODEL, SKIP_MODEL_COEFFICIENTS)),
        ("ladder and registry", LADDER_TABLES),
    ):
        keys: list[dg.AssetKey] = [key_of(table) for table in tables]
        start, start_cpu = time.perf_counter(), time.process_time()
        with instance_of(settings) as instance:
            window = Window(last, last + timedelta(days=1))
            outcome = run(definitions, instance, settings, "everything", window=window, assets=keys)
        assert outcome.success, outcome.failures
        seconds[f"{name}: seconds"] = time.perf_counter() - start
        seconds[f"{name}: CPU seconds"] = time.process_time() - start_cpu
    ladder = TableReader(Database(settings.warehouse_path), LADDER_TABLES[0]).read()
    best = ladder.filter(pl.col("rung") == "history", pl.col("estimator") == "gradient_boosting")
    return seconds | {
        "train rows": best["train_rows"][0],
        "test rows": best["test_rows"][0],
        "sampled from": best["sampled_from"][0],
        "full model: auc": best["auc"][0],
        "peak memory, GB": peak_memory(),
    }


def peak_memory() -> float:
    """Peak resident memory of this process in GB; `getrusage` would count that of its parent too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024**2


def world(users: int, days: int = DAYS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The catalogue and the model features of generated listening."""
    tracks, features, _ = world_of_events(users, days, with_features=True)
    return tracks, features


def world_of_events(
    users: int, days: int, *, with_features: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The catalogue, the model features where they are wanted, and the listening events."""
    with tempfile.TemporaryDirectory() as folder:
        write_catalogue(Path(folder), generate_catalogue(7_500, seed=7), FIRST, 7)
        raw = pl.read_parquet(Path(folder) / "spotify_tracks" / f"snapshot_date={FIRST}" / "*.parquet")
    tracks = clean_tracks(raw).tracks.rows
    lengths = tracks.select("track_id", "snapshot_date", "duration_ms")
    last = FIRST + timedelta(days=days - 1)
    events = pl.concat(
        listening_events(day, read_raw_before=lambda _, day=day: day.clear(), tracks=lengths).rows  # type: ignore[misc]
        for _, day in generate_days(GeneratorConfig(users=users), tracks, FIRST, last)
    )
    nothing = MODEL_FEATURES.empty()
    if not with_features:
        return tracks, nothing, events
    features = model_features(events, Before(events.clear(), FIRST), tracks)
    return tracks, features, events


def split_and_climb(features: pl.DataFrame) -> Ladder:
    """The ladder with the last week as test window."""
    is_test = pl.col("event_date") > FIRST + timedelta(days=DAYS - 1 - TEST_DAYS)
    return climb(features.filter(~is_test), features.filter(is_test))


BENCHMARKS: dict[str, Callable[[], Figures]] = {
    "recovery": recovery,
    "shuffled": shuffled,
    "world": ladder_of_a_world,
    "features": features_of_a_day,
    "large": large,
}


def main() -> None:
    """Run the benchmarks that are named, all by default."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which; all by default")
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder:
        print(json.dumps(train_large(arguments.folder)))
        return
    results = {}
    for name in arguments.names or BENCHMARKS:
        start = time.perf_counter()
        results[name] = BENCHMARKS[name]()
        results[name]["seconds in all"] = time.perf_counter() - start
    print(json.dumps(results))
    for name, figures in results.items():
        print(f"\n{name}")
        for label, value in figures.items():
            print(f"  {label:<58}{value:>14,.4f}")


if __name__ == "__main__":
    main()
