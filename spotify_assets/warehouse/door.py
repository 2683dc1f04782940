"""The one door to the warehouse: the interface by which everything outside this package opens it.

Here belongs: what any warehouse can do, and which one the settings mean. Not here: how one of a kind works
(`database`: one DuckDB file; `lakehouse`: a catalogue
in Postgres and files), or what a run stores in it (`io_manager`).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from spotify_assets.places import Place
from spotify_assets.settings import Settings
from spotify_assets.tables import Table
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.lakehouse import Lakehouse


class Warehouse(Protocol):
    """A warehouse, wherever it is; `str` of it is where, for a person."""

    @property
    def catalog(self) -> str:
        """The name by which its views may call its own tables."""

    @property
    def memory_limit(self) -> str | None:
        """DuckDB's memory limit, of everything that is done with it."""

    def exists(self) -> bool:
        """Whether anything was ever written."""

    def reader(self) -> AbstractContextManager[Connection]:
        """A connection that sees what was committed.

        Raises:
            WarehouseMissingError: nothing was ever written.
            WarehouseLockedError: another process keeps it from being read, longer than is waited.
        """

    def held(self) -> AbstractContextManager[None]:
        """Keep it open for many reads, for the time of which this process writes nothing.

        Raises:
            WarehouseMissingError: nothing was ever written.
            WarehouseLockedError: another process keeps it from being read, longer than is waited.
        """

    def transaction(self) -> AbstractContextManager[Connection]:
        """A connection whose changes all stay, or, after any exception, none.

        Raises:
            WarehouseLockedError: another process keeps it from being written, longer than is waited.
        """

    def copy_to(self, target: Path) -> None:
        """Write the committed state to a new DuckDB file.

        Raises:
            WarehouseMissingError: nothing was ever written.
            WarehouseError: the copy is not whole.
        """

    def pinned(self) -> "Warehouse":
        """The same, to be read as it is now by many who begin at different times."""

    def takes_files_in(self, table: Table) -> Place | None:
        """Where Parquet files of audited rows may lie that `adopt` takes; None where rows are inserted."""

    def adopt(self, connection: Connection, table: Table, file: Place) -> None:
        """Make the rows of such a file rows of the table, inside the caller's transaction."""

    def compact(self) -> None:
        """Leave no trace of deleted rows where the warehouse lies."""

    def stored_bytes(self, connection: Connection) -> dict[str, int]:
        """Bytes that each table takes where the warehouse lies, by `schema.table`."""

    def for_dbt(self) -> AbstractContextManager[Mapping[str, str]]:
        """The environment variables by which dbt's profile finds it, for the time of a call."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep others from writing, for the time of a call in which dbt writes.

        Raises:
            WarehouseLockedError: another process keeps it from being written, longer than is waited.
            WarehouseError: others could write after all: what was written has to be made again.
        """


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse that runs write to."""
    if settings.warehouse_url is not None:
        return Lakehouse.of(settings)
    return Database(settings.warehouse_path, settings.lock_timeout_seconds, settings.duckdb_memory_limit)


def as_of_moment(settings: Settings, moment: datetime) -> Warehouse:
    """The warehouse as it was at a moment, only to be read.

    Raises:
        WarehouseError: it is one file, which keeps no earlier state.
    """
    if settings.warehouse_url is None:
        raise WarehouseError(
            f"{settings.warehouse_path} keeps no earlier states: a lakehouse does (SPOTIFY_WAREHOUSE_URL)"
        )
    return Lakehouse.of(settings).as_of(moment)


def published_copy(settings: Settings, memory_limit: str | None = None) -> Database:
    """The copy that everyone outside Dagster reads: one file, whatever the warehouse is.

    Nobody writes to it, so that there is nothing to wait for but the moment in which it is replaced.
    """
    return Database(settings.serving_path, memory_limit=memory_limit or settings.duckdb_memory_limit)
