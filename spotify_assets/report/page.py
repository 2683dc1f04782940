"""The page of a recap: figures in words, tables and drawings, in the order in which they are read."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from spotify_assets.charts import personal as charts
from spotify_assets.charts import taste
from spotify_assets.figures.personal import ASKED, PersonalFigures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.report.beside_music import discovered, is_all_that_is_known, shows
from spotify_assets.report.parts import (
    NOTHING,
    Picture,
    Section,
    TextTable,
    count,
    percent,
    section_of,
    without_data,
)
from spotify_assets.report.svg import inline_svg
from spotify_assets.report.words import in_words, tiles, title_of, unknown_of

if TYPE_CHECKING:
    import altair as alt

WIDE, NARROW = 720, 340
"""Widths in pixels that each chart is drawn at, for screens and for phones."""
SHOWN = 10
"""Rows of a table; the data files have all of them."""
SHOWN_STREAKS = 5
UNDESCRIBED = "the catalogue does not describe what was streamed: import one (spotify-assets import FILE)"
NO_MUSIC = "no music was played"
NO_STREAMS = "no music was streamed"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def sections(figures: PersonalFigures) -> list[Section]:
    """Everything below the main figures."""
    made = [
        _listening_time(figures),
        *(_top(figures, *one) for one in _TOPS),
        shows(figures),
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


def _listening_time(figures: PersonalFigures) -> Section:
    section = section_of("timeline")
    timeline = figures["timeline"]
    section.pictures = [_picture("Hours listened", charts.listening_time, timeline, name="timeline")]
    rows = figures.of_period("timeline")
    if rows.height <= 2 * SHOWN:
        columns = ["From", "Hours listened", "Hours played", "Plays", "Streams", "Skips", "New tracks"]
        section.tables = [
            TextTable(
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
    section = section_of(name)
    top = figures[name].filter(pl.col("rank_by_streams") <= SHOWN)
    if top.is_empty():
        section.nothing = _why_nothing(figures) if name == "genres" else "no streams of it are known"
        return section
    title = labels[0].removesuffix("_name").capitalize()
    columns = ["#", title, "Streams", "Minutes", "# by minutes", "Skipped"]
    if figures.compared:
        columns += ["Streams before", "# before"]
    rows = []
    for row in top.iter_rows(named=True):
        cells = [
            str(row["rank_by_streams"]),
            "\n".join(" ".join((row[label] or NOTHING).split()) for label in labels),
            count(row["streams"]),
            f"{row['minutes']:,.0f}",
            count(row["rank_by_minutes"]),
            percent(row["skip_rate"]),
        ]
        if figures.compared:
            cells += [count(row["streams_before"]), count(row["rank_by_streams_before"])]
        rows.append(cells)
    most = top["streams"].max()
    assert isinstance(most, int | float)
    bars = [streams / most for streams in top["streams"]]
    caption = f"Top {section.title.lower()}"
    section.tables = [TextTable(caption, columns, rows, words=(1,), minor=(4, 5, 7), bars=bars)]
    return section


def _why_nothing(figures: PersonalFigures) -> str:
    """Why there is nothing of what only the catalogue tells."""
    return UNDESCRIBED if figures.totals()["streams"] else NO_STREAMS


def _discoveries(figures: PersonalFigures) -> Section:
    section = section_of("discovered_artists")
    table = discovered(figures)
    if table is None:
        section.nothing = "no artist was streamed for the first time"
        return section
    timeline = figures["timeline"]
    section.pictures = [_picture("New tracks streamed", charts.discoveries, timeline, name="discoveries")]
    section.tables = [table]
    if is_all_that_is_known(figures):
        section.remarks = [
            "The period begins with the first playback that is known, so that everything in it is new."
        ]
    return section


def _streaks(figures: PersonalFigures) -> Section:
    section = section_of("streaks")
    if charts.CALENDAR_FROM <= figures.period.days <= charts.CALENDAR_UP_TO:
        section.pictures = [_picture("Minutes on each date", charts.calendar, figures["days"], name="days")]
    longest = figures.of_period("streaks").head(SHOWN_STREAKS)
    if longest.is_empty():
        section.nothing = NO_MUSIC
    else:
        rows = [
            (f"{days:,}", str(first), str(last))
            for first, last, days in longest.select("first_date", "last_date", "days").iter_rows()
        ]
        section.tables = [TextTable("Longest streaks", ["Days", "From", "To"], rows, words=())]
    return section


def _hours(figures: PersonalFigures) -> Section:
    section = section_of("hours")
    section.pictures = [_picture("Minutes listened", charts.hours_of_week, figures["hours"], name="hours")]
    rows = figures.of_period("hours").sort("minutes_listened", descending=True)
    most = rows.row(0, named=True)
    if most["minutes_listened"]:
        weekday = _WEEKDAYS[most["local_weekday"] - 1]
        section.remarks = [
            f"Most was heard on {weekday}s from {most['local_hour']}:00: "
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
    section = section_of("eras")
    eras = figures["eras"]
    if eras.filter(pl.col("period") == ASKED, pl.col("decade").is_not_null()).is_empty():
        section.nothing = _why_nothing(figures)
        return section
    section.pictures = [_picture("Streams by decade of release", taste.eras, eras, name="eras")]
    rows = [
        (f"{decade}s" if decade else "unknown", f"{streams:,}", f"{minutes:,.0f}", percent(share))
        for decade, streams, minutes, share in figures.of_period("eras")
        .select("decade", "streams", "minutes", "stream_share")
        .iter_rows()
    ]
    section.tables = [TextTable("Numbers", ["Decade", "Streams", "Minutes", "Share"], rows)]
    return section


def _skips(figures: PersonalFigures) -> Section:
    section = section_of("skips")
    if not figures.totals()["plays"]:
        section.nothing = NO_MUSIC
        return section
    section.pictures = [_picture("Share of plays", charts.endings, figures["skips"], name="skips")]
    rows = [
        (ending, f"{plays:,}", percent(share))
        for ending, plays, share in figures.of_period("skips").select("ending", "plays", "share").iter_rows()
    ]
    section.tables = [TextTable("Numbers", ["Ending", "Plays", "Share"], rows)]
    unknown = unknown_of(figures)
    section.remarks = [unknown] if unknown else []
    most = figures["skipped_artists"].head(SHOWN)
    if most.height:
        skipped = [
            (name, f"{plays:,}", f"{skips:,}", percent(rate))
            for name, plays, skips, rate in most.select(
                "artist_name", "plays", "skips", "skip_rate"
            ).iter_rows()
        ]
        title = next(one.title for one in FIGURES if one.name == "skipped_artists")
        section.tables.append(TextTable(title, ["Artist", "Plays", "Skips", "Skip rate"], skipped))
    return section


def _moods(figures: PersonalFigures) -> Section:
    section = section_of("moods")
    moods = figures.of_period("moods")
    if not moods.filter(pl.col("mood") != "unknown")["streams"].sum():
        section.nothing = _why_nothing(figures)
        return section
    section.pictures = [
        _picture("Share of streams", taste.moods, figures["moods"], name="moods"),
        _picture("Streams by valence and energy", taste.mood_map, figures["mood_grid"], name="mood-grid"),
    ]
    rows = [(mood, f"{streams:,}", percent(share)) for mood, streams, share in moods.iter_rows()]
    section.tables = [TextTable("Numbers", ["Mood", "Streams", "Share"], rows)]
    columns = ["Audio feature", "Mean"]
    if figures.compared:
        columns += ["Before", "Change in standard deviations"]
    features = []
    for row in figures["audio"].iter_rows(named=True):
        cells = [row["feature"], _number(row["mean"])]
        if figures.compared:
            cells += [_number(row["mean_before"]), _number(row["change_in_sd"], signed=True)]
        features.append(cells)
    section.tables.append(TextTable("Audio features", columns, features))
    return section


def _shift(figures: PersonalFigures) -> Section:
    section = section_of("shift")
    assert figures.compared is not None
    distances = figures["distances"]
    rows = [(kind, _number(distance)) for kind, distance in distances.iter_rows()]
    meaning = next(one for one in FIGURES if one.name == "distances")
    section.definition += f" {meaning.definition}"
    section.remarks = [f"Compared with {title_of(figures.compared)}."]
    section.tables = [TextTable(meaning.title, ["Of", "Distance"], rows)]
    for kind in ("artist", "genre"):
        if figures["shift"].filter(pl.col("kind") == kind).height:
            section.pictures.append(
                _picture(
                    f"{kind.capitalize()}s whose share rose or fell most",
                    partial(taste.shift, kind=kind),
                    figures["shift"],
                    name=f"shift-{kind}",
                )
            )
    return section


def _unknowns(figures: PersonalFigures) -> Section:
    section = section_of("unknowns")
    touched = figures["unknowns"].filter(pl.col("touched") > 0)
    rows = [
        (what, f"{many:,}", f"{of_all:,}", percent(share), means)
        for what, many, of_all, share, means in touched.iter_rows()
    ]
    columns = ["What", "How many", "of", "Share", "What follows"]
    section.tables = [TextTable("Gaps", columns, rows, words=(0, 4), minor=(2,))]
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


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return NOTHING
    return f"{value:+.2f}" if signed else f"{value:,.3g}"


def rendered(figures: PersonalFigures) -> str:
    """The page as HTML, with everything in it: the same text for the same figures, whoever asks for it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    made = sections(figures)
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
        sections=[one for one in made if not one.nothing],
        without_data=without_data(made),
    )
