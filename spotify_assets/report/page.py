"""The page of a recap: figures in words, and its sections as tables and drawings, in one file of HTML."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import day, many, say, speaking, spoken
from spotify_assets.report.parts import Picture, TextTable, meaning, without_data
from spotify_assets.report.sections import ALL_FIGURES, parts, story_of
from spotify_assets.report.svg import inline_svg
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
_TABLE = "{% from 'tables.html.j2' import table_of with context %}{{ table_of(table) }}"


def rendered(figures: PersonalFigures, language: str = "en") -> str:
    """The page as HTML, with everything in it: the same text for the same figures, whoever asks for it."""
    with speaking(language):
        made = parts(figures)
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
                story=story_of(figures),
                parts=[part for part in made if any(not one.nothing for one in part.sections)],
                without_data=without_data([one for part in made for one in part.sections]),
                language=spoken().code,
            )
        )


def table_html(table: TextTable) -> str:
    """A table as HTML, to stand in a page that has `TABLE_STYLE`."""
    return _environment().from_string(_TABLE).render(table=table)


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
    made.globals.update(say=say, day=day, drawn=_drawn, WIDE=WIDE, NARROW=NARROW, LONG_NAME=LONG_NAME)
    return made


def _drawn(picture: Picture, width: int) -> str:
    if picture.sketch:
        return picture.sketch(picture.rows, width, picture.caption)
    chart: Any = picture.draw(picture.rows)
    return inline_svg(chart, width, f"{picture.name}-{width}", picture.caption)
