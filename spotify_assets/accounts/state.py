"""What is known between two calls: a SQLite file, which several processes may use at a time.

SQLite's own lock makes a step of one process a whole one for the others, and what is committed survives the
process being killed. What must not be lost with the power as well lies in the lake.

    calls       one row per UTC date, client, purpose and outcome: how many calls
    recent      one row per call of the last minute, by client
    blocked     one row per client that a service told to wait
    listeners   one row per service and listener: how far their plays are known
    overruns    one row per service, listener and time of which plays may be missing
    answers     one row per thing that a service was asked about: when, what it said (zlib; null where it
                knows no such thing), and whether that is in the lake
"""

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATE = "state.sqlite"
_WAIT_SECONDS = 60.0
_TABLES = """
create table if not exists calls (
    day text, client text, purpose text, outcome text, calls integer not null,
    primary key (day, client, purpose, outcome)
) without rowid;
create table if not exists recent (client text, at real);
create index if not exists recent_by_time on recent (client, at);
create table if not exists blocked (client text primary key, until real not null) without rowid;
create table if not exists listeners (
    service text, user_id text, newest integer, seen text not null default '[]', due real not null default 0,
    problem text, primary key (service, user_id)
) without rowid;
create table if not exists overruns (
    service text, user_id text, since integer, until integer not null, primary key (service, user_id, since)
) without rowid;
create table if not exists answers (
    kind text, id text, asked_at real not null, body blob, landed integer not null default 0,
    primary key (kind, id)
) without rowid;
create index if not exists answers_to_land on answers (kind, landed);
"""


class AccountState:
    """The file, by its folder. Threads and processes may share it; its connection ends with the object."""

    def __init__(self, folder: Path) -> None:
        path = private_folder(folder) / STATE
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(
            path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, self._connection.close)
        self._alone = threading.Lock()
        for pragma in ("journal_mode = wal", "synchronous = normal", "secure_delete = on"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.executescript(_TABLES)

    @contextmanager
    def step(self) -> Iterator[sqlite3.Connection]:
        """One step that no other process sees half of; undone where it raises."""
        with self._alone:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def asked_again(self, user_id: str) -> None:
        """Let a listener be asked at once, and forget the problem there was."""
        with self.step() as connection:
            connection.execute("update listeners set due = 0, problem = null where user_id = ?", [user_id])

    def forget_listener(self, user_id: str) -> None:
        """Remove what is known of a listener, so that no byte of it remains in the file."""
        with self.step() as connection:
            for table in ("listeners", "overruns"):
                connection.execute(f"delete from {table} where user_id = ?", [user_id])
        with self._alone:
            self._connection.execute("pragma wal_checkpoint(truncate)")


def private_folder(folder: Path) -> Path:
    """A folder that its owner alone may look into; made where there is none."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder
