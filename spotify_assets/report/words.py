"""A recap's main figures in words: title, tiles and sentences. Not here: tables and drawings (`sections`)."""

from datetime import date

from spotify_assets.figures.personal import COMPARED, PersonalFigures
from spotify_assets.figures.view import Period
from spotify_assets.report.language import count, day, hours, many, month_name, percent, points, say
from spotify_assets.report.parts import Tile


def title_of(period: Period) -> str:
    """A period as people call it: `2025`, `October 2025`, or its dates."""
    if (period.first.month, period.first.day, period.last.month, period.last.day) == (1, 1, 12, 31):
        years = period.first.year, period.last.year
        whole = say("{first} to {last}", first=str(years[0]), last=str(years[1]))
        return f"{years[0]}" if years[0] == years[1] else whole
    next_day = date.fromordinal(period.last.toordinal() + 1)
    if period.first.day == next_day.day == 1 and period.days <= 31:
        return f"{month_name(period.first.month)} {period.first.year}"
    if period.first == period.last:
        return day(period.first)
    return say("{first} to {last}", first=day(period.first), last=day(period.last))


def headline(figures: PersonalFigures) -> str:
    """Whose listening it is, and of when."""
    period, user = title_of(figures.period), figures.listener.user_id
    if user == "me":
        return say("My listening, {period}", period=period)
    return say("Listening of {user}, {period}", user=user, period=period)


def tiles(figures: PersonalFigures) -> list[Tile]:
    """The main figures of the period, each beside the compared one."""
    now = figures.totals()
    before = figures.totals(COMPARED) if figures.compared else None

    def relative(name: str) -> str | None:
        return None if not before or not before[name] else percent(now[name] / before[name] - 1, signed=True)

    def counted(label: str, name: str) -> Tile:
        return Tile(label, count(now[name]), relative(name))

    listened = Tile(
        say("hours listened"),
        hours(now["minutes_listened"]),
        relative("minutes_listened"),
        "listening time",
    )
    if not now["plays"]:
        return [listened, counted(say("playbacks"), "playbacks"), counted(say("sessions"), "sessions")]
    change = None
    if before and now["skip_rate"] is not None and before["skip_rate"] is not None:
        change = points(now["skip_rate"] - before["skip_rate"])
    return [
        listened,
        counted(say("streams"), "streams"),
        counted(say("plays"), "plays"),
        Tile(say("plays skipped"), percent(now["skip_rate"]), change, "skip rate"),
        counted(say("tracks played"), "tracks"),
        counted(say("artists played"), "artists"),
        counted(say("new tracks streamed"), "new_tracks"),
        counted(say("days in a row with music"), "longest_streak_days"),
    ]


def in_words(figures: PersonalFigures) -> list[str]:
    """The main figures as sentences."""
    return [*heard_in_words(figures.totals()), *played_in_words(figures)]


def played_in_words(figures: PersonalFigures) -> list[str]:
    """What was played, on how many days, and what of it is unknown; nothing where no music was."""
    now = figures.totals()
    unknown = unknown_of(figures)
    if not now["plays"]:
        return []
    return [
        say(
            "{tracks} of {artists} were played; {new_tracks} and {new_artists} were streamed for the "
            "first time.",
            tracks=many(int(now["tracks"]), "{n} track", "{n} tracks"),
            artists=many(int(now["artists"]), "{n} artist", "{n} artists"),
            new_tracks=many(int(now["new_tracks"]), "{n} track", "{n} tracks"),
            new_artists=many(int(now["new_artists"]), "{n} artist", "{n} artists"),
        ),
        say(
            "Music on {active} of {days}, {row} in a row.",
            active=int(now["active_days"]),
            days=many(int(now["days"]), "{n} day", "{n} days"),
            row=int(now["longest_streak_days"]),
        ),
        *([unknown] if unknown else []),
    ]


def heard_in_words(now: dict[str, float]) -> list[str]:
    """How long and how much was heard: the two first sentences."""
    if not now["plays"]:
        return [hours_in_words(now), say("No music was played.")]
    return [
        hours_in_words(now),
        say(
            "{plays} of music, of which {streams}.",
            plays=many(int(now["plays"]), "{n} play", "{n} plays"),
            streams=many(int(now["streams"]), "{n} was a stream", "{n} were streams"),
        ),
    ]


def hours_in_words(now: dict[str, float]) -> str:
    """Hours on the clock and hours played, and why they differ where they do."""
    other = now["minutes_of_other_content"]
    listened, played = now["minutes_listened"], now["minutes_played"] + other
    no_music_in_it = hours(other) != hours(0)
    beside = say(", of which {other} were no music", other=hours(other)) if no_music_in_it else ""
    if hours(listened) == hours(played):
        return say("{listened} hours on the clock{beside}.", listened=hours(listened), beside=beside)
    why = (
        say(
            "Played is what the sources say was heard; the clock counts each moment once, so that what ran "
            "at the same time as something else adds nothing to it"
        )
        if played > listened
        else say(
            "Played is what the sources say of playbacks that began in these days; the clock also counts "
            "what ran into them from the day before"
        )
    )
    return say(
        "{listened} hours on the clock; {played} hours played{beside}. {why}.",
        listened=hours(listened),
        played=hours(played),
        beside=beside,
        why=why,
    )


def unknown_of(figures: PersonalFigures) -> str | None:
    """What is to be said beside a skip rate; None where it is known of every play how it ended."""
    now = figures.totals()
    if not now["unknowns"]:
        return None
    share = now["unknowns"] / now["plays"]
    much = percent(share) if share >= 0.001 else say("less than {share}", share=percent(0.001))
    return say("Of {much} of the plays it is unknown how they ended; they are in no skip rate.", much=much)


def why_nothing(figures: PersonalFigures) -> str:
    """Why there is nothing of what only the catalogue tells."""
    if not figures.totals()["streams"]:
        return say("no music was streamed")
    return say("the catalogue does not describe what was streamed: import one (spotify-assets import FILE)")


def no_music() -> str:
    """Why there is nothing of music."""
    return say("no music was played")
