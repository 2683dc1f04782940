"""Questions are noted with their time, whoever asks at once, and the notes stay small."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from spotify_assets.warehouse import timings
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.timings import (
    QUESTIONS,
    STEPS,
    TimedStep,
    noted,
    read_questions,
    read_steps,
    write_steps,
)


def ask(folder: Path, name: str) -> None:
    with noted(folder, name, "copy"):
        pass


def test_questions_that_are_asked_at_once_are_all_noted(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(ask, tmp_path / "new", f"question {n}") for n in range(200)]:
            each.result()
    assert {each.name for each in read_questions(tmp_path / "new")} == {f"question {n}" for n in range(200)}
    assert all(0 <= each.seconds < 60 for each in read_questions(tmp_path / "new"))


def test_a_question_without_an_answer_is_not_noted(tmp_path: Path):
    with pytest.raises(ValueError, match="no"), noted(tmp_path, "question", "copy"):
        raise ValueError("no")
    assert read_questions(tmp_path) == []


def test_where_nothing_can_be_written_the_answer_comes_all_the_same(tmp_path: Path):
    (tmp_path / "file").write_text("")
    ask(tmp_path / "file", "question")
    assert read_questions(tmp_path / "file") == []


def test_lines_that_are_none_of_ours_are_left_out(tmp_path: Path):
    ask(tmp_path, "first")
    with (tmp_path / QUESTIONS).open("ab") as notes:
        notes.write(b'{"name": "half\n\xff\n[]\n{"name": 1}\n')
    ask(tmp_path, "second")
    assert [each.name for each in read_questions(tmp_path)] == ["first", "second"]


def test_of_many_questions_the_older_half_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(timings, "MOST_BYTES", 2_000)
    for number in range(100):
        ask(tmp_path, f"question {number}")
        assert (tmp_path / QUESTIONS).stat().st_size <= 2_000
    names = [each.name for each in read_questions(tmp_path)]
    assert names == [f"question {number}" for number in range(100 - len(names), 100)]
    assert len(names) > 5


def test_steps_come_back_and_a_file_that_is_none_of_ours_is_named(tmp_path: Path):
    assert read_steps(tmp_path) is None
    steps = [TimedStep("dagster", "core__tracks", 1.5), TimedStep("dbt", "marts/dim_track", 0.25)]
    ended_at = datetime(2025, 3, 1, 12)  # noqa: DTZ001 - naive UTC
    write_steps(tmp_path, "a run", ended_at, steps)
    run = read_steps(tmp_path)
    assert run is not None
    assert (run.run_id, run.ended_at, list(run.steps)) == ("a run", ended_at, steps)
    (tmp_path / STEPS).write_text("no steps")
    with pytest.raises(WarehouseError, match=r"steps\.json cannot be read"):
        read_steps(tmp_path)
