"""Reading the published copy: one question at a time, answers kept until a new copy is there."""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from spotify_assets.settings import Settings
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
    """The published copy; the settings of a server are read once, because reading takes 60 ms."""
    return published_copy(Settings(), MEMORY_LIMIT)


def version() -> Version | None:
    """Which published copy is there now; None where nothing is published."""
    copy = serving()
    found = copy.version
    return None if found is None else (str(copy), *found)


@dataclass(frozen=True)
class _Question:
    """What is asked of which copy; equal questions have one answer."""

    version: Version | None
    figure: str
    arguments: str
    answer: Callable[[Connection], Any] = field(compare=False)


def ask(figure: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer of a figure for these arguments, from the copy that is there now.

    It is the same object for everybody who asks, so nobody may change it.

    Raises:
        WarehouseMissingError: nothing is published.
        one of OUTDATED_COPY: the copy lacks a table, because it was published before that was made.
    """
    answer: T = _answered(
        _Question(
            version(),
            f"{figure.__module__}.{figure.__qualname__}",
            repr((args, sorted(kwargs.items()))),
            lambda connection: figure(connection, *args, **kwargs),
        )
    )
    return answer


@lru_cache(maxsize=KEPT_ANSWERS)
def _answered(question: _Question) -> Any:
    # DuckDB gives a second connection of one process the file that the first has open, be it the old copy.
    # So one question at a time, and the file is closed after each. DuckDB uses all cores for one question.
    with _one_at_a_time, serving().reader() as connection:
        connection.execute(f"set temp_directory = '{own_folder()}'")
        with noted(own_folder(), question.figure.removeprefix(_FIGURES), "dashboard"):
            return question.answer(connection)


def own_folder() -> Path:
    """Where DuckDB may write what does not fit in memory, and how long questions took is kept: never beside
    the copy, which may be read-only."""
    return Path(tempfile.gettempdir()) / "spotify-assets-dashboard"
