"""One process at a time: a lock in a local folder, or in an object store.

In a folder the operating system keeps it, and releases it when the process ends, however it ends.

A store has no locks. There it is a row of numbered objects, of which the highest counts. It tells who holds
the lock, until it says that it is released, and is written again every few seconds. Whoever wants the lock
creates the next number, which of several one alone can. A holder that does not write for `LEASE_SECONDS`, by
the clock of the one who waits, is dead; on the same machine that is seen at once. A holder that slept for
longer than that learns of it by `must_be_held`, which is asked before what was made is committed.
"""

import fcntl
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from spotify_assets.places.store import StoreError, StorePlace

LEASE_SECONDS = 60.0
BEAT_SECONDS = 10.0
_ASK_SECONDS = 0.5
_DIGITS = 12


class HeldByAnotherError(Exception):
    """Another process holds the lock."""


@contextmanager
def held(place: object, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock that a place names.

    Raises:
        HeldByAnotherError: another process holds it, and this one is not to wait.
    """
    if isinstance(place, StorePlace):
        hold = _acquired(place, wait=wait)
        _holds[place] = hold
        try:
            yield
        finally:
            del _holds[place]
            hold.release()
        return
    assert isinstance(place, Path)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise HeldByAnotherError from None
        yield


def must_be_held(place: object) -> None:
    """Make sure that a lock in a store, which this process took, was not taken from it meanwhile.

    Raises:
        StoreError: it was.
    """
    hold = _holds.get(place) if isinstance(place, StorePlace) else None
    if hold is not None and not hold.is_highest():
        raise StoreError(
            f"{place}: this process did not answer for so long that another one took its turn: do it again"
        )


@dataclass
class _Hold:
    """A lock in a store that this process holds."""

    folder: StorePlace
    own: StorePlace
    token: str
    _beats: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._beat, name="lock", daemon=True)
        self._thread.start()

    def is_highest(self) -> bool:
        return _highest(self.folder) == self.own

    def release(self) -> None:
        """Say that the lock is free. Where the store does not answer, its time runs out."""
        self._ended.set()
        self._thread.join()
        with suppress(OSError):
            if self.is_highest():
                self.own.put(_content(self.token, self._beats, released=True))

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            self._beats += 1
            with suppress(OSError):
                if self.is_highest():
                    self.own.put(_content(self.token, self._beats))


_holds: dict[StorePlace, _Hold] = {}


def _acquired(folder: StorePlace, *, wait: bool) -> _Hold:
    seen: tuple[bytes, float] | None = None
    while True:
        last = _highest(folder)
        number = int(last.name) if last else 0
        content = _read(last) if last else b""
        if content is None:
            continue
        if last and not _is_free(content):
            if seen is None or seen[0] != content:
                seen = content, time.monotonic()
            if time.monotonic() - seen[1] < LEASE_SECONDS:
                if not wait:
                    raise HeldByAnotherError
                time.sleep(_ASK_SECONDS)
                continue
        token = uuid.uuid4().hex
        own = folder / f"{number + 1:0{_DIGITS}}"
        if not own.create(_content(token, 0)):
            continue
        hold = _Hold(folder, own, token)
        if not hold.is_highest():
            own.unlink(missing_ok=True)
            continue
        for older in folder.listed():
            if older < own:
                older.unlink(missing_ok=True)
        hold.begin()
        return hold


def _highest(folder: StorePlace) -> StorePlace | None:
    return max((each for each in folder.listed() if each.name.isdecimal()), default=None)


def _read(place: StorePlace) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None


def _content(token: str, beats: int, *, released: bool = False) -> bytes:
    told = {"token": token, "beats": beats, "machine": _machine(), "pid": os.getpid(), "released": released}
    return json.dumps(told).encode()


def _is_free(content: bytes) -> bool:
    """Whether a lock was released, or its holder ran on this machine and does no more."""
    told = json.loads(content)
    if told["released"]:
        return True
    if not told["machine"] or told["machine"] != _machine():
        return False
    try:
        os.kill(told["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _machine() -> str:
    """What tells this machine since its start, and its space of process ids, from others; else empty."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
