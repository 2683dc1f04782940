"""Listening that is probably not the listener's own, or nobody's."""

import polars as pl

from spotify_assets.charts import insight as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, hours, say
from spotify_assets.report.parts import SHOWN, Chapter, Picture, Section, TextTable, empty_section

UNUSUAL = personal_figure(
    "unusual", "Unusual listening", "one row per unusual episode and date of the period", "unusual listening"
)
_KINDS = {
    "sleep_loop": "a loop through the night",
    "borrowed_account": "somebody else at the account",
    "unlike_taste": "unlike the usual taste",
    "machine_like": "like a machine",
    "source_burst": "told all at once",
}


def tell(figures: PersonalFigures) -> Section | None:
    """The longest of it; no section where there is none."""
    found = figures["unusual"]
    if found.is_empty():
        return None
    section = empty_section(UNUSUAL)
    drawn = found.with_columns(pl.col("kind").replace({name: say(kind) for name, kind in _KINDS.items()}))
    section.pictures = [
        Picture(
            "unusual", say("Hours by day"), drawn, charts.unusual, "minutes", ("event_date", "kind"), hours
        )
    ]
    rows = [
        (say(_KINDS[kind]), day(on), count(playbacks), hours(minutes))
        for kind, on, _, playbacks, minutes in found.head(SHOWN).iter_rows()
    ]
    columns = [say(name) for name in ("What", "On", "Plays", "Hours")]
    section.tables = [TextTable("unusual", say("Unusual listening"), columns, rows, words=(0,), data=found)]
    section.remarks = [say("It counts until a rule keeps it out: spotify-assets unusual shows how.")]
    return section


CHAPTER = Chapter(tell, (UNUSUAL,))
