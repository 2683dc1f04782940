"""Podcasts, audiobooks and videos: hours of each kind of content with its share, and which they were."""

from typing import Any

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import NAMED
from spotify_assets.report.language import count, decimal, hours, many, percent, say
from spotify_assets.report.parts import SHOWN, Chapter, Section, TextTable, one_line, section_of

KINDS = {
    "music": "Music",
    "podcast": "Podcasts",
    "audiobook": "Audiobooks",
    "video": "Music videos",
    "unknown": "Without a name",
}
_NAMES = {
    "podcast": ("Podcast", "Episodes"),
    "audiobook": ("Audiobook", "Chapters"),
    "video": ("Artist", "Videos"),
}
_CAPTIONS = {"podcast": "Top podcasts", "audiobook": "Top audiobooks", "video": "Top artists of music videos"}
_THINGS = {
    "podcast": (("{n} episode", "{n} episodes"), ("{n} podcast", "{n} podcasts")),
    "audiobook": (("{n} chapter", "{n} chapters"), ("{n} audiobook", "{n} audiobooks")),
    "video": (("{n} video", "{n} videos"), ("{n} artist", "{n} artists")),
}
"""One and several of what is played, and of what it belongs to."""


def tell(figures: PersonalFigures) -> Section:
    """How much of all hours they were, and by name what they were."""
    section = section_of("shows")
    content = figures.of_period("content").filter(pl.col("playbacks") > 0)
    heard = content.filter(pl.col("content_type").is_in(NAMED))
    if heard.is_empty():
        section.nothing = say("none were heard")
        return section
    section.definition = f"{section_of('content').definition} {section.definition}"
    section.remarks = [
        say(
            "{what} for {hours} hours on {days}, {share} of all hours played.",
            what=_things(row),
            hours=hours(row["minutes"]),
            days=many(row["days"], "{n} day", "{n} days"),
            share=percent(row["minutes_share"]),
        )
        for row in heard.iter_rows(named=True)
    ]
    rows = [
        (
            say(KINDS.get(row["content_type"], row["content_type"])),
            hours(row["minutes"]),
            percent(row["minutes_share"]),
            count(row["playbacks"]),
        )
        for row in content.iter_rows(named=True)
    ]
    columns = [say(name) for name in ("Kind", "Hours played", "Share", "Playbacks")]
    section.tables = [TextTable("content", say("All that was played"), columns, rows, data=content)]
    for kind in _NAMES:
        of_kind = figures["shows"].filter(pl.col("content_type") == kind)
        if of_kind.height:
            section.tables.append(_by_name(kind, of_kind))
    return section


def _things(row: dict[str, Any]) -> str:
    """How many episodes of how many podcasts, chapters of audiobooks, or videos of artists."""
    titles, names = _THINGS[row["content_type"]]
    return say("{titles} of {names}", titles=many(row["titles"], *titles), names=many(row["names"], *names))


def _by_name(kind: str, of_kind: pl.DataFrame) -> TextTable:
    top = of_kind.filter(pl.col("rank") <= SHOWN)
    rows = [
        (
            str(row["rank"]),
            one_line(row["show_name"]),
            decimal(row["minutes"], 0),
            count(row["titles"]),
            count(row["playbacks"]),
        )
        for row in top.iter_rows(named=True)
    ]
    most = top["minutes"][0]
    bars = [minutes / most if most else 0.0 for minutes in top["minutes"]]
    name, titles = _NAMES[kind]
    columns = [say(one) for one in ("#", name, "Minutes", titles, "Playbacks")]
    caption = say(_CAPTIONS[kind])
    return TextTable(f"{kind}s", caption, columns, rows, words=(1,), minor=(4,), bars=bars, data=of_kind)


CHAPTER = Chapter(tell)
