"""A recap's main figures in words: its title, tiles and sentences. Not here: tables and drawings (`page`)."""

from datetime import date

from spotify_assets.figures.overview import unknown_in_words
from spotify_assets.figures.personal import COMPARED, PersonalFigures
from spotify_assets.figures.view import Period
from spotify_assets.report.parts import Tile, percent

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def title_of(period: Period) -> str:
    """A period as people call it: `2025`, `October 2025`, or its dates."""
    if (period.first.month, period.first.day, period.last.month, period.last.day) == (1, 1, 12, 31):
        years = period.first.year, period.last.year
        return f"{years[0]}" if years[0] == years[1] else f"{years[0]} to {years[1]}"
    next_day = date.fromordinal(period.last.toordinal() + 1)
    month = _MONTHS[period.first.month - 1]
    if period.first.day == next_day.day == 1 and period.days <= 31:
        return f"{month} {period.first.year}"
    return f"{period.first} to {period.last}"


def tiles(figures: PersonalFigures) -> list[Tile]:
    """The main figures of the period, each beside the compared one."""
    now = figures.totals()
    before = figures.totals(COMPARED) if figures.compared else None

    def relative(name: str) -> str | None:
        return None if not before or not before[name] else f"{now[name] / before[name] - 1:+.1%}"

    points = None
    if before and now["skip_rate"] is not None and before["skip_rate"] is not None:
        points = f"{100 * (now['skip_rate'] - before['skip_rate']):+.1f} points"
    return [
        Tile("hours listened", f"{now['minutes_listened'] / 60:,.1f}", relative("minutes_listened")),
        Tile("streams", f"{now['streams']:,}", relative("streams")),
        Tile("plays", f"{now['plays']:,}", relative("plays")),
        Tile("plays skipped", percent(now["skip_rate"]), points),
        Tile("tracks played", f"{now['tracks']:,}", relative("tracks")),
        Tile("artists played", f"{now['artists']:,}", relative("artists")),
        Tile("new tracks streamed", f"{now['new_tracks']:,}", relative("new_tracks")),
        Tile("days in a row with music", f"{now['longest_streak_days']:,}", relative("longest_streak_days")),
    ]


def in_words(figures: PersonalFigures) -> list[str]:
    """The main figures as sentences."""
    now = figures.totals()
    unknown = unknown_of(figures)
    return [
        hours_in_words(now),
        f"{now['plays']:,} plays of music, of which {now['streams']:,} were streams.",
        f"{now['tracks']:,} tracks of {now['artists']:,} artists were played; {now['new_tracks']:,} tracks "
        f"and {now['new_artists']:,} artists were streamed for the first time.",
        f"Music on {now['active_days']:,} of {now['days']:,} days, {now['longest_streak_days']:,} in a row.",
        *([unknown] if unknown else []),
    ]


def hours_in_words(now: dict[str, float]) -> str:
    """Hours on the clock and hours played, and why they differ where they do."""
    other = now["minutes_of_other_content"] / 60
    listened, played = now["minutes_listened"] / 60, now["minutes_played"] / 60 + other
    beside = f", of which {other:,.1f} were no music" if f"{other:.1f}" != "0.0" else ""
    if f"{listened:.1f}" == f"{played:.1f}":
        return f"{listened:,.1f} hours on the clock{beside}."
    why = (
        "Played is what the sources say was heard; the clock counts each moment once, so that what ran at "
        "the same time as something else adds nothing to it"
        if played > listened
        else "Played is what the sources say of playbacks that began in these days; the clock also counts "
        "what ran into them from the day before"
    )
    return f"{listened:,.1f} hours on the clock; {played:,.1f} hours played{beside}. {why}."


def unknown_of(figures: PersonalFigures) -> str | None:
    """The sentence beside a skip rate."""
    now = figures.totals()
    return unknown_in_words(now["unknowns"], now["plays"])
