"""The scale of heat maps: nothing is the lightest colour, and more is always darker."""

from datetime import date, timedelta

import polars as pl
import pytest

from spotify_assets.charts import audience, overview
from spotify_assets.charts.personal import calendar, listening_time
from spotify_assets.charts.theme import HEAT
from tests.charts.svg import to_svg


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, 0 to 1 (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_nothing_is_the_lightest_and_more_is_darker():
    shades = [luminance(colour) for colour in HEAT]
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) == len(shades)
    near_black = luminance("#0E1117")
    assert (shades[-1] + 0.05) / (near_black + 0.05) >= 3  # what is most stands out on dark paper too


def test_the_calendar_begins_its_scale_at_nothing():
    days = pl.DataFrame(
        {
            "period": ["asked"] * 2,
            "local_date": [date(2025, 1, 1), date(2025, 1, 2)],
            "minutes_listened": [30.0, 60.0],
            "streams": [3, 5],
        }
    )
    scale = calendar(days).to_dict(validate=False)["encoding"]["color"]["scale"]
    assert scale["range"] == list(HEAT)
    assert scale["domainMin"] == 0


FIRST = date(2025, 2, 3)
DATES = [FIRST, FIRST + timedelta(1)]
SESSIONS = pl.DataFrame({"local_date": DATES, "sessions": [3, 1]}).with_columns(
    mean_minutes=9.0, median_minutes=8.0, plays_each=4.0
)
ACTIVE = pl.DataFrame({"local_date": DATES, "daily_active_users": [5, 2]}).with_columns(
    weekly_active_users=7, monthly_active_users=9
)
BY_DAY = pl.DataFrame({"period": "now", "day": DATES, "on": DATES, "value": [9.0, 4.0]})


def timeline(bucket: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "period": ["asked", "asked", "compared"],
            "position": [0, 1, 0],
            "starts_on": [*DATES, date(2025, 1, 1)],
            "bucket": bucket,
            "minutes_listened": [60.0, 30.0, 50.0],
            "streams": [9, 4, 8],
        }
    )


@pytest.mark.parametrize(("today", "marks"), [(DATES[0], 2), (DATES[1], 1), (DATES[1] + timedelta(1), 0)])
@pytest.mark.parametrize(
    "draw",
    [
        lambda today: overview.by_day(BY_DAY, "streams", today=today),
        lambda today: audience.sessions(SESSIONS, today),
        lambda today: audience.active_users(ACTIVE, today),
        lambda today: listening_time(timeline("day"), today),
    ],
    ids=["by day", "sessions", "active users", "listening time"],
)
def test_days_that_are_not_over_are_marked_and_no_others(draw, today, marks):
    assert to_svg(draw(today)).count(">so far<") == marks


def test_the_month_of_today_is_not_over_and_the_one_before_is():
    months = timeline("month").with_columns(
        starts_on=pl.Series([date(2025, 1, 1), date(2025, 2, 1), date(2024, 12, 1)])
    )
    assert to_svg(listening_time(months, date(2025, 2, 28))).count(">so far<") == 1
    assert to_svg(listening_time(months, date(2025, 3, 1))).count(">so far<") == 0
    assert "so far" not in to_svg(listening_time(months))
