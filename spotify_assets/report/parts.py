"""What a page and a recap are made of: tiles, tables, pictures, sections. Not here: which there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from spotify_assets.figures.figure import Figure
from spotify_assets.figures.personal import ASKED, PersonalFigures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.report.language import WEEKDAYS, count, day, say, spoken

if TYPE_CHECKING:
    import altair as alt

SHOWN = 10
"""Rows of a table; the data files have all of them."""
_MOST_TOLD = 12
"""Numbers of a picture that are told one by one."""


@dataclass(frozen=True)
class Tile:
    """A figure at the top: what it is, its value, its change against the compared period, and its term."""

    label: str
    value: str
    change: str | None = None
    term: str = "recap figures"


@dataclass(frozen=True)
class TextTable:
    """A table as text.

    Attributes:
        name: of its file of numbers, unique on the page.
        caption: what it is.
        columns: their names.
        rows: what stands in them; a cell of several lines has the main one first.
        words: the columns that hold words, the others hold numbers.
        minor: the columns that a phone has no room for.
        bars: for each row the share of the first column of words that a bar fills.
        data: the numbers as they are, to be taken along.
        folded: whether it is shown only to those who ask for it.
        names: the columns of names of tracks and artists, which lead to what is told of each.
        covers: for each row the address of its picture, in the page itself, where it has one.
        cut: whether words take two lines at most, with the whole on hover.
    """

    name: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: tuple[int, ...] = (0,)
    minor: tuple[int, ...] = ()
    bars: Sequence[float] = ()
    data: pl.DataFrame | None = None
    folded: bool = False
    names: tuple[int, ...] = ()
    covers: Sequence[str | None] = ()
    cut: bool = True


@dataclass(frozen=True)
class Picture:
    """A chart: its name, unique on the page, what it shows, its rows, and how they are drawn.

    Attributes:
        number: the column that is drawn.
        which: the columns that say of what each number is.
        form: how numbers are written.
        told: the rows that say it in words, where those are not all.
        sketch: how the recap draws it where Vega would take too long: of rows, width and what it says as SVG.
    """

    name: str
    caption: str
    rows: pl.DataFrame
    draw: "Callable[[pl.DataFrame], alt.TopLevelMixin]"
    number: str
    which: Sequence[str]
    form: Callable[[Any], str] = count
    told: pl.DataFrame | None = None
    sketch: Callable[[pl.DataFrame, int, str], str] | None = None

    @property
    def says(self) -> str:
        """The picture in words, for those who do not see it: each number of few, the span of many."""
        rows = self.rows if self.told is None else self.told
        if "period" in rows.columns:
            rows = rows.filter(pl.col("period") == ASKED)
        rows = rows.drop_nulls(self.number)
        if rows.height <= _MOST_TOLD:
            numbers = [f"{self._of(row)}: {self.form(row[self.number])}" for row in rows.to_dicts()]
            return f"{self.caption}. {'; '.join(numbers)}."
        least, *_, most = rows.sort(self.number, maintain_order=True).to_dicts()
        return say(
            "{caption}. {n} numbers from {least} ({of_least}) to {most} ({of_most}); half of them are at "
            "most {median}.",
            caption=self.caption,
            n=rows.height,
            least=self.form(least[self.number]),
            of_least=self._of(least),
            most=self.form(most[self.number]),
            of_most=self._of(most),
            median=self.form(rows[self.number].quantile(0.5, "lower")),
        )

    def _of(self, row: dict[str, Any]) -> str:
        return " ".join(_said_of(name, row[name]) for name in self.which)


@dataclass
class Section:
    """A heading with what its figures mean, pictures, tables and remarks.

    `nothing` says in a few words why there is nothing to show; the section is then named in one line with all
    others that are empty. `lead` is a sentence that is read before all else.
    """

    name: str
    title: str
    definition: str
    pictures: list[Picture] = field(default_factory=list)
    tables: list[TextTable] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    nothing: str | None = None
    lead: str | None = None


@dataclass(frozen=True)
class Chapter:
    """A kind of section as it is registered: what fills it, and the figures that it brings along.

    Attributes:
        tell: makes the section of a listener's figures; None where it has no place among these, as what
            compares has none where nothing is compared.
        figures: those that `figures.personal_queries` does not have; `tell` finds them by their names.
    """

    tell: Callable[[PersonalFigures], Section | None]
    figures: tuple[Figure, ...] = ()


def _said_of(name: str, value: Any) -> str:
    """What a number is of: a date, a weekday, an hour, a name."""
    if isinstance(value, date):
        return day(value)
    if name == "local_weekday":
        return say(WEEKDAYS[value - 1])
    if name in ("ending", "mood"):
        return say(value)
    return f"{value}:00" if name == "local_hour" else one_line(None if value is None else str(value))


def empty_section(figure: Figure) -> Section:
    """An empty section of a figure, with its title and what its numbers mean."""
    return Section(figure.name, say(figure.title), meaning(figure))


def section_of(name: str) -> Section:
    """An empty section of a figure that all pages have."""
    return empty_section(next(one for one in FIGURES if one.name == name))


def meaning(figure: Figure) -> str:
    """What the numbers of a figure mean, as text without marks."""
    return spoken().definitions.get(figure.name, figure.definition.replace("`", ""))


def one_line(name: str | None, nothing: str = "–") -> str:
    """A name as one line of a cell."""
    return " ".join((name or nothing).split())


def without_data(sections: list[Section]) -> list[str]:
    """One line per reason for the sections that have nothing to show: which ones they are, and why."""
    titles: dict[str, list[str]] = {}
    for section in sections:
        if section.nothing:
            titles.setdefault(section.nothing, []).append(section.title)
    return [f"{', '.join(named)}: {reason}" for reason, named in titles.items()]
