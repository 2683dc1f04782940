"""Somebody else's listening: a burst of artists the listener does not play, that sound like none they do.

A child with the phone, a party with a list of its own. Needs to know the listener (`LEAST_PLAYS` on
`LEAST_DAYS` dates before) and the sound of the tracks; of anybody else nothing is said.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

import polars as pl

from spotify_assets.insight.unusual.marks import HISTORY_DAYS, marks, span
from spotify_assets.tables import SOUND
from spotify_assets.transforms.features import plays_music

KIND = "unlike_taste"
LEAST_PLAYS, LEAST_DAYS = 80, 10
PLAYBACKS, LONG = 12, timedelta(minutes=20)
NEW_SHARE = 0.9
"""Of the playbacks of a burst, those of artists that are new to the listener."""
KNOWN_DATES = 3
"""An artist played on fewer dates in the `HISTORY_DAYS` before is new: one odd night makes nobody known."""
DISTANCE = 2.0
"""How far the mean sound of a burst is from the listener's, in standard deviations of what they play, over
`SOUND` together. Means of twelve tracks drawn from the listener's own are 0.9 apart."""
KNOWN_SHARE = 0.5
"""Of the playbacks, those whose sound is known."""
LEAST_SPREAD = 0.5
"""A listener's standard deviation counts as at least so much of the catalogue's."""
_PLAYED = ("action", "content_type")

Before = Callable[[Sequence[str], pl.DataFrame], pl.DataFrame]
"""Gives columns of the events from `HISTORY_DAYS` and `NEIGHBOURING_DAYS` before a window to its end, of
those that agree with a row of a frame in all of its columns."""


def unlike_taste(plays: pl.DataFrame, before: Before, tracks: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """The marks of sessions that are unlike the listener.

    `tracks` gives one row per `track_id` with `SOUND`; it is asked only where a session is of new artists.
    """
    new = _of_new_artists(_bursts(plays), before)
    if new.is_empty():
        return marks(new, KIND, "taste")
    sound = tracks().select("track_id", *(pl.col(name).cast(pl.Float64) for name in SOUND))
    heard = _history(new, before)
    usual = (
        heard.join(sound, on="track_id", how="left")
        .group_by("session_id")
        .agg(
            *(pl.col(name).mean().name.prefix("usual_") for name in SOUND),
            *(pl.col(name).std().name.prefix("spread_") for name in SOUND),
        )
    )
    far = (
        new.join(sound, on="track_id", how="left")
        .group_by("session_id")
        .agg(*(pl.col(name).mean() for name in SOUND), known=pl.col("energy").is_not_null().mean())
        .join(usual, on="session_id")
        .filter(pl.col("known") >= KNOWN_SHARE, _distance(sound) >= DISTANCE)
    )
    return marks(new.join(far, on="session_id", how="semi"), KIND, "taste")


def _bursts(plays: pl.DataFrame) -> pl.DataFrame:
    """The playbacks of sessions that are long enough, with the date on which each began: `began`."""
    named = plays.filter(pl.col("artist_name").is_not_null(), pl.col("session_id").is_not_null())
    enough = (pl.len() >= PLAYBACKS) & (span() >= LONG)
    return named.filter(enough.over("session_id")).with_columns(
        began=pl.col("event_date").min().over("session_id")
    )


def _of_new_artists(bursts: pl.DataFrame, before: Before) -> pl.DataFrame:
    """Those whose artists the listener had not played before."""
    who = ["user_id", "artist_name"]
    pairs = bursts.select(who).unique()
    if pairs.is_empty():
        return bursts
    known = (
        before([*who, "event_date", *_PLAYED], pairs)
        .filter(plays_music())
        .select(*who, "event_date")
        .unique()
    )
    old = (
        bursts.select("session_id", "began", *who)
        .unique()
        .join(known, on=who)
        .filter(_in_history())
        .group_by("session_id", "artist_name")
        .agg(old=pl.len() >= KNOWN_DATES)
    )
    judged = bursts.join(old, on=["session_id", "artist_name"], how="left", maintain_order="left")
    return judged.filter((~pl.col("old").fill_null(value=False)).mean().over("session_id") >= NEW_SHARE).drop(
        "old"
    )


def _history(new: pl.DataFrame, before: Before) -> pl.DataFrame:
    """What the listeners had played before each burst, of those who had played enough: `session_id` is the
    burst, `track_id` what was played."""
    listeners = new.select("user_id").unique()
    rows = before(["user_id", "event_date", "track_id", *_PLAYED], listeners).filter(plays_music())
    heard = (
        new.select("session_id", "user_id", "began")
        .unique()
        .join(rows.select("user_id", "event_date", "track_id"), on="user_id")
        .filter(_in_history())
    )
    enough = (pl.len() >= LEAST_PLAYS) & (pl.col("event_date").n_unique() >= LEAST_DAYS)
    return heard.filter(enough.over("session_id"))


def _in_history() -> pl.Expr:
    """Whether a date lies in the days before a burst began."""
    days = (pl.col("began") - pl.col("event_date")).dt.total_days()
    return days.is_between(1, HISTORY_DAYS)


def _distance(sound: pl.DataFrame) -> pl.Expr:
    """How far apart the means are."""
    least = {name: LEAST_SPREAD * float(sound[name].std() or 1.0) for name in SOUND}  # type: ignore[arg-type]
    return pl.sum_horizontal(
        (
            (pl.col(name) - pl.col(f"usual_{name}"))
            / pl.max_horizontal(f"spread_{name}", pl.lit(least[name]))
        ).fill_null(0.0)
        ** 2
        for name in SOUND
    ).sqrt()
