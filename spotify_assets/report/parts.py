"""What a recap's page is made of: tiles, tables, pictures and sections. Not here: which of them it has."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spotify_assets.figures.personal_queries import FIGURES

NOTHING = "–"


@dataclass(frozen=True)
class Tile:
    """A figure at the top: what it is, its value, and its change against the compared period."""

    label: str
    value: str
    change: str | None = None


@dataclass(frozen=True)
class TextTable:
    """A table as text.

    Attributes:
        caption: what it is.
        columns: their names.
        rows: what stands in them; a cell of several lines has the main one first.
        words: the columns that hold words, the others hold numbers.
        minor: the columns that a phone has no room for.
        bars: for each row the share of the first column of words that a bar fills.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: tuple[int, ...] = (0,)
    minor: tuple[int, ...] = ()
    bars: Sequence[float] = ()


@dataclass(frozen=True)
class Picture:
    """A chart, drawn wide and narrow."""

    caption: str
    wide: str
    narrow: str


@dataclass
class Section:
    """A heading with what its figures mean, pictures, tables and remarks.

    `nothing` says in a few words why there is nothing to show; the section is then named in one line with all
    others that are empty.
    """

    name: str
    title: str
    definition: str
    pictures: list[Picture] = field(default_factory=list)
    tables: list[TextTable] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    nothing: str | None = None


def section_of(name: str) -> Section:
    """An empty section of a figure, with its title and what its numbers mean."""
    figure = next(one for one in FIGURES if one.name == name)
    return Section(name, figure.title, figure.definition.replace("`", ""))


def count(value: float | None) -> str:
    """A number of things as text; a dash where it is not known."""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def percent(value: float | None) -> str:
    """A share as text; a dash where it is not known."""
    return NOTHING if value is None else f"{value:.1%}"


def without_data(sections: list[Section]) -> list[str]:
    """One line per reason for the sections that have nothing to show: which ones they are, and why."""
    titles: dict[str, list[str]] = {}
    for section in sections:
        if section.nothing:
            titles.setdefault(section.nothing, []).append(section.title)
    return [f"{', '.join(named)}: {reason}" for reason, named in titles.items()]
