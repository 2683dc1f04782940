"""What a process has used so far: time, processor, bytes, and the most memory since it was last asked.

Bytes are those of system calls that read and write, in the cache or not, with those of child processes that
have ended. Only Linux tells them, and the most memory of a part of a process; elsewhere bytes are unknown,
and memory is the most that the process ever had. Files that a library maps into memory are not read by calls.
"""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_SELF = Path("/proc/self")
_KILOBYTE = 1_024


@dataclass(frozen=True)
class Used:
    """Wall and processor time in seconds, bytes in and out (None where nobody tells)."""

    wall: float
    cpu: float
    bytes_in: int | None
    bytes_out: int | None

    def since(self, before: "Used") -> "Used":
        """What was used after another moment."""
        return Used(
            self.wall - before.wall,
            self.cpu - before.cpu,
            _difference(self.bytes_in, before.bytes_in),
            _difference(self.bytes_out, before.bytes_out),
        )


def used() -> Used:
    """What this process, and its children that have ended, have used so far."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    told = _numbers("io", ":")
    return Used(
        wall=time.monotonic(),
        cpu=sum(each.ru_utime + each.ru_stime for each in times),
        bytes_in=told.get("rchar"),
        bytes_out=told.get("wchar"),
    )


def forget_peak() -> None:
    """Begin anew to look for the most memory; does nothing where the system cannot."""
    try:
        (_SELF / "clear_refs").write_text("5")
    except OSError:
        return


def peak_memory() -> int:
    """The most memory in bytes that this process held since `forget_peak`, or one of its children ever."""
    factor = _KILOBYTE if sys.platform != "darwin" else 1
    ever = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * factor
    own = _numbers("status", ":").get("VmHWM")
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * factor
    return max(own * _KILOBYTE if own is not None else ever, children)


def _numbers(name: str, separator: str) -> dict[str, int]:
    """The numbers of a file of /proc by their names; none where there is no such file."""
    try:
        lines = (_SELF / name).read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(separator) for line in lines)
    return {key: int(word[0]) for key, _, rest in pairs if (word := rest.split()) and word[0].isdigit()}


def _difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before
