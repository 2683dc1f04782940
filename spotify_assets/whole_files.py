"""Replacing a file in one step: whoever reads it sees the old one or the new one, never half of either."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file to write, with the ending of `path`, that takes its place; after an exception the old one stays.

    Its name begins with a dot and is short, however long the other is.
    """
    new = path.with_name(f".{uuid.uuid4().hex[:12]}.new{path.suffix}")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
