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

import psutil  # type: ignore[import-untyped]

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


class Clock:
    """How long a call takes, and how much processor time of this process and of the server's."""

    def __init__(self, server: Postgres) -> None:
        assert server.daemon.process is not None
        self.server = psutil.Process(server.daemon.process.pid)
        self.rows: list[dict[str, object]] = []

    def time(self, what: str, work: Callable[[], object]) -> None:
        """Do it, and note what it took."""
        start, before = time.perf_counter(), self._processor()
        work()
        seconds = time.perf_counter() - start
        time.sleep(1)  # until the server has counted the process that served us
        self.add(what, seconds, self._processor() - before)

    def add(self, what: str, value: float, processor: float | None = None) -> None:
        """Note a figure."""
        cpu = "" if processor is None else round(processor, 2)
        self.rows.append({"what": what, "value": round(value, 2), "cpu seconds": cpu})

    def _processor(self) -> float:
        ended = self.server.cpu_times()
        return float(time.process_time() + ended.children_user + ended.children_system)


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
    product(settings, "generate", *of_today, "--seed", str(int(time.time())))
    product(settings, "materialize", "--from", today, "--to", today)


def with_readers(clock: Clock, url: str, work: Callable[[], object]) -> None:
    """A publishing while others ask as fast as they can, and how their questions ended."""
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
    clock.time(f"the new day again, {READERS} readers", work)
    done.set()
    for each in readers:
        each.join()
    clock.add("their answers", sum(answers))
    clock.add("their errors", sum(errors))


def measure(settings: Settings, clock: Clock, url: str, events: int) -> None:
    """Seconds and counts, once the demo is there."""
    copy, project = published_copy(settings), settings.dbt_project_dir

    def to_postgres() -> None:
        publish_to_postgres(copy, url, project)

    def newest() -> tuple[int, int]:
        numbers = "select rows_written, rows_in_all from serving.publishings order by publishing desc limit 1"
        [(written, rows)] = asked(url, numbers)
        return written, rows

    clock.time("all marts, first", to_postgres)
    clock.add("rows", newest()[1])
    clock.time("nothing changed", to_postgres)
    add_a_day(settings, events)
    clock.time("the copy of the new day", lambda: publish(warehouse_of(settings), settings.processed_dir))
    clock.time("the new day", to_postgres)
    clock.add("rows written", newest()[0])
    clock.add("rows then", newest()[1])
    queries = read_queries(project / "analyses").values()
    clock.time("all questions, copy", lambda: [run_query(copy, query) for query in queries])
    clock.time("all questions, Postgres", lambda: [run_query_on_postgres(url, each) for each in queries])
    asked(url, "update serving.parts set state = '' where part >= current_date")
    with_readers(clock, url, to_postgres)


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
        clock = Clock(server)
        measure(settings, clock, server.url(), arguments.events)
    report("postgres", {"events of the new day": arguments.events}, clock.rows)


if __name__ == "__main__":
    main()
