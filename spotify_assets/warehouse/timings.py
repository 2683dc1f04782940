"""What took how long: the questions that were asked of what is published, and the steps of the last run.

Two files for readers that know no orchestrator. Questions are lines of JSON, each added by whoever asked: the
commands beside the published copy, the dashboard, which writes nothing there, in its folder for temporary
files. They name what was asked and no parameter of it, so nobody's listening is in them. The steps are
written whenever somebody looks at what is broken, for the newest run that has ended.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spotify_assets.warehouse.told_files import read_told, write_told
from spotify_assets.whole_files import replaced

QUESTIONS, STEPS = "questions.ndjson", "steps.json"
MOST_BYTES = 1_000_000
"""Size above which the older half of the questions goes."""


@dataclass(frozen=True)
class AskedQuestion:
    """One question: its name, who asked (`dashboard`, `copy`, `postgres`), its seconds, and when (UTC)."""

    name: str
    asked_by: str
    seconds: float
    asked_at: datetime


@dataclass(frozen=True)
class TimedStep:
    """One step of a run (`dagster`), or a model that dbt made in one (`dbt`), and its seconds."""

    kind: str
    name: str
    seconds: float


@dataclass(frozen=True)
class TimedRun:
    """The steps of a run that ended at a UTC moment."""

    run_id: str
    ended_at: datetime
    steps: tuple[TimedStep, ...]


@contextmanager
def noted(folder: Path, name: str, asked_by: str) -> Iterator[None]:
    """Note how long a question took, once it is answered; where the folder cannot be written, nobody does."""
    started = time.perf_counter()
    yield
    seconds = round(time.perf_counter() - started, 4)
    asked_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    question = AskedQuestion(name, asked_by, seconds, asked_at)
    line = json.dumps(asdict(question), default=datetime.isoformat) + "\n"
    file = folder / QUESTIONS
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as notes:
            notes.write(line)
        if file.stat().st_size > MOST_BYTES:
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            with replaced(file) as new:
                new.write_text("".join(lines[len(lines) // 2 :]), encoding="utf-8")


def read_questions(folder: Path) -> list[AskedQuestion]:
    """The questions that were noted, in order; lines that are none of ours are left out."""
    found = []
    with suppress(OSError):
        for line in (folder / QUESTIONS).read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, TypeError, KeyError):
                said = json.loads(line)
                asked_at = datetime.fromisoformat(said["asked_at"])
                found.append(
                    AskedQuestion(str(said["name"]), said["asked_by"], float(said["seconds"]), asked_at)
                )
    return found


def write_steps(processed_dir: Path, run_id: str, ended_at: datetime, steps: Sequence[TimedStep]) -> None:
    """Replace the file, in one step, with the times of a run."""
    content = {"run_id": run_id, "ended_at": ended_at, "steps": [asdict(step) for step in steps]}
    write_told(processed_dir / STEPS, content)


def read_steps(processed_dir: Path) -> TimedRun | None:
    """The times of the newest run that somebody looked at; None where nobody did.

    Raises:
        WarehouseError: the file is none of ours.
    """
    return read_told(processed_dir / STEPS, _timed_run)


def _timed_run(told: dict[str, Any]) -> TimedRun:
    steps = tuple(TimedStep(**step) for step in told["steps"])
    return TimedRun(told["run_id"], datetime.fromisoformat(told["ended_at"]), steps)
