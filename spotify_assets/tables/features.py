"""The table of what is known before each playback ends, which models learn from."""

from spotify_assets.tables.fields import AUDIO_FEATURE_COLUMNS, EVENT_DATE, TRACK, USER_ID, required
from spotify_assets.tables.model import Table, count, flag, moment, number, percentage, share, text, whole

_EARLIER_OUTCOMES = (
    "core.listening_events.outcome",
    "core.listening_events.user_id",
    "core.listening_events.ended_at",
)
MODEL_FEATURES = Table(
    schema="ml",
    name="model_features",
    grain="one row per music playback",
    description="What was known before each playback ended, beside the label. Nothing here is computed from the outcome or from the future.",
    partition_column="event_date",
    key=("event_id",),
    columns=(
        text("event_id", "The playback.", references="core.listening_events.event_id"),
        EVENT_DATE,
        USER_ID,
        required(TRACK),
        moment("started_at", "UTC moment the playback started: the moment of the decision."),
        flag("is_skip", "The label: the outcome was skip.", of="core.listening_events.outcome"),
        *AUDIO_FEATURE_COLUMNS,
        percentage("popularity", "Popularity by the catalogue as of the day of the start.", null=True),
        count("duration_ms", "Length of the track in milliseconds.", null=True, minimum=1),
        flag("explicit", "Whether the lyrics are marked explicit.", null=True),
        whole(
            "hour_utc",
            "UTC hour of the start, 0 to 23.",
            minimum=0,
            maximum=23,
            of="core.listening_events.started_at",
        ),
        whole(
            "weekday",
            "UTC weekday of the start, 1 = Monday to 7 = Sunday.",
            minimum=1,
            maximum=7,
            of="core.listening_events.started_at",
        ),
        text("device", "Kind of device.", null=True),
        flag("shuffle", "Whether shuffle was on.", null=True),
        text("reason_start", "Why the playback started.", null=True),
        count("session_position", "Position in the session, from 1.", minimum=1),
        flag(
            "previous_is_skip",
            "Whether the playback before it in the session was skipped; null for the first, and where that playback was not over yet.",
            null=True,
            of=_EARLIER_OUTCOMES,
        ),
        share(
            "recent_skip_rate",
            "Share of skips among the session's last five playbacks, of those that were over; null where none was.",
            null=True,
            of=_EARLIER_OUTCOMES,
        ),
        number(
            "gap_seconds",
            "Seconds from the end of the playback before it in the session to the start; null where `previous_is_skip` is.",
            null=True,
            minimum=0,
            of=("core.listening_events.started_at", "core.listening_events.ended_at"),
        ),
        count(
            "user_plays",
            "Music playbacks of the user that ended in the 28 days before the day of the start, or on it before the start.",
            null=True,
            of="core.listening_events.user_id",
        ),
        share(
            "user_skip_rate",
            "Share of skips among `user_plays`; null without any.",
            null=True,
            of=_EARLIER_OUTCOMES,
        ),
        count(
            "user_track_plays",
            "Those of `user_plays` that are of this track.",
            null=True,
            of=("core.listening_events.user_id", "core.listening_events.track_id"),
        ),
        share(
            "user_track_skip_rate",
            "Share of skips among `user_track_plays`; null without any.",
            null=True,
            of=(*_EARLIER_OUTCOMES, "core.listening_events.track_id"),
        ),
        count(
            "user_artist_plays",
            "Those of `user_plays` that are of the track's first artist; null where the artist is unknown.",
            null=True,
            of=("core.listening_events.user_id", "core.tracks.primary_artist_id"),
        ),
        share(
            "user_artist_skip_rate",
            "Share of skips among `user_artist_plays`; null without any.",
            null=True,
            of=(*_EARLIER_OUTCOMES, "core.tracks.primary_artist_id"),
        ),
    ),
)
