"""How long a track is: what decides whether a playback was heard to its end.

The catalogue's length by the track's id comes first. Of a playback of which its source says nothing
(`outcomes.SILENT_SOURCES`: no reason and no flag), the length is also looked for by the names, because
account data know no ids: in the catalogue, and in what the same listener heard of the track at any time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from spotify_assets.catalog import PLAYBACK_ACTIONS
from spotify_assets.transforms.outcomes import FINISHED_REASONS, STARTS_ONLY, is_silent

SHORTEST_MS, LONGEST_MS = 5_000, 24 * 3_600_000
"""Lengths that a track can have. Below five seconds there are single jokes and sound effects, and all the
lengths that were written in seconds; above a day nothing, while audiobooks and mixes do last ten hours."""
AGREEING_MS = 1_000
"""How much the milliseconds heard differ when one track was heard to its end: players round and fade."""
LEAST_HEARD_MS = 30_000
"""What own listening must come to before it tells a length: most skips come earlier, and agree by chance
(P. Lamere, "The Skip", 2014: 35 % of plays end within 30 seconds, another 14 % until the end)."""
SAME_LENGTH_MS = 2_000
"""How much the lengths of tracks of one name and artist differ at most that are one length: as in
`identity`."""
FAR_MORE = 1.5
"""Times a track's length that playbacks come to which speak against the length."""
MANY_TIMES = 3
"""Playbacks at least that speak against a length; and half of those that reached it. Rewinding a track now
and then speaks against nothing."""

NAMED = ("artist_name", "track_name")
NEEDED_OF_PLAYS = (
    *("user_id", *NAMED, "ended_at", "action", "ms_played", "skipped", "reason_end", "source"),
)
"""Columns of raw.raw_events that own listening is judged by."""
NEEDED_OF_TRACKS = ("track_id", "snapshot_date", "track_name", "primary_artist_name", "duration_ms")
"""Columns of core.tracks that lengths by name are taken from."""
_LISTENER = ["user_id", *NAMED]


@dataclass(frozen=True)
class LengthSources:
    """Where lengths are looked up beside the catalogue's by id, each for as few tracks as asked for.

    Attributes:
        plays: raw events (`NEEDED_OF_PLAYS`) of any date that agree in user, artist and track name with a
            row of the frame given.
        tracks: rows of core.tracks (`NEEDED_OF_TRACKS`) of any snapshot that agree in `track_name` and
            `primary_artist_name` with a row of the frame given.
        refuted: the tracks (`track_id`, `duration_ms`) whose length by the catalogue the playbacks refute,
            see `MANY_TIMES`.
    """

    plays: Callable[[pl.DataFrame], pl.DataFrame]
    tracks: Callable[[pl.DataFrame], pl.DataFrame]
    refuted: Callable[[], pl.DataFrame]


def with_known_duration(events: pl.DataFrame, sources: LengthSources | None = None) -> pl.DataFrame:
    """Add `known_duration_ms`, the length that outcomes and streams are judged by. One row per event, order
    kept.

    It is `track_duration_ms`, unless no track can be so short or long or the playbacks refute it; where that
    is nothing, and the source says nothing of how the playback ended, the length by the names: of the
    catalogue, else of the listener's own plays (`own_lengths`), which also outweigh a catalogue that they
    go far beyond. Null where nobody knows.
    """
    by_id = plausible(pl.col("track_duration_ms"))
    if sources is None:
        return events.with_columns(known_duration_ms=by_id)
    refuted = sources.refuted().select(
        "track_id", track_duration_ms="duration_ms", _refuted=pl.lit(value=True)
    )
    judged = events.join(refuted, on=["track_id", "track_duration_ms"], how="left", maintain_order="left")
    known = judged.with_columns(known_duration_ms=pl.when(pl.col("_refuted").is_null()).then(by_id)).drop(
        "_refuted"
    )
    named = known.filter(is_silent(), *(pl.col(name).is_not_null() for name in NAMED)).select(_LISTENER)
    if named.is_empty():
        return known
    own = own_lengths(sources.plays(named.unique())).select(*_LISTENER, _own="duration_ms")
    by_name = named_lengths(_tracks_named(named, sources))
    catalogue = pl.coalesce("known_duration_ms", "_named")
    silent = (
        pl.when(pl.col("_own") > FAR_MORE * catalogue).then("_own").otherwise(pl.coalesce(catalogue, "_own"))
    )
    return (
        known.join(own, on=_LISTENER, how="left", maintain_order="left")
        .join(by_name, on=NAMED, how="left", maintain_order="left")
        .with_columns(known_duration_ms=pl.when(is_silent()).then(silent).otherwise("known_duration_ms"))
        .drop("_own", "_named")
    )


