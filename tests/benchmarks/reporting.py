"""Figures of a benchmark as one JSON file, and as a table that a person reads."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".benchmarks"
"""Where the JSON files go; git ignores it."""

Row = Mapping[str, object]


def report(
    name: str,
    facts: Mapping[str, object],
    rows: Sequence[Row],
    notes: Sequence[str] = (),
    ratios: Mapping[str, float] | None = None,
) -> Path:
    """Write `<name>.json` with what was measured and where, print the rows as a table, and give the path.

    `ratios` are what is compared with the baseline: a figure of the product by one of the same run, less is
    better.
    """
    machine = {"system": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
    found = {"benchmark": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine}
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    told = {**found, **facts, "results": rows, "notes": notes, "ratios": ratios or {}}
    path.write_text(json.dumps(told, indent=2, default=str))
    print(f"\n{table(rows)}")
    for note in notes:
        print(f"  {note}")
    print(f"  {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}", flush=True)
    return path


def table(rows: Sequence[Row]) -> str:
    """Rows of equal keys as aligned columns: text left, numbers right; without keys that begin with `_`."""
    names = [name for name in rows[0] if not name.startswith("_")]
    lines = [names, *([_shown(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
    is_text = [all(isinstance(row[name], str) for row in rows) for name in names]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(line, widths, is_text, strict=True)
        ).rstrip()
        for line in lines
    )


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return (
        f"{value:,.2f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )
