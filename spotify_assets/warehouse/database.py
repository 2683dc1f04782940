"""Connections to the DuckDB file: one writer at a time, always closed, a bounded wait for a foreign lock."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from spotify_assets.warehouse.errors import WarehouseError, WarehouseLockedError, WarehouseMissingError

OUTDATED_COPY = (duckdb.CatalogException, duckdb.BinderException)
"""What DuckDB raises where the published copy lacks a table, or a column that this version adds to one."""
_RETRY_SECONDS = 0.2
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"
_open_writers: dict[Path, duckdb.DuckDBPyConnection] = {}
"""Writers of this process, by file: DuckDB refuses a second connection with another access mode."""


@dataclass(frozen=True)
class Database:
    """One DuckDB file and how long to wait for it."""

    path: Path
    lock_timeout_seconds: float = 10.0
    memory_limit: str | None = None

    @contextmanager
    def writer(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that may write; the file and its folder are created where they do not exist.

        Raises:
            WarehouseLockedError: another process holds the file longer than `lock_timeout_seconds`.
            WarehouseError: the file cannot be opened at all; waiting would not help.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(f"{self.path}: its folder cannot be made: {error}") from error
        connection = self._connect(read_only=False)
        # Tables have no order. Not keeping one lets both cores write: a million events take 2.8 s instead
        # of 4.7 s, and the checkpoint after them 0.1 s instead of 5 s.
        connection.execute("set preserve_insertion_order = false")
        file = self.path.resolve()
        outer = _open_writers.get(file)
        _open_writers[file] = connection
        try:
            yield connection
        finally:
            if outer is None:
                del _open_writers[file]
            else:
                _open_writers[file] = outer
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A writer whose changes all stay, or, after any exception, none."""
        with self.writer() as connection:
            connection.begin()
            try:
                yield connection
                connection.commit()
            except BaseException:
                # An interrupted statement may have ended the transaction already: there is nothing to undo.
                with suppress(duckdb.TransactionException):
                    connection.rollback()
                raise

    @contextmanager
    def reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that sees what was committed.

        Raises:
            WarehouseMissingError: there is no such file.
            WarehouseLockedError: another process writes to it longer than `lock_timeout_seconds`.
            WarehouseError: the file cannot be opened at all; waiting would not help.
        """
        writer = _open_writers.get(self.path.resolve())
        if writer is None:
            self._must_exist()
        connection = writer.cursor() if writer is not None else self._connect(read_only=True)
        try:
            yield connection
        finally:
            connection.close()

    def copy_to(self, target: Path) -> None:
        """Copy the committed state to a new file, while no other process can write.

        Another process copies the bytes: a process that closes a file loses every lock it has on it (POSIX).

        Raises:
            WarehouseMissingError: there is no such file.
            WarehouseLockedError: another process holds the file longer than `lock_timeout_seconds`.
            WarehouseError: the copy was cut short; the target holds nothing that can be used.
        """
        self._must_exist()
        with self.writer() as connection:
            connection.execute("checkpoint")
            command = [sys.executable, "-I", "-c", _COPY, str(self.path), str(target)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            wanted, copied = (file.stat().st_size if file.exists() else 0 for file in (self.path, target))
        if done.returncode or copied != wanted:
            said = done.stderr.strip().splitlines()[-1:] or [
                f"the copying process ended with {done.returncode}"
            ]
            raise WarehouseError(
                f"{self.path} could not be copied to {target}: {copied:,} of {wanted:,} bytes were written "
                f"({said[0]}). What was published before stays."
            )

    def _must_exist(self) -> None:
        if not self.path.exists():
            raise WarehouseMissingError(f"{self.path} does not exist yet: materialise the assets first")

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        started = time.monotonic()
        config: dict[str, str | bool | int | float | list[str]] = {}
        if self.memory_limit:
            config["memory_limit"] = self.memory_limit
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only, config=config)
            except duckdb.Error as error:
                waited = time.monotonic() - started
                if "Could not set lock" not in str(error):
                    raise WarehouseError(f"{self.path} cannot be opened: {error}") from error
                if waited >= self.lock_timeout_seconds:
                    raise WarehouseLockedError(self.path, _holder(str(error)), waited) from error
                time.sleep(_RETRY_SECONDS)


def single_row(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()
) -> tuple[Any, ...]:
    """The row of a query that gives exactly one.

    All of the result is fetched: a connection of DuckDB 2 refuses other work while one is unfinished.
    """
    [row] = connection.execute(query, list(parameters)).fetchall()
    return row


def _holder(message: str) -> str:
    """The process that DuckDB's message says holds the lock, in words."""
    found = re.search(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)", message)
    return f"{Path(found['program']).name} (process {found['pid']})" if found else "another process"
