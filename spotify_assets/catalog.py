"""The table catalogue: one declaration per table that the product itself writes.

From it come the DDL, the Polars schemas, the column metadata in the Dagster UI, the generated asset
checks, the dbt sources' drift test and `docs/tables.md`. A rule that a table must meet is written here
and nowhere else.

Here belongs: names, types, keys, ranges and meanings of columns. Not here: how rows are made
(`sources`, `transforms`, `skip`), how they are stored (`warehouse`) or when (`automation`). Tables that
dbt builds are described in dbt's own YAML.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

DuckDBType = Literal["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"]

POLARS_TYPES: Mapping[DuckDBType, pl.DataType] = {
    "VARCHAR": pl.String(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
    "DATE": pl.Date(),
    "TIMESTAMP": pl.Datetime("us"),
}
"""The one Polars type that stands for each DuckDB type. Timestamps are naive UTC."""

TRACK_ID = "[0-9A-Za-z]{22}"
"""A Spotify track id: 22 characters of base 62."""


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it may be null, and the values it may take.

    `minimum` and `maximum` are inclusive; `accepted` lists the allowed values; `pattern` is a regular
    expression that the whole text must match; `references` names `schema.table.column` where every
    value must also stand.
    """

    name: str
    type: DuckDBType
    description: str
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    accepted: tuple[str, ...] = ()
    pattern: str | None = None
    references: str | None = None


@dataclass(frozen=True)
class Expectation:
    """Something unusual that is worth telling but stops nothing: `violation` is SQL about one row."""

    name: str
    violation: str
    description: str


@dataclass(frozen=True)
class Table:
    """One table: its grain in words, its key, and the column that says which partition a row is in.

    `made_from` names the table whose rows, window by window, are the ones that came in: the books of both
    must agree. `expectations` become checks that warn.
    """

    schema: str
    name: str
    grain: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_column: str | None = None
    made_from: str | None = None
    expectations: tuple[Expectation, ...] = ()

    @property
    def full_name(self) -> str:
        """`schema.table`, as SQL writes it."""
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def polars_schema(self) -> pl.Schema:
        """The schema that a frame of this table has."""
        return pl.Schema({column.name: POLARS_TYPES[column.type] for column in self.columns})

    @property
    def ddl(self) -> str:
        """The statement that creates the table where it does not exist."""
        lines = [f"  {c.name} {c.type}{'' if c.nullable else ' not null'}" for c in self.columns]
        return f"create table if not exists {self.full_name} (\n" + ",\n".join(lines) + "\n)"

    def empty(self) -> pl.DataFrame:
        """A frame with this table's columns and no rows."""
        return pl.DataFrame(schema=self.polars_schema)


def _required(column: Column) -> Column:
    return replace(column, nullable=False)


def _audio_features(*, ranges: bool) -> tuple[Column, ...]:
    """Spotify's audio features; ranges are those of its Web API reference (audio-features)."""
    unit = {"minimum": 0.0, "maximum": 1.0}
    bounds: dict[str, dict[str, float]] = {
        "danceability": unit,
        "energy": unit,
        "key": {"minimum": -1, "maximum": 11},
        "loudness": {"minimum": -60.0, "maximum": 10.0},
        "mode": {"minimum": 0, "maximum": 1},
        "speechiness": unit,
        "acousticness": unit,
        "instrumentalness": unit,
        "liveness": unit,
        "valence": unit,
        "tempo": {"minimum": 1.0, "maximum": 300.0},
        "time_signature": {"minimum": 1, "maximum": 7},
    }
    described: tuple[tuple[str, DuckDBType, str], ...] = (
        ("danceability", "DOUBLE", "How suitable the track is for dancing, 0 to 1."),
        ("energy", "DOUBLE", "Perceived intensity, 0 to 1."),
        ("key", "BIGINT", "Pitch class of the key, 0 = C to 11 = B; -1 where none was detected."),
        ("loudness", "DOUBLE", "Mean loudness in dB; a few masters exceed 0."),
        ("mode", "BIGINT", "1 major, 0 minor."),
        ("speechiness", "DOUBLE", "Presence of spoken words, 0 to 1."),
        ("acousticness", "DOUBLE", "Confidence that the track is acoustic, 0 to 1."),
        ("instrumentalness", "DOUBLE", "Likelihood that there are no vocals, 0 to 1."),
        ("liveness", "DOUBLE", "Likelihood of an audience in the recording, 0 to 1."),
        ("valence", "DOUBLE", "Musical positiveness, 0 to 1."),
        ("tempo", "DOUBLE", "Beats per minute; null where the analysis found none (0 in the export)."),
        ("time_signature", "BIGINT", "Beats per bar; null where the analysis found none (0 in the export)."),
    )
    return tuple(
        Column(name, kind, description, **(bounds[name] if ranges else {}))  # type: ignore[arg-type]
        for name, kind, description in described
    )


AUDIO_FEATURES = tuple(column.name for column in _audio_features(ranges=True))

ACTIONS = ("play", "skip", "pause", "add_to_playlist")
PLAYBACK_ACTIONS = ("play", "skip")
"""Actions that are a playback; the others are interactions with no time played."""
CONTENT_TYPES = ("music", "podcast", "audiobook", "video", "unknown")
OUTCOMES = ("complete", "skip", "abandoned", "unknown")

_SOURCE_FILE = Column(
    "source_file",
    "VARCHAR",
    "File that the row came from: its name, `@` and the first 12 digits of its SHA-256.",
    nullable=False,
)
_SOURCE_ROW = Column(
    "source_row",
    "BIGINT",
    "Row in the file the person handed in, counted from 1 without its header.",
    nullable=False,
    minimum=1,
)
_SNAPSHOT_DATE = Column("snapshot_date", "DATE", "Day the catalogue was exported.", nullable=False)
_TRACK_ID = Column("track_id", "VARCHAR", "Spotify track id.", pattern=TRACK_ID)
_EVENT_DATE = Column("event_date", "DATE", "UTC date on which the playback ended.", nullable=False)
_TRACK_KEY = Column(
    "track_key",
    "VARCHAR",
    "What was played: the Spotify track id, else `name-` and a hash of artist and track name; null where neither is known.",
)

