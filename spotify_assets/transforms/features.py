"""Model features: what was known when each music playback started, beside its label.

A feature describes the track, the circumstances of the start, or playbacks that were over by then. How the
playback itself ended decides the label and the partition only. `skip.registry` lists each feature with its
source.
"""

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from spotify_assets.catalog import AUDIO_FEATURES, MODEL_FEATURES, PLAYBACK_ACTIONS
from spotify_assets.transforms.as_of import join_tracks

TRACK_FEATURES = (*AUDIO_FEATURES, "popularity", "duration_ms", "explicit")
"""Features that are properties of the track, by the catalogue."""

TRACK_COLUMNS = ("track_id", "snapshot_date", "primary_artist_id", *TRACK_FEATURES)
"""Columns of `core.tracks` that the features need."""

CLOCK_RESOLUTION_SECONDS = 1
"""Resolution of the exports' time stamps: a start computed from one may be this much too early."""

COARSE_CLOCK_RESOLUTION_SECONDS = {"account_data": 60}
"""Resolution of the sources whose time stamps are coarser: the account export gives minutes."""

HISTORY_DAYS = 28
"""Days before that of the start whose playbacks make up a user's history: four of each weekday."""
PREVIOUS_PLAYBACK_DAYS = 1
"""The playback before one that starts today ended at most a session gap earlier, so at most a day before."""
RECENT_PLAYBACKS = 5
"""Playbacks of the session whose outcomes make up `recent_skip_rate`."""

ReadBefore = Callable[[int, Sequence[str]], pl.DataFrame]
"""Gives the named columns of `core.listening_events` of so many days before the slice."""

_SESSION = ["user_id", "session_id"]
EVENT_COLUMNS = (
    *_SESSION,
    "event_id",
    "event_date",
    "track_id",
    "artist_name",
    "started_at",
    "ended_at",
    "action",
    "content_type",
    "source",
    "device",
    "shuffle",
    "reason_start",
    "session_position",
    "outcome",
)
"""Columns of `core.listening_events` that the features of a slice need."""
_HISTORY_COLUMNS = (
    "user_id",
    "track_id",
    "artist_name",
    "ended_at",
    "event_date",
    "action",
    "content_type",
    "outcome",
)

_BY_DAY = ["key", "day"]


def _pair(other: str) -> pl.Expr:
    """A user and something else as one whole number; null where either is."""
    return pl.col("user_id").cast(pl.UInt64) * 2**32 + pl.col(other)


_HISTORY_KEYS = {
    "user": pl.col("user_id").cast(pl.UInt64),
    "user_track": _pair("track_id"),
    "user_artist": _pair("artist"),
}
"""What a history is counted by; each gives `<name>_plays` and `<name>_skip_rate`."""


def model_features(events: pl.DataFrame, read_before: ReadBefore, tracks: pl.DataFrame) -> pl.DataFrame:
    """The rows of `ml.model_features` for one slice of `core.listening_events`: one row per music playback.

    Args:
        events: the slice of `core.listening_events`; `EVENT_COLUMNS` are enough.
        read_before: reads the days before the slice, for sessions that are under way when it begins and for
            the users' histories.
        tracks: the rows of `core.tracks` that say what was known on the days on which the playbacks
            started, of one snapshot or several, see `join_tracks`; `TRACK_COLUMNS` are enough. A playback of
            a track that they lack keeps its row, with null features.

    Returns:
        The columns of `catalog.MODEL_FEATURES`, ordered by start and event id.

        `previous_is_skip` is the outcome of the playback one position earlier in the same session, whatever
        its content. It is null for the first playback, and where the earlier one was still running when this
        one started (two devices at once, or plays synchronised later), because its outcome was not known
        then. `recent_skip_rate` goes back five positions by the same rule.

        The history counts the user's music playbacks that ended strictly before the start, and not before
        midnight (UTC) 28 days before the day of the start. It does not depend on how the slices are cut.
    """
    carry = _days_carried_over(events)
    before = read_before(PREVIOUS_PLAYBACK_DAYS + carry, EVENT_COLUMNS)
    playbacks = _playbacks_with_previous(events, before).filter(_is_music())
    # A catalogue as of the day of the end would say something of the end.
    started = playbacks.with_columns(
        _event_date=pl.col("event_date"), event_date=pl.col("started_at").dt.date()
    )
    described = join_tracks(started, tracks, TRACK_FEATURES)
    history = read_before(HISTORY_DAYS + carry, _HISTORY_COLUMNS)
    past = pl.concat([history, events.select(_HISTORY_COLUMNS)]).filter(_is_music())
    return (
        described.hstack(_history(described, past, _first_artists(tracks)))
        .with_columns(
            event_date=pl.col("_event_date"),
            is_skip=pl.col("outcome") == "skip",
            hour_utc=pl.col("started_at").dt.hour(),
            weekday=pl.col("started_at").dt.weekday(),
        )
        .select(MODEL_FEATURES.column_names)
        .cast(MODEL_FEATURES.polars_schema)
        .sort("started_at", "event_id")
    )


