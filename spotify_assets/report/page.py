"""The page of a recap: figures in words, and its sections as tables and drawings, in one file of HTML."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.covers import covers_of
from spotify_assets.report.language import day, many, say, speaking, spoken
from spotify_assets.report.parts import Section, TextTable, meaning, without_data
from spotify_assets.report.sections import ALL_FIGURES, ToldPart, parts, story_of
from spotify_assets.report.sections.lives import Life, lives_of
from spotify_assets.report.svg import picture_svg
from spotify_assets.report.words import headline, in_words, tiles, title_of

if TYPE_CHECKING:
    from jinja2 import Environment

WIDE, NARROW = 720, 340
"""Widths in pixels that each chart is drawn at, for screens and for phones."""
LONG_NAME = 40
"""Letters from which on the whole of a cell is told on hover too, because it may be cut."""
TABLE_STYLE = f"""
.told {{
  --soft: color-mix(in srgb, currentColor 75%, transparent);
  --line: color-mix(in srgb, currentColor 18%, transparent);
  --bar: #0072b240;
}}
{Path(__file__).with_name("tables.css").read_text(encoding="utf-8")}
"""
"""The style of tables that stand in a page of another look, in its own ink."""
_LIVES = "{% from 'lives.html.j2' import lives_of with context %}{{ lives_of(lives) }}"
_TABLE = "{% from 'tables.html.j2' import table_of with context %}{{ table_of(table) }}"


def rendered(figures: PersonalFigures, language: str = "en", covers: Path | None = None) -> str:
    """The page as HTML, with everything in it: the same text for the same figures, whoever asks for it.

    Args:
        figures: of the listener and period.
        language: in which it speaks.
        covers: a folder of cover art; None where there is none.
    """
    with speaking(language), covers_of(covers):
        made, story = parts(figures), story_of(figures)
        return (
            _environment()
            .get_template("recap.html.j2")
            .render(
                listener=figures.listener,
                headline=headline(figures),
                days=many(figures.period.days, "{n} day", "{n} days"),
                compared=figures.compared,
                compared_title=title_of(figures.compared) if figures.compared else None,
                tiles=tiles(figures),
                sentences=in_words(figures),
                definition=meaning(ALL_FIGURES[0]),
                story=story,
                parts=[part for part in made if any(not one.nothing for one in part.sections)],
                without_data=without_data([one for part in made for one in part.sections]),
                lives=lives_on(figures, story, made),
                language=spoken().code,
            )
        )


def lives_on(figures: PersonalFigures, story: Section, made: list[ToldPart]) -> dict[str, Life]:
    """The journeys of the names on a page, by the name."""
    return lives_of(figures, [story, *(section for part in made for section in part.sections)])


def table_html(table: TextTable, lives: Mapping[str, Life]) -> str:
    """A table as HTML, to stand in a page that has `TABLE_STYLE` and the lives that it leads to."""
    return _environment().from_string(_TABLE).render(table=table, lives=lives)


def lives_html(lives: Mapping[str, Life]) -> str:
    """What the names in tables lead to, as HTML."""
    return _environment().from_string(_LIVES).render(lives=lives)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    made = Environment(
        loader=PackageLoader("spotify_assets.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(say=say, day=day, drawn=picture_svg, WIDE=WIDE, NARROW=NARROW, LONG_NAME=LONG_NAME)
    return made
