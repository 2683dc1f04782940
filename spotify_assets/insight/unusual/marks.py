"""What the rules of unusual listening share: the playbacks they look at, and runs of them.

Every rule marks single playbacks, by what lies at most `NEIGHBOURING_DAYS` before and after them, so that a
day finds the same whatever other days are made with it.
"""

from datetime import timedelta

import polars as pl

from spotify_assets.transforms.features import plays_music

RULES = "unusual-v1"
NEIGHBOURING_DAYS = 1
"""Days before and after a playback that decide whether it is marked; taste and silence look further back."""
HISTORY_DAYS = 56
"""Days before, of which a listener's taste and a source's usual hours are made."""
APART = timedelta(minutes=30)
"""Silence that ends a run, as it ends a session."""

NEEDED = (
    *("event_id", "user_id", "event_date", "started_at", "ended_at", "reported_at", "action", "ms_played"),
    *("reason_start", "outcome", "device", "country", "source", "session_id", "content_type"),
    *("track_key", "track_id", "track_name", "artist_name", "album_name"),
)
"""Columns of core.listening_events that the rules look at."""


def music(events: pl.DataFrame) -> pl.DataFrame:
    """The playbacks of music of which something was heard, by listener and time."""
    heard = events.filter(plays_music(), pl.col("ms_played") > 0)
    return heard.sort("user_id", "started_at", "ended_at", "event_id")


def in_runs(plays: pl.DataFrame, *apart: pl.Expr, by: tuple[str, ...] = ("user_id",)) -> pl.DataFrame:
    """Number the runs of playbacks that follow each other: `run`, which changes where `by` does, or where one
    of `apart` is true of a playback. Rows must be in their order."""
    first = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in by)
    broken = pl.any_horizontal(first, *(each.fill_null(value=False) for each in apart))
    return plays.with_columns(run=broken.cum_sum())


def silence() -> pl.Expr:
    """How long nothing was heard before a playback, negative where two overlap."""
    return pl.col("started_at") - pl.col("ended_at").shift(1)


def span() -> pl.Expr:
    """From the first start to the last end of a group."""
    return pl.col("ended_at").max() - pl.col("started_at").min()


def marks(plays: pl.DataFrame, kind: str, sign: str, guest: pl.Expr | None = None) -> pl.DataFrame:
    """Marked playbacks: `event_id`, `kind`, `sign` (what gave them away), `guest` (device or country)."""
    return plays.select(
        "event_id",
        kind=pl.lit(kind),
        sign=pl.lit(sign),
        guest=pl.lit(None, pl.String) if guest is None else guest,
    )
