"""What connected listeners played lately: asked for through their cursors, and written to the lake.

The service keeps the last 50 plays of a listener. Who is listening is asked more often, so that none is
missed; where 50 came and none of them was known, some may be lost, and that is said and kept (`overruns`).
The raw answers go to `_answers/` of the lake, the plays to the folders of their dates like those of any
producer; only then the cursor moves, so that a process that is killed loses nothing, and what it wrote twice
counts once.

A play may be listed later than one with a later moment, because the moment is the start of some and the end
of others: what is asked for begins an hour before the newest play known, and what was seen is left out.
"""

import gzip
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from spotify_assets.accounts.authorising import Access
from spotify_assets.accounts.budget import DAY
from spotify_assets.accounts.calls import Purpose, WebApi
from spotify_assets.accounts.errors import AccountError, ConnectAgainError, LimitReachedError
from spotify_assets.accounts.plays import Play, plays_of
from spotify_assets.accounts.state import AccountState
from spotify_assets.accounts.timing import Timing
from spotify_assets.accounts.tokens import Account, TokenStore
from spotify_assets.lake import layout
from spotify_assets.settings import Settings
from spotify_assets.tables import RAW_EVENTS

SERVICE = "spotify"
PATH = "/me/player/recently-played"
MOST_PLAYS = 50
"""The service keeps no more of a listener."""
OVERLAP_MS = 3_600_000
_PURPOSE = Purpose(layout.RECENTLY_PLAYED)
_SOONER = 3.0
"""Who is listening is asked again so many times as soon: 50 plays may be over in less than three hours."""
_HELD_BYTES = 8_000_000
"""Bytes of answers that are held before they are written."""
_COLUMNS = {
    name: kind for name, kind in RAW_EVENTS.polars_schema.items() if name not in ("source_file", "source_row")
}


@dataclass
class Polled:
    """What came of asking listeners.

    Attributes:
        listeners: how many were asked.
        calls: how many calls began, those that were to be made again included.
        resting: how many are connected and were asked not long ago.
        plays: how many plays are new.
        overrun: listeners of whom plays may be lost, because more than the service keeps were played.
        problems: what is to be done, by listener.
        unread: how many items of answers are no plays of tracks.
        left: what was not done because of a limit, in words; None where all was done.
    """

    listeners: int = 0
    calls: int = 0
    resting: int = 0
    plays: int = 0
    unread: int = 0
    overrun: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    left: str | None = None


@dataclass
class _Answer:
    """What one listener's answer brought; `due` is when they are asked again.

    `overrun` is the time between the newest play that was known and the oldest that was told, where plays
    may be missing in it.
    """

    user_id: str
    raw: bytes
    plays: list[Play]
    newest: int | None
    seen: list[str]
    due: float
    overrun: tuple[int, int] | None


@dataclass(frozen=True)
class ListenerStanding:
    """A connected listener: the UTC moment of the newest play that is known, and what is to be done."""

    user_id: str
    connected_at: str
    newest: datetime | None
    problem: str | None


def standing(settings: Settings) -> list[ListenerStanding]:
    """How each connected listener stands, by pseudonym."""
    accounts = connected(settings)
    if not accounts:
        return []
    with AccountState(settings.accounts_dir).step() as connection:
        rows = connection.execute(
            "select user_id, newest, problem from listeners where service = ?", [SERVICE]
        ).fetchall()
    known = {user_id: (newest, problem) for user_id, newest, problem in rows}
    found = []
    for account in accounts:
        newest, problem = known.get(account.user_id, (None, None))
        moment = None if newest is None else datetime.fromtimestamp(newest / 1_000, UTC)
        found.append(ListenerStanding(account.user_id, account.connected_at, moment, problem))
    return found


def connected(settings: Settings) -> list[Account]:
    """The connected listeners."""
    return TokenStore(settings.tokens_dir).accounts()


def poll(
    settings: Settings, timing: Timing | None = None, *, only: str | None = None, all_now: bool = False
) -> Polled:
    """Ask the connected listeners whose turn it is, or `only` one of them, for what they played.

    Raises:
        AccountError: `only` is not connected, the extra is not installed, or no client is named.
        OSError: the lake cannot be written; the same plays are asked for again.
    """
    timing = timing or Timing()
    accounts = [account for account in connected(settings) if only in (None, account.user_id)]
    if only and not accounts:
        raise AccountError(f"{only} is not connected: spotify-assets connect spotify --user {only}")
    polled = Polled()
    if not accounts:
        return polled
    state = AccountState(settings.accounts_dir)
    api = WebApi.of(settings, state, timing)
    polling = _Polling(settings, state, api, timing, polled)
    waiting = set() if all_now or only else _waiting(state, timing)
    turn = [account for account in accounts if account.user_id not in waiting]
    polled.resting = len(accounts) - len(turn)
    for number, account in enumerate(turn):
        try:
            polling.ask(account)
        except LimitReachedError as limit:
            polled.left = f"{len(turn) - number:,} listeners were not asked: {limit}"
            break
        except AccountError as error:
            polled.problems[account.user_id] = str(error)
            polling.note_problem(account.user_id, error)
    polling.write()
    polled.calls = api.made.total()
    return polled


