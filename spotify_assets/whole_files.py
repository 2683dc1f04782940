"""Replacing a file in one step: whoever reads it sees the old one or the new one, never half of either."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file to write that takes the place of `path`; after an exception the old one stays."""
    with beside(path) as new:
        yield new
        new.replace(path)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A temporary name in the folder of a file, of which nothing is left in the end.

    It begins with a dot, is short, however long the other is, and has another ending: who reads all of a
    folder's `*.parquet` takes it for none of them.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex[:12]}.tmp")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
