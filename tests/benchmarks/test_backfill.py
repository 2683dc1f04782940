"""The engines that benchmarks compare do the same work, and what stops them is told."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.benchmarks.backfill import Limits, Outcome, as_rows, measure, missing, size
from tests.benchmarks.lakes import FIRST, make_lake
from tests.benchmarks.watching import Cost, measured, watch

EVENTS, DAYS = 600, 4


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "lake"
    assert make_lake(folder, EVENTS, DAYS).end == FIRST + timedelta(days=DAYS)
    return folder


def made_by(engine: str, lake: Path) -> Outcome:
    if reason := missing(engine):
        pytest.skip(reason)
    outcome = measure(engine, lake, DAYS, Limits(most_mb=16_000, patience=1), None)
    assert outcome.finished, outcome.why
    return outcome


@pytest.fixture(scope="module")
def by_script(lake: Path) -> Outcome:
    return made_by("script", lake)


@pytest.mark.slow
def test_the_product_makes_the_rows_of_the_script(lake: Path, by_script: Outcome):
    made = made_by("assets", lake)
    assert made.tables == by_script.tables
    assert made.tables is not None and min(rows for rows, _ in made.tables.values()) > EVENTS / 4
    assert made.bookkeeping is not None and made.bookkeeping.seconds > 0


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["stock", "pandas", "spark"])
def test_the_other_engines_make_the_rows_of_the_script(lake: Path, by_script: Outcome, engine: str):
    assert made_by(engine, lake).tables == by_script.tables


def test_a_different_result_is_reported():
    tables = {"core.listening_events": (2, 17)}
    same = Outcome("script", True, "", Cost(2.0, 3.0), None, 100, tables)
    other = Outcome(
        "assets", True, "", Cost(3.0, 6.0), Cost(1.0, 3.0), 100, {"core.listening_events": (2, 18)}
    )
    rows = {row["engine"]: row for row in as_rows([same, other])}
    assert [rows[name]["result"] for name in ("script", "assets")] == ["equal", "DIFFERENT"]
    assert rows["assets"]["× script"] == 1.0  # bookkeeping apart
    assert rows["assets"]["× script, CPU"] == 1.0


def test_what_did_not_finish_has_no_figures_but_a_reason():
    stopped = Outcome("pandas", finished=False, why="took more than 16,384 MB", peak_mb=16_400)
    [row] = as_rows([stopped])
    assert row["result"] == "did not finish: took more than 16,384 MB"
    assert row["seconds"] is None and row["× script"] is None


def test_sizes_are_read_with_their_units():
    assert [size(text) for text in ("500K", "1M", "2.5m", "123")] == [500_000, 1_000_000, 2_500_000, 123]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_memory_is_that_of_the_process_and_its_children():
    child = "import sys, time; held = bytearray(120 * 2**20); print(len(held), flush=True); time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    ended = watch(python(parent), os.environ)
    assert ended.returncode == 0 and not ended.stopped
    assert 120 < ended.peak_mb < 400
    assert 120 < ended.largest_mb <= ended.peak_mb
    assert 120 < ended.peak_shared_once_mb <= ended.peak_mb or not Path("/proc").exists()


@pytest.mark.slow
def test_a_child_that_has_not_begun_its_program_has_the_memory_of_its_parent():
    starts = "[subprocess.run(['true'], check=True) for _ in range(600)]"
    ended = watch(python(f"import subprocess; held = b'1' * (200 * 2**20); {starts}"), os.environ)
    assert ended.returncode == 0
    assert 200 < ended.peak_mb < 300


@pytest.mark.parametrize(
    ("limit", "told"), [({"most_mb": 100}, "took more than 100 MB"), ({"most_seconds": 0.3}, "took longer")]
)
def test_a_process_beyond_a_limit_is_stopped_with_its_children(limit: dict[str, float], told: str):
    child = "import time; held = bytearray(200 * 2**20); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    ended = watch(python(parent), os.environ, **limit)
    assert told in ended.stopped
    assert ended.returncode != 0


def test_processor_time_counts_children():
    import subprocess

    code = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    with measured() as cost:
        subprocess.run(python(code), check=True)
    assert cost.cpu_seconds >= 0.3
