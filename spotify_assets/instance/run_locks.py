"""Which runs are alive: each holds the lock of a file in `$DAGSTER_HOME/running` as long as it goes on.

The operating system releases the lock when the process ends, however it ends, and a machine that lost its
power comes back with files that nobody holds. No process id that something else may have by now is trusted.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = ".lock"


@contextmanager
def alive(home: Path, run_id: str) -> Iterator[None]:
    """Hold the lock of a run; its file has its name only once it is locked, and goes with the run."""
    file = _file(home, run_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with new.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        new.rename(file)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def is_killed(home: Path, run_id: str) -> bool:
    """Whether the process of a run went without ending it. False of a run that never took its lock here."""
    return _is_left_behind(_file(home, run_id))


def killed_runs(home: Path) -> list[str]:
    """The ids of all such runs that nobody has forgotten yet."""
    files = (home / "running").glob(f"*{_LOCK}")
    return [file.stem for file in files if _is_left_behind(file)]


def forget(home: Path, run_id: str) -> None:
    """Remove what a killed run left."""
    _file(home, run_id).unlink(missing_ok=True)


def _file(home: Path, run_id: str) -> Path:
    return home / "running" / f"{run_id}{_LOCK}"


def _is_left_behind(file: Path) -> bool:
    """Whether the file is there and no process holds its lock."""
    try:
        with file.open() as tried:
            fcntl.flock(tried, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
