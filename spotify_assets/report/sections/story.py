"""What stands out most against the listener's own past: one sentence, one picture, and how it was found."""

from functools import partial
from typing import Any

import polars as pl

from spotify_assets.charts import personal as charts
from spotify_assets.charts import story as story_charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import PARAMETERS, personal_figure
from spotify_assets.figures.view import Period
from spotify_assets.report.language import count, day, decimal, hours, month_name, percent, say
from spotify_assets.report.parts import Chapter, Picture, Section, TextTable, empty_section
from spotify_assets.report.words import title_of

OUTLIERS = personal_figure(
    "outliers", "What stood out", "one row per kind of stretch, measure and stretch", "outliers"
)
STORY = personal_figure("story", "The story", "the one measure of one stretch that stands out most", "story")
STANDING_OUT = float(str(PARAMETERS["standing_out"]))
_SHOWN = 6
_MOST_BARS = 120
"""Stretches that a picture has room for."""
_MEASURES = {
    "minutes a day": "listening a day",
    "share of the top artist": "streams of the top artist",
    "new artists a week": "new artists a week",
    "share at night": "listening at night",
    "share of other content": "time that was no music",
    "skip rate": "plays skipped",
}
_STRETCHES = {
    "period": "{n} periods of the same length before",
    "month": "{n} months before",
    "week": "{n} weeks before",
    "day": "{n} days before",
}


def tell(figures: PersonalFigures) -> Section:
    """The sentence, its picture, and what else stood out; without a past what was heard most."""
    section = empty_section(STORY)
    if figures["story"].is_empty():
        return _without_past(figures, section)
    told = figures["story"].row(0, named=True)
    section.lead = f"{_what(told)}: {_how(told)}"
    section.remarks = [
        say(
            "How this was found: of {measures} measures the one that lies furthest from the median of the "
            "{stretches}, in units of their spread: robust z {z}.",
            measures=len(_MEASURES),
            stretches=_stretches(told),
            z=decimal(told["robust_z"], signed=True),
        )
    ]
    section.pictures = [_picture(figures, told)]
    others = _others(figures, told)
    if others.rows:
        section.tables = [others]
    return section


def told_bars(figures: PersonalFigures, most: int) -> pl.DataFrame:
    """The told measure of the stretches around the told one: `first_date`, `value`, and whether `is_told`."""
    told = figures["story"]
    if told.is_empty():
        return pl.DataFrame(schema={"first_date": pl.Date, "value": pl.Float64, "is_told": pl.Boolean})
    return _told_rows(figures, told.row(0, named=True), most)