def own_lengths(plays: pl.DataFrame) -> pl.DataFrame:
    """The lengths that a listener's own plays tell. One row per user, artist and track name that they do of:
    `user_id`, `artist_name`, `track_name`, `duration_ms`.

    A length is one at which plays agree to the second: two of which no reason says that they were ended, or
    one that ended by itself, from 30 seconds on. Fewer plays go beyond it than agree on it. Of several the
    longest counts. A play that several rows tell of, by its minute and milliseconds, counts once.
    """
    finished = pl.col("reason_end").is_in(FINISHED_REASONS).fill_null(value=False)
    untold = (
        (pl.col("reason_end").fill_null("") == "")
        & ~pl.col("skipped").fill_null(value=False)
        & (pl.col("action") != "skip")
    )
    heard = (
        plays.filter(
            pl.col("action").is_in(PLAYBACK_ACTIONS),
            ~pl.col("source").is_in(STARTS_ONLY).fill_null(value=False),
            pl.col("ms_played") >= LEAST_HEARD_MS,
            pl.col("ms_played") <= LONGEST_MS,
        )
        .with_columns(
            _weight=pl.when(finished).then(2).when(untold).then(1).otherwise(0),
            _minute=pl.col("ended_at").dt.truncate("1m"),
        )
        .group_by(*_LISTENER, "_minute", "ms_played")
        # A reason of one row is known of the others, too.
        .agg(
            pl.when((pl.col("_weight") == 0).any())
            .then(0)
            .otherwise(pl.col("_weight").max())
            .alias("_weight")
        )
        .sort(*_LISTENER, "ms_played")
    )
    if heard.is_empty():
        return heard.select(*_LISTENER, duration_ms="ms_played")
    agreeing = heard.rolling("ms_played", period=f"{AGREEING_MS + 1}i", group_by=_LISTENER).agg(
        _agreeing=pl.len(), _weight=pl.col("_weight").sum()
    )
    beyond = pl.len().over(_LISTENER) - pl.col("ms_played").rank("max").over(_LISTENER)
    return (
        agreeing.with_columns(_beyond=beyond)
        .filter(pl.col("_weight") >= 2, pl.col("_beyond") < pl.col("_agreeing"))
        .group_by(_LISTENER)
        .agg(duration_ms=pl.col("ms_played").max())
    )


def named_lengths(tracks: pl.DataFrame) -> pl.DataFrame:
    """The length of every artist and track name of which all tracks of the catalogue agree. One row each:
    `artist_name`, `track_name`, `_named` (milliseconds).

    Each track as its newest snapshot has it. Where versions of several lengths go by one name, nobody knows
    which was heard.
    """
    newest = tracks.sort("snapshot_date").unique("track_id", keep="last")
    length = plausible(pl.col("duration_ms"))
    return (
        newest.group_by(artist_name="primary_artist_name", track_name="track_name")
        .agg(_named=length.max(), _spread=length.max() - length.min())
        .filter(pl.col("_spread") <= SAME_LENGTH_MS)
        .drop("_spread")
    )


def _tracks_named(named: pl.DataFrame, sources: LengthSources) -> pl.DataFrame:
    return sources.tracks(named.select("track_name", primary_artist_name="artist_name").unique())


def plausible(length: pl.Expr) -> pl.Expr:
    """A length in milliseconds, null where no track can have it."""
    return pl.when(length.is_between(SHORTEST_MS, LONGEST_MS)).then(length)
