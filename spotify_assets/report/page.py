"""The page of a recap: figures in words, tables and drawings, in the order in which they are read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from spotify_assets.charts import personal as charts
from spotify_assets.figures.overview import unknown_in_words
from spotify_assets.figures.personal import ASKED, COMPARED, PersonalFigures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.figures.view import Period
from spotify_assets.report.svg import inline_svg

if TYPE_CHECKING:
    import altair as alt

WIDE, NARROW = 720, 340
"""Widths in pixels that each chart is drawn at, for screens and for phones."""
SHOWN = 10
"""Rows of a table; the data files have all of them."""
SHOWN_STREAKS = 5
_NOTHING = "–"
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Tile:
    """A figure at the top: what it is, its value, and its change against the compared period."""

    label: str
    value: str
    change: str | None = None


@dataclass(frozen=True)
class Table:
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
    """A heading with what its figures mean, pictures, tables, and a sentence where there is nothing."""

    name: str
    title: str
    definition: str
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def title_of(period: Period) -> str:
    """A period as people call it: `2025`, `October 2025`, or its dates."""
    if (period.first.month, period.first.day, period.last.month, period.last.day) == (1, 1, 12, 31):
        years = period.first.year, period.last.year
        return f"{years[0]}" if years[0] == years[1] else f"{years[0]} to {years[1]}"
    next_day = date.fromordinal(period.last.toordinal() + 1)
    month = _MONTHS[period.first.month - 1]
    if period.first.day == next_day.day == 1 and period.days <= 31:
        return f"{month} {period.first.year}"
    return f"{period.first} to {period.last}"


def tiles(figures: PersonalFigures) -> list[Tile]:
    """The main figures of the period, each beside the compared one."""
    now = figures.totals()
    before = figures.totals(COMPARED) if figures.compared else None

    def relative(name: str) -> str | None:
        return None if not before or not before[name] else f"{now[name] / before[name] - 1:+.1%}"

    points = None
    if before and now["skip_rate"] is not None and before["skip_rate"] is not None:
        points = f"{100 * (now['skip_rate'] - before['skip_rate']):+.1f} points"
    return [
        Tile("hours listened", f"{now['minutes_listened'] / 60:,.1f}", relative("minutes_listened")),
        Tile("streams", f"{now['streams']:,}", relative("streams")),
        Tile("plays", f"{now['plays']:,}", relative("plays")),
        Tile("plays skipped", _percent(now["skip_rate"]), points),
        Tile("tracks", f"{now['tracks']:,}", relative("tracks")),
        Tile("artists", f"{now['artists']:,}", relative("artists")),
        Tile("new tracks", f"{now['new_tracks']:,}", relative("new_tracks")),
        Tile("days in a row", f"{now['longest_streak_days']:,}", relative("longest_streak_days")),
    ]


def in_words(figures: PersonalFigures) -> list[str]:
    """The main figures as sentences."""
    now = figures.totals()
    played = now["minutes_played"] + now["minutes_of_other_content"]
    unknown = _unknown(figures)
    return [
        f"{now['minutes_listened'] / 60:,.1f} hours on the clock ({played / 60:,.1f} hours played, of which "
        f"{now['minutes_of_other_content'] / 60:,.1f} were no music), {now['plays']:,} plays, "
        f"{now['streams']:,} streams.",
        f"{now['tracks']:,} tracks of {now['artists']:,} artists, {now['new_tracks']:,} tracks and "
        f"{now['new_artists']:,} artists for the first time.",
        f"Music on {now['active_days']:,} of {now['days']:,} days, {now['longest_streak_days']:,} in a row.",
        *([unknown] if unknown else []),
    ]


def sections(figures: PersonalFigures) -> list[Section]:
    """Everything below the main figures."""
    made = [
        _listening_time(figures),
        *(_top(figures, *one) for one in _TOPS),
        _discoveries(figures),
        _streaks(figures),
        _hours(figures),
        _eras(figures),
        _skips(figures),
        _moods(figures),
    ]
    if figures.compared:
        made.append(_shift(figures))
    return [*made, _unknowns(figures)]


_TOPS = (
    ("tracks", ("track_name", "artist_name")),
    ("artists", ("artist_name",)),
    ("albums", ("album_name", "artist_name")),
    ("genres", ("genre",)),
)


def _section(name: str) -> Section:
    figure = next(one for one in FIGURES if one.name == name)
    return Section(name, figure.title, figure.definition.replace("`", ""))


def _listening_time(figures: PersonalFigures) -> Section:
    section = _section("timeline")
    timeline = figures["timeline"]
    section.pictures = [_picture("Hours listened", charts.listening_time, timeline, name="timeline")]
    rows = figures.of_period("timeline")
    if rows.height <= 2 * SHOWN:
        columns = ["From", "Hours listened", "Hours played", "Plays", "Streams", "Skips", "New tracks"]
        section.tables = [
            Table(
                "Numbers",
                columns,
                [
                    (
                        str(row["starts_on"]),
                        f"{row['minutes_listened'] / 60:,.1f}",
                        f"{row['minutes_played'] / 60:,.1f}",
                        *(f"{row[name]:,}" for name in ("plays", "streams", "skips", "new_tracks")),
                    )
                    for row in rows.iter_rows(named=True)
                ],
            )
        ]
    return section


def _top(figures: PersonalFigures, name: str, labels: tuple[str, ...]) -> Section:
    """What was heard most, by streams; the rank by minutes beside it."""
    section = _section(name)
    top = figures[name].filter(pl.col("rank_by_streams") <= SHOWN)
    if top.is_empty():
        section.remarks = ["No streams of it are known in this period."]
        return section
    title = labels[0].removesuffix("_name").capitalize()
    columns = ["#", title, "Streams", "Minutes", "# by minutes", "Skipped"]
    if figures.compared:
        columns += ["Streams before", "# before"]
    rows = []
    for row in top.iter_rows(named=True):
        cells = [
            str(row["rank_by_streams"]),
            "\n".join(" ".join((row[label] or _NOTHING).split()) for label in labels),
            _count(row["streams"]),
            f"{row['minutes']:,.0f}",
            _count(row["rank_by_minutes"]),
            _percent(row["skip_rate"]),
        ]
        if figures.compared:
            cells += [_count(row["streams_before"]), _count(row["rank_by_streams_before"])]
        rows.append(cells)
    most = top["streams"].max()
    assert isinstance(most, int | float)
    bars = [streams / most for streams in top["streams"]]
    caption = f"Top {section.title.lower()}"
    section.tables = [Table(caption, columns, rows, words=(1,), minor=(4, 5, 7), bars=bars)]
    return section


def _discoveries(figures: PersonalFigures) -> Section:
    section = _section("discovered_artists")
    timeline = figures["timeline"]
    section.pictures = [_picture("New tracks", charts.discoveries, timeline, name="discoveries")]
    found = figures["discovered_artists"].head(SHOWN)
    if found.is_empty():
        section.remarks = ["No artist was streamed for the first time."]
    else:
        rows = [
            (name, str(first), f"{streams:,}", f"{minutes:,.0f}")
            for name, first, streams, minutes in found.select(
                "artist_name", "first_date", "streams", "minutes"
            ).iter_rows()
        ]
        columns = ["Artist", "First streamed", "Streams", "Minutes"]
        section.tables = [Table("Artists streamed for the first time", columns, rows)]
    return section


def _streaks(figures: PersonalFigures) -> Section:
    section = _section("streaks")
    if charts.CALENDAR_FROM <= figures.period.days <= charts.CALENDAR_UP_TO:
        section.pictures = [_picture("Minutes on each date", charts.calendar, figures["days"], name="days")]
    longest = figures.of_period("streaks").head(SHOWN_STREAKS)
    if longest.is_empty():
        section.remarks = ["There was no music on any day."]
    else:
        rows = [
            (f"{days:,}", str(first), str(last))
            for first, last, days in longest.select("first_date", "last_date", "days").iter_rows()
        ]
        section.tables = [Table("Longest streaks", ["Days", "From", "To"], rows, words=())]
    return section


def _hours(figures: PersonalFigures) -> Section:
    section = _section("hours")
    section.pictures = [_picture("Minutes listened", charts.hours_of_week, figures["hours"], name="hours")]
    rows = figures.of_period("hours").sort("minutes_listened", descending=True)
    most = rows.row(0, named=True)
    if most["minutes_listened"]:
        weekday = charts.WEEKDAYS[most["local_weekday"] - 1]
        section.remarks = [
            f"Most was heard on {weekday} from {most['local_hour']}:00: "
            f"{most['minutes_listened']:,.0f} minutes. The clock is that of {figures.listener.time_zone} "
            f"({_zone_from(figures)})."
        ]
    return section


def _zone_from(figures: PersonalFigures) -> str:
    return {
        "declared": "which the listener declared",
        "country": "the main zone of the country of most playbacks",
    }.get(figures.listener.time_zone_source, "the default, because no zone and no country is known")


def _eras(figures: PersonalFigures) -> Section:
    section = _section("eras")
    eras = figures["eras"]
    if eras.filter(pl.col("period") == ASKED, pl.col("decade").is_not_null()).is_empty():
        section.remarks = ["The catalogue knows no release date of what was streamed."]
        return section
    section.pictures = [_picture("Streams by decade of release", charts.eras, eras, name="eras")]
    rows = [
        (f"{decade}s" if decade else "unknown", f"{streams:,}", f"{minutes:,.0f}", _percent(share))
        for decade, streams, minutes, share in figures.of_period("eras")
        .select("decade", "streams", "minutes", "stream_share")
        .iter_rows()
    ]
    section.tables = [Table("Numbers", ["Decade", "Streams", "Minutes", "Share"], rows)]
    return section


def _skips(figures: PersonalFigures) -> Section:
    section = _section("skips")
    if not figures.totals()["plays"]:
        section.remarks = ["There were no plays of music."]
        return section
    section.pictures = [_picture("Share of plays", charts.endings, figures["skips"], name="skips")]
    rows = [
        (ending, f"{plays:,}", _percent(share))
        for ending, plays, share in figures.of_period("skips").select("ending", "plays", "share").iter_rows()
    ]
    section.tables = [Table("Numbers", ["Ending", "Plays", "Share"], rows)]
    unknown = _unknown(figures)
    section.remarks = [unknown] if unknown else []
    most = figures["skipped_artists"].head(SHOWN)
    if most.height:
        skipped = [
            (name, f"{plays:,}", f"{skips:,}", _percent(rate))
            for name, plays, skips, rate in most.select(
                "artist_name", "plays", "skips", "skip_rate"
            ).iter_rows()
        ]
        title = next(one.title for one in FIGURES if one.name == "skipped_artists")
        section.tables.append(Table(title, ["Artist", "Plays", "Skips", "Skip rate"], skipped))
    return section


def _unknown(figures: PersonalFigures) -> str | None:
    """The sentence beside a skip rate."""
    now = figures.totals()
    return unknown_in_words(now["unknowns"], now["plays"])


def _moods(figures: PersonalFigures) -> Section:
    section = _section("moods")
    moods = figures.of_period("moods")
    if not moods.filter(pl.col("mood") != "unknown")["streams"].sum():
        section.remarks = ["The catalogue knows no audio features of what was streamed."]
        return section
    section.pictures = [
        _picture("Share of streams", charts.moods, figures["moods"], name="moods"),
        _picture("Streams by valence and energy", charts.mood_map, figures["mood_grid"], name="mood-grid"),
    ]
    rows = [(mood, f"{streams:,}", _percent(share)) for mood, streams, share in moods.iter_rows()]
    section.tables = [Table("Numbers", ["Mood", "Streams", "Share"], rows)]
    columns = ["Audio feature", "Mean"]
    if figures.compared:
        columns += ["Before", "Change in standard deviations"]
    features = []
    for row in figures["audio"].iter_rows(named=True):
        cells = [row["feature"], _number(row["mean"])]
        if figures.compared:
            cells += [_number(row["mean_before"]), _number(row["change_in_sd"], signed=True)]
        features.append(cells)
    section.tables.append(Table("Audio features", columns, features))
    return section


def _shift(figures: PersonalFigures) -> Section:
    section = _section("shift")
    assert figures.compared is not None
    distances = figures["distances"]
    rows = [(kind, _number(distance)) for kind, distance in distances.iter_rows()]
    meaning = next(one for one in FIGURES if one.name == "distances")
    section.definition += f" {meaning.definition}"
    section.remarks = [f"Compared with {title_of(figures.compared)}."]
    section.tables = [Table(meaning.title, ["Of", "Distance"], rows)]
    for kind in ("artist", "genre"):
        if figures["shift"].filter(pl.col("kind") == kind).height:
            section.pictures.append(
                _picture(
                    f"{kind.capitalize()}s whose share rose or fell most",
                    partial(charts.shift, kind=kind),
                    figures["shift"],
                    name=f"shift-{kind}",
                )
            )
    return section


def _unknowns(figures: PersonalFigures) -> Section:
    section = _section("unknowns")
    touched = figures["unknowns"].filter(pl.col("touched") > 0)
    rows = [
        (what, f"{count:,}", f"{of_all:,}", _percent(share), means)
        for what, count, of_all, share, means in touched.iter_rows()
    ]
    columns = ["What", "How many", "of", "Share", "What follows"]
    section.tables = [Table("Gaps", columns, rows, words=(0, 4), minor=(2,))]
    section.remarks = [
        "Never known: what was heard elsewhere, and whether anybody was listening.",
        f"The data reaches from {figures.listener.known.first} to {figures.listener.known.last}.",
    ]
    return section


def _picture(
    caption: str, draw: "Callable[[pl.DataFrame], alt.TopLevelMixin]", rows: pl.DataFrame, *, name: str
) -> Picture:
    chart: Any = draw(rows)
    wide, narrow = (inline_svg(chart, width, f"{name}-{width}", caption) for width in (WIDE, NARROW))
    return Picture(caption, wide, narrow)


def _count(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1%}"


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return _NOTHING
    return f"{value:+.2f}" if signed else f"{value:,.3g}"


def rendered(figures: PersonalFigures, files: Iterable[str]) -> str:
    """The page as HTML, with everything in it; `files` are those with its numbers, relative to it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("spotify_assets.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("recap.html.j2").render(
        listener=figures.listener,
        title=title_of(figures.period),
        period=figures.period,
        compared=figures.compared,
        compared_title=title_of(figures.compared) if figures.compared else None,
        tiles=tiles(figures),
        sentences=in_words(figures),
        definition=FIGURES[0].definition.replace("`", ""),
        sections=sections(figures),
        files=list(files),
    )
