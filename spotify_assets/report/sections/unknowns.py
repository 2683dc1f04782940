"""What the data cannot say."""

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import count, day, percent, say
from spotify_assets.report.parts import Chapter, Section, TextTable, section_of


def tell(figures: PersonalFigures) -> Section:
    """Each gap, how much it touches and what follows from it."""
    section = section_of("unknowns")
    touched = figures["unknowns"].filter(pl.col("touched") > 0)
    rows = [
        (say(what), count(touches), count(of_all), percent(share), say(means))
        for what, touches, of_all, share, means in touched.iter_rows()
    ]
    columns = [say(name) for name in ("What", "How many", "of", "Share", "What follows")]
    section.tables = [
        TextTable("unknowns", say("Gaps"), columns, rows, words=(0, 4), minor=(2,), data=touched, cut=False)
    ]
    known = figures.listener.known
    section.remarks = [
        say("Never known: what was heard elsewhere, and whether anybody was listening."),
        say("The data reaches from {first} to {last}.", first=day(known.first), last=day(known.last)),
    ]
    return section


CHAPTER = Chapter(tell)
