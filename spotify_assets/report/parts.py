"""What a page and a recap are made of: tiles, tables, pictures, sections. Not here: which there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from spotify_assets.figures.figure import Figure
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.report.language import say, spoken

if TYPE_CHECKING:
    import altair as alt

SHOWN = 10
"""Rows of a table; the data files have all of them."""


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
    cut: bool = True


@dataclass(frozen=True)
class Picture:
    """A chart: its name, unique on the page, what it shows, its rows, and how they are drawn.

    `sketch` is how the recap draws it where Vega would take too long: of rows, width and what it says as SVG.
    """

    name: str
    caption: str
    rows: pl.DataFrame
    draw: "Callable[[pl.DataFrame], alt.TopLevelMixin]"
    sketch: Callable[[pl.DataFrame, int, str], str] | None = None


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
