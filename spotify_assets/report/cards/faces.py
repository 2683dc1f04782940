"""What each design of a share card says; None where the period has nothing of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from spotify_assets.charts.story import shades_of
from spotify_assets.charts.theme import HEAT
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import WEEKDAYS, day, hours, many, percent, say
from spotify_assets.report.parts import one_line
from spotify_assets.report.sections import story_of
from spotify_assets.report.sections.story import told_bars

_TOP, _MOST_BARS, _MOST_DAYS = 5, 40, 366


@dataclass(frozen=True)
class Face:
    """What stands on a card.

    Attributes:
        kicker: what it is about, small.
        headline: what it says, large.
        lines: further sentences.
        rows: names with what stands beside each and the share of the largest.
        bars: heights from 0 to 1, and which of them are marked.
        cells: column, row and colour of each cell of a field.
        columns: names of columns of the field, by their number.
        lines_of_cells: names of rows of the field, by their number.
    """

    kicker: str
    headline: str
    lines: list[str] = field(default_factory=list)
    rows: list[tuple[str, str, float]] = field(default_factory=list)
    bars: list[tuple[float, bool]] = field(default_factory=list)
    cells: list[tuple[int, int, str]] = field(default_factory=list)
    columns: Mapping[int, str] = field(default_factory=dict)
    lines_of_cells: Mapping[int, str] = field(default_factory=dict)


def _story(figures: PersonalFigures) -> Face:
    bars = told_bars(figures, _MOST_BARS)
    most = max((value for value, _ in bars), default=0.0) or 1.0
    drawn = [(value / most, is_told) for value, is_told in bars]
    return Face(say("What stood out"), story_of(figures).lead or "", bars=drawn)


def _time(figures: PersonalFigures) -> Face | None:
    heard = figures.of_period("timeline")["minutes_listened"].to_list()[-_MOST_BARS:]
    most = max(heard)
    if not most:
        return None
    now = figures.totals()
    lines = [many(int(now["plays"]), "{n} play", "{n} plays")] if now["plays"] else []
    headline = say("{hours} hours of listening", hours=hours(now["minutes_listened"]))
    return Face(say("Listening time"), headline, lines, bars=[(one / most, one == most) for one in heard])


def _tops(figures: PersonalFigures, name: str, label: str, kicker: str) -> Face | None:
    top = figures[name].filter(pl.col("rank_by_streams") <= _TOP).sort("rank_by_streams")
    if top.is_empty():
        return None
    rows = _rows_of(top, label)
    return Face(say(kicker), rows[0][0], rows=rows)


def _rows_of(found: pl.DataFrame, *labels: str) -> list[tuple[str, str, float]]:
    """The first names, each by the first label that it has, its streams, and their share of the most."""
    most = found["streams"][0]
    return [
        (
            one_line(next((row[label] for label in labels if row[label]), None)),
            many(int(row["streams"]), "{n} stream", "{n} streams"),
            row["streams"] / most,
        )
        for row in found.head(_TOP).iter_rows(named=True)
    ]


def _calendar(figures: PersonalFigures) -> Face | None:
    days = figures.of_period("days").tail(_MOST_DAYS)
    minutes = days["minutes_listened"]
    active = int((minutes > 0).sum())
    if not active:
        return None
    limits, shades = shades_of(minutes)
    first = days["local_date"][0].weekday()
    cells = [
        ((number + first) // 7, (number + first) % 7, shades[sum(heard >= one for one in limits)])
        for number, heard in enumerate(minutes)
    ]
    all_days = many(days.height, "{n} day", "{n} days")
    return Face(say("Day by day"), say("{n} of {days} with listening", n=active, days=all_days), cells=cells)


def _week(figures: PersonalFigures) -> Face | None:
    rows = figures.of_period("hours")
    best = rows.sort("minutes_listened", descending=True).row(0, named=True)
    if not best["minutes_listened"]:
        return None
    cells = [
        (weekday - 1, hour, HEAT[round(minutes / best["minutes_listened"] * (len(HEAT) - 1))])
        for weekday, hour, minutes in rows.iter_rows()
    ]
    weekday = say(WEEKDAYS[best["local_weekday"] - 1])
    headline = say("Most on {weekday}s from {hour}:00", weekday=weekday, hour=str(best["local_hour"]))
    columns = {number: say(name)[:2] for number, name in enumerate(WEEKDAYS)}
    names = {hour: f"{hour}:00" for hour in range(0, 24, 6)}
    return Face(say("The week by hour"), headline, cells=cells, columns=columns, lines_of_cells=names)


def _discoveries(figures: PersonalFigures) -> Face | None:
    found = figures["discovered_artists"]
    if found.is_empty():
        return None
    kept = figures["kept"].filter(pl.col("kind") == "artist", pl.col("is_old_enough"))
    stayed = kept.filter("has_stayed")
    lines = []
    if kept.height:
        share = percent(stayed.height / kept.height)
        lines = [say("{share} of those that could stay did", share=share)]
    headline = many(found.height, "{n} new artist", "{n} new artists")
    return Face(say("Discoveries"), headline, lines, _rows_of(found, "artist_name"))


def _obsession(figures: PersonalFigures) -> Face | None:
    if figures["obsessions"].is_empty():
        return None
    told = figures["obsessions"].row(0, named=True)
    name = one_line(told["track_name"] or told["artist_name"])
    streams = many(told["streams"], "{n} stream", "{n} streams")
    lines = [
        *([one_line(told["artist_name"])] if told["track_name"] else []),
        say(
            "{streams} from {first} to {last}",
            streams=streams,
            first=day(told["first_date"]),
            last=day(told["last_date"]),
        ),
        say(told["ending"]),
    ]
    rows = _rows_of(figures["obsessions"], "track_name", "artist_name")
    return Face(say("Obsession"), name, lines, rows if len(rows) > 1 else [])


DESIGNS: Mapping[str, Callable[[PersonalFigures], Face | None]] = {
    "story": _story,
    "time": _time,
    "artists": partial(_tops, name="artists", label="artist_name", kicker="Top artists"),
    "tracks": partial(_tops, name="tracks", label="track_name", kicker="Top tracks"),
    "calendar": _calendar,
    "week": _week,
    "discoveries": _discoveries,
    "obsession": _obsession,
}
"""What fills the card of each design, by its name."""
