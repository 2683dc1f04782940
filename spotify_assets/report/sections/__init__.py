"""The sections of a listener's page and recap, in the order in which they are read.

Here belongs: which sections there are, and in their modules what each shows. Not here: how a page draws them.
A new section is a module with a `Chapter` and its place in `PARTS`; both page and recap are made of these.
"""

from dataclasses import dataclass

from spotify_assets.figures.personal import PersonalFigures, personal_figures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.figures.view import Period
from spotify_assets.report.language import say
from spotify_assets.report.parts import Chapter, Section
from spotify_assets.report.sections import (
    beside,
    discoveries,
    forgotten,
    hours,
    listening_time,
    lives,
    looking_back,
    obsessions,
    over_time,
    recommended,
    shows,
    sittings,
    skips,
    story,
    streaks,
    taste,
    tops,
    unknowns,
    unusual,
    weather,
    whereabouts,
)
from spotify_assets.warehouse.connection import Connection


@dataclass(frozen=True)
class PagePart:
    """Sections that belong together, under a heading."""

    name: str
    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class ToldPart:
    """A part with its sections, also those that have nothing to show."""

    name: str
    title: str
    sections: list[Section]


STORY = story.CHAPTER
"""What is read before all else."""
PARTS = (
    PagePart("part-side-by-side", "Side by side", (beside.CHAPTER,)),
    PagePart(
        "part-heard-most", "Heard most", (tops.TRACKS, tops.ARTISTS, tops.ALBUMS, tops.GENRES, over_time.RANK)
    ),
    PagePart(
        "part-loved-and-left",
        "Loved and left",
        (obsessions.CHAPTER, forgotten.CHAPTER, discoveries.CHAPTER, looking_back.FIRSTS),
    ),
    PagePart("part-when", "When", (listening_time.CHAPTER, streaks.CHAPTER, hours.CHAPTER, sittings.CHAPTER)),
    PagePart(
        "part-the-way-here",
        "The way here",
        (looking_back.NUMBERS, looking_back.DAY, over_time.JOURNEY, over_time.ERA),
    ),
    PagePart("part-taste", "Taste", (taste.ERAS, taste.MOODS, taste.SHIFT)),
    PagePart("part-what-to-play", "What to play", (recommended.CHAPTER,)),
    PagePart("part-skips", "Skips", (skips.CHAPTER,)),
    PagePart(
        "part-beside-music",
        "Beside music, on what and where",
        (shows.CHAPTER, whereabouts.CHAPTER, weather.CHAPTER),
    ),
    PagePart("part-about-the-data", "About the data", (unknowns.CHAPTER, unusual.CHAPTER)),
)
CHAPTERS: tuple[Chapter, ...] = (STORY, *(chapter for part in PARTS for chapter in part.chapters))
ALL_FIGURES = (*FIGURES, *(figure for chapter in CHAPTERS for figure in chapter.figures), *lives.FIGURES)
"""The figures that all pages have and those that sections bring along."""


def figures_of(
    connection: Connection,
    user_id: str,
    period: Period,
    compared: Period | None = None,
    other: PersonalFigures | None = None,
) -> PersonalFigures:
    """Every figure of a listener that the sections show, beside those of another if there is one.

    Raises:
        ValueError: there is no such listener; the message names some.
    """
    return personal_figures(connection, user_id, period, compared, ALL_FIGURES, other=other)


def story_of(figures: PersonalFigures) -> Section:
    """The sentence and the picture that the page opens with."""
    told = STORY.tell(figures)
    assert told is not None, "there is always a story"
    return told


def parts(figures: PersonalFigures) -> list[ToldPart]:
    """Everything below the story and the main figures."""
    return [
        ToldPart(
            part.name,
            say(part.title),
            [section for chapter in part.chapters if (section := chapter.tell(figures))],
        )
        for part in PARTS
    ]
