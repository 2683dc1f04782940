"""Dated snapshots of the tracks that were heard, with their albums and artists, most-heard first.

Each is asked for once, and again when it is old; one call each, or many at once where the app may. A day's
budget that is spent ends the run, and the next one goes on. What was answered is landed as a catalogue of its
date: raw answers as JSON and the catalogue as CSV under `_answers/` of the lake, and its rows like those of
any catalogue file.
"""

import gzip
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from spotify_assets.accounts.answers import ALBUM, ARTIST, TRACK, KeptAnswer, KeptAnswers
from spotify_assets.accounts.authorising import Access
from spotify_assets.accounts.budget import DAY, SAVED
from spotify_assets.accounts.calls import Purpose, WebApi
from spotify_assets.accounts.catalogue import absent, as_csv, catalogue_row
from spotify_assets.accounts.errors import (
    AccountError,
    ConnectAgainError,
    LimitReachedError,
    NotThereError,
    RefusedError,
    UnansweredError,
)
from spotify_assets.accounts.polling import SERVICE, connected
from spotify_assets.accounts.state import AccountState
from spotify_assets.accounts.timing import Timing
from spotify_assets.lake import layout
from spotify_assets.lake.importing import ImportOptions, import_path
from spotify_assets.settings import Settings

SNAPSHOTS = "snapshots"
BATCH = {TRACK: 50, ALBUM: 20, ARTIST: 50}
"""How many things one call may ask for, where it may ask for several. Source: the API's description."""
TRACKS_AT_A_TIME = 100
LANDED_AT_A_TIME = 20_000
MOST_UNANSWERED = 5
"""After so many things in a row that were not answered, the service is left alone."""
_NOBODY = "catalogue"
"""Catalogues name no listener; an import wants one."""


Known = Mapping[str, Mapping[str, object]]


@dataclass
class Snapshotted:
    """What came of a run.

    Attributes:
        calls: how many calls were made.
        answered: how many things were answered, by kind.
        not_there: how many of them the service does not have.
        saved: how many things that were heard needed no call, because their answer is not old.
        left: what was not done and when it goes on, in words; None where all was done.
        landed: how many tracks were landed, by date of the snapshot.
        absent: of how many of them a field was not told, by field.
    """

    calls: int = 0
    answered: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    not_there: int = 0
    saved: int = 0
    left: str | None = None
    landed: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    absent: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def snapshot(
    settings: Settings,
    heard: Sequence[str],
    timing: Timing | None = None,
    known: Callable[[Sequence[str]], Known] = lambda _: {},
) -> Snapshotted:
    """Ask for the tracks that were heard, in this order, and land what was answered.

    `known` gives what catalogues before told of some tracks, by id and column.

    Raises:
        AccountError: the extra is not installed, or no client is named.
        OSError: the lake cannot be written; what was answered is kept, and landed by the next run.
    """
    timing = timing or Timing()
    done = Snapshotted()
    accounts = connected(settings)
    if not accounts:
        return done
    state = AccountState(settings.accounts_dir)
    api = WebApi.of(settings, state, timing)
    asking = _Asking(settings, KeptAnswers(state), api, Access(settings, accounts[0], timing), timing, done)
    try:
        asking.everything(heard)
    except LimitReachedError as limit:
        done.left = f"{asking.left(heard):,} tracks are still to be asked for: {limit}"
    except (UnansweredError, RefusedError, ConnectAgainError) as error:
        done.left = f"{asking.left(heard):,} tracks are still to be asked for: {error}"
    finally:
        done.calls = api.made.total()
        api.budget.came_of(SNAPSHOTS, SAVED, done.saved)
        _land(settings, KeptAnswers(state), done, known)
    return done


