"""Naming every file that cannot be read, and not only the first one that a run meets."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from spotify_assets.lake.batches import BatchName
from spotify_assets.lake.events import read_batch
from spotify_assets.places import Place
from spotify_assets.sources.errors import SeveralSourcesError, SourceError
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import Table

MOST_NAMED = 100
"""Files that are named at most; the search for more ends there."""


@contextmanager
def naming_all(table: Table, lake_dir: Place, files: Callable[[], Iterable[Place]]) -> Iterator[None]:
    """Around the reading of files: where one of them cannot be read, all others of `files` are tried as well.

    Raises:
        SourceError: one file cannot be read.
        SeveralSourcesError: several cannot.
    """
    try:
        yield
    except SourceError as error:
        others = (_error_of(path, table, lake_dir) for path in files() if path != error.file)
        found = [error, *islice(filter(None, others), MOST_NAMED - 1)]
        if len(found) == 1:
            raise
        raise SeveralSourcesError(found) from error


def _error_of(path: Place, table: Table, lake_dir: Place) -> SourceError | None:
    """Why a file cannot be read; None where it can."""
    try:
        if BatchName.parse(path.name):
            read_batch(path)
        else:
            read_landed([path], table, lake_dir)
    except SourceError as error:
        return error
    return None
