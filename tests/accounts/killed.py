"""Snapshots by processes that are killed, one after the other, in a time that goes on when they wait.

    python -m tests.accounts.killed [TRACKS] [KILLS] [CALLS_A_MINUTE]

Both sides keep the limit by one clock, which is a file: what takes nine hours of it takes minutes here. By
the command the catalogue answers within the process that asks, which takes a fraction of the time; tests ask
over HTTP.
"""

import json
import mmap
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from spotify_assets.accounts.state import STATE
from spotify_assets.accounts.timing import Timing
from tests.accounts.conftest import START, World
from tests.servers.spotify_api.server import SpotifyApi, serving
from tests.servers.spotify_api.world import album, artist, id_of, number_of, track

SNAPSHOTS = """
    import json, sys
    from pathlib import Path
    from spotify_assets.accounts.snapshots import snapshot
    from spotify_assets.settings import Settings
    from tests.accounts.killed import FileClock, answer_within
    from tests.servers.spotify_api.world import id_of
    settings = Settings(**json.loads(sys.argv[1]), _env_file=None)
    heard = [id_of("track", number) for number in range(int(sys.argv[2]))]
    if sys.argv[4:]:
        answer_within(Path(sys.argv[4]))
    done = snapshot(settings, heard, FileClock(Path(sys.argv[3])).timing if sys.argv[3:] else None)
    print(done.calls, done.left, sum(done.landed.values()))
"""
_MOMENT = struct.Struct("d")
_LINE = len(f"/v1/tracks/{id_of('track', 0)}\n")
MADE = {"tracks": track, "albums": album, "artists": artist}


class FileClock:
    """A clock of several processes, in a file, that goes on when one of them waits."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_MOMENT.pack(START))
        with path.open("r+b") as file:
            self._moment = mmap.mmap(file.fileno(), _MOMENT.size)

    def now(self) -> float:
        """Seconds since 1970."""
        return float(_MOMENT.unpack_from(self._moment)[0])

    def sleep(self, seconds: float) -> None:
        """Let the time go on; only one process at a time may."""
        _MOMENT.pack_into(self._moment, 0, self.now() + seconds)

    @property
    def timing(self) -> Timing:
        """The time as a client has it."""
        return Timing(self.now, self.sleep)


@dataclass
class Killed:
    """What came of it: things asked for, those asked for again although they were answered, those that were
    under way when a process died, the kills, what the server refused for its limit, and what the last
    process said."""

    things: int
    answered_asked_again: int
    under_way: int
    kills: int
    told_to_wait: int
    hours: float
    told: str


class _Within:
    """An answer of the catalogue without a server between."""

    status_code = 200
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, path: str) -> None:
        kind, written = path.rsplit("/", 2)[1:]
        one = kind.removesuffix("s")
        number = number_of(one, written)
        assert number is not None
        self._body = json.dumps(MADE[kind](number, extended=False)).encode()

    def __enter__(self) -> "_Within":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def iter_content(self, _: int) -> Iterator[bytes]:
        """The body in one piece."""
        yield self._body


def answer_within(log: Path) -> None:
    """Let calls for things of the catalogue be answered in this process, and noted in a file first."""
    import requests

    noted = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def get(_: requests.Session, url: str, **__: object) -> _Within:
        path = urlsplit(url).path
        os.write(noted, f"{path}\n".encode())
        return _Within(path)

    requests.Session.get = get  # type: ignore[assignment, method-assign]


def killed(
    folder: Path, tracks: int, kills: int, per_minute: int, seed: int = 7, *, over_http: bool = True
) -> Killed:
    """Take snapshots with that many processes killed on the way, each at a call drawn by chance."""
    clock, chance = FileClock(folder / "clock"), random.Random(seed)
    log = None if over_http else folder / "calls"
    moments = sorted(chance.sample(range(1, tracks), kills))
    with serving(now=clock.now, calls_per_window=per_minute // 2) as api:
        world = World(api, clock, folder)  # type: ignore[arg-type]  # a clock all the same
        world.connect("anna")
        given = {"api_calls_per_minute": per_minute, "snapshot_calls_per_day": 10_000_000}
        again: Counter[str] = Counter()
        known: set[str] = set()
        told, seen = "", 0
        for until in [*moments, None]:
            told = _one_process(world, tracks, given, until, log)
            calls = log.read_text().splitlines() if log else world.calls()
            again.update(path for path in calls[seen:] if path in known)
            known, seen = _answered(world), len(calls)
        counted = Counter(calls)
        return Killed(
            things=len(counted),
            answered_asked_again=again.total(),
            under_way=sum(count - 1 for count in counted.values()) - again.total(),
            kills=kills,
            told_to_wait=api.refused[429],
            hours=(clock.now() - START) / 3_600,
            told=told.strip(),
        )


def _one_process(
    world: World, tracks: int, given: dict[str, int], until: int | None, log: Path | None
) -> str:
    """What a process says that ends, or is killed once about so many calls were let in."""
    process = started(world.api, world.folder, tracks, world.folder / "clock", log, **given)

    def asked() -> int:
        if log is None:
            return len(world.api.calls)
        return log.stat().st_size // _LINE if log.exists() else 0

    while process.poll() is None and (until is None or asked() < until):
        time.sleep(0.02)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    told = process.communicate(timeout=600)[0]
    if process.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(f"the process ended as {process.returncode}: {told}")
    return told


def _answered(world: World) -> set[str]:
    """The paths of everything of which an answer is kept."""
    with closing(sqlite3.connect(world.settings().accounts_dir / STATE)) as connection:
        rows = connection.execute("select kind, id from answers").fetchall()
    return {f"/v1/{kind}/{each}" for kind, each in rows}


def started(
    api: SpotifyApi,
    folder: Path,
    tracks: int,
    clock: Path | None = None,
    log: Path | None = None,
    **settings: object,
) -> "subprocess.Popen[str]":
    """A process of its own that takes snapshots of so many tracks, by that clock or the machine's; where a
    log is given, it is answered within."""
    given = json.dumps(api.settings(folder / "data", **settings), default=str)
    return python(SNAPSHOTS, given, str(tracks), *(str(path) for path in (clock, log) if path))


def python(script: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process of its own that runs a script."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
    )


def main() -> None:
    """Do it, and print what came of it."""
    numbers = [int(written) for written in sys.argv[1:]]
    tracks, kills, per_minute = [*numbers, *(100_000, 20, 180)[len(numbers) :]]
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        told = killed(Path(folder), tracks, kills, per_minute, over_http=False)
        print(told, f"in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
