"""What took longest, against what was noted."""

import json
from datetime import datetime
from pathlib import Path

from spotify_assets.figures.slowest import SLOWEST, slowest_questions, slowest_steps
from spotify_assets.warehouse.timings import QUESTIONS, TimedStep, write_steps


def test_the_slowest_questions_come_first_each_with_who_asks_it(tmp_path: Path):
    said = [("a", "copy", 1.0), ("a", "copy", 3.0), ("a", "postgres", 2.0), ("b", "dashboard", 0.5)]
    for number, (name, asked_by, seconds) in enumerate(said):
        folder = tmp_path / asked_by
        folder.mkdir(exist_ok=True)
        with (folder / QUESTIONS).open("a") as notes:
            moment = f"2025-03-0{number + 1}T00:00:00"
            line = {"name": name, "asked_by": asked_by, "seconds": seconds, "asked_at": moment}
            notes.write(json.dumps(line) + "\n")
    found = slowest_questions(*(tmp_path / each for each in ("copy", "postgres", "dashboard", "none")))
    assert found.rows() == [
        ("a", "copy", 2, 2.0, 3.0, datetime(2025, 3, 2)),  # noqa: DTZ001
        ("a", "postgres", 1, 2.0, 2.0, datetime(2025, 3, 3)),  # noqa: DTZ001
        ("b", "dashboard", 1, 0.5, 0.5, datetime(2025, 3, 4)),  # noqa: DTZ001
    ]
    assert slowest_questions(tmp_path).is_empty()


def test_the_slowest_steps_of_the_last_run(tmp_path: Path):
    assert slowest_steps(tmp_path) is None
    ended_at = datetime(2025, 3, 1)  # noqa: DTZ001
    steps = [TimedStep("dagster", f"step {n}", float(n)) for n in range(30)]
    write_steps(tmp_path, "run", ended_at, [*steps, TimedStep("dbt", "marts/dim_track", 28.5)])
    found = slowest_steps(tmp_path)
    assert found is not None
    assert found[0] == ended_at
    assert found[1].head(2).rows() == [("dagster", "step 29", 29.0), ("dbt", "marts/dim_track", 28.5)]
    assert found[1].height == SLOWEST