_EVENT_COLUMNS: tuple[Column, ...] = (
    Column(
        "event_id",
        "VARCHAR",
        "Stable hash of the source facts: the same playback always gets the same id.",
        nullable=False,
    ),
    Column("user_id", "VARCHAR", "Listener, as a pseudonym.", nullable=False),
    Column(
        "track_id",
        "VARCHAR",
        "Spotify track id; null for podcasts, audiobooks and local files.",
        pattern=TRACK_ID,
    ),
    Column("started_at", "TIMESTAMP", "UTC moment the playback started.", nullable=False),
    Column("ended_at", "TIMESTAMP", "UTC moment the playback stopped.", nullable=False),
    Column(
        "reported_at",
        "TIMESTAMP",
        "UTC moment the source reported the playback, where that is not when it ended; null where they agree.",
    ),
    _EVENT_DATE,
    Column(
        "action",
        "VARCHAR",
        "play or skip (a playback), pause or add_to_playlist (an interaction).",
        nullable=False,
        accepted=ACTIONS,
    ),
    Column(
        "ms_played", "BIGINT", "Milliseconds of audio heard; 0 for interactions.", nullable=False, minimum=0
    ),
    Column("skipped", "BOOLEAN", "The source's own skip flag; unreliable in real exports, see `outcome`."),
    Column("reason_start", "VARCHAR", "Why playback started, in the export's words."),
    Column("reason_end", "VARCHAR", "Why playback ended, in the export's words."),
    Column("device", "VARCHAR", "Kind of device: mobile, desktop, tablet, web, tv, speaker, car, other."),
    Column(
        "country",
        "VARCHAR",
        "ISO 3166-1 alpha-2 country of the playback; ZZ where unknown.",
        pattern="[A-Z]{2}",
    ),
    Column("shuffle", "BOOLEAN", "Whether shuffle was on."),
    Column("session_id", "VARCHAR", "Session of the playback."),
    Column(
        "source",
        "VARCHAR",
        "Where the row came from: extended_history, stream, web_api, account_data, listenbrainz, lastfm, synthetic, unknown.",
        nullable=False,
    ),
    Column(
        "content_type",
        "VARCHAR",
        "What was played; only music enters the music metrics.",
        nullable=False,
        accepted=CONTENT_TYPES,
    ),
    Column("track_name", "VARCHAR", "Name as the source gives it, for tracks the catalogue lacks."),
    Column("artist_name", "VARCHAR", "Main artist as the source gives it."),
    Column("album_name", "VARCHAR", "Album as the source gives it."),
    Column("extra", "VARCHAR", "JSON object of the fields nobody planned for; never personal ones."),
)


RAW_TRACKS = Table(
    schema="raw",
    name="raw_tracks",
    grain="one row per row of a landed catalogue file",
    description="The catalogue as it was exported, typed but not judged: repeated and incomplete rows are still here.",
    partition_column="snapshot_date",
    key=("snapshot_date", "source_file", "source_row"),
    columns=(
        _SNAPSHOT_DATE,
        _SOURCE_FILE,
        _SOURCE_ROW,
        Column(
            "track_id",
            "VARCHAR",
            "Track id as written, without a `spotify:track:` prefix or address around it.",
            nullable=False,
        ),
        Column("track_name", "VARCHAR", "Name as written."),
        Column(
            "artists",
            "VARCHAR",
            "Artists as written, separated by `;` (a comma is part of a name; a `;` inside a name is written `\\;`).",
        ),
        Column("album_name", "VARCHAR", "Album as written."),
        Column(
            "release_date",
            "VARCHAR",
            "Release date: a year, a month or a day, as ISO 8601 where its reading is certain, else as written.",
        ),
        Column("isrc", "VARCHAR", "International Standard Recording Code, where the file has one."),
        Column("popularity", "BIGINT", "Popularity as written."),
        Column("duration_ms", "BIGINT", "Length in milliseconds."),
        Column("explicit", "BOOLEAN", "Whether the lyrics are marked explicit."),
        *_audio_features(ranges=False),
        Column(
            "genre",
            "VARCHAR",
            "Genres of this row, separated by `;`; a track has the genres of all its rows.",
        ),
        Column(
            "extra",
            "VARCHAR",
            "JSON object of columns that no rule knows, and of cells that did not parse, as written, under `emptied`.",
        ),
    ),
)

RAW_EVENTS = Table(
    schema="raw",
    name="raw_events",
    grain="one row per row of a landed event file",
    description="Listening events as they were landed, typed but not judged: repeats and impossible rows are still here.",
    partition_column="event_date",
    key=("source_file", "source_row"),
    columns=(
        *(
            replace(
                c, pattern=None, accepted=(), minimum=None, nullable=c.name not in ("event_id", "event_date")
            )
            for c in _EVENT_COLUMNS
        ),
        _SOURCE_FILE,
        _SOURCE_ROW,
    ),
)

TRACKS = Table(
    schema="core",
    name="tracks",
    grain="one row per snapshot date and track",
    description="Clean tracks with audio features. Rows of one track (one per genre) are merged; what was merged or refused is counted in ops.row_counts.",
    partition_column="snapshot_date",
    key=("snapshot_date", "track_id"),
    made_from="raw.raw_tracks",
    expectations=(
        Expectation(
            "agreeing_popularity",
            "popularity_spread > 0",
            "The snapshot's rows of one track agree on its popularity.",
        ),
        Expectation("known_tempo", "tempo is null", "The analysis found a tempo."),
    ),
    columns=(
        _SNAPSHOT_DATE,
        _required(_TRACK_ID),
        Column("track_name", "VARCHAR", "Name, trimmed.", nullable=False),
        Column("artist_names", "VARCHAR", "All artists in order, separated by `; `.", nullable=False),
        Column("primary_artist_id", "VARCHAR", "First artist, see core.artists.", nullable=False),
        Column("primary_artist_name", "VARCHAR", "First artist's name.", nullable=False),
        Column("artist_count", "BIGINT", "How many artists are credited.", nullable=False, minimum=1),
        Column("album_name", "VARCHAR", "Album, trimmed."),
        Column(
            "release_date",
            "DATE",
            "Release date; the first day of the year or month where only that is known.",
        ),
        Column(
            "release_precision",
            "VARCHAR",
            "How much of the release date is known.",
            accepted=("year", "month", "day"),
        ),
        Column("isrc", "VARCHAR", "International Standard Recording Code."),
        Column(
            "popularity",
            "BIGINT",
            "Popularity, 0 to 100; the highest where the snapshot's rows disagree.",
            minimum=0,
            maximum=100,
        ),
        Column(
            "popularity_spread",
            "BIGINT",
            "Highest less lowest popularity among the snapshot's rows of this track; above 0 they disagree.",
            minimum=0,
            maximum=100,
        ),
        Column(
            "duration_ms", "BIGINT", "Length in milliseconds; null where the catalogue has none.", minimum=1
        ),
        Column("explicit", "BOOLEAN", "Whether the lyrics are marked explicit."),
        *_audio_features(ranges=True),
        Column(
            "primary_genre",
            "VARCHAR",
            "First genre in alphabetical order; all of them are in core.track_genres.",
        ),
        Column(
            "genre_count",
            "BIGINT",
            "How many genres the snapshot lists for the track.",
            nullable=False,
            minimum=0,
        ),
        Column(
            "source_rows",
            "BIGINT",
            "How many rows of raw.raw_tracks were merged into this one.",
            nullable=False,
            minimum=1,
        ),
    ),
)

