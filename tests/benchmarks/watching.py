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
_OF_ONE_MEMORY = ("VmPeak", "VmSize", "VmData", "VmExe")
"""What /proc says alike of processes that have the same memory."""


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
    """How a watched process ended. `stopped` says why it was, where it was.

    `peak_mb` counts what processes share once for each of them, `peak_shared_once_mb` once in all, also with
    processes that are not watched; it is 0 where there is no /proc. `largest_mb` is of the largest process.
    """

    output: str
    errors: str
    returncode: int
    peak_mb: int
    stopped: str = ""
    peak_shared_once_mb: int = 0
    largest_mb: int = 0


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
        end, peak, stopped = time.monotonic() + most_seconds, _Peak(), ""
        while process.poll() is None:
            together = peak.look(_family(process))
            if together > most_mb:
                stopped = f"took more than {most_mb:,.0f} MB"
            elif time.monotonic() > end:
                stopped = f"took longer than {most_seconds:,.0f} s"
            if stopped:
                _kill(_family(process))
                process.wait()
            time.sleep(_POLL_SECONDS)
        highest, shared_once = round(max(peak.together, peak.largest)), round(peak.shared_once)
        return Ended(
            _text(output),
            _text(errors),
            process.returncode,
            highest,
            stopped,
            shared_once,
            round(peak.largest),
        )


@dataclass
class _Peak:
    """The most memory that some looks met, in MB."""

    together: float = 0.0
    shared_once: float = 0.0
    largest: float = 0.0

    def look(self, family: Sequence[psutil.Process]) -> float:
        """The resident memory of the processes together, now."""
        own = _with_own_memory(family)
        self.largest = max([self.largest, *(max(of["VmRSS"], of["VmHWM"]) for of in own.values())])
        together = sum(of["VmRSS"] for of in own.values())
        if together > self.together:
            self.together = together
            self.shared_once = max(self.shared_once, sum(map(_share_mb, own)))
        return together


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _family(process: psutil.Process) -> list[psutil.Process]:
    """A process and its children; none where it has just ended."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _with_own_memory(family: Sequence[psutil.Process]) -> dict[int, dict[str, float]]:
    """What the kernel says of the memory of processes, in MB by pid, of those that have their own.

    A child has its parent's until its program begins (vfork), and would count it twice.
    """
    found: dict[int, dict[str, float]] = {}
    for member in family:
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            said, parent = _said_of_memory(member), found.get(member.ppid(), {})
            if not all(name in said and said[name] == parent.get(name) for name in _OF_ONE_MEMORY):
                found[member.pid] = said
    return found


def _said_of_memory(member: psutil.Process) -> dict[str, float]:
    """The lines `Vm…` of a process; VmRSS and VmHWM alone where there is no /proc."""
    try:
        lines = Path(f"/proc/{member.pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return {"VmRSS": member.memory_info().rss / MEGABYTE, "VmHWM": 0.0}
    said = [line.split() for line in lines if line.startswith("Vm")]  # none of a zombie
    return {"VmRSS": 0.0, "VmHWM": 0.0} | {name[:-1]: int(size) / 1024 for name, size, _ in said}


def _share_mb(pid: int) -> float:
    """The memory of a process, of what it shares its part (PSS); 0 where there is no /proc."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


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