def is_anyones_turn(settings: Settings, timing: Timing | None = None) -> bool:
    """Whether a connected listener is to be asked now."""
    accounts = connected(settings)
    waiting = _waiting(AccountState(settings.accounts_dir), timing or Timing()) if accounts else set()
    return any(account.user_id not in waiting for account in accounts)


def _waiting(state: AccountState, timing: Timing) -> set[str]:
    """The listeners who were asked not long ago."""
    with state.step() as connection:
        rows = connection.execute(
            "select user_id from listeners where service = ? and due > ?", [SERVICE, timing.now()]
        ).fetchall()
    return {user_id for (user_id,) in rows}


@dataclass
class _Polling:
    """One round: what was answered and is not written yet."""

    settings: Settings
    state: AccountState
    api: WebApi
    timing: Timing
    polled: Polled
    held: list[_Answer] = field(default_factory=list)

    def ask(self, account: Account) -> None:
        newest, seen = self._known(account.user_id)
        params: dict[str, int] = {"limit": MOST_PLAYS}
        if newest is not None:
            params["after"] = newest - OVERLAP_MS
        access = Access(self.settings, account, self.timing)
        answer = self.api.get(PATH, access, _PURPOSE, params)
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise AccountError(f"{PATH} answers without items: the API has changed")
        told, unread = plays_of(account.user_id, items, newest)
        known_until = None if newest is None else newest - OVERLAP_MS
        new = [
            play
            for play in told
            if play.event_id not in seen and (known_until is None or play.played_ms > known_until)
        ]
        overrun = None
        if newest is not None and told and len(items) >= MOST_PLAYS and len(new) == len(told):
            overrun = (newest, told[0].played_ms)
            self.polled.overrun.append(account.user_id)
        self.polled.listeners += 1
        self.polled.plays += len(new)
        self.polled.unread += unread
        self._hold(account.user_id, answer, (told, new), (newest, seen), overrun)
        if sum(len(each.raw) for each in self.held) >= _HELD_BYTES:
            self.write()

    def _hold(
        self,
        user_id: str,
        answer: object,
        plays: tuple[list[Play], list[Play]],
        known: tuple[int | None, set[str]],
        overrun: tuple[int, int] | None,
    ) -> None:
        """Hold an answer with all plays in it and those that are new, beside what was known before."""
        (told, new), (newest, seen) = plays, known
        minutes = self.settings.poll_minutes / (_SOONER if new else 1.0)
        latest = max(
            [*(play.played_ms for play in told), *([] if newest is None else [newest])], default=None
        )
        near = [play.event_id for play in told if latest is None or play.played_ms >= latest - 2 * OVERLAP_MS]
        raw = {"user_id": user_id, "asked_at": self._moment().isoformat(), "answer": answer}
        self.held.append(
            _Answer(
                user_id,
                json.dumps(raw, ensure_ascii=False).encode() if new else b"",
                new,
                latest,
                near or sorted(seen),
                self.timing.now() + minutes * 60,
                overrun,
            )
        )

    def write(self) -> None:
        """Write what is held to the lake, then note how far each listener is known."""
        store = TokenStore(self.settings.tokens_dir)
        # Who was erased or disconnected meanwhile is not written any more.
        held = [each for each in self.held if store.is_connected(each.user_id)]
        self.held = []
        if new := [each for each in held if each.plays]:
            lake, moment = self.settings.lake, self._moment()
            name = f"web-api-{moment:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
            raw = gzip.compress(b"\n".join(each.raw for each in new) + b"\n")
            path = layout.answers_dir(lake, SERVICE, layout.RECENTLY_PLAYED, moment.date())
            layout.write_bytes(path / f"{name}.ndjson.gz", raw)
            rows = pl.DataFrame([play.row for each in new for play in each.plays], schema=_COLUMNS)
            for (day,), of_day in rows.partition_by("event_date", as_dict=True).items():
                layout.write_parquet(layout.events_dir(lake, day) / f"part-{name}.parquet", of_day)
        with self.state.step() as connection:
            connection.executemany(
                "insert or replace into listeners (service, user_id, newest, seen, due)"
                " values (?, ?, ?, ?, ?)",
                [(SERVICE, each.user_id, each.newest, json.dumps(each.seen), each.due) for each in held],
            )
            connection.executemany(
                "insert or ignore into overruns values (?, ?, ?, ?)",
                [(SERVICE, each.user_id, *each.overrun) for each in held if each.overrun],
            )

    def note_problem(self, user_id: str, error: AccountError) -> None:
        """Note what is to be done; who is to connect again is not asked for a day."""
        due = self.timing.now() + (DAY if isinstance(error, ConnectAgainError) else 0)
        with self.state.step() as connection:
            connection.execute(
                "insert into listeners (service, user_id, due, problem) values (?, ?, ?, ?) on conflict"
                " (service, user_id) do update set due = excluded.due, problem = excluded.problem",
                [SERVICE, user_id, due, str(error)],
            )

    def _known(self, user_id: str) -> tuple[int | None, set[str]]:
        """The moment of the newest play that is known, and the plays seen around it."""
        with self.state.step() as connection:
            found = connection.execute(
                "select newest, seen from listeners where (service, user_id) = (?, ?)", [SERVICE, user_id]
            ).fetchone()
        return (found[0], set(json.loads(found[1]))) if found else (None, set())

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.timing.now(), UTC)
