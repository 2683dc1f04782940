"""The sections of a listener's page and recap, in the order in which they are read.

Here belongs: which sections there are, and in their modules what each shows. Not here: how a page draws them.
A new section is a module with a `CHAPTER` and its place in `CHAPTERS`; both page and recap are made of these.
"""

from spotify_assets.figures.personal import PersonalFigures, personal_figures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.figures.view import Period
from spotify_assets.report.parts import Chapter, Section
from spotify_assets.report.sections import (
    discoveries,
    hours,
    listening_time,
    shows,
    skips,
    streaks,
    taste,
    tops,
    unknowns,
)
from spotify_assets.warehouse.connection import Connection

CHAPTERS: tuple[Chapter, ...] = (
    listening_time.CHAPTER,
    tops.TRACKS,
    tops.ARTISTS,
    tops.ALBUMS,
    tops.GENRES,
    shows.CHAPTER,
    discoveries.CHAPTER,
    streaks.CHAPTER,
    hours.CHAPTER,
    taste.ERAS,
    skips.CHAPTER,
    taste.MOODS,
    taste.SHIFT,
    unknowns.CHAPTER,
)
ALL_FIGURES = (*FIGURES, *(figure for chapter in CHAPTERS for figure in chapter.figures))
"""The figures that all pages have and those that sections bring along."""


def figures_of(
    connection: Connection, user_id: str, period: Period, compared: Period | None = None
) -> PersonalFigures:
    """Every figure of a listener that the sections show.

    Raises:
        ValueError: there is no such listener; the message names some.
    """
    return personal_figures(connection, user_id, period, compared, ALL_FIGURES)


def sections(figures: PersonalFigures) -> list[Section]:
    """Everything below the main figures, also what has nothing to show."""
    told = (chapter.tell(figures) for chapter in CHAPTERS)
    return [section for section in told if section]
