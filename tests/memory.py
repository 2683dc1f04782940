"""How much memory a process has held."""

import resource
import sys
from pathlib import Path


def peak_mb() -> int:
    """The most memory that this process has held, in MB.

    Not `ru_maxrss` where `/proc` is there: a process inherits that from the one that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) // 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024**2 if sys.platform == "darwin" else 1024)
