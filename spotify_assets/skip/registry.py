"""The feature registry: what each feature of `ml.model_features` is, when it is known and where it is from.

A column of that table is an identifier, the label, or a feature that stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from spotify_assets.catalog import MODEL_FEATURES

Subject = Literal["track", "playback", "previous playback"]

LABEL = "is_skip"
"""The column that the model predicts."""

IDENTIFIERS = ("event_id", "event_date", "user_id", "track_id", "started_at")
"""Columns that say which playback a row is, and its partition. `event_id` and `event_date` depend on the
end of the playback, so none of them may be a predictor as it stands."""

OUTCOME_COLUMNS = (
    "event_id",
    "event_date",
    "ended_at",
    "action",
    "ms_played",
    "skipped",
    "reason_end",
    "outcome",
    "is_stream",
)
"""Columns of `core.listening_events` that say how the playback itself ended, or are derived from that."""


@dataclass(frozen=True)
class Feature:
    """One feature.

    `source` is the `schema.table.column` it is read from; `of` says whose value it is: the track's, that of
    the playback to be predicted, or that of the playback before it in the session, which is over by then.
    """

    name: str
    description: str
    of: Subject
    source: str
    known: Literal["before start"] = "before start"


def _described(name: str) -> str:
    return next(column.description for column in MODEL_FEATURES.columns if column.name == name)


def _of_track(name: str) -> Feature:
    return Feature(name, _described(name), of="track", source=f"core.tracks.{name}")


def _of_playback(name: str, source_column: str) -> Feature:
    return Feature(name, _described(name), of="playback", source=f"core.listening_events.{source_column}")


FEATURES: Mapping[str, Feature] = {
    feature.name: feature
    for feature in (
        _of_track("danceability"),
        _of_track("energy"),
        _of_track("key"),
        _of_track("loudness"),
        _of_track("mode"),
        _of_track("speechiness"),
        _of_track("acousticness"),
        _of_track("instrumentalness"),
        _of_track("liveness"),
        _of_track("valence"),
        _of_track("tempo"),
        _of_track("time_signature"),
        _of_track("popularity"),
        _of_track("duration_ms"),
        _of_track("explicit"),
        _of_playback("hour_utc", "started_at"),
        _of_playback("weekday", "started_at"),
        _of_playback("device", "device"),
        _of_playback("shuffle", "shuffle"),
        _of_playback("reason_start", "reason_start"),
        _of_playback("session_position", "session_position"),
        Feature(
            "previous_is_skip",
            _described("previous_is_skip"),
            of="previous playback",
            source="core.listening_events.outcome",
        ),
    )
}
"""Every feature, by name. The list is written out, not read off the catalogue: a column that is added there
becomes a feature only when someone has said here what it is and where it comes from."""
