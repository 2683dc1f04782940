"""What work costs: wall and processor time of a block, peak memory of a process and its children, limits."""

import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]

MEGABYTE = 1024 * 1024
_POLL_SECONDS = 0.05


@dataclass
class Cost:
    """Seconds on the wall, and seconds of processor time, user and system, of this process and its children.

    Processor time is what to compare on a machine that others use as well.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure a block; the cost is known when the block is left."""
    cost = Cost()
    wall, cpu = time.perf_counter(), _cpu_seconds(psutil.Process())
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - wall
        cost.cpu_seconds = _cpu_seconds(psutil.Process()) - cpu


class Workers:
    """Processor time of processes that others start and end: looked at all the time, each until it is gone.

    What a process took since the last look before its end, at most 50 ms, is not known.
    """

    def __init__(self, roots: Sequence[int]) -> None:
        self._roots = [psutil.Process(pid) for pid in roots]
        self._seen: dict[tuple[int, float], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Workers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def cpu_seconds(self) -> float:
        """Seconds, user and system, of all that was ever seen."""
        self._look()
        return sum(self._seen.copy().values())

    def _watch(self) -> None:
        while not self._over.wait(_POLL_SECONDS):
            self._look()

    def _look(self) -> None:
        for root in self._roots:
            for member in _family(root):
                with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    times = member.cpu_times()
                    self._seen[member.pid, member.create_time()] = times.user + times.system


@dataclass(frozen=True)
class Ended:
    """How a watched process ended. `stopped` says why it was, where it was."""

    output: str
    errors: str
    returncode: int
    peak_mb: int
    stopped: str = ""


def watch(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    most_mb: float = float("inf"),
    most_seconds: float = float("inf"),
) -> Ended:
    """Run a command, and stop it with its children when together they pass a limit.

    The peak is the highest sum of the resident memory of the process and its children that a look every
    50 ms met, or the kernel's own record of one process (VmHWM) where that is higher. `ru_maxrss` would not
    do: a child inherits the record of the process that started it.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = psutil.Popen(command, env=dict(environment), stdout=output, stderr=errors)
        end, peak, stopped = time.monotonic() + most_seconds, 0.0, ""
        while process.poll() is None:
            together, highest = _resident_mb(_family(process))
            peak = max(peak, together, highest)
            if together > most_mb:
                stopped = f"took more than {most_mb:,.0f} MB"
            elif time.monotonic() > end:
                stopped = f"took longer than {most_seconds:,.0f} s"
            if stopped:
                _kill(_family(process))
                process.wait()
            time.sleep(_POLL_SECONDS)
        return Ended(_text(output), _text(errors), process.returncode, round(peak), stopped)


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _family(process: psutil.Process) -> list[psutil.Process]:
    """A process and its children; none where it has just ended."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident_mb(family: Sequence[psutil.Process]) -> tuple[float, float]:
    """Resident memory of the processes together, and the highest that the kernel recorded of one of them."""
    together = highest = 0.0
    for member in family:
        try:
            together += member.memory_info().rss / MEGABYTE
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        highest = max(highest, _recorded_peak_mb(member.pid))
    return together, highest


def _recorded_peak_mb(pid: int) -> float:
    """VmHWM of a process; 0 where there is no /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    kilobytes = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(kilobytes[0]) / 1024 if kilobytes else 0.0


def _kill(family: Sequence[psutil.Process]) -> None:
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue


def _cpu_seconds(process: psutil.Process) -> float:
    """Processor time of a process, of children that ended and of those that still run."""
    own = os.times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
