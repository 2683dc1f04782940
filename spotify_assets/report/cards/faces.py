"""What each design of a share card says; None where the period has nothing of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from spotify_assets.charts.story import shades_of
from spotify_assets.charts.theme import HEAT
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import WEEKDAYS, day, hours, many, month_name, percent, say
from spotify_assets.report.parts import one_line
from spotify_assets.report.sections import story_of
from spotify_assets.report.sections.story import told_bars

_TOP, _MOST_BARS, _MOST_DAYS = 5, 40, 366
_LEAST_MONTH, _LEAST_YEAR = 28, 365
"""Days from which on what follows each other is told by its month, and by its year."""
_NAMING = ("tracks", "artists", "discovered_artists", "obsessions")
"""Figures that cards name artists and tracks of."""


@dataclass(frozen=True)
class Row:
    """A name with its rank, what stands beside it, and its share of the largest.

    The label may have a second line: of whom it is.
    """

    rank: int
    label: str
    value: str
    share: float


@dataclass(frozen=True)
class Face:
    """What stands on a card.

    Attributes:
        kicker: what it is about, small.
        headline: what it says, large.
        lines: further sentences.
        rows: names, the first of which is told.
        bars: heights from 0 to 1, and which of them are marked.
        ends: what the first and the last bar are of.
        cells: column, row and colour of each cell of a field.
        columns: names of columns of the field, by their number.
        lines_of_cells: names of rows of the field, by their number.
    """

    kicker: str
    headline: str
    lines: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    bars: list[tuple[float, bool]] = field(default_factory=list)
    ends: tuple[str, ...] = ()
    cells: list[tuple[int, int, str]] = field(default_factory=list)
    columns: Mapping[int, str] = field(default_factory=dict)
    lines_of_cells: Mapping[int, str] = field(default_factory=dict)


def face_of(figures: PersonalFigures, design: str, without: Collection[str] = ()) -> Face | None:
    """What a card says; None where the period has nothing of it, or nothing but what stays off it.

    Args:
        figures: of the listener and period.
        design: one of `DESIGNS`.
        without: names of artists and tracks that stay off it, in any case of letters.
    """
    hidden = {name.casefold() for name in without}
    frames = {name: _kept(figures[name], hidden) for name in _NAMING}
    face = DESIGNS[design](replace(figures, frames={**figures.frames, **frames}))
    said = (
        " ".join([face.headline, *face.lines, *(row.label for row in face.rows)]).casefold() if face else ""
    )
    return None if any(name in said for name in hidden) else face


def _kept(rows: pl.DataFrame, hidden: Collection[str]) -> pl.DataFrame:
    """The rows that name nobody who stays off, with their place among all as `place`."""
    placed = rows.with_row_index("place", offset=1)
    names = [name for name in ("track_name", "artist_name") if name in rows.columns]
    named = [pl.col(name).str.to_lowercase().is_in(list(hidden)).fill_null(value=False) for name in names]
    return placed.filter(~pl.any_horizontal(named))


def _story(figures: PersonalFigures) -> Face:
    bars = told_bars(figures, _MOST_BARS)
    most = max(bars["value"].to_list(), default=0.0) or 1.0
    drawn = [(value / most, is_told) for value, is_told in bars.select("value", "is_told").iter_rows()]
    return Face(
        say("What stood out"), story_of(figures).lead or "", bars=drawn, ends=_ends(bars["first_date"])
    )


def _time(figures: PersonalFigures) -> Face | None:
    heard = figures.of_period("timeline").select("starts_on", "minutes_listened")
    if heard.height > _MOST_BARS:
        heard = heard.group_by(pl.col("starts_on").dt.truncate("1y"), maintain_order=True).sum()
    bars = heard["minutes_listened"].to_list()
    most = max(bars)
    if not most:
        return None
    now = figures.totals()
    lines = [many(int(now["plays"]), "{n} play", "{n} plays")] if now["plays"] else []
    headline = say("{hours} hours of listening", hours=hours(now["minutes_listened"]))
    drawn = [(one / most, one == most) for one in bars]
    return Face(say("Listening time"), headline, lines, bars=drawn, ends=_ends(heard["starts_on"]))


def _ends(dates: pl.Series) -> tuple[str, ...]:
    """The first and the last of dates, as finely as they follow each other."""
    if len(dates) <= 1:
        return ()
    first, second, last = dates[0], dates[1], dates[-1]
    apart = (second - first).days

    def said(on: date) -> str:
        if apart < _LEAST_MONTH:
            return day(on)
        return f"{on.year}" if apart >= _LEAST_YEAR else f"{month_name(on.month)[:3]} {on.year}"

    return said(first), said(last)


def _tops(figures: PersonalFigures, name: str, labels: tuple[str, ...], kicker: str) -> Face | None:
    top = figures[name].filter(pl.col("rank_by_streams").is_not_null()).sort("rank_by_streams").head(_TOP)
    if top.is_empty():
        return None
    rows = _rows_of(top.with_columns(place="rank_by_streams"), labels)
    best, *of = rows[0].label.split("\n")
    return Face(say(kicker), best, of, rows)


def _rows_of(found: pl.DataFrame, labels: tuple[str, ...]) -> list[Row]:
    """The first names, each with its place, its labels that are known, and its streams."""
    most = found["streams"][0]
    return [
        Row(
            row["place"],
            "\n".join(one_line(row[label]) for label in labels if row[label]),
            many(int(row["streams"]), "{n} stream", "{n} streams"),
            row["streams"] / most,
        )
        for row in found.head(_TOP).iter_rows(named=True)
    ]


def _calendar(figures: PersonalFigures) -> Face | None:
    all_days = figures.of_period("days")
    days = all_days.tail(_MOST_DAYS)
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
    months = {
        (number + first) // 7: month_name(on.month)[:3]
        for number, on in enumerate(days["local_date"])
        if on.day == 1
    }
    weekdays = {number: say(WEEKDAYS[number])[:2] for number in (0, 2, 4)}
    counted = many(days.height, "{n} day", "{n} days")
    is_part = days.height < all_days.height
    said = "{n} of the last {days} with listening" if is_part else "{n} of {days} with listening"
    headline = say(said, n=active, days=counted)
    return Face(say("Day by day"), headline, cells=cells, columns=months, lines_of_cells=weekdays)


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
        lines = [say("{share} were heard again a month later", share=share)]
    headline = many(int(figures.totals()["new_artists"]), "{n} new artist", "{n} new artists")
    return Face(say("Discoveries"), headline, lines, _rows_of(found, ("artist_name",)))


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
    rows = _rows_of(figures["obsessions"], ("track_name", "artist_name"))
    if len(rows) > 1:
        return Face(say("Obsession"), name, lines, rows)
    bars, ends = _life(figures, told)
    return Face(say("Obsession"), name, lines, bars=bars, ends=ends)


def _life(
    figures: PersonalFigures, told: Mapping[str, Any]
) -> tuple[list[tuple[float, bool]], tuple[str, ...]]:
    """Streams of one that filled days over all that is known, and the step in which it began to."""
    steps = figures["life_steps"].filter(kind=told["kind"], id=told["id"])
    if steps.is_empty():
        return [], ()
    every = "1y" if steps["bucket"][0] == "year" else "1mo"
    known = figures.listener.known
    all_steps = pl.DataFrame({"starts_on": pl.date_range(known.first, known.last, every, eager=True)})
    over_time = all_steps.with_columns(pl.col("starts_on").dt.truncate(every)).join(
        steps, "starts_on", "left"
    )
    streams = over_time["streams"].fill_null(0)
    began = pl.Series([told["first_date"]]).dt.truncate(every)[0]
    most = float(steps["streams"].max())  # type: ignore[arg-type]
    marked = (over_time["starts_on"] == began).to_list()
    return [(n / most, is_told) for n, is_told in zip(streams, marked, strict=True)], _ends(
        over_time["starts_on"]
    )


DESIGNS: Mapping[str, Callable[[PersonalFigures], Face | None]] = {
    "story": _story,
    "time": _time,
    "artists": partial(_tops, name="artists", labels=("artist_name",), kicker="Top artists"),
    "tracks": partial(_tops, name="tracks", labels=("track_name", "artist_name"), kicker="Top tracks"),
    "calendar": _calendar,
    "week": _week,
    "discoveries": _discoveries,
    "obsession": _obsession,
}
"""What fills the card of each design, by its name."""
