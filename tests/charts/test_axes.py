"""Names on axes and in charts: each day once, even steps apart, and no name over another."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest

from spotify_assets.charts import audience, model
from spotify_assets.charts.theme import days_axis
from tests.charts.svg import to_svg

FIRST = date(2025, 2, 3)


def days(number: int, first: date = FIRST) -> pl.Series:
    return pl.Series("day", [first + timedelta(n) for n in range(number)])


def ticks(number: int) -> list[str]:
    return [str(value)[:10] for value in days_axis(days(number)).to_dict(validate=False)["values"]]


def test_a_week_names_each_of_its_days_once():
    assert ticks(7) == [str(day) for day in days(7)]


@pytest.mark.parametrize("number", [1, 2, 10, 11, 28, 90, 121])
def test_days_are_even_steps_apart_and_few(number):
    found = [date.fromisoformat(tick) for tick in ticks(number)]
    assert found[0] == FIRST
    assert 1 <= len(found) <= 10
    assert len({later - earlier for earlier, later in pairwise(found)}) <= 1


@pytest.mark.parametrize("number", [122, 365, 1_000, 4_000])
def test_long_periods_are_named_by_firsts_of_months(number):
    found = [date.fromisoformat(tick) for tick in ticks(number)]
    assert 1 < len(found) <= 10
    assert {tick.day for tick in found} == {1}
    months = [12 * tick.year + tick.month for tick in found]
    assert len({later - earlier for earlier, later in pairwise(months)}) <= 1


def test_the_legend_of_active_users_has_lines_as_the_chart_has():
    rows = pl.DataFrame({"local_date": days(3), "daily_active_users": [5, 2, 3]}).with_columns(
        weekly_active_users=7, monthly_active_users=9
    )
    text = to_svg(audience.active_users(rows))
    for name in ("month (MAU)", "week (WAU)", "day (DAU)"):
        assert text.count(f">{name}<") == 1
    lines = audience.active_users(rows).to_dict(validate=False)["layer"][0]["encoding"]
    assert lines["color"]["legend"] == lines["strokeDash"]["legend"]  # Vega makes one legend of equal ones
    assert lines["color"]["legend"]["symbolType"] == "stroke"


def test_names_of_tracks_that_would_cover_each_other_are_left_out():
    rows = pl.DataFrame(
        {
            "track_name": ["One", "Close", "Two", "Other"],
            "artist_name": "A",
            "playbacks": 30,
            "skip_probability": [0.60, 0.59, 0.50, 0.30],
            "skip_rate": 0.5,
            "popularity": [90, 89, 80, 10],
            "is_both": [True, True, True, False],
        }
    )
    text = to_svg(model.popular_and_skipped(rows))
    assert [name for name in rows["track_name"] if f">{name}<" in text] == ["One", "Two"]


def test_the_models_stand_under_each_other_in_the_legend():
    rows = pl.DataFrame(
        {
            "rung": ["base_rate", "audio", "audio"],
            "estimator": ["constant", "logistic", "gradient_boosting"],
            "auc": [0.5, 0.57, 0.58],
            "auc_low": [None, 0.55, 0.56],
            "auc_high": [None, 0.59, 0.6],
            "log_loss": [0.69, 0.68, 0.67],
        }
    )
    legend = model.ladder(rows).to_dict(validate=False)["layer"][1]["encoding"]["color"]["legend"]
    assert legend["columns"] == 1  # two beside each other are wider than a phone
