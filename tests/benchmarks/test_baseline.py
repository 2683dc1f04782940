"""The baseline of `make bench`: what is kept, what is compared, and what is told as slower."""

import json
import os
from pathlib import Path

from tests.benchmarks import baseline
from tests.benchmarks.__main__ import commands

BEFORE = {"backfill": {"assets / script": 0.8, "assets / pandas": 0.4}, "stream": {"consumer / loop": 4.0}}


def test_what_takes_more_than_before_is_told_and_nothing_else():
    now = {"backfill": {"assets / script": 0.93, "assets / pandas": 0.45, "assets / spark": 0.2}}
    told = baseline.compared(BEFORE, now)
    slower = [line for line in told.splitlines() if line.startswith("slower")]
    assert slower == ["slower: backfill, assets / script: 1.16 × the baseline"]
    assert "assets / spark" in told
    now["backfill"]["assets / script"] = 0.9
    assert "nothing is slower" in baseline.compared(BEFORE, now)


def test_without_any_figure_nothing_is_said_to_be_as_fast():
    assert baseline.compared(BEFORE, {}) == "nothing was measured that has a baseline"


def test_noting_keeps_what_was_not_run(tmp_path: Path):
    file = tmp_path / "baseline.json"
    baseline.note(BEFORE, file)
    baseline.note({"backfill": {"assets / script": 0.70049}}, file)
    assert baseline.stored(file) == {**BEFORE, "backfill": {"assets / script": 0.7}}


def test_only_what_was_written_since_counts(tmp_path: Path):
    for name, written in (("old", 1_000), ("new", 2_000), ("without", 2_000)):
        ratios = {} if name == "without" else {"a / b": 0.5}
        (tmp_path / f"{name}.json").write_text(json.dumps({"benchmark": name, "ratios": ratios}))
        os.utime(tmp_path / f"{name}.json", (written, written))
    assert baseline.measured_since(1_500, tmp_path) == {"new": {"a / b": 0.5}}


def test_the_baseline_has_ratios_of_what_make_bench_runs():
    run = {name.replace("_", "-") for name, *_ in commands("1M", Path())}
    noted = baseline.stored()
    assert noted
    assert {name.partition("-1")[0] for name in noted} <= run
    assert all(value > 0 for ratios in noted.values() for value in ratios.values())
