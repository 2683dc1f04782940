"""Charts of models, audience, catalogue and quality draw, and carry what they were given."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl
import pytest

from spotify_assets.charts import audience, catalogue, model, quality
from spotify_assets.charts.theme import to_png, to_vega_lite

DAYS = [date(2025, 1, 1) + timedelta(days=n) for n in range(3)]
NOW = datetime(2025, 1, 5, tzinfo=UTC).replace(tzinfo=None)
PNG = b"\x89PNG"

LADDER = pl.DataFrame(
    {
        "rung": ["base_rate", "audio", "audio"],
        "estimator": ["constant", "logistic", "gradient_boosting"],
        "auc": [0.5, 0.57, 0.58],
        "auc_low": [None, 0.55, 0.56],
        "auc_high": [None, 0.59, 0.6],
        "log_loss": [0.69, 0.68, 0.67],
    }
)
OVER_TIME = pl.DataFrame(
    {
        "cutoff_date": DAYS,
        "auc": [0.55, 0.56, 0.57],
        "log_loss": [0.68] * 3,
        "base_log_loss": [0.69] * 3,
        "test_skip_rate": [0.5] * 3,
        "test_rows": [100] * 3,
    }
)
DRIFT = pl.DataFrame(
    {"feature": ["a_b", "c"], "psi": [0.3, 0.01], "train_unknown": [0.0, 0.1], "test_unknown": [0.0, 0.2]}
)
POPULAR = pl.DataFrame(
    {
        "track_name": ["One", "Two"],
        "artist_name": ["A", "B"],
        "playbacks": [30, 40],
        "skip_probability": [0.6, 0.3],
        "skip_rate": [0.5, 0.4],
        "popularity": [90, 10],
        "is_both": [True, False],
    }
)
ACTIVE = pl.DataFrame(
    {
        "local_date": DAYS,
        "daily_active_users": [1, 2, 3],
        "weekly_active_users": [4, 5, 6],
        "monthly_active_users": [7, 8, 9],
    }
)
RETENTION = pl.DataFrame(
    {
        "cohort_start": [DAYS[0], DAYS[0]],
        "periods_since_start": [0, 1],
        "cohort_users": [10, 10],
        "users": [10, 3],
        "retention": [1.0, 0.3],
        "is_complete": [True, False],
    }
)
ENGAGEMENT = pl.DataFrame(
    {
        "local_date": DAYS,
        "listeners": [3] * 3,
        "low": [-1.0, 0, 1],
        "median": [1.0, 2, 3],
        "high": [4.0, 5, 6],
        "mean": [2.0] * 3,
    }
)
ACTIVE_DAYS = pl.DataFrame({"active_days": [1, 3], "listeners": [5, 6]})
SESSIONS = pl.DataFrame(
    {
        "local_date": DAYS,
        "sessions": [4, 5, 6],
        "mean_minutes": [10.0] * 3,
        "median_minutes": [9.0] * 3,
        "plays_each": [4.0] * 3,
    }
)
LENGTHS = pl.DataFrame({"minutes_from": [0, 180], "sessions": [3, 1], "share": [0.75, 0.25]})
SNAPSHOTS = pl.DataFrame({"snapshot_date": DAYS, "tracks": [10, 11, 12], "mean_popularity": [40.0, 41, 42]})
BANDS = pl.DataFrame(
    {
        "snapshot_date": [DAYS[0], DAYS[0], DAYS[1]],
        "popularity_from": [0, 90, 90],
        "tracks": [3, 1, 4],
        "track_share": [0.75, 0.25, 1.0],
    }
)
TRACKS = pl.DataFrame(
    {
        "rank": [1, 1, 2],
        "track_name": ["Same", "Same", "Same"],
        "artist_name": ["A", "A", "B"],
        "snapshot_date": [DAYS[0], DAYS[1], DAYS[0]],
        "popularity": [50, 51, 60],
    }
)
LENGTH_BANDS = pl.DataFrame({"seconds_from": [30, 480], "popularity_from": [0, 90], "tracks": [4, 5]})
YEARS = pl.DataFrame(
    {
        "release_year": [1999, None],
        "tracks": [1, 2],
        "streams": [3, 4],
        "stream_share": [0.4, 0.6],
        "skip_rate": [0.1, 0.2],
    }
)
TASTE = pl.DataFrame(
    {
        "event_month": DAYS[:1],
        "streams": [10],
        "mean_popularity": [50.0],
        "mainstream_share": [0.5],
        "middle_share": [0.3],
        "niche_share": [0.2],
    }
)
RELEASES = pl.DataFrame(
    {
        "track_name": ["One", "Two"],
        "artist_name": ["A", "B"],
        "release_date": DAYS[:2],
        "recent_streams": [9, 1],
        "previous_streams": [0, 4],
        "recent_skip_rate": [0.5, None],
        "trending_score": [3.0, -1.3],
    }
)
OUTCOMES = pl.DataFrame(
    {
        "file": ["zip/a.json", "b.csv", "empty.csv"],
        "rows_in": [10, 20, 0],
        "loaded": [8, 20, 0],
        "duplicate": [1, 0, 0],
        "rejected": [1, 0, 0],
    }
)
BOOKS = pl.DataFrame(
    {
        "table_name": ["core.a", "raw.b"],
        "newest_date": DAYS[:2],
        "written_at": [NOW - timedelta(hours=6), NOW],
    }
)
RULES = pl.DataFrame(
    {
        "rule": ["mine-v1", "other-v1"],
        "says": ["this", "that"],
        "whose": ["here", "there"],
        "streams": [5, 7],
        "share": [0.5, 0.7],
        "hours": [1.0, 1.5],
    }
)

Draw = Callable[[pl.DataFrame], Any]
CHARTS: dict[str, tuple[Draw, pl.DataFrame]] = {
    "ladder": (model.ladder, LADDER),
    "over time": (model.over_time, OVER_TIME),
    "drift": (partial(model.drift, large=0.2), DRIFT),
    "popular and skipped": (model.popular_and_skipped, POPULAR),
    "active users": (audience.active_users, ACTIVE),
    "retention": (partial(audience.retention, period="week"), RETENTION),
    "engagement": (audience.engagement, ENGAGEMENT),
    "active days": (audience.active_days, ACTIVE_DAYS),
    "sessions": (audience.sessions, SESSIONS),
    "session lengths": (partial(audience.session_lengths, step=10, longest=180), LENGTHS),
    "popularity": (catalogue.popularity_over_time, SNAPSHOTS),
    "distribution": (catalogue.popularity_distribution, BANDS),
    "popularity of tracks": (catalogue.popularity_of_tracks, TRACKS),
    "length and popularity": (
        partial(catalogue.length_and_popularity, step=30, longest=480),
        LENGTH_BANDS,
    ),
    "release years": (catalogue.release_years, YEARS),
    "mainstream": (catalogue.mainstream_and_niche, TASTE),
    "new releases": (catalogue.new_releases, RELEASES),
    "outcomes": (partial(quality.outcomes, label="file"), OUTCOMES),
    "freshness": (partial(quality.freshness, now=NOW), BOOKS),
    "stream rules": (partial(quality.stream_rules, own="mine-v1"), RULES),
}


def rows_of(chart: Any) -> list[dict[str, Any]]:
    """The rows that a chart carries, of its largest data set."""
    datasets = json.loads(to_vega_lite(chart))["datasets"]
    largest: list[dict[str, Any]] = max(datasets.values(), key=len)
    return largest


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_draws_in_light_and_dark(name: str):
    draw, rows = CHARTS[name]
    chart = draw(rows)
    assert to_png(chart).startswith(PNG)
    assert to_png(chart, "dark").startswith(PNG)


@pytest.mark.parametrize("name", CHARTS)
def test_every_mark_of_data_says_its_numbers_on_hover(name: str):
    draw, rows = CHARTS[name]
    specification = json.loads(to_vega_lite(draw(rows)))
    layers = specification.get("layer", [specification])
    assert any("tooltip" in layer["encoding"] for layer in layers)


def test_a_shift_above_the_limit_is_told_apart():
    assert [row["says"] for row in rows_of(model.drift(DRIFT, 0.2))] == ["above 0.2", "up to 0.2"]


def test_a_cohort_carries_its_size_and_what_is_running():
    rows = rows_of(audience.retention(RETENTION, "week"))
    assert [row["cohort"] for row in rows] == ["01 Jan 2025 (10)"] * 2
    assert [row["figure"] for row in rows] == ["100", "30*"]


def test_tracks_of_one_name_are_two_lines():
    rows = rows_of(catalogue.popularity_of_tracks(TRACKS))
    assert {row["track"] for row in rows} == {"1. Same", "2. Same"}


def test_bands_have_their_ends():
    assert {row["band"] for row in rows_of(catalogue.popularity_distribution(BANDS))} == {"0–9", "90–100"}
    lengths = {row["length"] for row in rows_of(catalogue.length_and_popularity(LENGTH_BANDS, 30, 480))}
    assert lengths == {"0:30", "8:00+"}


def test_outcomes_of_a_file_add_up_to_one():
    rows = pl.DataFrame(rows_of(quality.outcomes(OUTCOMES, "file")))
    shares = rows.group_by("file").agg(pl.col("share").sum())["share"].to_list()
    assert shares == pytest.approx([1.0, 1.0])
    assert "empty.csv" not in rows["file"]


def test_hours_since_the_last_write_are_counted_from_now():
    assert {row["table_name"]: row["hours"] for row in rows_of(quality.freshness(BOOKS, NOW))} == {
        "core.a": 6,
        "raw.b": 0,
    }


def test_the_rule_in_use_is_told_apart():
    rows = rows_of(quality.stream_rules(RULES, "other-v1"))
    assert [row["use"] for row in rows] == ["elsewhere", "in use here"]


def test_what_rises_by_more_than_chance_is_told_apart():
    assert [row["says"] for row in rows_of(catalogue.new_releases(RELEASES))] == [
        "more than chance",
        "within chance",
    ]
