"""Periods, filters and the tables that answer them."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.figures import glossary
from spotify_assets.figures.view import (
    PLACES,
    PLAYBACKS,
    Filters,
    Period,
    Source,
    ask,
    choices,
    known_days,
    narrowest,
    period_of,
    track_counts,
)
from tests.dbt.generated import FIRST_DAY, LAST_DAY
from tests.figures.recount import playbacks, within

DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))
PERIODS = st.tuples(DATES, DATES).map(lambda pair: Period(min(pair), max(pair)))


@given(PERIODS)
def test_the_period_before_is_as_long_and_ends_where_it_begins(period: Period):
    before = period.before()
    assert before.days == period.days
    assert before.last + timedelta(days=1) == period.first


@given(PERIODS)
def test_a_period_is_read_from_what_it_is_written_as(period: Period):
    assert period_of(str(period)) == period


@given(PERIODS)
def test_the_default_leaves_as_many_days_to_compare_with(period: Period):
    default = period.default()
    assert default.last == period.last
    assert default.days <= 28
    assert period.days == 1 or default.before().first >= period.first


@pytest.mark.parametrize(
    "text", ["", "2025", "2025-01-01", "2025-01-02..2025-01-01", "a..b", "2025-13-01..x"]
)
def test_what_is_no_period_is_refused(text: str):
    with pytest.raises(ValueError, match=r"no period|before it begins"):
        period_of(text)


def test_the_days_that_are_known_are_those_with_music(connection):
    days = playbacks()["event_date"]
    assert known_days(connection) == Period(days.min(), days.max())  # type: ignore[arg-type]
    assert FIRST_DAY <= days.min() <= days.max() <= LAST_DAY  # type: ignore[operator]


def test_choices_are_what_was_heard(connection):
    offered = choices(connection)
    assert set(offered.country) == set(playbacks()["country"])
    assert set(offered.device) == set(playbacks()["device"])
    assert set(playbacks()["user_id"]) <= set(offered.user_id)


def test_a_source_refuses_a_filter_that_it_does_not_know():
    with pytest.raises(ValueError, match="genre"):
        PLACES.sql(Filters(Period(date(2025, 1, 1), date(2025, 1, 2)), genre="pop"))


def test_the_first_source_that_knows_the_filters_is_taken(connection):
    small = Source("(select 1 as plays, date '2025-01-01' as event_date)")
    period = Period(date(2025, 1, 1), date(2025, 1, 1))
    alone = ask(connection, f"from {narrowest(Filters(period), small, PLAYBACKS)}", Filters(period))
    assert alone["plays"].to_list() == [1]
    assert "is_music" in narrowest(Filters(period, user_id="x"), small, PLAYBACKS)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2025, 2, 1), date(2025, 2, 28)),
        (date(2025, 1, 31), date(2025, 3, 1)),
        (date(2025, 2, 10), date(2025, 3, 9)),
        (date(2025, 2, 1), date(2025, 3, 30)),
        (date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_months_and_days_together_have_every_playback_once(connection, first, last):
    filters = Filters(Period(first, last))
    found = ask(
        connection,
        f"select track_id, sum(plays)::bigint as plays from {track_counts(filters)} group by track_id",
        filters,
    )
    wanted = within(filters.period).group_by("track").agg(pl.len().cast(pl.Int64))
    assert sorted(found.rows()) == sorted(wanted.rows())


def test_every_row_of_the_glossary_means_something():
    assert glossary.definition("skip rate").startswith("skips ÷ plays whose outcome is known")
    assert "local date" in glossary.definition("DAU")
    with pytest.raises(KeyError, match="defined nowhere"):
        glossary.definition("nonsense")