ARTISTS = Table(
    schema="core",
    name="artists",
    grain="one row per snapshot date and artist",
    description="Artists credited in the catalogue snapshot.",
    partition_column="snapshot_date",
    key=("snapshot_date", "artist_id"),
    columns=(
        _SNAPSHOT_DATE,
        Column(
            "artist_id",
            "VARCHAR",
            "Stable hash of the artist's exact name; catalogue exports carry no artist id.",
            nullable=False,
        ),
        Column(
            "artist_name",
            "VARCHAR",
            "Name, trimmed. Case counts: LISA and LiSA are two artists.",
            nullable=False,
        ),
        Column(
            "track_count",
            "BIGINT",
            "Tracks of the snapshot that credit the artist.",
            nullable=False,
            minimum=1,
        ),
        Column(
            "mean_popularity", "DOUBLE", "Mean popularity of those tracks, 0 to 100.", minimum=0, maximum=100
        ),
    ),
)

TRACK_ARTISTS = Table(
    schema="core",
    name="track_artists",
    grain="one row per snapshot date, track and credited artist",
    description="Who is credited on a track, in order.",
    partition_column="snapshot_date",
    key=("snapshot_date", "track_id", "position"),
    columns=(
        _SNAPSHOT_DATE,
        replace(_required(_TRACK_ID), references="core.tracks.track_id"),
        Column("position", "BIGINT", "1 for the first credited artist.", nullable=False, minimum=1),
        Column("artist_id", "VARCHAR", "The artist.", nullable=False, references="core.artists.artist_id"),
    ),
)

