"""The figures of one listener: what each is called, its grain and its term; its SQL is the file of its name.

They read the temporary tables of `personal_steps`, marts, `figure_…`, the figures before them, and `other_…`,
those of the listener beside, which are empty where there is none. `$absent`
stands where a figure of the compared period is missing: 0 where there is one, else null; minutes are 60,000
milliseconds.

Here belongs: what is counted and what it means. Not here: which listener and period, and how it is drawn.
"""

from collections.abc import Mapping

from spotify_assets.figures.figure import Figure, sql_beside

KINDS = ("music", "podcast", "audiobook", "video", "unknown")
"""Kinds of content, in the order in which they are told."""
NAMED = ("podcast", "audiobook", "video")
"""Kinds that are told by name: of shows, of books, and of artists whose videos they are."""
LEAST_PLAYS = 20
"""Plays from which on a skip rate is shown: below, it says little."""
SHIFTS = 8
"""Names that rose, and that fell, most."""
PARAMETERS: Mapping[str, object] = {
    "kinds": list(KINDS),
    "named": list(NAMED),
    "least_plays": LEAST_PLAYS,
    "shifts": SHIFTS,
    # A story: stretches of time that are looked back on, fewest of them, and what makes a measure worth one.
    "stretches_before": 60,
    "least_stretches": 4,
    "enough_stretches": 12,
    "least_minutes": 60,
    "standing_out": 2.0,
    "night_ends": 5,
    "days_up_to_days": 14,
    "weeks_up_to_days": 190,
    "months_up_to_days": 1_100,
    # An obsession: streams on a date and their share in it, such dates, and days between and after them.
    "filled_by_track": 5,
    "filled_share_of_track": 0.2,
    "filled_by_artist": 15,
    "filled_share_of_artist": 0.5,
    "obsession_days": 3,
    "obsession_pause": 7,
    "obsession_after": 90,
    "favourite_streams": 15,
    "forgotten_days": 180,
    "stay_days": 30,
    "silence_days": 3,
    "habit_plays": 10,
    "journeys": 10,
    "ranked_artists": 6,
    "era_in_common": 0.4,
    # Ranks up to which names stand that only one of two listeners streamed.
    "of_one_alone": 10,
    "life_streams": 5,
    "artists_of_era": 5,
}
"""What the queries call these."""


def personal_figure(name: str, title: str, grain: str, term: str) -> Figure:
    """A figure of one listener, whose SQL is the file of its name beside this one."""
    return Figure(name, title, grain, term, sql_beside(__file__, name))


FIGURES = (
    personal_figure("totals", "In figures", "one row per period", "recap figures"),
    personal_figure("days", "Day by day", "one row per period and date", "day by day"),
    personal_figure(
        "timeline", "Listening time", "one row per period and day, week or month", "listening time"
    ),
    personal_figure(
        "hours", "Hours of the week", "one row per period, weekday and hour", "hours of the week"
    ),
    personal_figure(
        "tracks", "Tracks", "one row per track heard in the period or the compared one", "top tracks"
    ),
    personal_figure(
        "artists", "Artists", "one row per artist heard in the period or the compared one", "top artists"
    ),
    personal_figure(
        "albums", "Albums", "one row per album heard in the period or the compared one", "top albums"
    ),
    personal_figure(
        "genres", "Genres", "one row per genre heard in the period or the compared one", "top genres"
    ),
    personal_figure(
        "content",
        "Kinds of content",
        "one row per period and kind of content that was heard in either",
        "kinds of content",
    ),
    personal_figure(
        "shows",
        "Podcasts, audiobooks and videos",
        "one row per podcast, audiobook and artist of videos heard in the period",
        "podcasts and audiobooks",
    ),
    personal_figure(
        "discovered_artists",
        "Discovered artists",
        "one row per artist first streamed in the period",
        "discovered artists",
    ),
    personal_figure("streaks", "Streaks", "one row per period and streak", "streaks"),
    personal_figure("eras", "Eras", "one row per period and decade of release", "eras"),
    personal_figure("skips", "How playbacks end", "one row per period and way to end", "endings"),
    personal_figure(
        "skipped_artists",
        "Most skipped artists",
        f"one row per artist with at least {LEAST_PLAYS} plays of known outcome in the period",
        "most skipped artists",
    ),
    personal_figure("moods", "Moods", "one row per period and mood", "moods"),
    personal_figure(
        "mood_grid",
        "Valence and energy",
        "one row per tenth of valence and of energy with streams in the period",
        "valence and energy",
    ),
    personal_figure("audio", "Audio features", "one row per audio feature", "audio features"),
    personal_figure(
        "shift",
        "What rose and fell",
        f"one row per artist or genre among the {SHIFTS} that rose and the {SHIFTS} that fell most",
        "taste shift",
    ),
    personal_figure("distances", "How far taste moved", "one row per kind of distance", "taste distance"),
    personal_figure(
        "unknowns",
        "What the data cannot say",
        "one row per thing that is not known",
        "what the data cannot say",
    ),
)
"""Every figure, those that others read before them."""

TERMS = {figure.name: figure.term for figure in FIGURES}
"""The term of each figure in docs/metrics.md."""
