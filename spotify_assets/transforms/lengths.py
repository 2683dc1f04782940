"""How long a track is: what decides whether a playback was heard to its end.

The catalogue's length by the track's id comes first, and else what the same listener heard of the track at
any time. Of a playback of which its source says nothing (`outcomes.SILENT_SOURCES`: no reason and no flag)
both are looked for by the names, because account data know no ids.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from spotify_assets.sources.durations import LONGEST_MS, SHORTEST_MS
from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms.outcomes import COMPLETE_SHARE, FINISHED_REASONS, STARTS_ONLY, is_silent

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
SPOKEN = ("podcast", "audiobook")
"""What is heard in pieces, so that no piece tells how long the whole is."""
NEEDED_OF_PLAYS = (
    *("user_id", "track_id", *NAMED, "ended_at", "action", "ms_played", "skipped", "reason_end", "source"),
    "content_type",
)
"""Columns of raw.raw_events that own listening is judged by."""
NEEDED_OF_TRACKS = ("track_id", "snapshot_date", "track_name", "primary_artist_name", "duration_ms")
"""Columns of core.tracks that lengths by name are taken from."""
BY_NAME = ("user_id", *NAMED)
BY_ID = ("user_id", "track_id")
"""What the plays of one listener and track agree in."""


@dataclass(frozen=True)
class LengthSources:
    """Where lengths are looked up beside the catalogue's by id, each for as few tracks as asked for.

    Attributes:
        plays: raw events (`NEEDED_OF_PLAYS`) of any date that agree in all columns of the frame given
            (`BY_NAME` or `BY_ID`) with a row of it.
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

    It is `track_duration_ms`, unless no track can be so short or long or the playbacks refute it. Where that
    is nothing, the listener's own plays (`own_lengths`) of the same id tell it; and where the source says
    nothing of how the playback ended, the names do: those of the catalogue, else of the listener's own plays,
    of which two or more also outweigh a catalogue that they go far beyond. Null where nobody knows, and where
    it decides nothing: of an end that is told and comes earlier than own plays can tell a length.
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
    return _by_names(_by_own_plays(known, sources), sources)


def _by_own_plays(known: pl.DataFrame, sources: LengthSources) -> pl.DataFrame:
    """Playbacks whose end is told and of which nothing else knows whether it came early."""
    undecided = (
        pl.col("known_duration_ms").is_null()
        & pl.col("action").is_in(PLAYBACK_ACTIONS)
        & ~is_silent()
        & ~pl.col("reason_end").is_in(FINISHED_REASONS).fill_null(value=False)
        & (pl.col("ms_played") >= COMPLETE_SHARE * LEAST_HEARD_MS)
        & pl.col("track_id").is_not_null()
    )
    wanted = known.filter(undecided).select(BY_ID).unique()
    if wanted.is_empty():
        return known
    own = own_lengths(sources.plays(wanted), BY_ID).select(*BY_ID, _own="duration_ms")
    return (
        known.join(own, on=BY_ID, how="left", maintain_order="left")
        .with_columns(known_duration_ms=pl.when(undecided).then("_own").otherwise("known_duration_ms"))
        .drop("_own")
    )


def _by_names(known: pl.DataFrame, sources: LengthSources) -> pl.DataFrame:
    """Playbacks of which their source says nothing."""
    named = known.filter(is_silent(), *(pl.col(name).is_not_null() for name in NAMED)).select(BY_NAME)
    if named.is_empty():
        return known
    own = own_lengths(sources.plays(named.unique()), BY_NAME).select(
        *BY_NAME, _own="duration_ms", _agree=pl.col("plays") > 1
    )
    by_name = named_lengths(_tracks_named(named, sources))
    catalogue = pl.coalesce("known_duration_ms", "_named")
    outweighs = pl.col("_agree") & (pl.col("_own") > FAR_MORE * catalogue)
    silent = pl.when(outweighs).then("_own").otherwise(pl.coalesce(catalogue, "_own"))
    return (
        known.join(own, on=BY_NAME, how="left", maintain_order="left")
        .join(by_name, on=NAMED, how="left", maintain_order="left")
        .with_columns(known_duration_ms=pl.when(is_silent()).then(silent).otherwise("known_duration_ms"))
        .drop("_own", "_agree", "_named")
    )


def own_lengths(plays: pl.DataFrame, by: Sequence[str] = BY_NAME) -> pl.DataFrame:
    """The lengths that a listener's own plays tell. One row per user and track (`by` its id or its names)
    that they do of: the columns `by`, `duration_ms`, and how many `plays` agree on it.

    A length is one at which plays agree to the second: two of which no reason says that they were ended, or
    one that ended by itself, from 30 seconds on. Fewer plays go beyond it than agree on it. Of several the
    one with the most such plays counts, those that ended by themselves twice; then the longest: histories
    have plays of hours that ended by themselves, each of a length of its own. A play that several rows tell
    of, by its minute and milliseconds, counts once. Podcasts and audiobooks are heard in pieces and have
    none.
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
            ~pl.col("content_type").is_in(SPOKEN).fill_null(value=False),
            pl.col("ms_played") >= LEAST_HEARD_MS,
            pl.col("ms_played") <= LONGEST_MS,
        )
        .with_columns(
            _weight=pl.when(finished).then(2).when(untold).then(1).otherwise(0),
            _minute=pl.col("ended_at").dt.truncate("1m"),
        )
        .group_by(*by, "_minute", "ms_played")
        # A reason of one row is known of the others, too.
        .agg(
            pl.when((pl.col("_weight") == 0).any())
            .then(0)
            .otherwise(pl.col("_weight").max())
            .alias("_weight")
        )
        .sort(*by, "ms_played")
    )
    if heard.is_empty():
        return heard.select(*by, duration_ms="ms_played", plays=pl.lit(None, pl.UInt32))
    agreeing = heard.rolling("ms_played", period=f"{AGREEING_MS + 1}i", group_by=by).agg(
        plays=pl.len(), _weight=pl.col("_weight").sum()
    )
    beyond = pl.len().over(by) - pl.col("ms_played").rank("max").over(by)
    return (
        agreeing.with_columns(_beyond=beyond)
        .filter(pl.col("_weight") >= 2, pl.col("_beyond") < pl.col("plays"))
        .sort("_weight", "plays", "ms_played")
        .group_by(by)
        .agg(duration_ms=pl.col("ms_played").last(), plays=pl.col("plays").last())
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