def _told_rows(figures: PersonalFigures, told: dict[str, Any], most: int) -> pl.DataFrame:
    """At most so many stretches, all that were before the told one or are in the period; it is among them."""
    before = (pl.col("first_date") <= told["first_date"]) | pl.col("is_asked")
    rows = (
        figures["outliers"]
        .filter(
            pl.col("kind") == told["kind"],
            pl.col("measure") == told["measure"],
            before,
            pl.col("value").is_not_null(),
        )
        .with_columns(is_told=pl.col("first_date") == told["first_date"])
        .select("kind", "first_date", "last_date", "value", "median_before", "is_told")
    )
    place = rows["is_told"].arg_max() or 0
    return rows.slice(min(max(place - most // 2, 0), max(rows.height - most, 0)), most)


def _picture(figures: PersonalFigures, told: dict[str, Any]) -> Picture:
    is_share = told["measure"] not in ("minutes a day", "new artists a week")
    title = say(_MEASURES[told["measure"]])
    title = title[:1].upper() + title[1:]
    if told["measure"] == "minutes a day":
        title = say("Minutes of listening a day")
    draw = partial(story_charts.story, form=".0%" if is_share else ",.0f", title=title)
    says = say("{what}; the dashed line is what was usual before", what=title)
    return Picture(
        "story",
        says,
        _told_rows(figures, told, _MOST_BARS),
        draw,
        "value",
        ("first_date",),
        partial(_value, told["measure"]),
    )


def _others(figures: PersonalFigures, told: dict[str, Any]) -> TextTable:
    found = (
        figures["outliers"]
        .filter(
            pl.col("is_asked"),
            pl.col("robust_z").abs() >= STANDING_OUT,
            pl.col("first_date") != told["first_date"],
        )
        .sort(pl.col("robust_z").abs(), "measure", "first_date", descending=[True, False, False])
        .unique(["kind", "measure"], keep="first", maintain_order=True)
        .head(_SHOWN)
    )
    rows = [
        (
            say(_MEASURES[row["measure"]]),
            title_of(Period(row["first_date"], row["last_date"])),
            _value(row["measure"], row["value"]),
            _value(row["measure"], row["median_before"]),
            f"{'▲' if row['robust_z'] > 0 else '▼'} {decimal(row['robust_z'], signed=True)}",
        )
        for row in found.iter_rows(named=True)
    ]
    columns = [say(name) for name in ("What", "When", "Value", "Usual before", "Robust z")]
    caption = say("What else stood out")
    return TextTable("outliers", caption, columns, rows, words=(0, 1), data=found, folded=True)


def _what(told: dict[str, Any]) -> str:
    value, when = _value(told["measure"], told["value"]), _when(told)
    if told["measure"] == "minutes a day":
        return say("{value} of listening a day {when}", value=value, when=when)
    if told["measure"] == "share of the top artist":
        artist = " ".join(told["top_artist_name"].split())
        return say("{value} of all streams {when} went to {artist}", value=value, when=when, artist=artist)
    if told["measure"] == "new artists a week":
        return say("{value} new artists a week {when}", value=value, when=when)
    if told["measure"] == "share at night":
        return say("{value} of the listening {when} was between midnight and five", value=value, when=when)
    if told["measure"] == "share of other content":
        return say("{value} of the time {when} was no music", value=value, when=when)
    return say("{value} of the plays {when} were skipped", value=value, when=when)


def _how(told: dict[str, Any]) -> str:
    values = {"usual": _value(told["measure"], told["median_before"]), "stretches": _stretches(told)}
    if abs(told["robust_z"]) < STANDING_OUT:
        return say("not far from the {usual} that was usual in the {stretches}.", **values)
    if told["is_most"]:
        return say("more than in any of the {stretches}, where {usual} was usual.", **values)
    if told["is_least"]:
        return say("less than in any of the {stretches}, where {usual} was usual.", **values)
    if told["robust_z"] > 0:
        return say("far above the {usual} that was usual in the {stretches}.", **values)
    return say("far below the {usual} that was usual in the {stretches}.", **values)


def _stretches(told: dict[str, Any]) -> str:
    return say(_STRETCHES[told["kind"]], n=told["stretches_before"])


def _value(measure: str, value: float) -> str:
    if measure == "minutes a day":
        if value >= 90:
            return say("{n} hours", n=hours(value))
        return say("{n} minutes", n=decimal(value, 0))
    if measure == "new artists a week":
        return decimal(value)
    return f"{decimal(100 * value, 0)}%" if value >= 0.1 else percent(value)


def _when(told: dict[str, Any]) -> str:
    first = told["first_date"]
    if told["kind"] == "month":
        return say("in {period}", period=f"{month_name(first.month)} {first.year}")
    if told["kind"] == "week":
        return say("in the week from {day}", day=day(first))
    if told["kind"] == "day":
        return say("on {day}", day=day(first))
    return say("in {period}", period=title_of(Period(first, told["last_date"])))


def _without_past(figures: PersonalFigures, section: Section) -> Section:
    """What was heard most, where nothing is known to compare with."""
    top = figures["artists"].filter(pl.col("rank_by_streams") == 1)
    section.remarks = [say("There is too little of a past to say what stands out against it.")]
    if top.height:
        best = top.row(0, named=True)
        section.lead = say(
            "{artist} had {streams} of all {all} streams.",
            artist=" ".join(best["artist_name"].split()),
            streams=count(int(best["streams"])),
            all=int(figures.totals()["streams"]),
        )
        draw = partial(charts.tops, name="artist_name")
        rows = figures["artists"].filter(pl.col("rank_by_streams").is_not_null())
        section.pictures = [
            Picture("story", say("Streams of the top artists"), rows, draw, "streams", ("artist_name",))
        ]
        return section
    section.lead = say("{hours} hours of listening.", hours=hours(figures.totals()["minutes_listened"]))
    return section


CHAPTER = Chapter(tell, (OUTLIERS, STORY))
