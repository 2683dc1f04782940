"""Model features: what was known when each music playback started, beside its label.

A feature describes the track, the circumstances of the start, or playbacks that were over by then. How the
playback itself ended decides the label and the partition only. `skip.registry` lists each feature with its
source.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import polars as pl

from spotify_assets.sources.formats import CLOCKS
from spotify_assets.tables import AUDIO_FEATURES, MODEL_FEATURES, PLAYBACK_ACTIONS
from spotify_assets.transforms.as_of import join_tracks
from spotify_assets.transforms.histories import Spans

TRACK_FEATURES = (*AUDIO_FEATURES, "popularity", "duration_ms", "explicit")
"""Features that are properties of the track, by the catalogue."""

TRACK_COLUMNS = ("track_id", "snapshot_date", "primary_artist_id", *TRACK_FEATURES)
"""Columns of `core.tracks` that the features need."""

CLOCK_RESOLUTION_SECONDS = 1
"""Resolution of the exports' time stamps: a start computed from one may be this much too early."""

COARSE_CLOCK_RESOLUTION_SECONDS = {
    clock.source: clock.coarse_seconds for clock in CLOCKS if clock.coarse_seconds
}
"""Resolution of the sources whose time stamps are coarser: the account export gives minutes."""

HISTORY_DAYS = 28
"""Days before that of the start whose playbacks make up a user's history: four of each weekday."""
PREVIOUS_PLAYBACK_DAYS = 1
"""The playback before one that starts today ended at most a session gap earlier, so at most a day before."""
RECENT_PLAYBACKS = 5
"""Playbacks of the session whose outcomes make up `recent_skip_rate`."""


