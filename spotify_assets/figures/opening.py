"""Whose listening is shown, and of which days, when nobody says; and the years and months to choose from."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from spotify_assets.figures.personal import (
    GENERATED,
    Listener,
    find_listener,
    last_full,
    nothing_known,
    period_before,
)
from spotify_assets.figures.view import Period, month_of
from spotify_assets.warehouse.connection import Connection


def owners(connection: Connection) -> list[str]:
    """The listeners who brought a history of their own, the most active first."""
    found = connection.execute(
        f"""
        select user_id
        from marts.fact_listens
        where source not in {GENERATED}
        group by user_id
        order by count(*) desc, user_id
        """
    ).fetchall()
    return [user_id for (user_id,) in found]


def listened_months(connection: Connection, user_id: str) -> list[date]:
    """The first day of each month in which a listener played anything, by their own dates, newest first."""
    found = connection.execute(
        "select distinct date_trunc('month', local_date)::date as month from marts.fact_user_activity "
        "where user_id = ? and playbacks > 0 order by month desc",
        [user_id],
    ).fetchall()
    return [month for (month,) in found]


def compared_by_default(listener: Listener, period: Period) -> Period | None:
    """The period before, if anything is known of all of it."""
    before = period_before(period)
    return before if before.first >= listener.known.first else None


def opening_period(connection: Connection, user_id: str) -> Period:
    """What is shown of a listener when nobody chose days: `last_full` of what is known of them."""
    known = find_listener(connection, user_id).known
    return last_full(known, lambda period: nothing_known(connection, user_id, period))


def periods_in_words(months: Sequence[date], known: Period) -> dict[str, Period]:
    """The years, and then the months, that there is listening in, newest first, by what people call them.

    Args:
        months: the first day of each month with listening, newest first.
        known: the days that can be chosen; what lies outside is left out.
    """
    this = datetime.now(UTC).year
    names = {this: f"This year ({this})", this - 1: f"Last year ({this - 1})"}
    years = dict.fromkeys(month.year for month in months)
    whole = {names.get(year, str(year)): Period(date(year, 1, 1), date(year, 12, 31)) for year in years}
    whole |= {f"{month:%B %Y}": month_of(month) for month in months}
    return {name: days for name, period in whole.items() if (days := period.within(known))}
