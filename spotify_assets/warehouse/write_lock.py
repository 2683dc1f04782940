"""One writer at a time, on however many machines: an advisory lock in the Postgres of the catalogue.

It belongs to a session of Postgres and goes with it, so that of a writer that died nothing stays locked. The
lock alone does not make a commit safe: a session may end between a look at it and the commit (`lakehouse`).
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from spotify_assets.warehouse.errors import WarehouseError, WarehouseLockedError

_KEY = 0x5350_4F54
"""Of all advisory locks of the database, that of the warehouse."""
_RETRY_SECONDS = 0.2
_TIMEOUT_SECONDS = 10
_NOTICES_DEATH = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""How soon Postgres ends the session of a machine that is gone: 25 seconds."""
_HOLDER = """
select application_name
from pg_locks join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and objid = %s and pg_locks.database = (
    select oid from pg_database where datname = current_database()
)
"""


def connect(where: object, address: str) -> Any:
    """A session of Postgres in which each statement is a transaction.

    Raises:
        WarehouseError: there is none to be had; the message names `where` and holds no password.
    """
    try:
        import psycopg2  # noqa: PLC0415 of the extra `lakehouse`
    except ImportError:
        raise WarehouseError(f"{where}: install the extra: pip install 'spotify-assets[lakehouse]'") from None
    name = f"spotify-assets, process {os.getpid()} on {socket.gethostname()}"
    try:
        session = psycopg2.connect(
            address, application_name=name, connect_timeout=_TIMEOUT_SECONDS, options=_NOTICES_DEATH
        )
    except psycopg2.Error as error:
        said = str(error).strip().splitlines()[0].rpartition("failed: ")[2]
        raise WarehouseError(f"{where}: Postgres cannot be reached ({said})") from None
    session.autocommit = True
    return session


@dataclass(frozen=True)
class WriteLock:
    """The lock while it is held."""

    where: object
    session: Any

    def check(self) -> None:
        """Look in the session itself whether it is still held.

        Raises:
            WarehouseError: it is not; nothing may be committed.
        """
        import psycopg2  # noqa: PLC0415

        held = False
        with suppress(psycopg2.Error), self.session.cursor() as cursor:
            cursor.execute(
                "select 1 from pg_locks where locktype = 'advisory' and objid = %s and granted "
                "and pid = pg_backend_pid()",
                [_KEY],
            )
            held = cursor.fetchone() is not None
        if not held:
            raise WarehouseError(
                f"{self.where}: the lock was lost, because Postgres ended its session. Nothing was written; "
                "start the run again."
            )


@contextmanager
def write_lock(where: object, address: str, timeout_seconds: float) -> Iterator[WriteLock]:
    """Hold the lock for the time of a call.

    Raises:
        WarehouseLockedError: somebody else holds it longer than `timeout_seconds`.
        WarehouseError: Postgres cannot be reached.
    """
    session = connect(where, address)
    started = time.monotonic()
    try:
        with session.cursor() as cursor:
            while not _taken(cursor):
                waited = time.monotonic() - started
                if waited >= timeout_seconds:
                    cursor.execute(_HOLDER, [_KEY])
                    [holder] = cursor.fetchone() or ["another process"]
                    raise WarehouseLockedError(where, holder, waited)
                time.sleep(_RETRY_SECONDS)
        yield WriteLock(where, session)
    finally:
        session.close()


def _taken(cursor: Any) -> bool:
    cursor.execute("select pg_try_advisory_lock(%s)", [_KEY])
    return bool(cursor.fetchone()[0])
