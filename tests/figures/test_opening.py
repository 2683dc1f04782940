"""Whose listening and which days are shown where nobody says, and what can be chosen."""

from datetime import date

import duckdb
import pytest

from spotify_assets.figures.opening import owners, periods_in_words
from spotify_assets.figures.view import Period, month_of


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("create schema marts")
    made.execute("create table marts.fact_listens (user_id varchar, source varchar)")
    return made


def test_who_brought_a_history_comes_first_and_generated_listeners_never(connection):
    rows = [("made-up", "synthetic")] * 9 + [("streamed", "stream")] * 5
    rows += [("me", "export")] * 2 + [("you", "export")] * 3 + [("me", "synthetic")] * 7
    connection.executemany("insert into marts.fact_listens values (?, ?)", rows)
    assert owners(connection) == ["you", "me"]


def test_nobody_brought_anything_of_their_own(connection):
    assert owners(connection) == []


def test_years_come_before_months_and_lie_within_what_is_known():
    known = Period(date(2019, 11, 20), date(2020, 3, 5))
    months = [date(2020, 3, 1), date(2020, 2, 1), date(2019, 12, 1), date(2019, 11, 1)]
    assert periods_in_words(months, known) == {
        "2020": Period(date(2020, 1, 1), date(2020, 3, 5)),
        "2019": Period(date(2019, 11, 20), date(2019, 12, 31)),
        "March 2020": Period(date(2020, 3, 1), date(2020, 3, 5)),
        "February 2020": Period(date(2020, 2, 1), date(2020, 2, 29)),
        "December 2019": Period(date(2019, 12, 1), date(2019, 12, 31)),
        "November 2019": Period(date(2019, 11, 20), date(2019, 11, 30)),
    }


def test_a_month_outside_of_what_can_be_chosen_is_not_offered():
    known = Period(date(2020, 1, 2), date(2020, 1, 31))
    assert list(periods_in_words([date(2020, 2, 1), date(2020, 1, 1)], known)) == ["2020", "January 2020"]


def test_the_newest_years_have_names_of_their_own():
    today = date.today()  # noqa: DTZ011
    months = [today.replace(day=1), date(today.year - 1, 5, 1)]
    names = list(periods_in_words(months, Period(date(2000, 1, 1), date(today.year, 12, 31))))
    assert names[:2] == [f"This year ({today.year})", f"Last year ({today.year - 1})"]


def test_a_month_has_its_last_day():
    assert month_of(date(2024, 2, 10)) == Period(date(2024, 2, 1), date(2024, 2, 29))
    assert month_of(date(2024, 12, 31)) == Period(date(2024, 12, 1), date(2024, 12, 31))
