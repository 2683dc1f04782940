"""The numbers at the top, for every filter, against playbacks counted one by one."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from spotify_assets.figures import overview
from spotify_assets.figures.view import Filters, choices
from tests.figures.recount import FEBRUARY, chosen, playbacks

USER = "user_id"


def first_of(column: str) -> str:
    """The value of a column that most playbacks have."""
    return str(playbacks()[column].drop_nulls().value_counts(sort=True)[column][0])


@pytest.fixture(
    params=["nothing", "user_id", "country", "device", "genre", "artist_id", "country and device"]
)
def filters(request: pytest.FixtureRequest, connection) -> Filters:
    offered = choices(connection)
    names = request.param.split(" and ") if request.param != "nothing" else []
    values = {name: next(iter(getattr(offered, name))) for name in names}
    if "country" in values:
        values["country"] = first_of("country")
    return replace(Filters(FEBRUARY), **values)


def expected(filters: Filters, connection, day: str = "event_date") -> pl.DataFrame:
    rows = chosen(filters, day)
    if filters.artist_id:
        name = choices(connection).artist_id[filters.artist_id]
        rows = rows.filter(pl.col("catalogue_artist") == name)
    return rows


def test_counts_are_of_the_playbacks_that_the_filters_let_through(connection, filters):
    rows = expected(filters, connection)
    found = overview.counts(connection, filters).row(0, named=True)

    assert rows.height > 0
    assert found["plays"] == rows.height
    assert found["streams"] == rows["is_stream"].sum()
    assert found["skips"] == rows["is_skip"].sum()
    assert found["skip_rate"] == pytest.approx(rows["is_skip"].mean())
    assert found["minutes"] == pytest.approx(rows["ms_played"].sum() / 60_000)


def test_every_day_of_the_period_has_a_row_and_they_add_up(connection, filters):
    days = overview.by_day(connection, filters)
    counted = (
        expected(filters, connection)
        .group_by("event_date")
        .agg(plays=pl.len(), skips=pl.col("is_skip").sum())
    )

    assert days["event_date"].to_list() == [FEBRUARY.first + timedelta(days=n) for n in range(28)]
    found = days.filter(pl.col("plays") > 0).select("event_date", "plays", "skips")
    assert sorted(found.rows()) == sorted(counted.rows())
    assert (
        days.filter(pl.col("plays") == 0)["skip_rate"].null_count()
        == days.filter(pl.col("plays") == 0).height
    )


def test_active_listeners_are_counted_on_their_own_dates(connection, filters):
    counted = dict(
        expected(filters, connection, "local_date").group_by("local_date").agg(pl.col(USER).n_unique()).rows()
    )
    found = overview.active_listeners(connection, filters)

    assert found["local_date"].to_list() == [FEBRUARY.first + timedelta(days=n) for n in range(28)]
    assert found["daily_active_users"].to_list() == [counted.get(day, 0) for day in found["local_date"]]


def test_two_periods_stand_side_by_side_day_for_day():
    days = [date(2025, 2, 1), date(2025, 2, 2), date(2025, 2, 3)]
    now = pl.DataFrame({"event_date": days, "streams": [1, 2, 3]})
    then = pl.DataFrame({"event_date": [date(2024, 2, 1), date(2024, 2, 2)], "streams": [7, 8]})

    rows = overview.days_side_by_side(now, then, "event_date", "streams")

    assert rows.rows() == [
        *(("now", day, day, float(value)) for day, value in zip(days, (1, 2, 3), strict=True)),
        ("compared", days[0], date(2024, 2, 1), 7.0),
        ("compared", days[1], date(2024, 2, 2), 8.0),
    ]
