"""Favourites that were left alone."""

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, month_name, say
from spotify_assets.report.parts import SHOWN, Chapter, Section, TextTable, empty_section, one_line

FORGOTTEN = personal_figure(
    "forgotten",
    "Forgotten favourites",
    "one row per track streamed often and not for half a year before the end of the period",
    "forgotten favourites",
)


def tell(figures: PersonalFigures) -> Section:
    """Each with its streams, its best month and when it was streamed last."""
    section = empty_section(FORGOTTEN)
    found = figures["forgotten"]
    if found.is_empty():
        section.nothing = say("no favourite was left alone for half a year")
        return section
    rows = [
        (
            f"{one_line(row['track_name'])}\n{one_line(row['artist_name'])}",
            count(row["streams"]),
            f"{month_name(row['best_month'].month)} {row['best_month'].year}",
            day(row["last_streamed"]),
        )
        for row in found.head(SHOWN).iter_rows(named=True)
    ]
    columns = [say(name) for name in ("Track", "Streams ever", "Best month", "Last streamed")]
    caption = say("Loved, and not heard for half a year")
    section.tables = [TextTable("forgotten", caption, columns, rows, minor=(2,), names=(0,), data=found)]
    return section


CHAPTER = Chapter(tell, (FORGOTTEN,))
