"""Periods as people say them: `last year`, `March 2024`, `last summer`, `all of it`.

Seasons are whole months of the northern half of the earth, as in climate records: summer is June to August,
and a winter has the year in which it began.
"""

import re
from datetime import date, timedelta

from spotify_assets.figures.view import Period, month_of, period_of

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The first month of each season, of which each has three."""
ALL_OF_IT = ("all", "all of it", "everything")
EXAMPLES = "this year, last month, 2024, March 2024, last summer, all of it or 2025-01-01..2025-01-31"
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def said_period(text: str, known: Period, today: date) -> Period:
    """The days that words stand for, without those that nothing is known of.

    Args:
        text: such as `EXAMPLES`, in any case of letters.
        known: the days that there is listening of.
        today: by which this and last are told.

    Raises:
        ValueError: they stand for nothing, or for days of which nothing is known.
    """
    said = " ".join(text.lower().split())
    found = known if said in ALL_OF_IT else _relative(said, today) or _named(said) or _days(said, text)
    within = found.within(known)
    if within is None:
        raise ValueError(f"nothing is known of {text}: there is listening from {known.first} to {known.last}")
    return within


def season(year: int, first_month: int) -> Period:
    """The three months of a season that began in a year."""
    first = date(year, first_month, 1)
    return Period(first, month_of(first + timedelta(days=75)).last)


def last_season(name: str, today: date) -> Period:
    """The last season of a name that is over."""
    seasons = (season(today.year - ago, SEASONS[name]) for ago in range(3))
    return next(found for found in seasons if found.last < today)


def year_of(year: int) -> Period:
    """A calendar year."""
    return Period(date(year, 1, 1), date(year, 12, 31))


def _relative(said: str, today: date) -> Period | None:
    before = today.replace(day=1) - timedelta(days=1)
    fixed = {
        "this year": year_of(today.year),
        "last year": year_of(today.year - 1),
        "this month": month_of(today),
        "last month": month_of(before),
    }
    fixed |= {f"last {name}": last_season(name, today) for name in SEASONS}
    fixed |= {f"this {name}": season(today.year, month) for name, month in SEASONS.items()}
    return fixed.get(said)


def _named(said: str) -> Period | None:
    if re.fullmatch(r"[12]\d{3}", said):
        return year_of(int(said))
    if found := re.fullmatch(r"([12]\d{3})-(\d{1,2})", said):
        month = int(found[2])
        return month_of(date(int(found[1]), month, 1)) if 1 <= month <= 12 else None
    found = re.fullmatch(r"(\w+) ([12]\d{3})", said)
    if not found:
        return None
    name, year = found[1], int(found[2])
    if name in SEASONS:
        return season(year, SEASONS[name])
    months = [number for number, month in enumerate(_MONTHS, 1) if month.startswith(name) and len(name) > 2]
    return month_of(date(year, months[0], 1)) if len(months) == 1 else None


def _days(said: str, text: str) -> Period:
    try:
        return period_of(said)
    except ValueError as error:
        raise ValueError(f"{text!r} is no period; say it as {EXAMPLES}") from error
