"""Columns and lists of values that several tables share."""

from dataclasses import replace

from spotify_assets.tables.model import (
    Column,
    Statistic,
    count,
    day,
    flag,
    moment,
    number,
    share,
    text,
    whole,
)

TRACK_ID = "[0-9A-Za-z]{22}"
"""A Spotify track id: 22 characters of base 62."""
COUNTRY = "[A-Z]{2}"
"""An ISO 3166-1 alpha-2 code."""
ACTIONS = ("play", "skip", "pause", "add_to_playlist")
PLAYBACK_ACTIONS = ("play", "skip")
"""Actions that are a playback; the others are interactions with no time played."""
CONTENT_TYPES = ("music", "podcast", "audiobook", "video", "unknown")
OUTCOMES = ("complete", "skip", "abandoned", "unknown")
VOLUME = Statistic(
    "usual_volume",
    "About as many rows as on the same weekday of the past eight weeks.",
    "count(*)",
    least=5,
    share=0.1,
    counts=True,
)
"""Rows of a day."""

SOURCE_FILE = text(
    "source_file", "File that the row came from: its name, `@` and the first 12 digits of its SHA-256."
)
SOURCE_ROW = count(
    "source_row", "Row in the file the person handed in, counted from 1 without its header.", minimum=1
)
SNAPSHOT_DATE = day("snapshot_date", "Day the catalogue was exported.")
USER_ID = text("user_id", "Listener, as a pseudonym.")
TRACK = text("track_id", "Spotify track id.", null=True, pattern=TRACK_ID)
EVENT_DATE = day("event_date", "UTC date on which the playback ended.")
TRACK_KEY = text(
    "track_key",
    "What was played: the Spotify track id, else `name-` and a hash of artist and track name; null where neither is known.",
    null=True,
)

# Ranges are those of the Web API reference of Spotify (audio-features).
AUDIO_FEATURE_COLUMNS = (
    share("danceability", "How suitable the track is for dancing, 0 to 1.", null=True),
    share("energy", "Perceived intensity, 0 to 1.", null=True),
    whole(
        "key",
        "Pitch class of the key, 0 = C to 11 = B; -1 where none was detected.",
        null=True,
        minimum=-1,
        maximum=11,
    ),
    number("loudness", "Mean loudness in dB; a few masters exceed 0.", null=True, minimum=-60, maximum=10),
    whole("mode", "1 major, 0 minor.", null=True, minimum=0, maximum=1),
    share("speechiness", "Presence of spoken words, 0 to 1.", null=True),
    share("acousticness", "Confidence that the track is acoustic, 0 to 1.", null=True),
    share("instrumentalness", "Likelihood that there are no vocals, 0 to 1.", null=True),
    share("liveness", "Likelihood of an audience in the recording, 0 to 1.", null=True),
    share("valence", "Musical positiveness, 0 to 1.", null=True),
    number(
        "tempo",
        "Beats per minute; null where the analysis found none (0 in the export).",
        null=True,
        minimum=1,
        maximum=300,
    ),
    whole(
        "time_signature",
        "Beats per bar; null where the analysis found none (0 in the export).",
        null=True,
        minimum=1,
        maximum=7,
    ),
)
"""What audio analysis says of a track."""
AUDIO_FEATURES = tuple(column.name for column in AUDIO_FEATURE_COLUMNS)
SOUND = tuple(name for name in AUDIO_FEATURES if name not in ("key", "mode", "time_signature"))
"""Audio features that are amounts, so that tracks can be near each other by them."""

EVENT_COLUMNS = (
    text("event_id", "Stable hash of the source facts: the same playback always gets the same id."),
    USER_ID,
    text(
        "track_id",
        "Spotify track id; null for podcasts, audiobooks and local files.",
        null=True,
        pattern=TRACK_ID,
    ),
    moment("started_at", "UTC moment the playback started."),
    moment("ended_at", "UTC moment the playback stopped."),
    moment(
        "reported_at",
        "UTC moment the source reported the playback, where that is not when it ended; null where they agree.",
        null=True,
    ),
    EVENT_DATE,
    text("action", "play or skip (a playback), pause or add_to_playlist (an interaction).", accepted=ACTIONS),
    count("ms_played", "Milliseconds of audio heard; 0 for interactions."),
    flag("skipped", "The source's own skip flag; unreliable in real exports, see `outcome`.", null=True),
    text("reason_start", "Why playback started, in the export's words.", null=True),
    text("reason_end", "Why playback ended, in the export's words.", null=True),
    text("device", "Kind of device: mobile, desktop, tablet, web, tv, speaker, car, other.", null=True),
    text(
        "country", "ISO 3166-1 alpha-2 country of the playback; ZZ where unknown.", null=True, pattern=COUNTRY
    ),
    flag("shuffle", "Whether shuffle was on.", null=True),
    text("session_id", "Session of the playback.", null=True),
    text(
        "source",
        "Where the row came from: extended_history, apple_music, stream, web_api, account_data, youtube_music, listenbrainz, lastfm, synthetic, unknown.",
    ),
    text("content_type", "What was played; only music enters the music metrics.", accepted=CONTENT_TYPES),
    text("track_name", "Name as the source gives it, for tracks the catalogue lacks.", null=True),
    text("artist_name", "Main artist as the source gives it.", null=True),
    text("album_name", "Album as the source gives it.", null=True),
    text("extra", "JSON object of the fields nobody planned for; never personal ones.", null=True),
)


def required(column: Column, **changes: str | tuple[str, ...]) -> Column:
    """The column where its value must be there, with further rules."""
    return replace(column, nullable=False, **changes)  # type: ignore[arg-type]


def unjudged(column: Column) -> Column:
    """The column without the rules about its values, as it is in what was landed."""
    return replace(column, minimum=None, maximum=None, accepted=(), pattern=None)
