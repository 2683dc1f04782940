"""How playbacks end, and what is always and never skipped."""

import polars as pl

from spotify_assets.charts import personal as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import FIGURES, personal_figure
from spotify_assets.report.language import count, percent, say
from spotify_assets.report.parts import (
    SHOWN,
    Chapter,
    Picture,
    Section,
    TextTable,
    meaning,
    one_line,
    section_of,
)
from spotify_assets.report.words import no_music, unknown_of

HABITS = personal_figure(
    "skip_habits",
    "Always and never skipped",
    "one row per track with at least ten plays of known outcome in the period",
    "always and never skipped",
)
_OFTEN = 0.5
_SHOWN_HABITS = 5


def tell(figures: PersonalFigures) -> Section:
    """The ways to end as parts of one whole, and the artists that are skipped most."""
    section = section_of("skips")
    if not figures.totals()["plays"]:
        section.nothing = no_music()
        return section
    section.pictures = [
        Picture(
            "skips", say("Share of plays"), figures["skips"], charts.endings, "share", ("ending",), percent
        )
    ]
    endings = figures.of_period("skips")
    rows = [
        (say(ending), count(plays), percent(share))
        for ending, plays, share in endings.select("ending", "plays", "share").iter_rows()
    ]
    columns = [say(name) for name in ("Ending", "Plays", "Share")]
    section.tables = [TextTable("skips", say("Numbers"), columns, rows, data=endings, folded=True)]
    unknown = unknown_of(figures)
    section.remarks = [unknown] if unknown else []
    most = figures["skipped_artists"]
    if most.height:
        skipped = [
            (one_line(name), count(plays), count(skips), percent(rate))
            for name, plays, skips, rate in most.head(SHOWN)
            .select("artist_name", "plays", "skips", "skip_rate")
            .iter_rows()
        ]
        title = next(one.title for one in FIGURES if one.name == "skipped_artists")
        columns = [say(name) for name in ("Artist", "Plays", "Skips", "Skip rate")]
        data = most.drop("artist_id")
        section.tables.append(
            TextTable("skipped_artists", say(title), columns, skipped, names=(0,), data=data)
        )
    _tell_habits(section, figures["skip_habits"])
    return section


def _tell_habits(section: Section, habits: pl.DataFrame) -> None:
    """Add the tracks that are skipped more often than not, and those that never are."""
    never = habits.filter(pl.col("skips") == 0).sort("plays", "track_id", descending=[True, False])
    for name, caption, rows in (
        ("mostly_skipped", say("Played often, mostly skipped"), habits.filter(pl.col("skip_rate") > _OFTEN)),
        ("never_skipped", say("Never skipped"), never),
    ):
        if rows.height:
            shown = [
                (
                    f"{one_line(row['track_name'])}\n{one_line(row['artist_name'])}",
                    count(row["plays"]),
                    percent(row["skip_rate"]),
                )
                for row in rows.head(_SHOWN_HABITS).iter_rows(named=True)
            ]
            columns = [say(one) for one in ("Track", "Plays", "Skipped")]
            section.tables.append(TextTable(name, caption, columns, shown, names=(0,), data=rows))
    if habits.height:
        section.definition += f" {meaning(HABITS)}"


CHAPTER = Chapter(tell, (HABITS,))
