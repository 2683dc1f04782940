"""The warehouse as one DuckDB file: one writer at a time, always closed, a bounded wait for a lock."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from spotify_assets.places import Place
from spotify_assets.rows.sql import quoted, text
from spotify_assets.tables import Table
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.errors import WarehouseError, WarehouseLockedError, WarehouseMissingError

_RETRY_SECONDS = 0.2
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"
_CUTS_AN_ADDRESS = re.compile(r"[#?;]")
_open_writers: dict[Path, Connection] = {}
"""Writers of this process, by file: DuckDB refuses a second connection with another access mode."""
_held_readers: dict[Path, Connection] = {}
"""Readers that are held open, by file."""


@dataclass(frozen=True)
class Database:
    """One DuckDB file, how long to wait for it and how it is opened: a `Warehouse`.

    `options` are those that DuckDB takes when it connects.
    """

    path: Path
    lock_timeout_seconds: float = 10.0
    memory_limit: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def catalog(self) -> str:
        """The name that DuckDB gives the file: its own, without the extension."""
        return self.path.stem

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    @property
    def version(self) -> tuple[int, int] | None:
        """Inode and modification time (ns) of the file: a new one under the same name has others."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    @contextmanager
    def writer(self) -> Iterator[Connection]:
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
        # Tables have no order. Keeping one makes the checkpoint after a million events take seconds.
        if "preserve_insertion_order" not in self.options:
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
    def transaction(self) -> Iterator[Connection]:
        """A writer whose changes all stay, or, after any exception, none.

        It works in one thread, unless `options` say otherwise: each thread of several keeps the rows that do
        not fill a row group, which are compressed again at the checkpoint. A million events take 2.1 s of
        processor time by one thread and 2.2 to 3.8 s by two, and files are smaller by up to two fifths.
        """
        with self.writer() as connection:
            if "threads" not in self.options:
                connection.execute("set threads = 1")
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
    def reader(self) -> Iterator[Connection]:
        """A connection that sees what was committed.

        Raises:
            WarehouseMissingError: there is no such file.
            WarehouseLockedError: another process writes to it longer than `lock_timeout_seconds`.
            WarehouseError: the file cannot be opened at all; waiting would not help.
        """
        file = self.path.resolve()
        opened = _open_writers.get(file) or _held_readers.get(file)
        if opened is None:
            self._must_exist()
        connection = opened.cursor() if opened is not None else self._connect(read_only=True)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the file open for many reads, of this process alone: opening it takes 15 ms."""
        file = self.path.resolve()
        with self.reader() as connection:
            outer = _held_readers.get(file)
            _held_readers[file] = connection
            try:
                yield
            finally:
                if outer is None:
                    del _held_readers[file]
                else:
                    _held_readers[file] = outer

    @contextmanager
    def attached(self, name: str) -> Iterator[Connection]:
        """A database in memory that holds nothing but has the file attached, read-only, by a name.

        Raises:
            WarehouseMissingError: there is no such file.
        """
        self._must_exist()
        config: dict[str, Any] = {"memory_limit": self.memory_limit} if self.memory_limit else {}
        with duckdb.connect(config=config) as connection:
            connection.execute(f"attach {text(self.path)} as {quoted(name)} (read_only)")
            yield connection

    def copy_to(self, target: Path) -> None:
        """Copy the committed state to a new file, while no other process can write.

        Another process copies the bytes: a process that closes a file loses every lock it has on it (POSIX).

        Raises:
            WarehouseMissingError: there is no such file.
            WarehouseLockedError: another process holds the file longer than `lock_timeout_seconds`.
            WarehouseError: the copy was cut short, or a table of it has other rows; the target holds nothing
                that can be used.
        """
        self._must_exist()
        with self.writer() as connection:
            connection.execute("checkpoint")
            rows = _rows_of_tables(connection)
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
        with replace(self, path=target).reader() as connection:
            there = _rows_of_tables(connection)
        if there != rows:
            [name, *_] = sorted(table for table in rows.keys() | there if rows.get(table) != there.get(table))
            raise WarehouseError(
                f"{self.path} was not copied whole to {target}: {name} has {there.get(name, 0):,} of "
                f"{rows.get(name, 0):,} rows. What was published before stays."
            )

    def pinned(self) -> "Database":
        """The same: who reads it keeps writers out, in whichever process."""
        return self

    def takes_files_in(self, table: Table) -> None:
        """Nowhere: a file of DuckDB has its own format."""

    def adopt(self, connection: Connection, table: Table, file: Place) -> None:
        """Not possible."""
        raise NotImplementedError

    def compact(self) -> None:
        """Write the file anew, because the blocks of deleted rows keep their bytes until they are reused.

        Raises:
            WarehouseLockedError: another process holds the file longer than `lock_timeout_seconds`.
        """
        with tempfile.TemporaryDirectory(prefix=".compacting-", dir=self.path.parent) as folder:
            target = Path(folder) / self.path.name
            with self.writer() as connection:
                connection.execute("checkpoint")
                [name] = single_row(connection, "select current_database()")
                connection.execute(f"attach {text(target)} as compacted")
                connection.execute(f"copy from database {quoted(name)} to compacted")
                connection.execute("detach compacted")
                target.replace(self.path)  # while the lock on the old file is held

    @contextmanager
    def for_dbt(self) -> Iterator[Mapping[str, str]]:
        """The path as a variable, as dbt understands it, for the time of a call.

        dbt-duckdb takes the name of the database from the path as from an address, which `#`, `?` and `;`
        cut short: the file's folder is lent another name, by a link.
        """
        if not _CUTS_AN_ADDRESS.search(str(self.path)):
            yield {"SPOTIFY_WAREHOUSE": str(self.path)}
            return
        with tempfile.TemporaryDirectory(prefix="spotify-assets-") as folder:
            link = Path(folder) / "data"
            link.symlink_to(self.path.parent, target_is_directory=True)
            yield {"SPOTIFY_WAREHOUSE": str(link / self.path.name)}

    def alone(self) -> AbstractContextManager[None]:
        """Nothing: dbt opens the file, and DuckDB keeps every other process out until dbt closes it."""
        return nullcontext()

    def stored_bytes(self, connection: Connection) -> dict[str, int]:
        """Bytes of the blocks of each table; what is committed and in no block yet counts nothing."""
        [block] = single_row(connection, "select block_size from pragma_database_size()")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = current_database()"
        ).fetchall()
        return {
            name: block
            * single_row(
                connection,
                f"select count(distinct block_id) from pragma_storage_info({text(name)}) where persistent",
            )[0]
            for (name,) in tables
        }

    def _must_exist(self) -> None:
        if not self.path.exists():
            raise WarehouseMissingError(f"{self.path} does not exist yet: run spotify-assets materialize")

    def _connect(self, *, read_only: bool) -> Connection:
        started = time.monotonic()
        config: dict[str, Any] = dict(self.options)
        if self.memory_limit:
            config.setdefault("memory_limit", self.memory_limit)
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


def _rows_of_tables(connection: Connection) -> dict[str, int]:
    """Rows of each table by its full name: milliseconds for a hundred million, because none is read."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    names = [f"{quoted(schema)}.{quoted(table)}" for schema, table in tables]
    counts = " union all ".join(f"select {text(name)}, count(*) from {name}" for name in names)
    return dict(connection.execute(counts).fetchall()) if counts else {}


def _holder(message: str) -> str:
    """The process that DuckDB's message says holds the lock, in words."""
    found = re.search(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)", message)
    return f"{Path(found['program']).name} (process {found['pid']})" if found else "another process"
