"""Processes that write to and publish a warehouse until they are killed, and what it may hold then.

Write number `n` replaces a few days of January 2025; what it stores follows from `n` alone, so that the state
after any number of writes is known.
"""

import logging
import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl

from spotify_assets.checks.evaluate import reconcile
from spotify_assets.rows.window import Window
from spotify_assets.warehouse import io_manager
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.publish import publish
from spotify_assets.warehouse.slices import Slices
from tests.warehouse.plays import IN_ONE_RUN, PLAYS, Warehouse, asset, days, plays, window

LAST_DAY = 9
ROWS_PER_DAY = 2_000
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__, "alembic.command", "pyarrow", "dagster._core.instance.ref"])

State = dict[int, int]
"""For each day that has rows, the write that they come from."""


class Written(NamedTuple):
    """What one write replaces: days of January from first to last, and which of them get rows."""

    first: int
    last: int
    filled: list[int]


def write_number(n: int) -> Written:
    chance = random.Random(n)
    first = chance.randint(1, LAST_DAY)
    last = min(LAST_DAY, first + chance.randint(0, 3))
    return Written(first, last, [day for day in range(first, last + 1) if chance.random() < 0.8])


def after(state: State, n: int) -> State:
    """The state after one more write."""
    written = write_number(n)
    kept = {day: by for day, by in state.items() if not written.first <= day <= written.last}
    return kept | dict.fromkeys(written.filled, n)


def write(path: Path, n: int) -> None:
    """Write number `n`, as a run of Dagster."""
    written = write_number(n)

    def rows_of(part: Window) -> pl.DataFrame:
        tracks = range(ROWS_PER_DAY if part.start.day in written.filled else 0)
        return plays([(part.start.day, f"track {i}", n, None) for i in tracks])

    slices = Slices.of([window(day) for day in range(written.first, written.last + 1)], rows_of)
    Warehouse(path).store(asset(slices, **IN_ONE_RUN), **days(written.first, written.last))


def state_of(connection: duckdb.DuckDBPyConnection) -> State:
    """What a warehouse holds; a day that is neither whole nor absent, or not as in the books, is an error."""
    found = connection.execute(
        "select day(event_date), min(plays), max(plays), count(*), count(distinct track) "
        "from core.plays group by all order by all"
    ).fetchall()
    for day, low, high, rows, tracks in found:
        assert (low, rows, tracks) == (high, ROWS_PER_DAY, ROWS_PER_DAY), f"day {day}"
    finding = reconcile(connection, PLAYS, None)
    assert finding.passed, finding.detail
    return {day: n for day, n, *_ in found}


def state_in(path: Path) -> State:
    with duckdb.connect(str(path)) as connection:
        return state_of(connection)


class Telling(Database):
    """A database that tells when it was opened for writing, and when it is about to be closed."""

    say: Callable[[str], None] = staticmethod(lambda _: None)

    @contextmanager
    def writer(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with Database.writer(self) as connection:
            Telling.say("opened")
            yield connection
            Telling.say("closing")


def keep_writing(pipe: Connection, path: Path, first: int) -> None:
    """Write numbers from `first`, telling of each when it is opened, about to be closed, and stored."""
    logging.disable(logging.CRITICAL)
    vars(io_manager)["Database"] = Telling
    Telling.say = staticmethod(pipe.send)
    for n in range(first, first + 5):
        write(path, n)
        pipe.send("stored")


def keep_publishing(pipe: Connection, path: Path, processed: Path, first: int) -> None:
    """Write and publish in turn, telling of each."""
    logging.disable(logging.CRITICAL)
    for n in range(first, first + 5):
        write(path, n)
        pipe.send("stored")
        pipe.send("publishing")
        publish(Database(path), processed)
        pipe.send("published")


class Killed(NamedTuple):
    """How a worker ended: whether it was killed, and what it had told before."""

    was_killed: bool
    told: list[str]


def run_and_kill(target: Callable[..., None], *arguments: Any, at: str, nth: int, delay: float) -> Killed:
    """Start a worker and kill it so long after it told something for the n-th time."""
    here, there = processes.Pipe()
    worker = processes.Process(target=target, args=(there, *arguments), daemon=True)
    worker.start()
    there.close()
    told: list[str] = []
    try:
        while told.count(at) < nth:
            told.append(here.recv())
        time.sleep(delay)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        while True:
            told.append(here.recv())
    except (EOFError, ConnectionResetError):
        return Killed(_ended(worker) == -signal.SIGKILL, told)
    finally:
        here.close()


def _ended(worker: BaseProcess) -> int | None:
    worker.join()
    return worker.exitcode


def attempt(limit: int | None, work: Callable[..., None], *arguments: Any) -> str:
    """Do some work in a process whose files may not grow beyond a number of bytes; returns its error."""
    here, there = processes.Pipe(duplex=False)
    worker = processes.Process(target=_attempt, args=(there, limit, work, *arguments), daemon=True)
    worker.start()
    there.close()
    said = str(here.recv())
    worker.join()
    return said


def _attempt(pipe: Connection, limit: int | None, work: Callable[..., None], *arguments: Any) -> None:
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        work(*arguments)
    except Exception as error:  # noqa: BLE001
        pipe.send(repr(error))
    else:
        pipe.send("")
