"""Model features: what was known when each music playback started, beside its label.

A feature describes the track, the circumstances of the start, or a playback that was over by then. How the
playback itself ended decides the label and the partition only. `skip.registry` lists each feature with its
source.
"""

import polars as pl

from spotify_assets.catalog import AUDIO_FEATURES, MODEL_FEATURES, PLAYBACK_ACTIONS
from spotify_assets.transforms.as_of import join_tracks

TRACK_FEATURES = (*AUDIO_FEATURES, "popularity", "duration_ms", "explicit")
"""Features that are properties of the track, by the catalogue."""

CLOCK_RESOLUTION_SECONDS = 1
"""Resolution of the exports' time stamps: a start computed from one may be this much too early."""

COARSE_CLOCK_RESOLUTION_SECONDS = {"account_data": 60}
"""Resolution of the sources whose time stamps are coarser: the account export gives minutes."""

_SESSION = ["user_id", "session_id"]
_NEEDED = [
    *_SESSION,
    "event_id",
    "event_date",
    "track_id",
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
]


def model_features(events: pl.DataFrame, before: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """The rows of `ml.model_features` for one slice of `core.listening_events`: one row per music playback.

    Args:
        events: the slice of `core.listening_events`.
        before: `core.listening_events` of the days before it, for sessions that are already under way when
            the slice begins; may be empty. Without them, `previous_is_skip` is null for the first playback
            that such a session has in the slice.
        tracks: the rows of `core.tracks` that say what was known on the slice's days, of one snapshot or
            several, see `join_tracks`. A playback of a track that they lack keeps its row, with null
            features.

    Returns:
        The columns of `catalog.MODEL_FEATURES`, ordered by start and event id. `previous_is_skip` is the
        outcome of the playback one position earlier in the same session, whatever its content. It is null
        for the first playback, and where the earlier one was still running when this one started (two
        devices at once, or plays synchronised later), because its outcome was not known then.
    """
    music = _playbacks_with_previous(events, before).filter(
        pl.col("content_type") == "music", pl.col("track_id").is_not_null()
    )
    return (
        join_tracks(music, tracks, TRACK_FEATURES)
        .with_columns(
            is_skip=pl.col("outcome") == "skip",
            hour_utc=pl.col("started_at").dt.hour(),
            weekday=pl.col("started_at").dt.weekday(),
        )
        .select(MODEL_FEATURES.column_names)
        .cast(MODEL_FEATURES.polars_schema)
        .sort("started_at", "event_id")
    )


def _playbacks_with_previous(events: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """The playbacks of the slice, with `previous_is_skip`."""
    under_way = before.join(events, on=_SESSION, how="semi")
    history = pl.concat(
        [
            under_way.select(*_NEEDED, in_slice=pl.lit(value=False)),
            events.select(*_NEEDED, in_slice=pl.lit(value=True)),
        ]
    ).filter(pl.col("action").is_in(PLAYBACK_ACTIONS))

    def previous(column: str) -> pl.Expr:
        return pl.col(column).shift(1).over(_SESSION)

    is_next = previous("session_position") == pl.col("session_position") - 1
    was_over = previous("ended_at") <= _latest_true_start()
    return (
        history.sort(*_SESSION, "session_position", "started_at", "event_id")
        .with_columns(previous_is_skip=pl.when(is_next & was_over).then(previous("outcome") == "skip"))
        .filter("in_slice")
    )


def _latest_true_start() -> pl.Expr:
    """The latest moment at which a playback can have started, given the resolution of its time stamps."""
    seconds = pl.col("source").replace_strict(
        COARSE_CLOCK_RESOLUTION_SECONDS, default=CLOCK_RESOLUTION_SECONDS, return_dtype=pl.Int64
    )
    return pl.col("started_at") + pl.duration(seconds=seconds)
