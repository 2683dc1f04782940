"""Every date of the period, the longest streaks of dates with music, and the longest silences."""

from typing import Any

from spotify_assets.charts import personal as charts
from spotify_assets.charts import story as story_charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, say
from spotify_assets.report.parts import Chapter, Picture, Section, TextTable, meaning, one_line, section_of
from spotify_assets.report.words import no_music
from spotify_assets.report.years_svg import calendar_of_years_svg

SILENCES = personal_figure(
    "silences", "Silences", "one row per stretch of at least three dates without a playback", "silences"
)
_SHOWN = 5


def tell(figures: PersonalFigures) -> Section:
    """The calendar where it says more than bars, the longest streaks and the longest silences."""
    section = section_of("streaks")
    longest = figures.of_period("streaks")
    if longest.is_empty():
        section.nothing = no_music()
        return section
    if figures.period.days >= charts.CALENDAR_FROM:
        section.pictures = [_calendar(figures)]
    rows = [
        (count(days), day(first), day(last))
        for first, last, days in longest.head(_SHOWN).select("first_date", "last_date", "days").iter_rows()
    ]
    columns = [say(name) for name in ("Days", "From", "To")]
    section.tables = [TextTable("streaks", say("Longest streaks"), columns, rows, words=(), data=longest)]
    silences = figures["silences"]
    if silences.height:
        section.definition += f" {meaning(SILENCES)}"
        quiet = [
            (count(row["days"]), day(row["first_date"]), day(row["last_date"]), _ended_by(row))
            for row in silences.head(_SHOWN).iter_rows(named=True)
        ]
        columns = [say(name) for name in ("Days", "From", "To", "Ended by")]
        caption = say("Longest silences")
        section.tables.append(
            TextTable("silences", caption, columns, quiet, words=(3,), minor=(2,), names=(3,), data=silences)
        )
    return section


def _calendar(figures: PersonalFigures) -> Picture:
    caption, days = say("Minutes on each date"), figures["days"]
    drawn = ("minutes_listened", ("local_date",))
    if figures.period.days <= charts.CALENDAR_UP_TO:
        return Picture("days", caption, days, charts.calendar, *drawn)
    return Picture(
        "days", caption, days, story_charts.calendar_of_years, *drawn, sketch=calendar_of_years_svg
    )


def _ended_by(row: dict[str, Any]) -> str:
    return f"{one_line(row['ended_by_track_name'])}\n{one_line(row['ended_by_artist_name'])}"


CHAPTER = Chapter(tell, (SILENCES,))