@dataclass
class _Asking:
    """A run of calls with the access of one listener; the catalogue is the same for all."""

    settings: Settings
    answers: KeptAnswers
    api: WebApi
    access: Access
    timing: Timing
    done: Snapshotted
    unanswered: int = 0

    def everything(self, heard: Sequence[str]) -> None:
        for first in range(0, len(heard), TRACKS_AT_A_TIME):
            tracks = heard[first : first + TRACKS_AT_A_TIME]
            for some in self._wanted(TRACK, tracks):
                self._ask(TRACK, some)
                for kind, ids in _beside(self.answers.of(TRACK, some).values()).items():
                    for others in self._wanted(kind, ids):
                        self._ask(kind, others)

    def left(self, heard: Sequence[str]) -> int:
        return len(heard) - len(self.answers.fresh(TRACK, list(heard), self._since))

    @property
    def _since(self) -> float:
        return self.timing.now() - self.settings.snapshot_days * DAY

    def _wanted(self, kind: str, ids: Sequence[str]) -> Iterator[list[str]]:
        """Those of some things that are to be asked for, as many at a time as one call may."""
        fresh = self.answers.fresh(kind, ids, self._since)
        wanted = [each for each in dict.fromkeys(ids) if each not in fresh]
        self.done.saved += len(fresh)
        size = BATCH[kind] if self.settings.api_batches else 1
        for first in range(0, len(wanted), size):
            yield wanted[first : first + size]

    def _ask(self, kind: str, ids: list[str]) -> None:
        """Ask for things and keep what is said; what is not answered is asked for another time."""
        purpose = Purpose(SNAPSHOTS, self.settings.snapshot_calls_per_day)
        try:
            said = self._said(kind, ids, purpose)
        except NotThereError:
            said = [(ids[0], None)]
        except (UnansweredError, RefusedError):
            self.unanswered += 1
            if self.unanswered >= MOST_UNANSWERED:
                raise
            return
        self.unanswered = 0
        self.answers.keep(kind, said, self.timing.now())
        self.done.answered[kind] += len(said)
        self.done.not_there += sum(each is None for _, each in said)

    def _said(self, kind: str, ids: list[str], purpose: Purpose) -> list[tuple[str, Any]]:
        if self.settings.api_batches:
            answer = self.api.get(f"/{kind}", self.access, purpose, {"ids": ",".join(ids)})
            return list(zip(ids, answer[kind], strict=True))
        return [(ids[0], self.api.get(f"/{kind}/{ids[0]}", self.access, purpose))]


def _beside(tracks: Iterable[KeptAnswer]) -> dict[str, list[str]]:
    """The albums and artists of tracks, by kind."""
    said = [each.said for each in tracks if each.said]
    return {
        ALBUM: [album for track in said if (album := (track.get("album") or {}).get("id"))],
        ARTIST: [each["id"] for track in said for each in track.get("artists") or [] if each.get("id")],
    }


def _land(
    settings: Settings, answers: KeptAnswers, done: Snapshotted, known: Callable[[Sequence[str]], Known]
) -> None:
    """Bring what was answered and is not in the lake there."""
    for kind in (ALBUM, ARTIST):
        while found := list(answers.to_land(kind, LANDED_AT_A_TIME)):
            for day, of_day in _by_day(found).items():
                _write_raw(settings, kind, day, of_day)
            answers.landed(kind, found)
    while found := list(answers.to_land(TRACK, LANDED_AT_A_TIME)):
        for day, of_day in _by_day(found).items():
            _write_raw(settings, TRACK, day, of_day)
            before = known([each.id for each in of_day if each.said])
            rows = [_row(answers, each.said, before.get(each.id, {})) for each in of_day if each.said]
            if rows:
                _land_catalogue(settings, as_csv(rows), day)
            done.landed[day] += len(rows)
            for name, count in absent(rows).items():
                done.absent[name] += count
        answers.landed(TRACK, found)


def _by_day(found: Sequence[KeptAnswer]) -> dict[date, list[KeptAnswer]]:
    days: dict[date, list[KeptAnswer]] = defaultdict(list)
    for each in found:
        days[datetime.fromtimestamp(each.asked_at, UTC).date()].append(each)
    return days


def _row(answers: KeptAnswers, track: Any, known: Mapping[str, object]) -> dict[str, object]:
    beside = _beside([KeptAnswer("", 0.0, track)])
    albums = answers.of(ALBUM, beside[ALBUM])
    artists = answers.of(ARTIST, beside[ARTIST])
    album = next((each.said for each in albums.values()), None)
    in_full = [artists[each].said if each in artists else None for each in beside[ARTIST]]
    return catalogue_row(track, album, in_full, known)


def _write_raw(settings: Settings, kind: str, day: date, found: Sequence[KeptAnswer]) -> None:
    """Write answers as they came, one a line; the same answers have the same name."""
    lines = [
        json.dumps(
            {
                "id": each.id,
                "asked_at": datetime.fromtimestamp(each.asked_at, UTC).isoformat(),
                "answer": each.said,
            },
            ensure_ascii=False,
        )
        for each in found
    ]
    content = ("\n".join(lines) + "\n").encode()
    folder = layout.answers_dir(settings.lake, SERVICE, kind, day)
    layout.write_bytes(folder / f"{_name_of(content)}.ndjson.gz", gzip.compress(content, mtime=0))


def _land_catalogue(settings: Settings, content: bytes, day: date) -> None:
    """Keep a catalogue as CSV in the lake, and land its rows."""
    name = f"spotify-{_name_of(content)}.csv"
    layout.write_bytes(layout.answers_dir(settings.lake, SERVICE, "catalogue", day) / name, content)
    with tempfile.TemporaryDirectory(prefix="spotify-assets-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        options = ImportOptions(_NOBODY, today=day, snapshot_date=day)
        for handed in import_path(path, settings.lake, options):
            for file in handed.files:
                if file.receipt is None:
                    raise AccountError(f"the catalogue of {day} was not landed: {file.words}")


def _name_of(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
