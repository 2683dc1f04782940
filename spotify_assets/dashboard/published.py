"""Reading what is published: one question at a time, answers kept until a new copy is there.

Here, and nowhere else, it is decided what whoever asks gets to see: everything, their own listening, or
nothing.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from polars import DataFrame

from spotify_assets.dashboard.access import viewer
from spotify_assets.dashboard.accounts import EVERYTHING, Viewer
from spotify_assets.dashboard.once import settings
from spotify_assets.figures import gathered
from spotify_assets.figures.own import own_rows
from spotify_assets.figures.personal import PersonalFigures, figures_beside
from spotify_assets.report.agreement import Agreement
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.door import published_copy
from spotify_assets.warehouse.timings import noted

MEMORY_LIMIT = "256MB"
"""DuckDB's share of the 600 MB that the dashboard may take; beyond it DuckDB uses the disk."""
KEPT_ANSWERS = 300
"""Answers of the published copy that are kept; each is a small frame."""

_FIGURES = "spotify_assets.figures."

P = ParamSpec("P")
T = TypeVar("T")
Version = tuple[str, int, int]
"""Path, inode and modification time (ns): a new copy is a new file under the same name."""

_one_at_a_time = threading.Lock()


@cache
def serving() -> Database:
    """The published copy."""
    return published_copy(settings(), MEMORY_LIMIT)


class NotForThisViewerError(Exception):
    """Whoever asks may not see what was asked for."""


def version() -> Version | None:
    """Which published copy is there now; None where nothing is published."""
    copy = serving()
    found = copy.version
    return None if found is None else (str(copy), *found)


@dataclass(frozen=True)
class _Question:
    """What is asked of which copy for whom; equal questions have one answer."""

    version: Version | None
    viewer: Viewer
    figure: str
    arguments: str
    answer: Callable[[Connection], Any] = field(compare=False)


def ask(figure: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer of a figure for these arguments, from what the viewer sees of the copy that is there now.

    It is the same object for everybody who sees as much, so nobody may change it.

    Raises:
        NotForThisViewerError: the viewer sees nothing.
        WarehouseMissingError: nothing is published.
        one of OUTDATED_COPY: the copy lacks a table, because it was published before that was made.
    """
    return _asked_by(viewer(), figure, *args, **kwargs)


def ask_of_other(agreed: Agreement, user_id: str) -> PersonalFigures:
    """What is shown of the listener beside one: of the days that both agreed to, and no more than that.

    Raises:
        NotForThisViewerError: the viewer is not that one, and does not see everything.
        ValueError: the one is none of those who agreed, or nothing is known of the other in those days.
    """
    if viewer() not in (EVERYTHING, Viewer("own", user_id)):
        raise NotForThisViewerError
    other = agreed.other_than(user_id)
    return _asked_by(Viewer("own", other), figures_beside, other, agreed.period)


def _asked_by(
    seen_by: Viewer, figure: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    answer: T = _answered(
        _Question(
            version(),
            seen_by,
            f"{figure.__module__}.{figure.__qualname__}",
            repr((args, sorted(kwargs.items()))),
            lambda connection: figure(connection, *args, **kwargs),
        )
    )
    return answer


def ask_beside(figure: Callable[[Path], T]) -> T:
    """The answer of a figure from the files beside the copy, which tell of everybody.

    Raises:
        NotForThisViewerError: the viewer does not see everything.
    """
    if viewer() != EVERYTHING:
        raise NotForThisViewerError
    return figure(settings().processed_dir)


@lru_cache(maxsize=KEPT_ANSWERS)
def _answered(question: _Question) -> Any:
    # One question at a time: DuckDB uses all cores for one.
    asked = noted(own_folder(), question.figure.removeprefix(_FIGURES), "dashboard")
    with kept_open(), _one_at_a_time, asked:
        return question.answer(_open.at(question.version, question.viewer))


@contextmanager
def kept_open() -> Iterator[None]:
    """Within it the copy stays open after a question: opening it takes longer than most questions (17 ms)."""
    with _one_at_a_time:
        _open.users += 1
    try:
        yield
    finally:
        with _one_at_a_time:
            _open.users -= 1
            if not _open.users:
                _open.close()


class _OpenCopy:
    """The published copy while it is open. DuckDB gives a second connection of one process the file that the
    first has open, be it the old copy: so there is one connection, and none when nobody asks.

    What a connection gathered of the playbacks is kept for the next one to the same rows.
    """

    def __init__(self) -> None:
        self.users = 0
        self._shown: tuple[Version | None, Viewer] | None = None
        self._connection: Connection | None = None
        self._gathered: dict[str, DataFrame] = {}
        self._holds = ExitStack()

    def at(self, version: Version | None, viewer: Viewer) -> Connection:
        """The connection to this version, as this viewer sees it."""
        if self._connection is None or (version, viewer) != self._shown:
            self.close()
            self._connection = self._holds.enter_context(_as_seen_by(viewer))
            if (version, viewer) != self._shown:
                self._gathered = {}
            self._shown = version, viewer
            self._connection.execute(f"set temp_directory = '{own_folder()}'")
            gathered.give(self._connection, self._gathered)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._gathered = gathered.kept(self._connection, self._gathered)
        self._connection = None
        self._holds.close()


_open = _OpenCopy()


def _as_seen_by(viewer: Viewer) -> AbstractContextManager[Connection]:
    if viewer == EVERYTHING:
        return serving().reader()
    if viewer.user_id is None:
        raise NotForThisViewerError
    return own_rows(serving(), viewer.user_id)


def own_folder() -> Path:
    """Where DuckDB may write what does not fit in memory, and how long questions took is kept: never beside
    the copy, which may be read-only."""
    return Path(tempfile.gettempdir()) / "spotify-assets-dashboard"
