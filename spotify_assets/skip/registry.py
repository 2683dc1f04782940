"""The feature registry: what each feature of `ml.model_features` is, when it is known and where it is from.

A column of that table is an identifier, the label, or a feature that stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from spotify_assets.tables import MODEL_FEATURES

Subject = Literal["track", "playback", "previous playback", "earlier playbacks"]

LABEL = "is_skip"
"""The column that the model predicts."""

IDENTIFIERS = ("event_id", "event_date", "user_id", "track_id", "started_at")
"""Columns that say which playback a row is, and its partition. `event_id` and `event_date` depend on the
end of the playback, so none of them may be a predictor as it stands."""


Known = Literal["catalogue of the day of the start", "at the start", "earlier playbacks that were over"]
Group = Literal["audio", "context", "start", "session", "history"]
Kind = Literal["number", "count", "flag", "category", "hour"]


@dataclass(frozen=True)
class Feature:
    """One feature.

    `source` is the `schema.table.column` it is read from; `of` says whose value it is: the track's, that of
    the playback to be predicted, that of the playback before it in the session, which is over by then, or
    that of the user's earlier playbacks, likewise. `known` says when and from what it is known, always
    before the playback's outcome. `group` is the rung of the ladder that adds it, and `kind` how it enters
    a design matrix: counts by their logarithm, hours as an angle, categories as one column per value.
    """

    name: str
    description: str
    of: Subject
    source: str
    known: Known
    group: Group
    kind: Kind


def _described(name: str) -> str:
    return next(column.description for column in MODEL_FEATURES.columns if column.name == name)


def _of_track(name: str, kind: Kind = "number", group: Group = "audio") -> Feature:
    return Feature(
        name,
        _described(name),
        of="track",
        source=f"core.tracks.{name}",
        known="catalogue of the day of the start",
        group=group,
        kind=kind,
    )


def _of_playback(name: str, source_column: str, kind: Kind, group: Group = "context") -> Feature:
    return Feature(
        name,
        _described(name),
        of="playback",
        source=f"core.listening_events.{source_column}",
        known="at the start",
        group=group,
        kind=kind,
    )


def _of_earlier(name: str, source_column: str, kind: Kind, *, group: Group) -> Feature:
    return Feature(
        name,
        _described(name),
        of="previous playback" if group == "session" else "earlier playbacks",
        source=f"core.listening_events.{source_column}",
        known="earlier playbacks that were over",
        group=group,
        kind=kind,
    )


FEATURES: Mapping[str, Feature] = {
    feature.name: feature
    for feature in (
        _of_track("danceability"),
        _of_track("energy"),
        _of_track("key", "category"),
        _of_track("loudness"),
        _of_track("mode", "flag"),
        _of_track("speechiness"),
        _of_track("acousticness"),
        _of_track("instrumentalness"),
        _of_track("liveness"),
        _of_track("valence"),
        _of_track("tempo"),
        _of_track("time_signature"),
        _of_track("popularity", group="context"),
        _of_track("duration_ms", group="context"),
        _of_track("explicit", "flag", "context"),
        _of_playback("hour_utc", "started_at", "hour"),
        _of_playback("weekday", "started_at", "category"),
        _of_playback("device", "device", "category"),
        _of_playback("shuffle", "shuffle", "flag"),
        _of_playback("reason_start", "reason_start", "category", "start"),
        _of_playback("session_position", "session_position", "count", "session"),
        _of_earlier("previous_is_skip", "outcome", "flag", group="session"),
        _of_earlier("recent_skip_rate", "outcome", "number", group="session"),
        _of_earlier("gap_seconds", "ended_at", "count", group="session"),
        _of_earlier("user_plays", "ended_at", "count", group="history"),
        _of_earlier("user_skip_rate", "outcome", "number", group="history"),
        _of_earlier("user_track_plays", "ended_at", "count", group="history"),
        _of_earlier("user_track_skip_rate", "outcome", "number", group="history"),
        _of_earlier("user_artist_plays", "ended_at", "count", group="history"),
        _of_earlier("user_artist_skip_rate", "outcome", "number", group="history"),
    )
}
"""Every feature, by name. The list is written out, not read off the catalogue: a column that is added there
becomes a feature only when someone has said here what it is and where it comes from."""

GROUPS: tuple[Group, ...] = ("audio", "context", "start", "session", "history")
"""Groups in the order in which the ladder adds them."""