class Earlier(Protocol):
    """The listening before a slice, asked for piece by piece: all of it is many times the slice.

    Counts are asked for of `HISTORY_DAYS` and of the days before the slice on which its playbacks started.
    Dates in the history of each of these starts may be told together, as one of them.
    """

    def rows(self, days: int, columns: Sequence[str], matching: pl.DataFrame) -> pl.DataFrame:
        """The named columns of the events of so many days that agree with a row of `matching`.

        One row per event of `core.listening_events`; they agree in all columns that `matching` has.
        """

    def plays_of_users(self, days: int) -> pl.DataFrame:
        """Music playbacks of known outcome of so many days. One row per `user_id` and `event_date`: `plays`,
        `skips`."""

    def plays_of_pairs(self, days: int, pairs: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
        """Likewise of users with tracks and artists. One row per pair and date.

        The rows are those whose `user_id` has its `track_id` or its `artist` in a row of `pairs`; the
        artist is that of the track in `artists`, else the `artist_name` of the event. Columns: `user_id`,
        `track_id`, `artist`, `event_date`, `plays`, `skips`.
        """


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
_WHO = ("user_id", "track_id", "artist")
_ENDED = ("user_id", "track_id", "artist_name", "event_date", "ended_at", "outcome")


def model_features(events: pl.DataFrame, earlier: Earlier, tracks: pl.DataFrame) -> pl.DataFrame:
    """The rows of `ml.model_features` for one slice of `core.listening_events`: one row per music playback
    whose outcome is known.

    Args:
        events: the slice of `core.listening_events`; `EVENT_COLUMNS` are enough.
        earlier: gives what is needed of the days before the slice, for sessions that are under way when it
            begins and for the users' histories.
        tracks: the rows of `core.tracks` that say what was known on the days on which the playbacks
            started, of one snapshot or several, see `join_tracks`; `TRACK_COLUMNS` are enough. A playback of
            a track that they lack keeps its row, with null features.

    Returns:
        The columns of `tables.MODEL_FEATURES`, ordered by start and event id.

        `previous_is_skip` is the outcome of the playback one position earlier in the same session, whatever
        its content. It is null for the first playback, and where the earlier one was still running when this
        one started (two devices at once, or plays synchronised later), because its outcome was not known
        then, and where it never became known. `recent_skip_rate` goes back five positions by the same rule.

        The history counts the user's music playbacks of known outcome that ended strictly before the start,
        and not before midnight (UTC) 28 days before the day of the start. It does not depend on how the
        slices are cut.
    """
    carry = _days_carried_over(events)
    playbacks = _playbacks_with_previous(events, earlier, carry).filter(has_known_outcome())
    # A catalogue as of the day of the end would say something of the end.
    started = playbacks.with_columns(
        _event_date=pl.col("event_date"), event_date=pl.col("started_at").dt.date()
    )
    described = join_tracks(started, tracks, TRACK_FEATURES)
    return (
        described.hstack(
            _history(described, events.filter(has_known_outcome()), earlier, carry, _first_artists(tracks))
        )
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


def plays_music() -> pl.Expr:
    """Whether an event is a playback of music, whatever is known of the track."""
    return pl.col("action").is_in(PLAYBACK_ACTIONS) & (pl.col("content_type") == "music")


def is_music() -> pl.Expr:
    """Whether an event is a playback of a music track, the kind that has features and makes up histories."""
    return plays_music() & pl.col("track_id").is_not_null()


def has_known_outcome() -> pl.Expr:
    """Whether an event is such a playback and how it ended is known: only then it teaches anything."""
    return is_music() & (pl.col("outcome") != "unknown")


def _playbacks_with_previous(events: pl.DataFrame, earlier: Earlier, carry: int) -> pl.DataFrame:
    """The playbacks of the slice, with what was known of those before it in the session."""
    under_way = (
        events.group_by(_SESSION)
        .agg(pl.col("session_position").min())
        .filter(pl.col("session_position") > 1)
        .select(_SESSION)
    )
    before = earlier.rows(PREVIOUS_PLAYBACK_DAYS + carry, EVENT_COLUMNS, under_way)
    history = pl.concat(
        [
            before.select(*EVENT_COLUMNS, in_slice=pl.lit(value=False)),
            events.select(*EVENT_COLUMNS, in_slice=pl.lit(value=True)),
        ]
    ).filter(pl.col("action").is_in(PLAYBACK_ACTIONS))

    in_order = history.sort(*_SESSION, "session_position", "started_at", "event_id").with_columns(
        # Sorted by session, a session is a run of rows: shifting them all beats shifting within each.
        session=pl.struct(_SESSION).rle_id()
    )

    def previous(column: str, steps: int) -> pl.Expr:
        return pl.col(column).shift(steps)

    def outcome_known(steps: int) -> pl.Expr:
        is_in_place = previous("session_position", steps) == pl.col("session_position") - steps
        is_over = previous("ended_at", steps) <= _latest_true_start()
        return (previous("session", steps) == pl.col("session")) & is_in_place & is_over

    def was_skip(steps: int) -> pl.Expr:
        known = outcome_known(steps) & (previous("outcome", steps) != "unknown")
        return pl.when(known).then(previous("outcome", steps) == "skip")

    gap = (pl.col("started_at") - previous("ended_at", 1)).dt.total_milliseconds() / 1000
    recent = [was_skip(steps).cast(pl.Float64) for steps in range(1, RECENT_PLAYBACKS + 1)]
    return in_order.with_columns(
        previous_is_skip=was_skip(1),
        recent_skip_rate=pl.mean_horizontal(recent, ignore_nulls=True),
        gap_seconds=pl.when(outcome_known(1)).then(gap.clip(lower_bound=0)),
    ).filter("in_slice")


def _latest_true_start() -> pl.Expr:
    """The latest moment at which a playback can have started, given the resolution of its time stamps."""
    seconds = pl.col("source").replace_strict(
        COARSE_CLOCK_RESOLUTION_SECONDS, default=CLOCK_RESOLUTION_SECONDS, return_dtype=pl.Int64
    )
    return pl.col("started_at") + pl.duration(seconds=seconds)


def _first_artists(tracks: pl.DataFrame) -> pl.DataFrame:
    """The first artist of each track by the catalogue; the first in order where snapshots disagree."""
    return tracks.group_by("track_id").agg(pl.col("primary_artist_id").min().alias("artist"))


def _history(
    starts: pl.DataFrame, slice_: pl.DataFrame, earlier: Earlier, carry: int, artists: pl.DataFrame
) -> pl.DataFrame:
    """Plays and skip rates of each user, user and track, and user and artist. One row per start, in order.

    What ended in the slice is counted end by end, and what ended before it by the day, as if at its
    midnight. `slice_` holds the music playbacks of the slice whose outcome is known.
    """

    def with_artist(frame: pl.DataFrame) -> pl.DataFrame:
        known = frame.join(artists, on="track_id", how="left", maintain_order="left")
        return known.with_columns(artist=pl.coalesce("artist", "artist_name"))

    days, day = HISTORY_DAYS + carry, pl.col("started_at").dt.date()
    named = with_artist(starts.with_columns(day=day))
    carried = _of_carried_days(named, slice_, earlier, carry)
    one_by_one = with_artist(pl.concat([carried, slice_.select(_ENDED)]))
    of_users = earlier.plays_of_users(days).with_columns(pl.lit(None, pl.String).alias(c) for c in _WHO[1:])
    of_pairs = earlier.plays_of_pairs(days, named.select(_WHO).unique(), artists)
    counted = [_by_day(frame, carried) for frame in (of_users, of_pairs)]
    spans = Spans(
        named.select(
            since=pl.col("day").cast(pl.Datetime("us")) - pl.duration(days=HISTORY_DAYS), until="started_at"
        ),
        pl.concat(
            [
                one_by_one.select(at="ended_at", plays=pl.lit(1, pl.Int64), skips=_skips()),
                *(frame.select("at", "plays", "skips") for frame in counted),
            ]
        ),
    )
    keys = _keys([named, one_by_one, counted[0]], counted[1])
    parts = [
        _rates(name, keys[name].head(named.height), plays)
        for name, plays in zip(keys.columns, spans.counted(keys), strict=True)
    ]
    return pl.concat(parts, how="horizontal")


def _keys(of_all: Sequence[pl.DataFrame], of_pairs: pl.DataFrame) -> pl.DataFrame:
    """What the histories of rows are counted by, as whole numbers: they sort much faster than text.

    Counts of pairs tell nothing of a user: there they are of a part of what was played.
    """
    # Numbers of a category's own, which are forgotten with it.
    codes = pl.Categorical(pl.Categories.random())
    who = pl.concat([frame.select(_WHO) for frame in (*of_all, of_pairs)])
    numbers = who.select(pl.col(_WHO).cast(codes).to_physical().cast(pl.Int64))
    width = numbers.select(pl.max_horizontal(pl.all().max()).fill_null(0)).item() + 1
    user = pl.col("user_id")
    tells_of_user = pl.int_range(pl.len()) < numbers.height - of_pairs.height
    return numbers.select(
        user=pl.when(tells_of_user).then(user),
        user_track=user * width + pl.col("track_id"),
        user_artist=user * width + pl.col("artist"),
    )


def _rates(name: str, key: pl.Series, counted: pl.DataFrame) -> pl.DataFrame:
    """`<name>_plays` and `<name>_skip_rate` of each start, in order. Null where the key is."""
    plays, known = pl.col("plays"), pl.lit(key.is_not_null())
    return counted.select(
        pl.when(known).then(plays).alias(f"{name}_plays"),
        pl.when(known, plays > 0).then(pl.col("skips") / plays).alias(f"{name}_skip_rate"),
    )


def _by_day(counted: pl.DataFrame, carried: pl.DataFrame) -> pl.DataFrame:
    """Counts per date at its midnight, without those of users and dates of which every playback is told."""
    if carried.height:
        counted = counted.join(
            carried.select("user_id", "event_date"), on=["user_id", "event_date"], how="anti"
        )
    return counted.with_columns(
        pl.col("plays", "skips").cast(pl.Int64), at=pl.col("event_date").cast(pl.Datetime("us"))
    )


def _of_carried_days(
    starts: pl.DataFrame, slice_: pl.DataFrame, earlier: Earlier, carry: int
) -> pl.DataFrame:
    """Music playbacks of the days before the slice on which one of its playbacks started, of those users."""
    if not carry:
        return slice_.clear().select(_ENDED)
    users = starts.filter(pl.col("day") < slice_["event_date"].min()).select("user_id").unique()
    columns = [*_ENDED, "action", "content_type"]
    told = earlier.rows(carry, columns, users).filter(has_known_outcome())
    return told.filter(pl.col("event_date") >= pl.lit(starts["day"].min(), pl.Date)).select(_ENDED)


def _skips() -> pl.Expr:
    return (pl.col("outcome") == "skip").cast(pl.Int64)
