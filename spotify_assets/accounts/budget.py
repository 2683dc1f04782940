"""One budget of calls for each client id, whoever spends it: threads, processes, commands and schedules.

In any 60 seconds at most `per_minute` calls begin. Where the service says how long to wait (429 with
`Retry-After`), nobody calls until then. A purpose may have a budget for the UTC day beside that.
"""

import sqlite3
from dataclasses import dataclass

from spotify_assets.accounts.errors import LimitReachedError
from spotify_assets.accounts.state import AccountState
from spotify_assets.accounts.timing import Timing

BEGUN = "begun"
"""What calls are counted as when they begin; the others say what came of them, or that none was needed."""
ANSWERED, NOT_THERE, REFUSED, FAILED = "answered", "not there", "refused", "failed"
TOLD_TO_WAIT, SAVED = "told to wait", "saved"
MINUTE = 60.0
DAY = 86_400.0
LONGEST_WAIT = 120.0
"""Seconds that a run waits for its turn; where more are asked for, it ends, and another one goes on."""


@dataclass(frozen=True)
class Budget:
    """The calls of one client id."""

    state: AccountState
    client: str
    per_minute: int
    timing: Timing

    def take(self, purpose: str, per_day: int | None = None) -> None:
        """Wait until a call may begin, and count it as begun.

        Raises:
            LimitReachedError: the day's budget of the purpose is spent, or the service asked for a longer
                pause than a run waits.
        """
        while (wait := self._wait_or_begin(purpose, per_day)) > 0:
            self.timing.sleep(wait)

    def told_to_wait(self, seconds: float) -> None:
        """Nobody calls for so many seconds from now on; a longer pause that is known stays."""
        until = self.timing.now() + seconds
        with self.state.step() as connection:
            connection.execute(
                "insert into blocked values (?, ?)"
                " on conflict (client) do update set until = max(until, excluded.until)",
                [self.client, until],
            )

    def came_of(self, purpose: str, outcome: str, calls: int = 1) -> None:
        """Count what came of a call, or of several."""
        with self.state.step() as connection:
            self._count(connection, purpose, outcome, calls)

    def _wait_or_begin(self, purpose: str, per_day: int | None) -> float:
        """Seconds to wait before asking again; 0 where the call may begin, and is counted."""
        now = self.timing.now()
        with self.state.step() as connection:
            if per_day is not None and self._begun_today(connection, purpose) >= per_day:
                raise LimitReachedError(
                    f"the day's budget of {per_day:,} calls for {purpose} is spent", (now // DAY + 1) * DAY
                )
            blocked = connection.execute(
                "select until from blocked where client = ?", [self.client]
            ).fetchone()
            if blocked and blocked[0] > now:
                if blocked[0] - now > LONGEST_WAIT:
                    raise LimitReachedError("the service asked for a pause", blocked[0])
                return float(blocked[0] - now)
            connection.execute("delete from recent where client = ? and at <= ?", [self.client, now - MINUTE])
            begun, oldest = connection.execute(
                "select count(*), min(at) from recent where client = ?", [self.client]
            ).fetchone()
            if begun >= self.per_minute:
                return float(oldest + MINUTE - now)
            connection.execute("insert into recent values (?, ?)", [self.client, now])
            self._count(connection, purpose, BEGUN)
        return 0.0

    def _begun_today(self, connection: sqlite3.Connection, purpose: str) -> int:
        found = connection.execute(
            "select calls from calls where (day, client, purpose, outcome) = (?, ?, ?, ?)",
            [self.timing.today().isoformat(), self.client, purpose, BEGUN],
        ).fetchone()
        return int(found[0]) if found else 0

    def _count(self, connection: sqlite3.Connection, purpose: str, outcome: str, calls: int = 1) -> None:
        connection.execute(
            "insert into calls values (?, ?, ?, ?, ?)"
            " on conflict (day, client, purpose, outcome) do update set calls = calls + excluded.calls",
            [self.timing.today().isoformat(), self.client, purpose, outcome, calls],
        )
