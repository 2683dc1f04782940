"""Makes runs of Dagster cheap where one process has hundreds of them, and what they store the same."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

import pytest
from dagster._core.execution import compute_logs
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine

from spotify_assets.instance.event_log import PooledSqliteEventLogStorage

OPEN = 16
"""Engines that are kept; a test has those of the runs and of the schedules of its instance."""


def copy_empty_run_files(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """A new run's event log is a copy of an empty one, which Dagster makes once in a process."""
    make = SqliteEventLogStorage._initdb

    @cache
    def empty(log: type[PooledSqliteEventLogStorage]) -> bytes:
        file = folder / f"{log.__name__}.db"
        engine = create_engine(f"sqlite:///{file}")
        make(log.__new__(log), engine)
        engine.dispose()
        return file.read_bytes()

    def made(log: PooledSqliteEventLogStorage, engine: Engine, for_index_shard: bool = False) -> None:
        path = Path(str(engine.url.database))
        if for_index_shard or path.exists():
            make(log, engine, for_index_shard)
            return
        with NamedTemporaryFile(dir=path.parent) as new:
            new.write(empty(type(log)))
            new.flush()
            with suppress(FileExistsError):  # another process was first
                os.link(new.name, path)

    patch.setattr(PooledSqliteEventLogStorage, "_initdb", made)


def keep_engines(patch: pytest.MonkeyPatch) -> None:
    """The storages of runs and of schedules, which connect anew each time, compile their SQL once."""
    for module in (sqlite_run_storage, sqlite_schedule_storage):
        new = module.create_engine

        @lru_cache(OPEN)
        def kept(url: str, poolclass: Any, new: Any = new) -> Any:
            return new(url, poolclass=poolclass)

        patch.setattr(module, "create_engine", kept)


def print_output_at_the_end(patch: pytest.MonkeyPatch) -> None:
    """What a run prints goes to its file as ever, and to the terminal once it is over.

    Dagster starts `tail` and a Python that watches it, for each of the two streams, to print it meanwhile.
    """

    @contextmanager
    def tail(path: str, stream: IO[str]) -> Iterator[tuple[None, None]]:
        yield None, None
        if text := Path(path).read_text(encoding="utf-8"):
            stream.write(text)
            stream.flush()

    patch.setattr(compute_logs, "tail_to_stream", tail)
