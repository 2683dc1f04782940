"""What one new day costs on top of 10 days of history, and on top of 1,000.

    .venv/bin/python -m tests.benchmarks.new_day [--events 100K] [--history 10 1000] [--rounds 3]

The new day has `--events` events, a day of the history `--small` of them: the history is long, not large, so
that what is measured is how the cost of a day grows with the days before it, not with the rows of the 28 days
that features look back on. Raw events up to the features are materialised by the product, several times, and
the round with the least processor time counts; the script, which knows no days, makes everything anew.
"""

import argparse
import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import cast

from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.lake import layout
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from tests.benchmarks.backfill import engine_environment, size
from tests.benchmarks.engines import assets, script
from tests.benchmarks.lakes import FIRST, TRACKS, add_events
from tests.benchmarks.reporting import report
from tests.benchmarks.watching import Cost, watch

NEW = Window(FIRST, FIRST + timedelta(days=1))


def make_lake(data_dir: Path, events: int, small: int, days: int) -> None:
    """The new day and so many small ones before it, where they are not there yet."""
    done = data_dir / f"made-{events}-{small}-{days}"
    if not done.exists():
        settings = Settings(data_dir=data_dir, _env_file=None)
        write_catalogue(settings.lake_dir, generate_catalogue(TRACKS, seed=1), FIRST, 1)
        add_events(settings, NEW.preceding(days), small * days)
        add_events(settings, NEW, events)
        done.touch()


def link_days(lake: Path, data_dir: Path, days: int) -> None:
    """A lake with the new day and only so many of the days before it."""
    source, target = (Settings(data_dir=folder, _env_file=None).lake_dir for folder in (lake, data_dir))
    (target / layout.EVENTS).mkdir(parents=True)
    (target / layout.TRACKS).symlink_to(source / layout.TRACKS)
    for day in [*NEW.preceding(days).days(), NEW.start]:
        layout.events_dir(target, day).symlink_to(layout.events_dir(source, day))


def run_once(engine: str, data_dir: Path, days: int, rounds: int) -> Cost:
    """The cost of the new day by one engine, once the history is there."""
    settings = Settings(data_dir=data_dir, _env_file=None)
    if engine == "script":
        return script.run(settings, NEW)
    with assets.product(settings) as product:
        product.clean_catalogue()
        product.backfill(NEW.preceding(days))
        return min((product.backfill(NEW) for _ in range(rounds)), key=lambda cost: cost.cpu_seconds)


def main() -> None:
    """Measure each engine with each length of history, in a process and a folder of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=size, default=100_000, help="of the new day")
    parser.add_argument("--small", type=size, default=300, help="events of a day of the history")
    parser.add_argument("--history", type=int, nargs="+", default=[10, 1_000], help="days before the new one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-bench")
    parser.add_argument("--run", choices=("assets", "script"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        [days] = arguments.history
        print(json.dumps(vars(run_once(arguments.run, arguments.data, days, arguments.rounds))))
        return
    lake = arguments.data / f"new-day-{arguments.events}-{arguments.small}-{max(arguments.history)}"
    make_lake(lake, arguments.events, arguments.small, max(arguments.history))
    rows: list[dict[str, object]] = []
    for engine in ("assets", "script"):
        shortest: Cost | None = None
        for days in sorted(arguments.history):
            with tempfile.TemporaryDirectory(dir=arguments.data) as scratch:
                link_days(lake, Path(scratch), days)
                (Path(scratch) / "dagster").mkdir()
                command = [
                    sys.executable,
                    "-m",
                    "tests.benchmarks.new_day",
                    "--run",
                    engine,
                    "--data",
                    scratch,
                ]
                command += ["--history", str(days), "--rounds", str(arguments.rounds)]
                ended = watch(command, engine_environment(engine, Path(scratch)))
            if ended.returncode:
                sys.exit(f"{engine}, {days} days: {ended.errors[-2000:]}")
            cost = Cost(**json.loads(ended.output.splitlines()[-1]))
            shortest = shortest or cost
            rows.append(
                {
                    "engine": engine,
                    "days of history": days,
                    "seconds": round(cost.seconds, 2),
                    "CPU seconds": round(cost.cpu_seconds, 2),
                    "× shortest history": round(cost.seconds / shortest.seconds, 2),
                    "× shortest, CPU": round(cost.cpu_seconds / shortest.cpu_seconds, 2),
                    "peak MB": ended.peak_mb,
                }
            )
    facts = {"events of the new day": arguments.events, "events of a day before": arguments.small}
    notes = [
        f"{arguments.small:,} events on a day of the history, {arguments.events:,} on the new one",
        "the peak of `assets` is that of the whole process, making the history included",
    ]
    cpu = {(row["engine"], row["days of history"]): cast("float", row["CPU seconds"]) for row in rows}
    ratios = {
        f"assets / script, {days:,} days before, processor time": cpu["assets", days] / cpu["script", days]
        for days in sorted(arguments.history)
    }
    report("new-day", facts, rows, notes, ratios)


if __name__ == "__main__":
    main()