TRACK_GENRES = Table(
    schema="core",
    name="track_genres",
    grain="one row per snapshot date, track and genre",
    description="Genres of a track with weights that sum to one per track.",
    partition_column="snapshot_date",
    key=("snapshot_date", "track_id", "genre"),
    columns=(
        _SNAPSHOT_DATE,
        replace(_required(_TRACK_ID), references="core.tracks.track_id"),
        Column("genre", "VARCHAR", "Genre as the catalogue names it.", nullable=False),
        Column(
            "weight",
            "DOUBLE",
            "One divided by the number of genres of the track.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
    ),
)

LISTENING_EVENTS = Table(
    schema="core",
    name="listening_events",
    grain="one row per playback or interaction",
    description="Clean listening events: every playback once, with its outcome and its session.",
    partition_column="event_date",
    key=("event_id",),
    made_from="raw.raw_events",
    expectations=(
        Expectation(
            "known_track",
            "content_type = 'music' and action in ('play', 'skip') and track_duration_ms is null",
            "The track played is in the catalogue.",
        ),
    ),
    columns=(
        *(replace(c, nullable=False) if c.name == "session_id" else c for c in _EVENT_COLUMNS),
        Column(
            "filled_from",
            "VARCHAR",
            "JSON object with the source of each field that this row lacked and took from a dropped row of the same playback; null where it took none. No time is ever taken.",
        ),
        _TRACK_KEY,
        Column(
            "session_position",
            "BIGINT",
            "1 for the first playback of the session; null for interactions.",
            minimum=1,
        ),
        Column(
            "track_duration_ms",
            "BIGINT",
            "Length of the track by the catalogue as of the day; null where unknown.",
            minimum=1,
        ),
        Column(
            "known_duration_ms",
            "BIGINT",
            "Length that outcome and stream are judged by: the catalogue's unless it is impossible or the playbacks refute it; else as the listener's own plays of the id tell; without a word on the end also by the names. Null where unknown.",
            minimum=1,
        ),
        Column(
            "outcome",
            "VARCHAR",
            "How the playback ended, by the skip rule that the settings choose (outcome-v2 by default); unknown where the source says nothing, and no length is known or listening ended with it; null for interactions.",
            accepted=OUTCOMES,
        ),
        Column(
            "is_stream",
            "BOOLEAN",
            "Whether it counts as a stream, by the rule that the settings choose (stream-v1 by default: 30 s, or the whole of a shorter track).",
            nullable=False,
        ),
    ),
)

COUNTRIES = Table(
    schema="core",
    name="countries",
    grain="one row per country",
    description="Countries with the time zone of their largest city, from the IANA time zone database.",
    key=("country",),
    columns=(
        Column("country", "VARCHAR", "ISO 3166-1 alpha-2 code.", nullable=False, pattern="[A-Z]{2}"),
        Column("country_name", "VARCHAR", "English name.", nullable=False),
        Column("region", "VARCHAR", "Part of the world, the area of its time zone.", nullable=False),
        Column("time_zone", "VARCHAR", "IANA zone of the largest city.", nullable=False),
        Column("time_zone_count", "BIGINT", "How many zones the country has.", nullable=False, minimum=1),
    ),
)

USER_PROFILES = Table(
    schema="core",
    name="user_profiles",
    grain="one row per listener who declared something",
    description="What listeners said about themselves when they imported: their time zone.",
    key=("user_id",),
    columns=(
        Column("user_id", "VARCHAR", "Listener, as a pseudonym.", nullable=False),
        Column("time_zone", "VARCHAR", "IANA zone they live by; null where they did not say."),
        Column(
            "follows_country",
            "BOOLEAN",
            "Whether their hours follow the country of each playback instead, as a traveller's do.",
            nullable=False,
        ),
    ),
)

PLAYED_TRACKS = Table(
    schema="core",
    name="played_tracks",
    grain="one row per event date and track played",
    description="What was played on each UTC day, with the names that the sources gave, whether or not the catalogue knows it. All content.",
    partition_column="event_date",
    key=("event_date", "track_key"),
    columns=(
        _EVENT_DATE,
        replace(_TRACK_KEY, nullable=False),
        _TRACK_ID,
        Column("content_type", "VARCHAR", "What was played.", nullable=False, accepted=CONTENT_TYPES),
        Column("track_name", "VARCHAR", "Name in the last playback of the day that gives one."),
        Column("artist_name", "VARCHAR", "Main artist in the same playback."),
        Column("album_name", "VARCHAR", "Album in the same playback."),
        Column("playbacks", "BIGINT", "Playbacks, however short.", nullable=False, minimum=1),
    ),
)

RECORDINGS = Table(
    schema="core",
    name="recordings",
    grain="one row per track key",
    description="Which recording each track is: one recording stands in Spotify under several ids. Nothing is merged anywhere else, so that every match can be undone.",
    key=("track_key",),
    columns=(
        replace(_TRACK_KEY, nullable=False),
        _TRACK_ID,
        Column(
            "recording_id",
            "VARCHAR",
            "The recording: the smallest track key of those that are the same one.",
            nullable=False,
        ),
        Column(
            "matched_by",
            "VARCHAR",
            "Why: manual, isrc, names_and_length (normalised name, artists and length), names (where one side has no length), or alone.",
            nullable=False,
            accepted=("manual", "isrc", "names_and_length", "names", "alone"),
        ),
        Column(
            "catalogue_track_id",
            "VARCHAR",
            "The catalogue's track of this recording: itself, else the most popular one; null where the catalogue has none.",
            pattern=TRACK_ID,
        ),
        Column("track_name", "VARCHAR", "Name."),
        Column("artist_names", "VARCHAR", "Artists in order, separated by `; `."),
        Column("duration_ms", "BIGINT", "Length in milliseconds; null where unknown.", minimum=1),
    ),
)

LISTENING_HOURS = Table(
    schema="core",
    name="listening_hours",
    grain="one row per event date, listener and local clock hour",
    description="True listening time: the wall-clock milliseconds of each local hour that the playbacks ending on the date add. Summed over the dates, no hour of one listener exceeds 60 minutes. All content.",
    partition_column="event_date",
    key=("event_date", "user_id", "hour_starts_at"),
    columns=(
        _EVENT_DATE,
        Column("user_id", "VARCHAR", "Listener, as a pseudonym.", nullable=False),
        Column(
            "hour_starts_at",
            "TIMESTAMP",
            "UTC moment at which the local clock hour begins; tells the two equal hours of a 25-hour day apart.",
            nullable=False,
        ),
        Column("time_zone", "VARCHAR", "IANA zone that the hour is of.", nullable=False),
        Column("local_date", "DATE", "Date of the hour in that zone.", nullable=False),
        Column("local_hour", "BIGINT", "Hour in that zone, 0 to 23.", nullable=False, minimum=0, maximum=23),
        Column(
            "ms_listened",
            "BIGINT",
            "Milliseconds of the hour that were listened, each counted once.",
            nullable=False,
            minimum=0,
            maximum=3_600_000,
        ),
        Column(
            "ms_overlapping",
            "BIGINT",
            "Milliseconds played that the clock has no room for, because another playback of the same listener covers them (or one playback claims more than 24 hours); not in ms_listened.",
            nullable=False,
            minimum=0,
        ),
    ),
)

DAILY_TRACK_METRICS = Table(
    schema="core",
    name="daily_track_metrics",
    grain="one row per event date and track",
    description="What was heard of each track on each UTC day. Music only.",
    partition_column="event_date",
    key=("event_date", "track_id"),
    columns=(
        _EVENT_DATE,
        _required(_TRACK_ID),
        Column("plays", "BIGINT", "Playbacks, however short.", nullable=False, minimum=0),
        Column("streams", "BIGINT", "Playbacks that count as a stream.", nullable=False, minimum=0),
        Column("skips", "BIGINT", "Playbacks whose outcome is skip.", nullable=False, minimum=0),
        Column("completes", "BIGINT", "Playbacks whose outcome is complete.", nullable=False, minimum=0),
        Column("abandons", "BIGINT", "Playbacks whose outcome is abandoned.", nullable=False, minimum=0),
        Column("unknowns", "BIGINT", "Playbacks whose outcome is unknown.", minimum=0),
        Column(
            "skip_rate",
            "DOUBLE",
            "Skips divided by the plays whose outcome is known; null without any.",
            minimum=0,
            maximum=1,
        ),
        Column("listeners", "BIGINT", "Distinct users with a playback.", nullable=False, minimum=0),
        Column(
            "ms_played", "BIGINT", "Milliseconds heard, summed over playbacks.", nullable=False, minimum=0
        ),
        Column("playlist_adds", "BIGINT", "add_to_playlist interactions.", nullable=False, minimum=0),
        Column("pauses", "BIGINT", "pause interactions.", nullable=False, minimum=0),
    ),
)

MODEL_FEATURES = Table(
    schema="ml",
    name="model_features",
    grain="one row per music playback",
    description="What was known before each playback ended, beside the label. Nothing here is computed from the outcome or from the future.",
    partition_column="event_date",
    key=("event_id",),
    columns=(
        Column(
            "event_id",
            "VARCHAR",
            "The playback.",
            nullable=False,
            references="core.listening_events.event_id",
        ),
        _EVENT_DATE,
        Column("user_id", "VARCHAR", "Listener, as a pseudonym.", nullable=False),
        _required(_TRACK_ID),
        Column(
            "started_at",
            "TIMESTAMP",
            "UTC moment the playback started: the moment of the decision.",
            nullable=False,
        ),
        Column("is_skip", "BOOLEAN", "The label: the outcome was skip.", nullable=False),
        *_audio_features(ranges=True),
        Column(
            "popularity",
            "BIGINT",
            "Popularity by the catalogue as of the day of the start.",
            minimum=0,
            maximum=100,
        ),
        Column("duration_ms", "BIGINT", "Length of the track in milliseconds.", minimum=1),
        Column("explicit", "BOOLEAN", "Whether the lyrics are marked explicit."),
        Column(
            "hour_utc", "BIGINT", "UTC hour of the start, 0 to 23.", nullable=False, minimum=0, maximum=23
        ),
        Column(
            "weekday",
            "BIGINT",
            "UTC weekday of the start, 1 = Monday to 7 = Sunday.",
            nullable=False,
            minimum=1,
            maximum=7,
        ),
        Column("device", "VARCHAR", "Kind of device."),
        Column("shuffle", "BOOLEAN", "Whether shuffle was on."),
        Column("reason_start", "VARCHAR", "Why the playback started."),
        Column("session_position", "BIGINT", "Position in the session, from 1.", nullable=False, minimum=1),
        Column(
            "previous_is_skip",
            "BOOLEAN",
            "Whether the playback before it in the session was skipped; null for the first, and where that playback was not over yet.",
        ),
        Column(
            "recent_skip_rate",
            "DOUBLE",
            "Share of skips among the session's last five playbacks, of those that were over; null where none was.",
            minimum=0,
            maximum=1,
        ),
        Column(
            "gap_seconds",
            "DOUBLE",
            "Seconds from the end of the playback before it in the session to the start; null where `previous_is_skip` is.",
            minimum=0,
        ),
        Column(
            "user_plays",
            "BIGINT",
            "Music playbacks of the user that ended in the 28 days before the day of the start, or on it before the start.",
            minimum=0,
        ),
        Column(
            "user_skip_rate",
            "DOUBLE",
            "Share of skips among `user_plays`; null without any.",
            minimum=0,
            maximum=1,
        ),
        Column("user_track_plays", "BIGINT", "Those of `user_plays` that are of this track.", minimum=0),
        Column(
            "user_track_skip_rate",
            "DOUBLE",
            "Share of skips among `user_track_plays`; null without any.",
            minimum=0,
            maximum=1,
        ),
        Column(
            "user_artist_plays",
            "BIGINT",
            "Those of `user_plays` that are of the track's first artist; null where the artist is unknown.",
            minimum=0,
        ),
        Column(
            "user_artist_skip_rate",
            "DOUBLE",
            "Share of skips among `user_artist_plays`; null without any.",
            minimum=0,
            maximum=1,
        ),
    ),
)

SKIP_MODEL = Table(
    schema="ml",
    name="skip_model",
    grain="one row per training cut-off",
    description="The skip model trained on the window before each cut-off and judged on the days just before it.",
    partition_column="cutoff_date",
    key=("cutoff_date",),
    columns=(
        Column(
            "cutoff_date", "DATE", "Last day of data that the model saw or was judged on.", nullable=False
        ),
        Column("rule_version", "VARCHAR", "Version of the feature list and estimator.", nullable=False),
        Column("train_from", "DATE", "First day of training data.", nullable=False),
        Column("train_to", "DATE", "Last day of training data.", nullable=False),
        Column("test_from", "DATE", "First day of test data; after train_to.", nullable=False),
        Column("test_to", "DATE", "Last day of test data.", nullable=False),
        Column("train_rows", "BIGINT", "Playbacks trained on.", nullable=False, minimum=1),
        Column("test_rows", "BIGINT", "Playbacks judged on.", nullable=False, minimum=1),
        Column(
            "incomplete_rows",
            "BIGINT",
            "Playbacks of both windows left out because a feature is unknown.",
            nullable=False,
            minimum=0,
        ),
        Column(
            "users",
            "BIGINT",
            "Distinct users trained on (the clusters of the standard errors).",
            nullable=False,
            minimum=1,
        ),
        Column(
            "base_rate",
            "DOUBLE",
            "Share of training playbacks skipped.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "test_skip_rate",
            "DOUBLE",
            "Share of test playbacks skipped.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "auc",
            "DOUBLE",
            "Area under the ROC curve on the test window.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "accuracy",
            "DOUBLE",
            "Accuracy on the test window at threshold 0.5.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "base_accuracy",
            "DOUBLE",
            "Accuracy of always predicting the training majority.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column("log_loss", "DOUBLE", "Mean log loss on the test window, nats.", nullable=False, minimum=0),
        Column(
            "base_log_loss",
            "DOUBLE",
            "Log loss of always predicting base_rate, nats.",
            nullable=False,
            minimum=0,
        ),
        Column("pseudo_r2", "DOUBLE", "McFadden's pseudo-R² on the training window.", nullable=False),
        Column("insight", "VARCHAR", "What the model says, in words.", nullable=False),
        Column(
            "coefficient_plot", "VARCHAR", "Vega-Lite specification of the coefficient plot.", nullable=False
        ),
    ),
)

SKIP_MODEL_COEFFICIENTS = Table(
    schema="ml",
    name="skip_model_coefficients",
    grain="one row per training cut-off and term",
    description="Coefficients of the skip model, per standard deviation of each feature.",
    partition_column="cutoff_date",
    key=("cutoff_date", "term"),
    columns=(
        Column(
            "cutoff_date",
            "DATE",
            "The model, see ml.skip_model.",
            nullable=False,
            references="ml.skip_model.cutoff_date",
        ),
        Column("term", "VARCHAR", "Feature, or `intercept`.", nullable=False),
        Column(
            "coefficient",
            "DOUBLE",
            "Change in the log-odds of a skip per standard deviation.",
            nullable=False,
        ),
        Column(
            "standard_error",
            "DOUBLE",
            "Cluster-robust standard error (clusters: users).",
            nullable=False,
            minimum=0,
        ),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % interval of the coefficient.", nullable=False),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % interval of the coefficient.", nullable=False),
        Column("p_value", "DOUBLE", "Two-sided p-value.", nullable=False, minimum=0, maximum=1),
        Column(
            "odds_ratio",
            "DOUBLE",
            "exp(coefficient): factor on the odds of a skip per standard deviation.",
            nullable=False,
            minimum=0,
        ),
        Column("odds_ratio_low", "DOUBLE", "Lower end of its 95 % interval.", nullable=False, minimum=0),
        Column("odds_ratio_high", "DOUBLE", "Upper end of its 95 % interval.", nullable=False, minimum=0),
        Column("feature_mean", "DOUBLE", "Mean of the feature in training; null for the intercept."),
        Column(
            "feature_sd",
            "DOUBLE",
            "Standard deviation of the feature in training; null for the intercept.",
            minimum=0,
        ),
    ),
)

_CUTOFF_DATE = Column(
    "cutoff_date", "DATE", "Last day of data that was learnt from or judged on.", nullable=False
)
_TRAINING_WINDOW = (
    Column("train_from", "DATE", "First day of training data.", nullable=False),
    Column("train_to", "DATE", "Last day of training data.", nullable=False),
    Column("test_from", "DATE", "First day of test data.", nullable=False),
    Column("test_to", "DATE", "Last day of test data.", nullable=False),
)
_ESTIMATORS = ("constant", "rule", "logistic", "gradient_boosting")


def _measure(name: str, description: str, maximum: float | None = None) -> tuple[Column, ...]:
    """A measure on the test rows and the ends of its 95 % interval."""
    return (
        Column(name, "DOUBLE", description, nullable=False, minimum=0, maximum=maximum),
        *(
            Column(
                f"{name}_{end}",
                "DOUBLE",
                f"{words} end of its 95 % bootstrap interval; null with one cluster.",
                minimum=0,
                maximum=maximum,
            )
            for end, words in (("low", "Lower"), ("high", "Upper"))
        ),
    )


_MEASURES = (
    *_measure("auc", "Area under the ROC curve on the test rows.", 1),
    *_measure("log_loss", "Mean log loss on the test rows, nats."),
    *_measure("brier", "Brier score on the test rows: mean squared error of the probability.", 1),
    *_measure("accuracy", "Accuracy on the test rows at threshold 0.5.", 1),
    *_measure(
        "calibration_error",
        "Mean distance between predicted and observed share over ten equally filled bins.",
        1,
    ),
)


def _coefficient_columns(unit: str) -> tuple[Column, ...]:
    return (
        Column(
            "coefficient", "DOUBLE", f"Change in the log-odds {unit} per standard deviation.", nullable=False
        ),
        Column(
            "standard_error", "DOUBLE", "Cluster-robust standard error; null with one cluster.", minimum=0
        ),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % interval of the coefficient."),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % interval of the coefficient."),
        Column("p_value", "DOUBLE", "Two-sided p-value.", minimum=0, maximum=1),
        Column("odds_ratio", "DOUBLE", "exp(coefficient).", nullable=False, minimum=0),
        Column("odds_ratio_low", "DOUBLE", "Lower end of its 95 % interval.", minimum=0),
        Column("odds_ratio_high", "DOUBLE", "Upper end of its 95 % interval.", minimum=0),
        Column(
            "column_mean",
            "DOUBLE",
            "Mean of the column in training (of the logarithm for counts); null for the intercept.",
        ),
        Column(
            "column_sd",
            "DOUBLE",
            "Standard deviation of the column in training; null for the intercept.",
            minimum=0,
        ),
    )


