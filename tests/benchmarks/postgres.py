"""What the served Postgres costs: the demo's marts, one new day of many events, the questions, and readers.

    .venv/bin/python -m tests.benchmarks.postgres [--users 200 --days 28 --tracks 5000] [--events 100000]

The product makes its demo in a folder (`--data`), unless it is there, and its marts are published to a server
that is started for it. Then today gets `--events` events, which the product materialises and publishes as its
copy; what that copy takes by itself stands beside what Postgres takes then. Needs the programs of PostgreSQL.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from spotify_assets.serving.publishing import publish_to_postgres
from spotify_assets.serving.questions import run_query_on_postgres
from spotify_assets.settings import Settings
from spotify_assets.warehouse.door import published_copy, warehouse_of
from spotify_assets.warehouse.publish import publish
from spotify_assets.warehouse.queries import read_queries, run_query
from tests.benchmarks.reporting import report
from tests.postgres.looking import asked
from tests.servers.postgres import Postgres, missing

READERS = 20
EVENTS_PER_LISTENER = 15


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def product(settings: Settings, *arguments: str) -> None:
    """Give a command of the product."""
    home = settings.data_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).with_name("spotify-assets")), *arguments]
    environment = {"SPOTIFY_DATA_DIR": str(settings.data_dir), "DAGSTER_HOME": str(home)}
    subprocess.run(command, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)


def add_a_day(settings: Settings, events: int) -> None:
    """Land so many events for today, and materialise the day."""
    today = str(datetime.now(UTC).date())
    users = str(max(1, events // EVENTS_PER_LISTENER))
    of_today = ["--days", "1", "--until", today, "--users", users, "--events-per-day", str(events)]
    product(settings, "generate", *of_today, "--seed", "8")
    product(settings, "materialize", "--from", today, "--to", today)


def with_readers(url: str, work: Callable[[], object]) -> dict[str, object]:
    """Seconds of a publishing while others ask as fast as they can, and how their questions ended."""
    done = threading.Event()
    answers, errors = [0] * READERS, [0] * READERS

    def read(number: int) -> None:
        while not done.is_set():
            try:
                asked(url, "select count(*), sum(ms_played) from marts.fact_listens")
                answers[number] += 1
            except Exception:  # noqa: BLE001 - whatever it is, it is counted
                errors[number] += 1

    readers = [threading.Thread(target=read, args=[number]) for number in range(READERS)]
    for each in readers:
        each.start()
    took = seconds(work)
    done.set()
    for each in readers:
        each.join()
    return {
        f"the new day again, {READERS} readers": took,
        "their answers": sum(answers),
        "their errors": sum(errors),
    }


def measure(settings: Settings, url: str, events: int) -> dict[str, object]:
    """Seconds and counts, once the demo is there."""
    copy, project = published_copy(settings), settings.dbt_project_dir

    def to_postgres() -> None:
        publish_to_postgres(copy, url, project)

    found: dict[str, object] = {"all marts, first": seconds(to_postgres)}
    found["rows"] = asked(url, "select rows_in_all from serving.publishings")[0][0]
    found["nothing changed"] = seconds(to_postgres)
    add_a_day(settings, events)
    found["the copy of a new day"] = seconds(lambda: publish(warehouse_of(settings), settings.processed_dir))
    found["a new day"] = seconds(to_postgres)
    [(written, rows)] = asked(
        url, "select rows_written, rows_in_all from serving.publishings order by publishing desc limit 1"
    )
    found |= {"rows written": written, "rows then": rows}
    queries = read_queries(project / "analyses").values()
    found["all questions, copy"] = seconds(lambda: [run_query(copy, query) for query in queries])
    found["all questions, Postgres"] = seconds(lambda: [run_query_on_postgres(url, each) for each in queries])
    asked(url, "update serving.parts set state = '' where part >= current_date")
    return found | with_readers(url, to_postgres)


def main() -> None:
    """Measure, on a server that is started for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", default="200")
    parser.add_argument("--days", default="28")
    parser.add_argument("--tracks", default="5000")
    parser.add_argument("--events", type=int, default=100_000, help="of the new day")
    parser.add_argument("--data", type=Path, help="where the demo is, or is made and kept")
    arguments = parser.parse_args()
    if (why := missing()) is not None:
        sys.exit(why)
    with tempfile.TemporaryDirectory() as scratch, Postgres() as server:
        settings = Settings(data_dir=arguments.data or Path(scratch), _env_file=None)
        if not published_copy(settings).exists():
            of_demo = ["--users", arguments.users, "--days", arguments.days, "--tracks", arguments.tracks]
            product(settings, "demo", *of_demo)
        found = measure(settings, server.url(), arguments.events)
    report("postgres", found, [{"what": what, "value": value} for what, value in found.items()])


if __name__ == "__main__":
    main()
