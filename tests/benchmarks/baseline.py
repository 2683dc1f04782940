"""What each benchmark came to when it was last noted, as ratios, and what takes more by now.

A figure of the product by one of something else in the same run: that outlives a change of machine, and most
of what else a machine does. Less is better.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.reporting import FOLDER, table

STORED = Path(__file__).with_name("baseline.json")
"""Ratios by benchmark and name."""
MOST_MORE = 0.15
"""How much more than noted is told as slower, as a share."""

Ratios = Mapping[str, Mapping[str, float]]


def stored(path: Path = STORED) -> dict[str, dict[str, float]]:
    """The baseline."""
    found: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def measured_since(moment: float, folder: Path = FOLDER) -> dict[str, dict[str, float]]:
    """The ratios of every benchmark that was written since a moment, seconds since 1970."""
    files = sorted(path for path in folder.glob("*.json") if path.stat().st_mtime >= moment)
    told = (json.loads(path.read_text(encoding="utf-8")) for path in files)
    return {one["benchmark"]: one["ratios"] for one in told if one.get("ratios")}


def note(now: Ratios, path: Path = STORED) -> None:
    """Put these into the baseline; benchmarks that were not run keep what was noted."""
    both = {**(stored(path) if path.exists() else {}), **now}
    rounded = {
        name: {ratio: round(value, 3) for ratio, value in sorted(ratios.items())}
        for name, ratios in sorted(both.items())
    }
    path.write_text(json.dumps(rounded, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def compared(before: Ratios, now: Ratios) -> str:
    """A table of what was measured beside the baseline, and a line for each that got slower."""
    rows = [
        {
            "benchmark": benchmark,
            "what": what,
            "baseline": before.get(benchmark, {}).get(what),
            "now": value,
            "× baseline": value / before[benchmark][what] if what in before.get(benchmark, {}) else None,
        }
        for benchmark, ratios in now.items()
        for what, value in ratios.items()
    ]
    if not rows:
        return "nothing was measured that has a baseline"
    slower = [
        f"slower: {row['benchmark']}, {row['what']}: {row['× baseline']:.2f} × the baseline"
        for row in rows
        if isinstance(row["× baseline"], float) and row["× baseline"] > 1 + MOST_MORE
    ]
    return "\n".join([table(rows), *(slower or ["nothing is slower than the baseline by more than 15 %"])])
