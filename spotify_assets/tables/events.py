"""The table of clean listening events, and what is usual about them."""

from dataclasses import replace

from spotify_assets.tables.fields import EVENT_COLUMNS, OUTCOMES, TRACK_KEY, VOLUME, required
from spotify_assets.tables.model import Expectation, OwnCheck, Statistic, Table, count, flag, text

_SESSION = ("raw.raw_events.user_id", "raw.raw_events.started_at", "raw.raw_events.ended_at")
_NAMES = ("raw.raw_events.track_id", "raw.raw_events.track_name", "raw.raw_events.artist_name")
_PLAYED = "content_type = 'music' and action in ('play', 'skip')"


def _share_of_plays(name: str, description: str, of: str, among: str = "true") -> Statistic:
    """The share of a day's plays of music that `of` is true of."""
    played = f"count(*) filter (where {_PLAYED}"
    sql = f"{played} and {of}) / nullif({played} and {among}), 0)"
    return Statistic(name, description, sql, least=0.02, per_cent=True)


_STATISTICS = (
    _share_of_plays(
        "usual_skip_rate",
        "About as many of the plays of music whose outcome is known are skips as usual.",
        "outcome = 'skip'",
        among="outcome <> 'unknown'",
    ),
    _share_of_plays(
        "usual_unknown_tracks",
        "About as many plays of music as usual are of tracks that the catalogue lacks.",
        "track_duration_ms is null",
    ),
    _share_of_plays(
        "usual_missing_ids", "About as many plays of music as usual have no track id.", "track_id is null"
    ),
    Statistic(
        "usual_ms_played",
        "Plays of music are heard for about as long as usual (mean, milliseconds).",
        f"avg(ms_played) filter (where {_PLAYED})",
        least=1_000,
        share=0.05,
    ),
)

REPORTED_AFTER_HEARD = OwnCheck(
    "reported_after_heard",
    "What was heard before it was reported was reported after it ended, and within the 30 days for which "
    "downloads play.",
    warns=True,
)

LISTENING_EVENTS = Table(
    schema="core",
    name="listening_events",
    grain="one row per playback or interaction",
    description="Clean listening events: every playback once, with its outcome and its session.",
    partition_column="event_date",
    key=("event_id",),
    made_from="raw.raw_events",
    refuses_rows=True,
    tells_repeats=True,
    goes_first=True,
    expectations=(
        Expectation(
            "known_track",
            "content_type = 'music' and action in ('play', 'skip') and track_duration_ms is null",
            "The track played is in the catalogue.",
        ),
    ),
    own_checks=(REPORTED_AFTER_HEARD,),
    statistics=(VOLUME, *_STATISTICS),
    columns=(
        *(required(c, derived_from=_SESSION) if c.name == "session_id" else c for c in EVENT_COLUMNS),
        text(
            "filled_from",
            "JSON object with the source of each field that this row lacked and took from a dropped row of the same playback; null where it took none. No time is ever taken.",
            null=True,
            of="raw.raw_events.source",
        ),
        replace(
            TRACK_KEY,
            derived_from=_NAMES,
        ),
        count(
            "session_position",
            "1 for the first playback of the session; null for interactions.",
            null=True,
            minimum=1,
            of=("raw.raw_events.user_id", "raw.raw_events.started_at", "raw.raw_events.action"),
        ),
        count(
            "track_duration_ms",
            "Length of the track by the catalogue as of the day; null where unknown.",
            null=True,
            minimum=1,
            of="core.tracks.duration_ms",
        ),
        count(
            "known_duration_ms",
            "Length that outcome and stream are judged by: the catalogue's unless it is impossible or the playbacks refute it; else as the listener's own plays of the id tell; without a word on the end also by the names. Null where unknown.",
            null=True,
            minimum=1,
            of=("core.tracks.duration_ms", "raw.raw_events.ms_played", "raw.raw_events.reason_end"),
        ),
        text(
            "outcome",
            "How the playback ended, by the skip rule that the settings choose (outcome-v2 by default); unknown where the source says nothing, and no length is known or listening ended with it; null for interactions.",
            null=True,
            accepted=OUTCOMES,
            of=(
                "raw.raw_events.reason_end",
                "raw.raw_events.skipped",
                "raw.raw_events.ms_played",
                "core.tracks.duration_ms",
            ),
        ),
        flag(
            "is_stream",
            "Whether it counts as a stream, by the rule that the settings choose (stream-v1 by default: 30 s, or the whole of a shorter track).",
            of=("raw.raw_events.ms_played", "core.tracks.duration_ms"),
        ),
    ),
)
