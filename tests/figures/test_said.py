"""Periods as people say them, on a day in March."""

from datetime import date

import pytest

from spotify_assets.figures.said import said_period
from spotify_assets.figures.view import Period, period_of

KNOWN, TODAY = period_of("2019-05-05..2026-03-10"), date(2026, 3, 10)


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("this year", "2026-01-01..2026-03-10"),
        ("Last  Year", "2025-01-01..2025-12-31"),
        ("this month", "2026-03-01..2026-03-10"),
        ("last month", "2026-02-01..2026-02-28"),
        ("2020", "2020-01-01..2020-12-31"),
        ("2019", "2019-05-05..2019-12-31"),
        ("2024-02", "2024-02-01..2024-02-29"),
        ("March 2024", "2024-03-01..2024-03-31"),
        ("sep 2024", "2024-09-01..2024-09-30"),
        ("last summer", "2025-06-01..2025-08-31"),
        ("last winter", "2025-12-01..2026-02-28"),
        ("last autumn", "2025-09-01..2025-11-30"),
        ("winter 2023", "2023-12-01..2024-02-29"),
        ("spring 2024", "2024-03-01..2024-05-31"),
        ("all of it", "2019-05-05..2026-03-10"),
        ("2020-05-01 .. 2020-05-03", "2020-05-01..2020-05-03"),
    ],
)
def test_words_stand_for_days(said: str, days: str):
    assert said_period(said, KNOWN, TODAY) == period_of(days)


def test_a_winter_is_over_when_its_last_day_is():
    assert said_period("last winter", KNOWN, date(2026, 2, 28)) == period_of("2024-12-01..2025-02-28")
    later = Period(KNOWN.first, date(2026, 12, 31))
    assert said_period("last winter", later, date(2026, 3, 1)) == period_of("2025-12-01..2026-02-28")
    assert said_period("last summer", later, date(2026, 9, 1)) == period_of("2026-06-01..2026-08-31")


@pytest.mark.parametrize(
    "said", ["yesterday", "ma 2024", "2024-13", "smarch 2024", "", "2020-02-30..2020-03-01"]
)
def test_other_words_are_told_with_what_could_be_said(said: str):
    with pytest.raises(ValueError, match=r"is no period; say it as this year, last month, 2024"):
        said_period(said, KNOWN, TODAY)


def test_a_period_that_nothing_is_known_of_is_told():
    with pytest.raises(ValueError, match="nothing is known of 2015: there is listening from 2019-05-05"):
        said_period("2015", KNOWN, TODAY)
