"""Every date of the period, and the longest streaks of dates with music."""

from spotify_assets.charts import personal as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import count, day, say
from spotify_assets.report.parts import Chapter, Picture, Section, TextTable, section_of
from spotify_assets.report.words import no_music

_SHOWN = 5


def tell(figures: PersonalFigures) -> Section:
    """The calendar where it says more than bars, and the longest streaks."""
    section = section_of("streaks")
    longest = figures.of_period("streaks")
    if longest.is_empty():
        section.nothing = no_music()
        return section
    if charts.CALENDAR_FROM <= figures.period.days <= charts.CALENDAR_UP_TO:
        section.pictures = [Picture("days", say("Minutes on each date"), figures["days"], charts.calendar)]
    rows = [
        (count(days), day(first), day(last))
        for first, last, days in longest.head(_SHOWN).select("first_date", "last_date", "days").iter_rows()
    ]
    columns = [say(name) for name in ("Days", "From", "To")]
    section.tables = [TextTable("streaks", say("Longest streaks"), columns, rows, words=(), data=longest)]
    return section


CHAPTER = Chapter(tell)
