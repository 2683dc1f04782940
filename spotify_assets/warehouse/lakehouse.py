"""The warehouse as a DuckLake: its catalogue in Postgres, its rows as Parquet in a folder or an object store.

What DuckLake 1.5 does that a warehouse must not, and what is done about it:

- Two transactions may both insert the same new rows, and both commit. Each writer holds one lock of Postgres,
  begins by reading the newest snapshot, and never tries a commit again: a commit makes the snapshot after the
  one it has read, or fails. So also a writer that lost its lock in the last moment writes nothing.
- Where the answer to a commit is lost, DuckLake removes the files that it wrote, although Postgres may have
  committed what names them. So every transaction has a DuckDB of its own, whose file systems are disabled
  before the commit. What is left of a commit that failed is removed by `upkeep`.
- Rows that are kept in the catalogue (inlined) are counted wrong after deletes: none are.
- A cursor begins in the database of its connection: each is told to `use` the warehouse.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from spotify_assets.places import Place, is_local, place_of
from spotify_assets.rows.sql import quoted, text
from spotify_assets.settings import LAKEHOUSE, Settings
from spotify_assets.tables import Table
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.errors import WarehouseError, WarehouseMissingError
from spotify_assets.warehouse.lakehouse_connection import CATALOG, attached, plainly
from spotify_assets.warehouse.upkeep import forget_deleted
from spotify_assets.warehouse.write_lock import WriteLock, connect, write_lock

_WITH_VALUES = ("ducklake_file_column_stats", "ducklake_table_column_stats", "ducklake_file_partition_value")
"""Tables of the catalogue that hold values of rows."""
_FILESYSTEMS = "LocalFileSystem,HTTPFileSystem,S3FileSystem"
_UNCERTAIN = "{}: the commit failed; nothing was written, unless Postgres had done it when it fell silent"
_instances: dict[tuple[int, "Lakehouse"], Connection] = {}
"""DuckDB with the warehouse attached, by process, warehouse and state.

A process that was forked uses none of its parent's and ends none, because their threads are not there."""
_instances_lock = threading.Lock()


