"""The metrics that are declared once for tools: each gives what the source rows give."""

from typing import Any

import polars as pl
import pytest
import yaml  # type: ignore[import-untyped]

from tests.dbt.warehouse import PROJECT_DIR, DbtWarehouse, events_frame, playbacks

DECLARED = yaml.safe_load((PROJECT_DIR / "models" / "marts" / "_metrics.yml").read_text(encoding="utf-8"))
AGGREGATES = {
    "sum": "sum({})",
    "count": "count({})",
    "average": "avg({})",
    "count_distinct": "count(distinct {})",
}


def value(built: DbtWarehouse, name: str) -> float:
    """The metric over everything, as a tool that reads the declarations computes it."""
    (metric,) = (m for m in DECLARED["metrics"] if m["name"] == name)
    parameters: dict[str, Any] = metric["type_params"]
    if metric["type"] == "ratio":
        return value(built, parameters["numerator"]) / value(built, parameters["denominator"])
    model, measure = next(
        (model, measure)
        for model in DECLARED["semantic_models"]
        for measure in model["measures"]
        if measure["name"] == parameters["measure"]
    )
    table = model["model"].removeprefix("ref('").removesuffix("')")
    aggregate = AGGREGATES[measure["agg"]].format(measure.get("expr", measure["name"]))
    return float(built.query(f"select {aggregate} from marts.{table}").item())


@pytest.fixture(scope="module")
def expected() -> dict[str, float]:
    events = events_frame()
    plays = playbacks(events)
    heard = events.filter(pl.col("action").is_in(["play", "skip"]))
    adds = events.filter(pl.col("action") == "add_to_playlist").height
    sessions = heard.group_by("session_id").agg(
        length=(pl.col("ended_at").max() - pl.col("started_at").min()).dt.total_milliseconds() / 60_000
    )
    streams, skips, completes = (float(plays[column].sum()) for column in ("streams", "skips", "completes"))
    listeners = plays["user_id"].n_unique()
    known = plays.height - float(plays["unknowns"].sum())
    return {
        "plays": plays.height,
        "streams": streams,
        "skips": skips,
        "completes": completes,
        "skip_rate": skips / known,
        "completion_rate": completes / known,
        "plays_of_known_outcome": known,
        "active_listeners": listeners,
        "plays_per_listener": plays.height / listeners,
        "engagement_score": streams + completes - skips + 3 * adds,
        "session_count": sessions.height,
        "mean_session_minutes": sessions.select(pl.col("length").mean()).item(),
    }


@pytest.mark.slow
def test_metrics_give_what_the_source_rows_give(built, expected):
    assert {name: value(built, name) for name in expected} == pytest.approx(expected)


def test_listening_time_counts_no_millisecond_twice(built):
    heard = float(events_frame()["ms_played"].sum())
    overlapping = float(built.query("select sum(ms_overlapping) from core.listening_hours").item())
    assert overlapping > 0
    assert value(built, "minutes_listened") == pytest.approx((heard - overlapping) / 60_000)


def test_every_metric_is_judged(expected):
    assert {metric["name"] for metric in DECLARED["metrics"]} == {*expected, "minutes_listened"}
