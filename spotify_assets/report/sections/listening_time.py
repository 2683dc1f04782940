"""Listening time: hours on the clock by day, week or month."""

from spotify_assets.charts import personal as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import count, day, hours, say
from spotify_assets.report.parts import SHOWN, Chapter, Picture, Section, TextTable, section_of


def tell(figures: PersonalFigures) -> Section:
    """Bars beside those of the compared period; the numbers too, where they are few."""
    section = section_of("timeline")
    if figures.of_period("timeline").height > 1:
        section.pictures = [
            Picture(
                "timeline",
                say("Hours listened"),
                figures["timeline"],
                charts.listening_time,
                "minutes_listened",
                ("starts_on",),
                hours,
            )
        ]
    rows = figures.of_period("timeline")
    if rows.height <= 2 * SHOWN:
        names = ("From", "Hours listened", "Hours played", "Plays", "Streams", "Skips", "New tracks")
        section.tables = [
            TextTable(
                "timeline",
                say("Numbers"),
                [say(name) for name in names],
                [
                    (
                        day(row["starts_on"]),
                        hours(row["minutes_listened"]),
                        hours(row["minutes_played"]),
                        *(count(row[name]) for name in ("plays", "streams", "skips", "new_tracks")),
                    )
                    for row in rows.iter_rows(named=True)
                ],
                data=rows,
                folded=True,
            )
        ]
    return section


CHAPTER = Chapter(tell)
