"""How listening goes with the weather, for listeners who declared where they are."""

from collections.abc import Mapping
from functools import partial

import polars as pl

from spotify_assets.charts import insight as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import decimal, say
from spotify_assets.report.parts import Chapter, Picture, Section, TextTable, empty_section

WEATHER = personal_figure(
    "weather", "Listening and the weather", "one row per condition and measure", "listening and the weather"
)
_CONDITIONS = {
    "rain": "when it rains",
    "temperature": "ten degrees warmer",
    "daylight": "by daylight",
    "season": "in the summer half-year",
}
_MEASURES = {
    "valence": "valence",
    "energy": "energy",
    "tempo": "tempo",
    "minutes": "minutes an hour",
    "skip_rate": "skip rate",
}


def tell(figures: PersonalFigures) -> Section | None:
    """What is more or less than chance; no section for whoever declared no place."""
    found = figures["weather"]
    if found.is_empty():
        return None
    section = empty_section(WEATHER)
    more = found.filter(pl.col("answer").is_in(["more", "less"]))
    section.remarks = [
        say("Of {all} answers {found} are more than chance.", all=str(found.height), found=str(more.height))
    ]
    words = {name: say(name) for name in charts.ANSWERS}
    drawn = found.with_columns(
        _said("condition", _CONDITIONS), _said("measure", _MEASURES), pl.col("answer").replace(words)
    )
    draw = partial(charts.weather, words=list(words.values()))
    caption, of = say("Difference, in halves of its interval"), ("condition", "measure", "answer")
    section.pictures = [Picture("weather", caption, drawn, draw, "estimate", of, _difference)]
    rows = [
        (
            say(_CONDITIONS[condition]),
            say(_MEASURES[measure]),
            _difference(estimate),
            f"{_difference(low)} … {_difference(high)}",
        )
        for condition, measure, _, estimate, low, high, _ in more.iter_rows()
    ]
    columns = [say(name) for name in ("Condition", "Of", "Difference", "95 % interval")]
    if rows:
        caption = say("Listening and the weather")
        section.tables = [TextTable("weather", caption, columns, rows, words=(0, 1), minor=(3,), data=found)]
    return section


def _difference(value: float) -> str:
    return decimal(value, 3, signed=True)


def _said(column: str, words: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace({name: say(word) for name, word in words.items()})


CHAPTER = Chapter(tell, (WEATHER,))
