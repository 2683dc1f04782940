"""What the listener may want to hear now: tracks that are new to them, and what they may play next."""

import polars as pl

from spotify_assets.charts import insight as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, decimal, say
from spotify_assets.report.parts import SHOWN, Chapter, Picture, Section, TextTable, empty_section, one_line

RECOMMENDATIONS = personal_figure(
    "recommendations", "What to play", "one row per task and track that is recommended", "recommendations"
)
_CAPTIONS = {"new": "New to you", "next": "What you are likely to play next"}


def tell(figures: PersonalFigures) -> Section | None:
    """Both lists of the newest cut-off with the reasons; no section where nothing is recommended."""
    found = figures["recommendations"]
    if found.is_empty():
        return None
    section = empty_section(RECOMMENDATIONS)
    section.remarks = [say("As of {day}.", day=day(found["cutoff_date"][0]))]
    for task, caption in _CAPTIONS.items():
        listed = found.filter(pl.col("task") == task).head(SHOWN)
        rows = [
            (
                count(row["rank"]),
                f"{one_line(row['track_name'])}\n{one_line(row['artist_name'])}",
                row["reason"],
            )
            for row in listed.iter_rows(named=True)
        ]
        if rows:
            columns = [say(name) for name in ("Rank", "Track", "Why")]
            table = TextTable(f"recommended_{task}", say(caption), columns, rows, words=(1, 2), data=listed)
            section.tables.append(table)
            of = ("track_name", "artist_name")
            picture = Picture(
                f"recommended_{task}", say(caption), listed, charts.recommended, "score", of, _number
            )
            section.pictures.append(picture)
    return section


def _number(score: float) -> str:
    return decimal(score, 2)


CHAPTER = Chapter(tell, (RECOMMENDATIONS,))