SKIP_LADDER = Table(
    schema="ml",
    name="skip_ladder",
    grain="one row per training cut-off, rung and estimator",
    description="What each group of features adds to predicting a skip, judged on the days after the training window.",
    partition_column="cutoff_date",
    key=("cutoff_date", "rung", "estimator"),
    columns=(
        _CUTOFF_DATE,
        Column("step", "BIGINT", "Place in the ladder, from 1.", nullable=False, minimum=1),
        Column(
            "rung",
            "VARCHAR",
            "base_rate, repeat_previous, or the last group of features that is used: audio, context, start, session, history.",
            nullable=False,
        ),
        Column("estimator", "VARCHAR", "How it predicts.", nullable=False, accepted=_ESTIMATORS),
        Column("rule_version", "VARCHAR", "Version of features, encoding and estimators.", nullable=False),
        *_TRAINING_WINDOW,
        Column("train_rows", "BIGINT", "Playbacks learnt from.", nullable=False, minimum=1),
        Column("test_rows", "BIGINT", "Playbacks judged on.", nullable=False, minimum=1),
        Column(
            "sampled_from",
            "BIGINT",
            "Playbacks of both windows, of which those above are all or a sample.",
            nullable=False,
            minimum=1,
        ),
        Column(
            "cluster",
            "VARCHAR",
            "What the intervals compare: user, or user and day where there are fewer than ten users.",
            nullable=False,
        ),
        Column("clusters", "BIGINT", "Clusters learnt from.", nullable=False, minimum=1),
        Column("columns", "BIGINT", "Columns of the design matrix.", nullable=False, minimum=0),
        *_MEASURES,
        Column("insight", "VARCHAR", "What the rung says, in words.", nullable=False),
    ),
)

