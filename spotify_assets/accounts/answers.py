"""What a service was asked about and said: each thing once, and again when it is old.

An answer is kept before the next thing is asked for, so that a process that is killed at any moment asks for
nothing that was answered. Errors and 429 are no answers.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spotify_assets.accounts.state import AccountState

TRACK, ALBUM, ARTIST = "tracks", "albums", "artists"
"""Kinds of things, as the API's paths have them."""
_ASKED_AT_A_TIME = 500


@dataclass(frozen=True)
class KeptAnswer:
    """What was said of a thing, and when, in seconds since 1970.

    `said` is None where there is no such thing.
    """

    id: str
    asked_at: float
    said: Any


@dataclass(frozen=True)
class KeptAnswers:
    """The answers of one installation."""

    state: AccountState

    def fresh(self, kind: str, ids: Sequence[str], since: float) -> set[str]:
        """Those of some things that were answered since a moment."""
        found: set[str] = set()
        with self.state.step() as connection:
            for first in range(0, len(ids), _ASKED_AT_A_TIME):
                some = ids[first : first + _ASKED_AT_A_TIME]
                marks = ", ".join("?" * len(some))
                found |= {
                    each
                    for (each,) in connection.execute(
                        f"select id from answers where kind = ? and asked_at >= ? and id in ({marks})",
                        [kind, since, *some],
                    )
                }
        return found

    def keep(self, kind: str, said: Sequence[tuple[str, Any]], asked_at: float) -> None:
        """Keep what was said of things; None for what the service has not."""
        with self.state.step() as connection:
            connection.executemany(
                "insert or replace into answers (kind, id, asked_at, body) values (?, ?, ?, ?)",
                [(kind, each, asked_at, _packed(body)) for each, body in said],
            )

    def of(self, kind: str, ids: Sequence[str]) -> dict[str, KeptAnswer]:
        """What is known of some things."""
        found: dict[str, KeptAnswer] = {}
        with self.state.step() as connection:
            for each in ids:
                row = connection.execute(
                    "select asked_at, body from answers where kind = ? and id = ?", [kind, each]
                ).fetchone()
                if row:
                    found[each] = KeptAnswer(each, row[0], _unpacked(row[1]))
        return found

    def to_land(self, kind: str, most: int) -> Iterator[KeptAnswer]:
        """Answers that are not in the lake yet, the oldest first."""
        with self.state.step() as connection:
            rows = connection.execute(
                "select id, asked_at, body from answers where kind = ? and landed = 0 order by asked_at, id"
                " limit ?",
                [kind, most],
            ).fetchall()
        for each, asked_at, body in rows:
            yield KeptAnswer(each, asked_at, _unpacked(body))

    def landed(self, kind: str, answers: Sequence[KeptAnswer]) -> None:
        """Note that answers are in the lake; what was asked for again meanwhile is not."""
        with self.state.step() as connection:
            connection.executemany(
                "update answers set landed = 1 where kind = ? and id = ? and asked_at = ?",
                [(kind, each.id, each.asked_at) for each in answers],
            )


def _packed(said: Any) -> bytes | None:
    return None if said is None else zlib.compress(json.dumps(said, ensure_ascii=False).encode())


def _unpacked(body: bytes | None) -> Any:
    return None if body is None else json.loads(zlib.decompress(body))
