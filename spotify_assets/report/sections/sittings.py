"""Sessions: how many, how long, and the longest."""

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, decimal, hours, many, say
from spotify_assets.report.parts import Chapter, Section, TextTable, empty_section, one_line

SITTINGS = personal_figure(
    "sittings", "Sessions", "one row per session that began in the period", "sessions of one listener"
)
_SHOWN = 5


def tell(figures: PersonalFigures) -> Section:
    """Their number and usual length, and those in which most was heard."""
    section = empty_section(SITTINGS)
    found = figures["sittings"]
    if found.is_empty():
        section.nothing = say("no session began in the period")
        return section
    median = found["minutes_played"].median()
    assert isinstance(median, float)
    section.remarks = [
        say(
            "{sessions} of {median} minutes in the middle: as many were shorter as were longer.",
            sessions=many(found.height, "{n} session", "{n} sessions"),
            median=decimal(median, 0),
        )
        if found.height > 1
        else say("One session of {minutes} minutes.", minutes=decimal(median, 0))
    ]
    rows = [
        (
            f"{day(row['local_date'])}, {row['local_started_at']:%H:%M}",
            hours(row["minutes_played"]),
            count(row["playbacks"]),
            one_line(row["artist_name"]),
        )
        for row in found.head(_SHOWN).iter_rows(named=True)
    ]
    columns = [say(name) for name in ("Began", "Hours played", "Playbacks", "Heard most")]
    caption = say("Longest sessions")
    section.tables = [TextTable("sessions", caption, columns, rows, words=(0, 3), names=(3,), data=found)]
    return section


CHAPTER = Chapter(tell, (SITTINGS,))