SKIP_LADDER_COEFFICIENTS = Table(
    schema="ml",
    name="skip_ladder_coefficients",
    grain="one row per training cut-off, rung and term",
    description="Coefficients of the ladder's logistic regressions, per standard deviation of each column.",
    partition_column="cutoff_date",
    key=("cutoff_date", "rung", "term"),
    columns=(
        _CUTOFF_DATE,
        Column("rung", "VARCHAR", "The rung, see ml.skip_ladder.", nullable=False),
        Column("term", "VARCHAR", "Column of the design matrix, or `intercept`.", nullable=False),
        *_coefficient_columns("of a skip"),
    ),
)

FEATURE_DRIFT = Table(
    schema="ml",
    name="feature_drift",
    grain="one row per training cut-off and feature",
    description="How far each feature, and the score of the ladder's last model, moved from training to test rows.",
    partition_column="cutoff_date",
    key=("cutoff_date", "feature"),
    columns=(
        _CUTOFF_DATE,
        Column("feature", "VARCHAR", "The feature, or `score`.", nullable=False),
        Column(
            "psi",
            "DOUBLE",
            "Population stability index from training to test; above 0.2 a shift is usually called large.",
            nullable=False,
            minimum=0,
        ),
        Column(
            "train_unknown",
            "DOUBLE",
            "Share of training rows that lack it.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "test_unknown", "DOUBLE", "Share of test rows that lack it.", nullable=False, minimum=0, maximum=1
        ),
    ),
)

