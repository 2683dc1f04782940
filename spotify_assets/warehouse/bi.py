"""Curated views for BI tools: few, wide and described, in the schema `bi` of the published copy.

A tool that cannot be taught a star schema reads these: names in place of keys, minutes in place of
milliseconds, every column with a comment that DuckDB keeps. They hold no rows of their own; each number is
that of the mart it is read from. Not here: what a number means (dbt's models, docs/metrics.md).
"""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from spotify_assets.warehouse.connection import Connection

SCHEMA = "bi"
_MINUTES = 60_000
"""Milliseconds of a minute."""


@dataclass(frozen=True)
class BiColumn:
    """A column: its name, the SQL that gives it, and what it means."""

    name: str
    sql: str
    description: str


@dataclass(frozen=True)
class BiView:
    """A view: its grain in words, the marts it reads, and its columns.

    `reads` are the relations that must be there; `source` is the `from` clause over them.
    """

    name: str
    grain: str
    reads: tuple[str, ...]
    source: str
    columns: tuple[BiColumn, ...]

    @property
    def full_name(self) -> str:
        """`bi.name`, as SQL writes it."""
        return f"{SCHEMA}.{self.name}"

    @property
    def select(self) -> str:
        """The statement that the view stands for."""
        columns = ",\n    ".join(f"{column.sql} as {column.name}" for column in self.columns)
        return f"select\n    {columns}\nfrom {self.source}"


def _minutes(of: str) -> str:
    return f"{of} / {_MINUTES}.0"


def _columns(*columns: tuple[str, str, str]) -> tuple[BiColumn, ...]:
    return tuple(BiColumn(*column) for column in columns)


def _counts(of: str) -> tuple[BiColumn, ...]:
    """Plays and what became of them, of a mart that has them."""
    return _columns(
        ("plays", f"{of}.plays", "Playbacks of music, however short."),
        ("streams", f"{of}.streams", "Playbacks that count as a stream: 30 seconds by default."),
        ("skips", f"{of}.skips", "Playbacks that the listener ended early."),
        ("unknowns", f"{of}.unknowns", "Playbacks of which nobody knows how they ended."),
        (
            "skip_rate",
            f"{of}.skips / nullif({of}.plays - {of}.unknowns, 0)",
            "Skips ÷ plays whose outcome is known, 0 to 1.",
        ),
        ("minutes_played", _minutes(f"{of}.ms_played"), "Minutes heard, as the sources say."),
    )