@dataclass(frozen=True)
class Lakehouse:
    """A DuckLake, how long to wait for its lock, and how much memory is used: a `Warehouse`.

    `address` is how libpq reaches Postgres and may hold a password; `data` is where the rows lie. With
    `snapshot` or `moment` it is read as it was then.
    """

    address: str = field(repr=False)
    data: str
    lock_timeout_seconds: float = 10.0
    memory_limit: str | None = None
    snapshot: int | None = None
    moment: datetime | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Lakehouse":
        """The one that the settings name."""
        assert settings.warehouse_url is not None
        return cls(
            settings.warehouse_url.get_secret_value().removeprefix(LAKEHOUSE).strip(),
            str(settings.lakehouse_data),
            settings.lock_timeout_seconds,
            settings.duckdb_memory_limit,
        )

    def __str__(self) -> str:
        return f"the lakehouse at {self.data}"

    @property
    def catalog(self) -> str:
        """The name under which it is attached everywhere."""
        return CATALOG

    @property
    def place(self) -> Place:
        """Where the rows lie."""
        return place_of(self.data)

    def exists(self) -> bool:
        """Whether anything was ever written."""
        session = connect(self, self.address)
        try:
            with session.cursor() as cursor:
                cursor.execute("select to_regclass('ducklake_snapshot') is not null")
                if not cursor.fetchone()[0]:
                    return False
                cursor.execute("select max(snapshot_id) > 0 from ducklake_snapshot")
                return bool(cursor.fetchone()[0])
        finally:
            session.close()

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """A connection that sees what was committed.

        Raises:
            WarehouseMissingError: nothing was ever written.
            WarehouseError: Postgres or the files cannot be reached.
        """
        connection = self._cursor()
        try:
            yield connection
        finally:
            connection.close()

    def held(self) -> AbstractContextManager[None]:
        """Nothing: what is attached stays attached."""
        return nullcontext()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose changes all stay, or, after any exception, none.

        Raises:
            WarehouseLockedError: another process writes longer than is waited.
            WarehouseError: the lock was lost, or somebody wrote without it; nothing was written.
        """
        with self._locked() as lock, closing(self._started()) as instance:
            connection = _in_warehouse(instance)
            connection.begin()
            try:
                newest_snapshot(connection)  # what the commit must follow upon
                yield connection
                lock.check()
                self._commit(connection)
            except BaseException:
                with suppress(duckdb.Error):
                    connection.rollback()
                raise
            finally:
                connection.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other writer out, for the time of a call in which dbt writes by itself.

        Raises:
            WarehouseLockedError: another process writes longer than is waited.
            WarehouseError: the lock was lost on the way: what was written has to be made again.
        """
        with self._locked() as lock:
            yield
            lock.check()

    def copy_to(self, target: Path) -> None:
        """Write the committed state to a new DuckDB file, of one snapshot.

        Raises:
            WarehouseMissingError: nothing was ever written.
            WarehouseError: the copy is not whole.
        """
        with self._locked(), self.reader() as connection:
            with plainly(f"{self} could not be copied to {target}"):
                connection.execute(f"attach {text(target)} as copied")
                connection.execute(f"copy from database {CATALOG} to copied")
                counted = [_rows_by_table(connection, name) for name in (CATALOG, "copied")]
                connection.execute("detach copied")
            if counted[0] != counted[1]:
                raise WarehouseError(f"{self} could not be copied to {target}: rows are missing")

    def compact(self) -> None:
        """Leave no trace of deleted rows: no earlier state, and no file that holds them."""
        forget_deleted(self)

    def stored_bytes(self, connection: Connection) -> dict[str, int]:
        """Bytes of the files of each table as it is now; earlier states are not counted."""
        sizes = connection.execute(
            "select schema_name || '.' || table_name, file_size_bytes + delete_file_size_bytes "
            f"from ducklake_table_info('{CATALOG}') "
            f"join __ducklake_metadata_{CATALOG}.ducklake_schema using (schema_id) where end_snapshot is null"
        ).fetchall()
        return dict(sizes)

    def for_dbt(self) -> AbstractContextManager[Mapping[str, str]]:
        """The variables by which dbt's profile and its plugin (`dbt_plugin`) find it."""
        told = {"address": self.address, "data": self.data}
        return nullcontext({"SPOTIFY_WAREHOUSE": LAKEHOUSE, "SPOTIFY_LAKEHOUSE": json.dumps(told)})

    def as_of(self, moment: datetime) -> "Lakehouse":
        """The same, to be read as it was at a moment."""
        return replace(self, moment=moment)

    def pinned(self) -> "Lakehouse":
        """The same, to be read as it is now, whatever is written afterwards."""
        with self.reader() as connection:
            return replace(self, snapshot=newest_snapshot(connection))

    def takes_files_in(self, table: Table) -> Place:
        """The folder of the table, where DuckLake writes its own files."""
        return self.place / table.schema / table.name

    def adopt(self, connection: Connection, table: Table, file: Place) -> None:
        """Enter a file in the catalogue as it is: nothing of it is read but what stands at its end."""
        connection.execute(
            f"call ducklake_add_data_files('{CATALOG}', ?, ?, schema => ?)",
            [table.name, str(file), table.schema],
        ).fetchall()

    @contextmanager
    def maintained(self) -> Iterator[Connection]:
        """A connection for work on the files: each statement commits for itself, and no one else writes."""
        with self._locked() as lock:
            connection = self._cursor()
            try:
                yield connection
                lock.check()
            finally:
                connection.close()

    def vacuum_catalogue(self) -> None:
        """Let Postgres overwrite what it holds of values that the catalogue no longer names."""
        session = connect(self, self.address)
        try:
            with session.cursor() as cursor:
                cursor.execute(f"vacuum full {', '.join(_WITH_VALUES)}")
        finally:
            session.close()

    def _locked(self) -> AbstractContextManager[WriteLock]:
        return write_lock(self, self.address, self.lock_timeout_seconds)

    def _cursor(self) -> Connection:
        """A cursor in the warehouse; DuckDB is started anew where the old one lost Postgres."""
        process = os.getpid()
        with _instances_lock:
            instance = _instances.get((process, self))
            if instance is not None:
                with suppress(duckdb.Error):
                    return _in_warehouse(instance)
                instance.close()
                del _instances[process, self]
            if not self.exists():
                raise WarehouseMissingError(f"{self} does not exist yet: run spotify-assets materialize")
            for key in [(owner, one) for owner, one in _instances if owner == process and one.snapshot]:
                _instances.pop(key).close()  # a state of the past is read by one step, then never again
            _instances[process, self] = self._started()
            return _in_warehouse(_instances[process, self])

    def _started(self) -> Connection:
        """DuckDB with the warehouse, which is made where there is none."""
        if is_local(place := self.place):
            place.mkdir(parents=True, exist_ok=True)
        return attached(self.address, self.data, self.memory_limit, _state(self))

    def _commit(self, connection: Connection) -> None:
        """Commit, once DuckDB has no way to the files any more; of this instance it is the last that is done.

        Raises:
            WarehouseError: somebody else has committed, or nobody knows whether this was.
        """
        connection.execute(f"set disabled_filesystems = '{_FILESYSTEMS}'")
        try:
            connection.commit()
        except duckdb.Error:
            raise WarehouseError(_UNCERTAIN.format(self)) from None


def newest_snapshot(connection: Connection) -> int:
    """The snapshot that a connection sees; from here on its transaction sees no other."""
    [number] = single_row(connection, f"from ducklake_current_snapshot('{CATALOG}')")
    return int(number)


def _in_warehouse(instance: Connection) -> Connection:
    """A cursor that sees the warehouse.

    Raises:
        duckdb.Error: Postgres cannot be reached.
    """
    cursor = instance.cursor()
    cursor.execute(f"use {CATALOG}")
    newest_snapshot(cursor)
    return cursor


def _state(lakehouse: Lakehouse) -> str:
    """What is said when it is attached of the state in which it is read."""
    if lakehouse.snapshot is not None:
        return f", snapshot_version {lakehouse.snapshot}"
    return f", snapshot_time {text(lakehouse.moment)}" if lakehouse.moment is not None else ""


def _rows_by_table(connection: Connection, database: str) -> dict[str, int]:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? order by all", [database]
    ).fetchall()
    return {
        f"{schema}.{name}": single_row(
            connection, f"select count(*) from {database}.{quoted(schema)}.{quoted(name)}"
        )[0]
        for schema, name in tables
    }