SKIP_CURVES = Table(
    schema="ml",
    name="skip_curves",
    grain="one row per training cut-off, curve, rung, estimator and point",
    description="ROC and calibration curves of the ladder's models on the test rows.",
    partition_column="cutoff_date",
    key=("cutoff_date", "curve", "rung", "estimator", "point"),
    columns=(
        _CUTOFF_DATE,
        Column(
            "curve",
            "VARCHAR",
            "roc (of every model with features) or calibration (of the last rung of each estimator).",
            nullable=False,
            accepted=("roc", "calibration"),
        ),
        Column("rung", "VARCHAR", "The rung, see ml.skip_ladder.", nullable=False),
        Column("estimator", "VARCHAR", "How it predicts.", nullable=False, accepted=_ESTIMATORS),
        Column("point", "BIGINT", "Place on the curve, from 0.", nullable=False, minimum=0),
        Column(
            "x",
            "DOUBLE",
            "roc: share of playbacks not skipped that rank above the threshold (false positives). "
            "calibration: mean predicted probability of the bin.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "y",
            "DOUBLE",
            "roc: share of skips that rank above the threshold (true positives). "
            "calibration: share of the bin's playbacks that were skipped.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column("playbacks", "BIGINT", "Playbacks of the bin; null for roc.", minimum=1),
    ),
)

SKIP_PREDICTIONS = Table(
    schema="ml",
    name="skip_predictions",
    grain="one row per training cut-off and track played in its test window",
    description="Skip probability per track, by the model that is current at the cut-off, beside what happened and the track's popularity.",
    partition_column="cutoff_date",
    key=("cutoff_date", "track_id"),
    columns=(
        _CUTOFF_DATE,
        _required(_TRACK_ID),
        Column("model_id", "VARCHAR", "The model, see ml.model_registry.", nullable=False),
        Column(
            "playbacks", "BIGINT", "Playbacks in the test window that were scored.", nullable=False, minimum=1
        ),
        Column(
            "skip_probability",
            "DOUBLE",
            "Mean predicted probability of a skip over those playbacks.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "skip_rate",
            "DOUBLE",
            "Share of those playbacks that were skipped.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "popularity",
            "BIGINT",
            "Highest popularity of the track in the test window; null where the catalogue lacks it.",
            minimum=0,
            maximum=100,
        ),
    ),
)

MODEL_REGISTRY = Table(
    schema="ml",
    name="model_registry",
    grain="one row per target, estimator and training cut-off",
    description="Every trained model with all that scoring takes, and which one is current: a new model is promoted only when its log loss on its own test rows is below that of the current one on the same rows.",
    partition_column="cutoff_date",
    key=("model_id",),
    columns=(
        _CUTOFF_DATE,
        Column("model_id", "VARCHAR", "`<target>/<estimator>/<cutoff_date>`.", nullable=False),
        Column("target", "VARCHAR", "What is predicted.", nullable=False),
        Column("estimator", "VARCHAR", "How.", nullable=False, accepted=_ESTIMATORS),
        Column("rule_version", "VARCHAR", "Version of features, encoding and estimators.", nullable=False),
        *_TRAINING_WINDOW,
        Column("log_loss", "DOUBLE", "Mean log loss on the test rows, nats.", nullable=False, minimum=0),
        Column(
            "auc",
            "DOUBLE",
            "Area under the ROC curve on the test rows.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "previous_model_id", "VARCHAR", "The model of the cut-off before this one; null for the first."
        ),
        Column("previous_log_loss", "DOUBLE", "Its log loss on the same test rows.", minimum=0),
        Column("previous_auc", "DOUBLE", "Its AUC on the same test rows.", minimum=0, maximum=1),
        Column("challenged_model_id", "VARCHAR", "The model that was current until now; null for the first."),
        Column("challenged_log_loss", "DOUBLE", "Its log loss on the same test rows.", minimum=0),
        Column("promoted", "BOOLEAN", "Whether this model became the current one.", nullable=False),
        Column("current_model_id", "VARCHAR", "The current model from this cut-off on.", nullable=False),
        Column(
            "model",
            "VARCHAR",
            "The model as JSON: encoding and numbers, nothing that is executed.",
            nullable=False,
        ),
    ),
)

SKIP_SURVIVAL = Table(
    schema="ml",
    name="skip_survival",
    grain="one row per training cut-off, group of playbacks and second",
    description="Share of music playbacks not skipped by each second of play, over both windows up to the cut-off.",
    partition_column="cutoff_date",
    key=("cutoff_date", "dimension", "value", "second"),
    columns=(
        _CUTOFF_DATE,
        Column(
            "dimension",
            "VARCHAR",
            "What playbacks are grouped by.",
            nullable=False,
            accepted=("all", "genre", "device", "position", "hour"),
        ),
        Column("value", "VARCHAR", "The group.", nullable=False),
        Column(
            "second",
            "BIGINT",
            "Seconds played; the last one stands for the end of the track.",
            nullable=False,
            minimum=0,
        ),
        Column("playbacks", "BIGINT", "Playbacks of the group.", nullable=False, minimum=0),
        Column("survival", "DOUBLE", "Share not skipped by then.", nullable=False, minimum=0, maximum=1),
        Column(
            "survival_low", "DOUBLE", "Lower end of its 95 % band; null with one user.", minimum=0, maximum=1
        ),
        Column(
            "survival_high", "DOUBLE", "Upper end of its 95 % band; null with one user.", minimum=0, maximum=1
        ),
        Column(
            "grade",
            "VARCHAR",
            "The skip grade that ends at this second; its share is one less the survival.",
            accepted=("5 s", "10 s", "30 s", "end"),
        ),
    ),
)

SKIP_FLAG_AGREEMENT = Table(
    schema="ml",
    name="skip_flag_agreement",
    grain="one row per training cut-off, source, reason, outcome and flag",
    description="How often the export's own skip flag agrees with the derived outcome, over both windows up to the cut-off.",
    partition_column="cutoff_date",
    key=("cutoff_date", "source", "reason_end", "outcome", "flag"),
    columns=(
        _CUTOFF_DATE,
        Column("source", "VARCHAR", "Where the playbacks came from.", nullable=False),
        Column("reason_end", "VARCHAR", "Why playback ended; empty where unknown.", nullable=False),
        Column("outcome", "VARCHAR", "The derived outcome.", nullable=False, accepted=OUTCOMES),
        Column(
            "flag",
            "VARCHAR",
            "What the export says.",
            nullable=False,
            accepted=("skipped", "not skipped", "unknown"),
        ),
        Column("playbacks", "BIGINT", "How many playbacks.", nullable=False, minimum=1),
        Column("agrees", "BOOLEAN", "Whether flag and outcome agree; null where the flag is unknown."),
    ),
)

POPULARITY_MODEL = Table(
    schema="ml",
    name="popularity_model",
    grain="one row per training cut-off and estimator",
    description="How well audio features tell the popularity bucket of a track (low, middle, high), judged on artists that were not learnt from.",
    partition_column="cutoff_date",
    key=("cutoff_date", "estimator"),
    columns=(
        _CUTOFF_DATE,
        Column("estimator", "VARCHAR", "How it predicts.", nullable=False, accepted=_ESTIMATORS),
        Column("rule_version", "VARCHAR", "Version of features and estimators.", nullable=False),
        Column("snapshot_date", "DATE", "Catalogue learnt from and judged on.", nullable=False),
        Column("train_rows", "BIGINT", "Tracks learnt from.", nullable=False, minimum=1),
        Column("test_rows", "BIGINT", "Tracks judged on, of other artists.", nullable=False, minimum=1),
        Column("artists", "BIGINT", "Artists learnt from (the clusters).", nullable=False, minimum=1),
        Column(
            "middle_from",
            "DOUBLE",
            "Popularity above which a track is in the middle bucket.",
            nullable=False,
            minimum=0,
            maximum=100,
        ),
        Column(
            "high_from",
            "DOUBLE",
            "Popularity above which a track is in the high bucket.",
            nullable=False,
            minimum=0,
            maximum=100,
        ),
        *_MEASURES,
        Column("insight", "VARCHAR", "What the model says, in words.", nullable=False),
    ),
)

POPULARITY_COEFFICIENTS = Table(
    schema="ml",
    name="popularity_coefficients",
    grain="one row per training cut-off, bucket and term",
    description="Coefficients of the multinomial popularity model against the low bucket, per standard deviation.",
    partition_column="cutoff_date",
    key=("cutoff_date", "bucket", "term"),
    columns=(
        _CUTOFF_DATE,
        Column("bucket", "VARCHAR", "The bucket.", nullable=False, accepted=("middle", "high")),
        Column("term", "VARCHAR", "Column of the design matrix, or `intercept`.", nullable=False),
        *_coefficient_columns("of the bucket against the low one"),
    ),
)

IMPORT_RECEIPTS = Table(
    schema="ops",
    name="import_receipts",
    grain="one row per landed file and outcome of its rows",
    description="What became of every row of every file handed in: the rows of the other outcomes add up to those of `in`.",
    key=("receipt_id", "outcome", "reason"),
    columns=(
        Column("receipt_id", "VARCHAR", "The landing.", nullable=False),
        Column("landed_at", "TIMESTAMP", "UTC moment of the landing.", nullable=False),
        Column("input_file", "VARCHAR", "Name of the file handed in.", nullable=False),
        Column("input_sha256", "VARCHAR", "SHA-256 of its bytes.", nullable=False),
        Column("kind", "VARCHAR", "What it was recognised as.", nullable=False),
        Column("target", "VARCHAR", "Table that its rows go to.", nullable=False),
        Column(
            "user_id", "VARCHAR", "Whose listening it is, as a pseudonym; null where the file itself says."
        ),
        Column("source_file", "VARCHAR", "What `source_file` of the raw tables calls it."),
        Column("first_date", "DATE", "First date of its loaded rows, or the date of its snapshot."),
        Column("last_date", "DATE", "Last date of its loaded rows, or the date of its snapshot."),
        Column(
            "books_date",
            "DATE",
            "Date whose slice of the target tells the rows that landing refused.",
        ),
        Column("dialect", "VARCHAR", "JSON object of what was worked out about the file's form."),
        Column(
            "outcome",
            "VARCHAR",
            "in, loaded, rejected or duplicate.",
            nullable=False,
            accepted=("in", "loaded", "rejected", "duplicate"),
        ),
        Column("reason", "VARCHAR", "Reason code of the outcome; empty for in and loaded.", nullable=False),
        Column("rows", "BIGINT", "How many rows.", nullable=False, minimum=0),
    ),
)

REJECTED_ROWS = Table(
    schema="ops",
    name="rejected_rows",
    grain="one row per refused row and table that refused it",
    description="Every row that was refused, with the reason and its original content.",
    key=("table_name", "slice_date", "source_file", "source_row", "reason"),
    columns=(
        Column("table_name", "VARCHAR", "Table that refused the row.", nullable=False),
        Column(
            "slice_date", "DATE", "Partition date of the row in that table; null where landing refused it."
        ),
        Column(
            "source_file", "VARCHAR", "File that the row came from, as in the raw tables.", nullable=False
        ),
        Column("source_row", "BIGINT", "Row in that file.", nullable=False),
        Column("reason", "VARCHAR", "Reason code.", nullable=False),
        Column("detail", "VARCHAR", "What is wrong, in words, with the value.", nullable=False),
        Column("original", "VARCHAR", "JSON object of the row as it was read.", nullable=False),
    ),
)

DUPLICATE_PLAYS = Table(
    schema="ops",
    name="duplicate_plays",
    grain="one row per dropped repeat of a playback",
    description="Every row dropped because its playback is already there, and the row that won.",
    partition_column="event_date",
    key=("event_date", "source_file", "source_row"),
    columns=(
        _EVENT_DATE,
        Column("event_id", "VARCHAR", "Id of the dropped row.", nullable=False),
        Column("kept_event_id", "VARCHAR", "Id of the row that stays.", nullable=False),
        Column("user_id", "VARCHAR", "Listener, as a pseudonym.", nullable=False),
        Column(
            "reason",
            "VARCHAR",
            "How it was found: `same_event`, `uploaded_again` (with another reported time), or `same_playback_` and the source of the dropped row, of which another source's row or another export's is there.",
            nullable=False,
        ),
        Column("source", "VARCHAR", "Where the dropped row came from."),
        Column("kept_source", "VARCHAR", "Where the row that stays came from."),
        _SOURCE_FILE,
        _SOURCE_ROW,
    ),
)

ROW_COUNTS = Table(
    schema="ops",
    name="row_counts",
    grain="one row per table, slice, outcome and reason",
    description="The books: for each slice of a table the rows that came in, and what became of them. `loaded`, `rejected` and `duplicate` add up to `in`.",
    key=("table_name", "slice_date", "outcome", "reason"),
    columns=(
        Column("table_name", "VARCHAR", "The table.", nullable=False),
        Column("slice_date", "DATE", "First day of the slice.", nullable=False),
        Column(
            "slice_end",
            "DATE",
            "Day after the last day of the slice; null in entries of versions that did not record it.",
        ),
        Column(
            "outcome",
            "VARCHAR",
            "in, loaded, rejected or duplicate.",
            nullable=False,
            accepted=("in", "loaded", "rejected", "duplicate"),
        ),
        Column("reason", "VARCHAR", "Reason code; empty for in and loaded.", nullable=False),
        Column("rows", "BIGINT", "How many rows.", nullable=False, minimum=0),
        Column("written_at", "TIMESTAMP", "UTC moment of the write.", nullable=False),
    ),
)

CHECK_RESULTS = Table(
    schema="ops",
    name="check_results",
    grain="one row per evaluation of a check on a slice",
    description="What the generated checks found, as evaluated by `spotify-assets check` and by runs.",
    key=("checked_at", "table_name", "check_name", "slice_date"),
    columns=(
        Column("checked_at", "TIMESTAMP", "UTC moment of the evaluation.", nullable=False),
        Column("table_name", "VARCHAR", "The table.", nullable=False),
        Column("check_name", "VARCHAR", "The check.", nullable=False),
        Column("slice_date", "DATE", "First day of the slice; null for the whole table."),
        Column("passed", "BOOLEAN", "Whether no row failed.", nullable=False),
        Column(
            "severity", "VARCHAR", "ERROR blocks, WARN tells.", nullable=False, accepted=("ERROR", "WARN")
        ),
        Column("failing_rows", "BIGINT", "Rows that failed.", nullable=False, minimum=0),
        Column("detail", "VARCHAR", "What failed, in words.", nullable=False),
    ),
)

TABLES: Mapping[str, Table] = {
    table.full_name: table
    for table in (
        RAW_TRACKS,
        RAW_EVENTS,
        TRACKS,
        ARTISTS,
        TRACK_ARTISTS,
        TRACK_GENRES,
        LISTENING_EVENTS,
        COUNTRIES,
        USER_PROFILES,
        PLAYED_TRACKS,
        RECORDINGS,
        LISTENING_HOURS,
        DAILY_TRACK_METRICS,
        MODEL_FEATURES,
        SKIP_MODEL,
        SKIP_MODEL_COEFFICIENTS,
        SKIP_LADDER,
        SKIP_LADDER_COEFFICIENTS,
        FEATURE_DRIFT,
        SKIP_CURVES,
        SKIP_PREDICTIONS,
        MODEL_REGISTRY,
        SKIP_SURVIVAL,
        SKIP_FLAG_AGREEMENT,
        POPULARITY_MODEL,
        POPULARITY_COEFFICIENTS,
        IMPORT_RECEIPTS,
        REJECTED_ROWS,
        DUPLICATE_PLAYS,
        ROW_COUNTS,
        CHECK_RESULTS,
    )
}
"""Every table of the catalogue, by `schema.table`."""
