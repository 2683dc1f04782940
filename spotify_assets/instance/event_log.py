"""Dagster's SQLite event log with its connections kept open and a batch written as one transaction.

Dagster's own `SqliteEventLogStorage` builds an engine and opens several connections for every event, which
is most of what a range run over many partitions costs: 12.8 ms for each asset and partition, and about half a
millisecond with what is here (docs/benchmarks.md). The class here changes how the files are reached, not
what is in them: one SQLite file per run and one index, the same schema, the same alembic stamps. A
`$DAGSTER_HOME` can go from one class to the other and back while nothing runs on it.

    # $DAGSTER_HOME/dagster.yaml
    event_log_storage:
      module: spotify_assets.instance.event_log
      class: PooledSqliteEventLogStorage
      config: {}    # base_dir: the files' folder; history/runs of the instance, Dagster's own, without it

For Dagster's own class, leave `event_log_storage` out. With `DAGSTER_EVENT_BATCH_SIZE=1000` in the
environment of every Dagster process, a range run stores its events in batches instead of one at a time.

Durability: the files are in WAL mode with `synchronous=NORMAL`. A killed process loses nothing that it
stored. A power cut or a crash of the operating system can lose the last transactions, never the database. A
run's file and the index are two databases: a kill between their commits leaves the last event, or batch, in
the run's log and out of the index, as it does with Dagster's own class.
"""

import fcntl
import os
import sqlite3
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import sqlalchemy as db
from dagster import EventLogEntry, Field, StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._core.event_api import EventHandlerFn
from dagster._core.events import ASSET_EVENTS, DagsterEventType
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

if TYPE_CHECKING:
    from dagster import DagsterInstance

MAX_OPEN_SHARDS = 16
"""Run files kept open at once; each takes three file handles (database, WAL, shared memory)."""
_MAKING = "making.lock"


class _Shard(NamedTuple):
    """An open database file: its engine, and the device and inode that tell whether the path still is it."""

    engine: Engine
    identity: tuple[int, int] | None


_OF_ASSETS = frozenset(kind.value for kind in ASSET_EVENTS)
_PLANNED_CHECK = DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value
_IN_BATCHES = _OF_ASSETS | {_PLANNED_CHECK}


