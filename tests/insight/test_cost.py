"""What runs cost and would cost, against worked values."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from spotify_assets.insight.cost import Prices, per_table, pod_resources, projected, sizes_of, whole_runs
from spotify_assets.tables import RUN_COSTS

NOW = datetime(2026, 3, 31)  # noqa: DTZ001 - naive UTC
PRICES = Prices(cpu_hour=36.0, memory_gb_hour=3.6, storage_gb_month=2.0)
"""A processor's second costs 0.01, a gigabyte's 0.001."""


def row(run: str, table: str | None, days_ago: float = 1, **measured: Any) -> dict[str, Any]:
    usual = {"wall_seconds": 10.0, "cpu_seconds": 5.0, "peak_memory_bytes": 1_000_000_000, "rows_out": 100}
    made = {"run_id": run, "step": table or "check", "table_name": table} | usual | measured
    return made | {"started_at": NOW - timedelta(days=days_ago)}


def costs(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RUN_COSTS.polars_schema)


def test_a_month_is_what_the_days_of_it_come_to_with_the_storage():
    found = per_table(
        costs(
            row("a", "core.tracks", days_ago=15),  # 0.05 of processors and 0.01 of memory
            row("b", "core.tracks", days_ago=5, stored_bytes=500_000_000),
            row("old", "core.tracks", days_ago=31),
            row("b", None, days_ago=5, cpu_seconds=500.0),
        ),
        PRICES,
        NOW,
    )
    assert found["step"].to_list() == ["check", "core.tracks"]
    check, tracks = found.iter_rows(named=True)
    assert tracks["runs"] == 2
    assert tracks["month"] == pytest.approx(2 * 0.06 * 30 / 15 + 0.5 * 2)
    assert check["month"] == pytest.approx(5.01 * 30 / 15)


def sized(run: str, events: int, **measured: Any) -> list[dict[str, Any]]:
    """A run over so many events whose mart takes a second, and a second for every thousand events."""
    took = {"cpu_seconds": 1 + events / 1_000, "wall_seconds": 2 + events / 500, "stored_bytes": events * 8}
    return [row(run, "raw.raw_events", rows_out=events), row(run, "marts.m", **(took | measured))]


def test_what_runs_of_two_sizes_took_tells_what_a_third_takes():
    found = projected(costs(*sized("a", 1_000), *sized("b", 5_000)), 50_000)
    mart = found.row(by_predicate=pl.col("table_name") == "marts.m", named=True)
    assert mart["cpu_seconds"] == pytest.approx(51)
    assert mart["wall_seconds"] == pytest.approx(102)
    assert mart["stored_bytes"] == pytest.approx(400_000)
    raw = found.row(by_predicate=pl.col("table_name") == "raw.raw_events", named=True)
    assert raw["cpu_seconds"] == pytest.approx(5)  # as much whatever the size


def test_memory_grows_with_the_square_root_of_the_events():
    runs = [row for n in (1_000, 4_000) for row in sized(f"{n}", n, peak_memory_bytes=5e8 + 1e6 * n**0.5)]
    mart = projected(costs(*runs), 90_000).row(by_predicate=pl.col("table_name") == "marts.m", named=True)
    assert mart["peak_memory_bytes"] == pytest.approx(8e8)


def test_runs_of_one_size_are_taken_to_grow_with_the_events():
    found = projected(costs(*sized("a", 1_000), *sized("b", 1_000, cpu_seconds=4.0)), 10_000)
    mart = found.row(by_predicate=pl.col("table_name") == "marts.m", named=True)
    assert mart["cpu_seconds"] == pytest.approx(20)  # ten times the 2 s of the quicker one


def test_a_pod_asks_for_the_middle_run_and_may_take_half_as_much_again_as_the_largest():
    measured = [(10.0, 2_000_000_000), (14.5, 1_000_000_000), (5.0, 500_000_000)]
    runs = [
        row(str(n), table, wall_seconds=5.0, cpu_seconds=cpu / 2, peak_memory_bytes=peak)
        for n, (cpu, peak) in enumerate(measured)
        for table in ("core.tracks", None)
    ]
    assert pod_resources(costs(*runs)) == {
        "requests": {"cpu": "1000m", "memory": "960Mi"},  # 10 s of 10, and 953.7 MiB
        "limits": {"cpu": "2", "memory": "2880Mi"},  # 14.5 s of 10, and 1.5 times 1,907.3 MiB
    }


def test_nothing_takes_less_than_nothing():
    shrinking = costs(*sized("a", 1_000, cpu_seconds=9.0), *sized("b", 5_000, cpu_seconds=1.0))
    assert (projected(shrinking, 50_000)["cpu_seconds"] >= 0).all()


def test_a_run_that_made_a_part_does_not_count_as_whole():
    both = costs(*sized("whole", 1_000), row("part", "raw.raw_events", rows_out=70))
    assert whole_runs(both)["run_id"].unique().to_list() == ["whole"]
    assert sizes_of(both) == [70, 1_000]
    assert sizes_of(costs(row("without events", "core.tracks"))) == []