def first_start(events: pl.DataFrame) -> date | None:
    """The earliest date on which an event of the slice started; None for an empty slice."""
    return events.select(pl.col("started_at").dt.date().min()).item()  # type: ignore[no-any-return]


def _days_carried_over(events: pl.DataFrame) -> int:
    """Days between the first start of the slice and its first end: long playbacks began before the slice."""
    first_end: date | None = events["event_date"].min()  # type: ignore[assignment]
    start = first_start(events)
    return 0 if first_end is None or start is None else max(0, (first_end - start).days)


def _is_music() -> pl.Expr:
    return (
        pl.col("action").is_in(PLAYBACK_ACTIONS)
        & (pl.col("content_type") == "music")
        & pl.col("track_id").is_not_null()
    )


def _playbacks_with_previous(events: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """The playbacks of the slice, with what was known of those before it in the session."""
    under_way = before.join(events, on=_SESSION, how="semi")
    history = pl.concat(
        [
            under_way.select(*EVENT_COLUMNS, in_slice=pl.lit(value=False)),
            events.select(*EVENT_COLUMNS, in_slice=pl.lit(value=True)),
        ]
    ).filter(pl.col("action").is_in(PLAYBACK_ACTIONS))

    def earlier(column: str, steps: int) -> pl.Expr:
        return pl.col(column).shift(steps).over(_SESSION)

    def outcome_known(steps: int) -> pl.Expr:
        is_in_place = earlier("session_position", steps) == pl.col("session_position") - steps
        return is_in_place & (earlier("ended_at", steps) <= _latest_true_start())

    def was_skip(steps: int) -> pl.Expr:
        return pl.when(outcome_known(steps)).then(earlier("outcome", steps) == "skip")

    gap = (pl.col("started_at") - earlier("ended_at", 1)).dt.total_milliseconds() / 1000
    recent = [was_skip(steps).cast(pl.Float64) for steps in range(1, RECENT_PLAYBACKS + 1)]
    return (
        history.sort(*_SESSION, "session_position", "started_at", "event_id")
        .with_columns(
            previous_is_skip=was_skip(1),
            recent_skip_rate=pl.mean_horizontal(recent, ignore_nulls=True),
            gap_seconds=pl.when(outcome_known(1)).then(gap.clip(lower_bound=0)),
        )
        .filter("in_slice")
    )


def _latest_true_start() -> pl.Expr:
    """The latest moment at which a playback can have started, given the resolution of its time stamps."""
    seconds = pl.col("source").replace_strict(
        COARSE_CLOCK_RESOLUTION_SECONDS, default=CLOCK_RESOLUTION_SECONDS, return_dtype=pl.Int64
    )
    return pl.col("started_at") + pl.duration(seconds=seconds)


def _first_artists(tracks: pl.DataFrame) -> pl.DataFrame:
    """The first artist of each track by the catalogue; the first in order where snapshots disagree."""
    return tracks.group_by("track_id").agg(pl.col("primary_artist_id").min().alias("artist"))


def _history(starts: pl.DataFrame, past: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
    """Plays and skip rates of each user, user and track, and user and artist. One row per start, in order.

    Whole days are counted per day, and the day of the start event by event, so that nothing as long as the
    history is sorted.
    """
    columns = ["user_id", "track_id", "artist_name", "event_date", "outcome"]
    rows = pl.concat(
        [
            starts.select(*columns, at="started_at", row=pl.int_range(pl.len(), dtype=pl.UInt32)),
            past.select(*columns, at="ended_at", row=pl.lit(None, pl.UInt32)),
        ]
    )
    coded = (
        rows.join(artists, on="track_id", how="left")
        .with_columns(pl.coalesce("artist", "artist_name").alias("artist"))
        .select(
            # Users, tracks and artists as whole numbers, which group and sort much faster than text.
            pl.col("user_id", "track_id", "artist").cast(pl.Categorical).to_physical(),
            pl.col("event_date").alias("day"),
            "at",
            "row",
            skip=(pl.col("outcome") == "skip").cast(pl.UInt32),
        )
    )
    asked = coded.filter(pl.col("row").is_not_null())
    ended = coded.filter(pl.col("row").is_null())
    parts = [_counts(asked, ended, name, key) for name, key in _HISTORY_KEYS.items()]
    return pl.concat(parts, how="horizontal")


def _counts(asked: pl.DataFrame, ended: pl.DataFrame, name: str, key: pl.Expr) -> pl.DataFrame:
    """`<name>_plays` and `<name>_skip_rate` of each start, in order. Null where the key is."""
    asked = asked.select("day", "at", "row", key=key)
    groups = asked.select("key").unique()
    relevant = ended.select("day", "at", "skip", key=key).join(groups, on="key", how="semi")
    daily = relevant.group_by("key", "day").agg(plays=pl.len(), skips=pl.col("skip").sum())
    earlier_days = (
        asked.select(_BY_DAY)
        .unique()
        .join(daily.rename({"day": "end_day"}), on="key")
        .filter(
            pl.col("end_day") < pl.col("day"),
            pl.col("end_day") >= pl.col("day") - pl.duration(days=HISTORY_DAYS),
        )
        .group_by(_BY_DAY)
        .agg(pl.col("plays", "skips").sum())
    )
    total = (
        _earlier_on_the_day(asked, relevant)
        .join(earlier_days, on=_BY_DAY, how="left")
        .select(
            "row",
            pl.col("plays_today") + pl.col("plays").fill_null(0),
            pl.col("skips_today") + pl.col("skips").fill_null(0),
            known=pl.col("key").is_not_null(),
        )
        .sort("row")
    )
    return total.select(
        pl.when("known").then("plays_today").alias(f"{name}_plays"),
        pl.when(pl.col("plays_today") > 0, "known")
        .then(pl.col("skips_today") / pl.col("plays_today"))
        .alias(f"{name}_skip_rate"),
    )


def _earlier_on_the_day(asked: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """The starts with how many playbacks of their key ended before them on their day, and were skipped."""
    same_day = ended.join(asked.select(_BY_DAY).unique(), on=_BY_DAY, how="semi")
    one, none = pl.lit(1, pl.UInt32), pl.lit(0, pl.UInt32)
    ends = same_day.select(*_BY_DAY, "at", "skip", row=pl.lit(None, pl.UInt32), play=one)
    starts = asked.select(*_BY_DAY, "at", skip=none, row="row", play=none)
    # At equal times the start comes first: what ended at that very moment is not known.
    return (
        pl.concat([starts, ends])
        .sort(*_BY_DAY, "at", "play")
        .with_columns(
            plays_today=pl.col("play").cum_sum().over(_BY_DAY),
            skips_today=pl.col("skip").cum_sum().over(_BY_DAY),
        )
        .filter(pl.col("row").is_not_null())
    )
