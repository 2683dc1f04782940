"""Dates as people and spreadsheets write them: in an order that the whole column proves, never row by row.

`01/02/2024` is the first of February or the second of January. Which of them, only another row can tell: a
`25/01/2024` somewhere in the column proves that the day comes first, a `01/25/2024` that the month does. A
column that proves neither, or both, has no order: of its dates only what reads the same in either order is
certain.

Two-digit years are those of a spreadsheet's window, 1930 to 2029. Names of months are English or German, in
three letters or whole.

Here belongs: reading such dates. Not here: what a column of a format means.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import polars as pl

from spotify_assets.sources.date_shapes import ISO_DATE, UNKNOWN_DATE

NUMERIC_DATE = r"^\d{1,2}[./\- ]\d{1,2}[./\- ](?:\d{4}|\d{2})(?:[ ,T]|$)"
"""How a date begins that needs an order to be read (a regular expression of Polars and of Python)."""

_FIRST_YEAR_OF_WINDOW = 1930
_YEAR_ALONE = "year_alone"
"""How a date is read whose day and month could be either."""
_LONG_YEAR = 4
_NUMERIC = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4}|\d{2})$")
_TIME_AFTER = re.compile(r"[ ,T]+\d{1,2}:\d{2}.*$")
_NAME = r"([^\W\d_]{3,9})"
_UNAMBIGUOUS: tuple[tuple[re.Pattern[str], int, int, int | None], ...] = (
    (re.compile(r"(\d{4})(\d{2})(\d{2})$"), 1, 2, 3),
    (re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})$"), 1, 2, 3),
    (re.compile(r"(\d{4})[./](\d{1,2})$"), 1, 2, None),
    (re.compile(r"(\d{1,2})[./\-](\d{4})$"), 2, 1, None),
    (re.compile(rf"(\d{{1,2}})[. \-]*{_NAME}[., \-]*(\d{{4}}|\d{{2}})$"), 3, 2, 1),
    (re.compile(rf"{_NAME}[. ]*(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}})$"), 3, 1, 2),
    (re.compile(rf"{_NAME}[., \-]*(\d{{4}}|\d{{2}})$"), 2, 1, None),
)
"""Dates that need no order, and where their year, month and day stand."""
_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            *("jan january januar", "feb february februar", "mar march mär mrz märz", "apr april"),
            *("may mai", "jun june juni", "jul july juli", "aug august", "sep sept september"),
            *("oct october okt oktober", "nov november", "dec december dez dezember"),
        ),
        start=1,
    )
    for name in names.split()
}


class Order(StrEnum):
    """What comes first in a date of three numbers."""

    DAY = "day first"
    MONTH = "month first"
    YEAR = "year first"


_FIELDS: Mapping[Order, tuple[int, int, int]] = {
    Order.DAY: (2, 1, 0),
    Order.MONTH: (2, 0, 1),
    Order.YEAR: (0, 1, 2),
}
"""Where year, month and day stand."""


@dataclass(frozen=True)
class Dates:
    """The dates of one column that need an order, seen whole before the first of them is read.

    `readings` has for each date as written what it is in each order in which it is one; `possible` are the
    orders in which all of them are dates. What is none in any order counts for nothing.
    """

    readings: Mapping[str, Mapping[Order, date]]
    possible: frozenset[Order]

    @classmethod
    def of(cls, texts: Iterable[str], earliest: date = date.min) -> "Dates":
        """The dates among some texts, none before the earliest; whatever else they hold is left out."""
        found = {bare: match.groups() for bare in map(bare_date, texts) if (match := _NUMERIC.match(bare))}
        readings = {
            bare: {order: day for order, day in _readings(parts) if day >= earliest}
            for bare, parts in found.items()
        }
        possible = frozenset(Order).intersection(*(each.keys() for each in readings.values() if each))
        return cls(readings, possible)

    @property
    def order(self) -> Order | None:
        """The order that the column proves; None where it proves none, or where two contradict each other."""
        is_proven = len(self.possible) == 1 and any(self.readings.values())
        return next(iter(self.possible)) if is_proven else None

    @property
    def uncertain(self) -> str | None:
        """A date of the column that cannot be read for certain; None where all can."""
        return next((text for text, each in self.readings.items() if each and not self.day(text)), None)

    @property
    def words(self) -> str:
        """What the column proves, for a person; it has dates of three numbers."""
        if not self.possible:
            against = [self._excludes(order) for order in (Order.DAY, Order.MONTH)]
            shown = " and ".join(f"'{text}'" for text in dict.fromkeys(against) if text)
            return f"days and months stand in different orders: {shown}"
        if self.order:
            proof = next((text for text, each in self.readings.items() if len(each) == 1), None)
            return f"{self.order}, as '{proof}' shows" if proof else str(self.order)
        if self.uncertain is None:
            return "each reads the same, whatever comes first"
        orders = " or ".join(sorted(self.possible))
        return f"'{self.uncertain}' may be read {orders}, and no other row shows which"

    def day(self, text: str) -> date | None:
        """A date of the column; None where it is none, or its reading is not certain."""
        days = set(self._certain(text).values()) if self.possible else set()
        return days.pop() if len(days) == 1 else None

    def year(self, text: str) -> int | None:
        """The year of a date of the column, which may be certain where day and month are not."""
        years = {day.year for day in self._certain(text).values()}
        return years.pop() if len(years) == 1 else None

    def _certain(self, text: str) -> dict[Order, date]:
        readings = self.readings.get(bare_date(text), {})
        return {order: day for order, day in readings.items() if order in (self.possible or Order)}

    def _excludes(self, order: Order) -> str | None:
        return next((text for text, each in self.readings.items() if each and order not in each), None)


@dataclass(frozen=True)
class ReleaseDates:
    """A column of release dates: ISO 8601 where the reading is certain, else as written.

    `is_cut` says where the year alone is certain of a whole date; `repaired` counts the cells by how they
    were read. `words` say how dates of three numbers were read, where there are any.
    """

    values: pl.Series
    is_cut: pl.Series
    repaired: Mapping[str, int] = field(default_factory=dict)
    words: str | None = None


def release_dates(texts: pl.Series) -> ReleaseDates:
    """The release dates of a whole column of a whole file; texts without space around them."""
    distinct = texts.drop_nulls().unique()
    is_plain = distinct.str.contains(ISO_DATE) | distinct.str.contains(UNKNOWN_DATE)
    others = distinct.filter(~is_plain).sort().to_list()
    dates = Dates.of(others)
    read = {text: found for text in others if (found := _release_date(text, dates))}
    if not read:
        return ReleaseDates(texts, pl.repeat(value=False, n=texts.len(), dtype=pl.Boolean, eager=True))
    values = texts.replace({text: iso for text, (iso, _) in read.items()})
    counts = dict(texts.filter(texts.is_in(list(read))).value_counts().iter_rows())
    repaired: Counter[str] = Counter()
    for text, count in counts.items():
        repaired[f"release_date_{read[text][1]}"] += count
    return ReleaseDates(
        values=values,
        is_cut=texts.is_in([text for text, (_, how) in read.items() if how == _YEAR_ALONE]),
        repaired=dict(sorted(repaired.items())),
        words=dates.words if any(dates.readings.values()) else None,
    )


def month_number(name: str) -> int | None:
    """The number of a month by its name, whatever the case; None for what is none."""
    return _MONTHS.get(name.lower())


def bare_date(text: str) -> str:
    """A date without the time of day after it."""
    return _TIME_AFTER.sub("", text.strip())


def _readings(parts: tuple[str, ...]) -> Iterator[tuple[Order, date]]:
    for order, (year, month, day) in _FIELDS.items():
        is_year_first = order is Order.YEAR
        if is_year_first and (len(parts[2]) == _LONG_YEAR or len(parts[0]) == 1):
            continue
        with suppress(ValueError):
            yield order, date(_year(parts[year]), int(parts[month]), int(parts[day]))


def _year(written: str) -> int:
    if len(written) == _LONG_YEAR:
        return int(written)
    return _FIRST_YEAR_OF_WINDOW + (int(written) - _FIRST_YEAR_OF_WINDOW) % 100


def _release_date(text: str, dates: Dates) -> tuple[str, str] | None:
    """A release date as ISO 8601, and how it was read; None where it cannot be."""
    bare = bare_date(text)
    if bare in dates.readings:
        if day := dates.day(bare):
            return day.isoformat(), (dates.order or Order.DAY).replace(" ", "_")
        year = dates.year(bare)
        return (f"{year:04}", _YEAR_ALONE) if year else None
    for pattern, year, month, day_at in _UNAMBIGUOUS:
        if match := pattern.match(bare):
            return _iso(match[year], match[month], match[day_at] if day_at else None)
    return None


def _iso(year: str, month: str, day: str | None) -> tuple[str, str] | None:
    number = int(month) if month.isdigit() else month_number(month)
    try:
        found = date(_year(year), number or 0, int(day or 1))
    except ValueError:
        return None
    return (found.isoformat(), "written_out") if day else (found.isoformat()[:7], "month_and_year")