LISTENS = BiView(
    "listens",
    "one row per playback, of any content",
    (
        *("marts.fact_listens", "marts.dim_track", "marts.dim_device", "marts.dim_country"),
        "marts.dim_date",
    ),
    """marts.fact_listens as listens
left join marts.dim_track as tracks using (track_id)
left join marts.dim_device as devices using (device)
left join marts.dim_country as countries using (country)
left join marts.dim_date as dates
    on listens.local_date = dates.date_day""",
    _columns(
        ("event_id", "listens.event_id", "The playback."),
        ("event_date", "listens.event_date", "UTC date on which it ended: filter by it, it is fast."),
        ("started_at", "listens.started_at", "UTC moment of the start."),
        ("local_started_at", "listens.local_started_at", "The start on the listener's own clock."),
        ("local_date", "listens.local_date", "Local date of the start."),
        ("local_weekday", "dates.weekday_name", "Local weekday of the start."),
        ("local_hour", "listens.local_hour", "Local hour of the start, 0 to 23."),
        ("listener", "listens.user_id", "Listener, as a pseudonym."),
        ("session_id", "listens.session_id", "Session of the playback."),
        ("track_id", "listens.track_id", "Spotify id, or `name-` and a hash of its names."),
        ("recording_id", "tracks.recording_track_id", "Most played id of the recording: count tracks by it."),
        ("track", "tracks.track_name", "Name of the track."),
        ("artist", "tracks.primary_artist_name", "First credited artist."),
        ("album", "tracks.album_name", "Album."),
        ("genre", "tracks.primary_genre", "First genre in alphabetical order; null without one."),
        ("release_year", "year(tracks.release_date)", "Year of the release, where known."),
        ("popularity", "tracks.popularity", "Popularity today, 0 to 100."),
        ("content", "listens.content_type", "music, podcast, audiobook, video or unknown."),
        ("device", "devices.device_name", "Kind of device."),
        ("country", "countries.country_name", "Country of the playback."),
        ("country_code", "listens.country", "Its ISO 3166-1 alpha-2 code; ZZ where unknown."),
        ("region", "countries.region", "Region of the country."),
        ("minutes_played", _minutes("listens.ms_played"), "Minutes heard, as the source says."),
        ("outcome", "listens.outcome", "complete, skip, abandoned or unknown."),
        ("is_stream", "listens.is_stream", "Whether it counts as a stream."),
        ("is_skip", "listens.is_skip", "Whether the listener ended it early."),
        ("is_shuffle", "listens.is_shuffle", "Whether shuffle was on."),
        ("source", "listens.source", "Where the row came from."),
    ),
)
DAILY_METRICS = BiView(
    "daily_metrics",
    "one row per local date with a playback of music",
    ("marts.daily_active_users", "marts.daily_session_metrics"),
    """marts.daily_active_users as days
left join marts.daily_session_metrics as sessions using (local_date)""",
    (
        *_columns(
            ("local_date", "days.local_date", "Date on the listeners' own clocks."),
            ("daily_active_users", "days.daily_active_users", "Listeners of music on the date."),
            ("weekly_active_users", "days.weekly_active_users", "On it or the 6 dates before."),
            ("monthly_active_users", "days.monthly_active_users", "On it or the 29 dates before."),
            ("stickiness", "days.stickiness", "Daily ÷ monthly active users, 0 to 1."),
        ),
        *_counts("days"),
        *_columns(
            ("sessions", "sessions.sessions", "Sessions that began on the date."),
            ("mean_session_minutes", _minutes("sessions.mean_duration_ms"), "Their mean length."),
            ("median_session_minutes", _minutes("sessions.median_duration_ms"), "Their median length."),
        ),
    ),
)
DAILY_LOCATIONS = BiView(
    "daily_locations",
    "one row per UTC date, country and kind of device",
    ("marts.daily_location_metrics", "marts.dim_country", "marts.dim_device"),
    """marts.daily_location_metrics as days
left join marts.dim_country as countries using (country)
left join marts.dim_device as devices using (device)""",
    (
        *_columns(
            ("event_date", "days.event_date", "UTC date on which the playbacks ended."),
            ("country", "countries.country_name", "Country of the playbacks."),
            ("country_code", "days.country", "Its ISO 3166-1 alpha-2 code; ZZ where unknown."),
            ("region", "countries.region", "Region of the country."),
            ("device", "devices.device_name", "Kind of device."),
            ("listeners", "days.listeners", "Distinct listeners; do not add them up."),
        ),
        *_counts("days"),
    ),
)
TRACKS = BiView(
    "tracks",
    "one row per recording that was played",
    ("marts.recording_totals", "marts.dim_track"),
    """marts.recording_totals as totals
inner join marts.dim_track as tracks using (track_id)""",
    (
        *_columns(
            ("track_id", "totals.track_id", "Most played id of the recording, as in `listens`."),
            ("track_ids", "totals.track_ids", "Ids of the recording that were played."),
            ("track_rank", "totals.track_rank", "Rank by streams over all days; null for unknown."),
            ("track", "totals.track_name", "Name of the track."),
            ("artist", "totals.primary_artist_name", "First credited artist."),
            ("album", "totals.album_name", "Album."),
            ("genre", "totals.primary_genre", "First genre in alphabetical order; null without one."),
            ("release_date", "totals.release_date", "Release date, where known."),
            ("popularity", "totals.popularity", "Popularity today, 0 to 100."),
            ("length_minutes", _minutes("totals.duration_ms"), "Length of the track."),
            ("listeners", "totals.listeners", "Listeners who streamed it."),
        ),
        *_counts("totals"),
        *_columns(
            ("danceability", "tracks.danceability", "How suitable for dancing, 0 to 1."),
            ("energy", "tracks.energy", "Perceived intensity, 0 to 1."),
            ("valence", "tracks.valence", "Musical positiveness, 0 to 1."),
            ("acousticness", "tracks.acousticness", "Confidence that it is acoustic, 0 to 1."),
            ("tempo", "tracks.tempo", "Beats per minute."),
            ("first_played", "totals.first_event_date", "First UTC date with a playback."),
            ("last_played", "totals.last_event_date", "Last UTC date with a playback."),
        ),
    ),
)
ARTISTS = BiView(
    "artists",
    "one row per first credited artist that was played",
    ("marts.artist_totals",),
    "marts.artist_totals as totals",
    (
        *_columns(
            ("artist_id", "totals.artist_id", "The artist."),
            ("artist_rank", "totals.artist_rank", "Rank by streams over all days; null for unknown."),
            ("artist", "totals.artist_name", "Name of the artist."),
            ("mean_popularity", "totals.mean_popularity", "Mean popularity of their tracks, 0 to 100."),
            ("tracks_played", "totals.tracks_played", "Tracks of theirs that were played."),
        ),
        *_counts("totals"),
        *_columns(
            ("stream_share", "totals.stream_share", "Streams ÷ all streams, 0 to 1."),
            ("first_played", "totals.first_event_date", "First UTC date with a playback."),
            ("last_played", "totals.last_event_date", "Last UTC date with a playback."),
        ),
    ),
)
LISTENERS = BiView(
    "listeners",
    "one row per listener with a playback of music",
    ("marts.user_lifetimes", "marts.dim_user", "marts.dim_country"),
    """marts.user_lifetimes as totals
left join marts.dim_user as users using (user_id)
left join marts.dim_country as countries
    on users.home_country = countries.country""",
    (
        *_columns(
            ("listener", "totals.user_id", "Listener, as a pseudonym."),
            ("home_country", "countries.country_name", "Country of most of their days."),
            ("time_zone", "users.time_zone", "IANA zone of their clock."),
            ("first_listen", "totals.first_listen_date", "First local date with music."),
            ("last_listen", "totals.last_listen_date", "Last local date with music."),
            ("active_days", "totals.active_days", "Local dates with music."),
            ("longest_streak_days", "totals.longest_streak_days", "Most local dates in a row with music."),
            ("sessions", "totals.sessions", "Sessions."),
        ),
        *_counts("totals"),
        *_columns(
            ("tracks_streamed", "totals.tracks_streamed", "Distinct tracks streamed."),
            ("repeat_share", "totals.repeat_share", "Share of streams that were no first listen, 0 to 1."),
        ),
    ),
)
VIEWS = (LISTENS, DAILY_METRICS, DAILY_LOCATIONS, TRACKS, ARTISTS, LISTENERS)


def create_views(connection: Connection, relations: Collection[str]) -> list[str]:
    """Create the views whose marts are among the relations, with comments; returns their names.

    A warehouse in which dbt did not build everything yet, or an earlier version built it, gets the others.
    """
    connection.execute(f"create schema if not exists {SCHEMA}")
    made = []
    for view in VIEWS:
        if not set(view.reads) <= set(relations):
            continue
        try:
            connection.execute(f"create or replace view {view.full_name} as {view.select}")
        except duckdb.BinderException:  # a mart still lacks a column that this version adds
            continue
        connection.execute(f"comment on view {view.full_name} is {_text(view.grain)}")
        for column in view.columns:
            connection.execute(
                f"comment on column {view.full_name}.{column.name} is {_text(column.description)}"
            )
        made.append(view.full_name)
    return made


def _text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"
