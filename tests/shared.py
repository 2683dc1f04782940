"""What takes long to make and is only read: made once for all test runs of the same code."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path

import duckdb
import pytest

from spotify_assets.places.lock import held
from spotify_assets.settings import PROJECT_ROOT

KEPT = PROJECT_ROOT / ".cache" / "tests"
FOLLOWS_FROM = ("spotify_assets", "dbt_project", "tests")
_OF_OTHER_CODE_SECONDS = 24 * 3600
"""So long is kept what other code made: somebody may go back to it, or run tests of it now."""


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name, which all runs of this code have in common.

    Whoever asks first makes it, and whoever comes meanwhile waits. It is made elsewhere and copied: dbt keeps
    the file of a warehouse that it built open, locked for others.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = KEPT / f"{name}-{made_by()}"
    with held(KEPT / f"{name}.lock"):
        if not folder.exists():
            _forget(name)
            made = factory.mktemp(name)
            make(made)
            new = KEPT / f"{name}.new"
            shutil.rmtree(new, ignore_errors=True)  # of a run that was killed
            shutil.copytree(made, new, ignore=shutil.ignore_patterns("*.wal"))
            new.rename(folder)
    return folder


def _forget(name: str) -> None:
    """Remove what other code made of that name, and long ago."""
    for folder in KEPT.glob(f"{name}-*"):
        if time.time() - folder.stat().st_mtime > _OF_OTHER_CODE_SECONDS:
            shutil.rmtree(folder)


@cache
def made_by() -> str:
    """A digest of all that such folders follow from: the code, the libraries, and the day."""
    digest = blake2b(f"{sys.version} {duckdb.__version__} {datetime.now(UTC).date()}".encode(), digest_size=8)
    for file in sorted(_files()):
        digest.update(f"{file.relative_to(PROJECT_ROOT)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    yield from PROJECT_ROOT.glob("requirements*.lock")
    for name in FOLLOWS_FROM:
        for kind in ("*.py", "*.sql", "*.yml", "*.csv", "*.toml"):
            for file in (PROJECT_ROOT / name).rglob(kind):
                if "target" not in file.parts:  # where dbt writes
                    yield file