def _kind_of(event: EventLogEntry) -> str | None:
    return event.dagster_event.event_type_value if event.dagster_event else None


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite event log over connections that stay open between events."""

    def __init__(self, base_dir: str | None, inst_data: ConfigurableClassData | None = None) -> None:
        self._shards: OrderedDict[str, _Shard] = OrderedDict()
        self._transactions: dict[str, Connection] = {}
        self._known_tables: set[str] = set()
        self._known_columns: set[str] = set()
        with _lock:
            _storages.add(self)
        self._inst_data = inst_data
        if base_dir is not None:
            super().__init__(base_dir, inst_data)

    def register_instance(self, instance: "DagsterInstance") -> None:
        """Belong to an instance, and begin in its own folder where `dagster.yaml` names none."""
        if not hasattr(self, "_base_dir"):
            super().__init__(str(Path(instance.root_directory) / "history" / "runs"), self._inst_data)
        super().register_instance(instance)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """The `config` of `dagster.yaml`."""
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]
    ) -> Self:
        """The storage that `dagster.yaml` describes."""
        base_dir = config_value.get("base_dir")
        return cls(None if base_dir is None else str(base_dir), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction on a shard; inside one that this thread has open already, that one."""
        with _lock:
            if shard in self._transactions:
                yield self._transactions[shard]
                return
            with self._engine(shard).begin() as connection:
                self._transactions[shard] = connection
                try:
                    yield connection
                finally:
                    del self._transactions[shard]

    def _engine(self, shard: str) -> Engine:
        """The engine of a shard, opened anew when its file has been removed or replaced."""
        identity = _identity(self.path_for_shard(shard))
        kept = self._shards.get(shard)
        if kept and identity and kept.identity == identity:
            self._shards.move_to_end(shard)
            return kept.engine
        if kept:
            self._close(shard)
        engine = _create_engine(self.conn_string_for_shard(shard))
        if shard not in self._initialized_dbs or kept or not identity:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        if len(self._shards) >= MAX_OPEN_SHARDS:
            self._close(next(iter(self._shards)))
        self._shards[shard] = _Shard(engine, _identity(self.path_for_shard(shard)))
        return engine

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """Make a file, and keep other processes from it meanwhile: nobody can open one with two stamps."""
        with (Path(self._base_dir) / _MAKING).open("a", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            super()._initdb(engine, for_index_shard)

    def _close(self, shard: str) -> None:
        self._shards.pop(shard).engine.dispose()

    def close_connections(self) -> None:
        """Close every kept connection; the next use opens what it needs."""
        with _lock:
            for shard in tuple(self._shards):
                self._close(shard)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in one transaction on their run's file and one on the index.

        A batch that fails leaves nothing behind: Dagster stores its events again, one at a time.
        """
        run_ids = sorted({event.run_id for event in events})
        with self.index_connection() as index, ExitStack() as runs:
            connections = {run_id: runs.enter_context(self.run_connection(run_id)) for run_id in run_ids}
            if all(_kind_of(event) in _IN_BATCHES for event in events):
                self._store_asset_events(events, index, connections)
            else:
                super().store_event_batch(events)

    def _store_asset_events(
        self, events: Sequence[EventLogEntry], index: Connection, runs: Mapping[str, Connection]
    ) -> None:
        """Store events of assets, and plans to check them, many rows with one statement.

        As `SqliteEventLogStorage.store_event` does it for each. The asset's row, which describes its latest
        events, is updated once for each kind of them.
        """
        rows = [self._event_to_row(event) for event in events]
        for run_id, connection in runs.items():
            connection.execute(
                SqlEventLogStorageTable.insert(), [row for row in rows if row["run_id"] == run_id]
            )
        index.execute(SqlEventLogStorageTable.insert(), rows)
        # No one else writes to the index before the commit, so that SQLite numbers these rows in turn.
        last: int = index.execute(db.text("select last_insert_rowid()")).scalar_one()
        ids = range(last - len(rows) + 1, last + 1)
        self._store_asset_event_tags(index, events, ids)
        latest = {
            (row["asset_key"], row["dagster_event_type"]): (event, event_id)
            for row, event, event_id in zip(rows, events, ids, strict=True)
            if row["dagster_event_type"] in _OF_ASSETS
        }
        for event, event_id in sorted(latest.values(), key=itemgetter(1)):
            self._store_asset_event(index, event, event_id)
        for event, event_id in zip(events, ids, strict=True):
            if _kind_of(event) == _PLANNED_CHECK:
                self.store_asset_check_event(event, event_id)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has the table; migrations add tables and never drop one, so a yes is kept."""
        if table_name not in self._known_tables and super().has_table(table_name):
            self._known_tables.add(table_name)
        return table_name in self._known_tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._known_columns and super()._has_asset_key_col_on_connection(
            conn, column_name
        ):
            self._known_columns.add(column_name)
        return column_name in self._known_columns

    def wipe(self) -> None:
        """Remove every run's file and empty the index."""
        with _lock:
            self.close_connections()
            super().wipe()

    def dispose(self) -> None:
        """Stop watching and close the connections."""
        super().dispose()
        self.close_connections()

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Call back for each new event of a run, whichever process stores it."""
        observer = self._obs or Observer()
        if not observer.is_alive():
            observer.start()
            self._obs = observer  # type: ignore[assignment]
        watchdog = _WalWatchdog(self, run_id, callback, cursor)
        watch = observer.schedule(watchdog, self._base_dir, recursive=True)
        self._watchers[run_id][callback] = (watchdog, watch)


class _WalWatchdog(SqliteEventLogStorageWatchdog):
    """Watches the WAL as well: while a connection stays open, commits reach the database file late."""

    def __init__(
        self, storage: SqliteEventLogStorage, run_id: str, callback: EventHandlerFn, cursor: str | None
    ) -> None:
        super().__init__(storage, run_id, callback, cursor)
        self._patterns = [self._log_path, f"{self._log_path}-wal"]

    def on_modified(self, event: FileSystemEvent) -> None:  # noqa: ARG002
        self._process_log()


def _create_engine(url: str) -> Engine:
    engine = db.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )
    db.event.listen(engine, "connect", _set_synchronous_normal)
    return engine


def _set_synchronous_normal(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL").close()


def _identity(path: str) -> tuple[int, int] | None:
    """Device and inode of a file; a kept connection holds its inode, so it is not given to another file."""
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


# SQLite connections, and the lock state that SQLite keeps beside them, must not cross a fork: they are
# closed before one. Holding the lock meanwhile keeps other threads out and hands the child a lock that it
# can release. All storages of a process share it; Dagster has one storage in a process.
_lock = threading.RLock()
_storages: weakref.WeakSet[PooledSqliteEventLogStorage] = weakref.WeakSet()


def _before_fork() -> None:
    _lock.acquire()
    for storage in _storages:
        storage.close_connections()


os.register_at_fork(before=_before_fork, after_in_parent=_lock.release, after_in_child=_lock.release)
