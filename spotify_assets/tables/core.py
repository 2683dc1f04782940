"""Tables of the schema `core`: what is judged and counted, once."""

from spotify_assets.tables.fields import (
    AUDIO_FEATURE_COLUMNS,
    CONTENT_TYPES,
    COUNTRY,
    EVENT_DATE,
    SNAPSHOT_DATE,
    TRACK,
    TRACK_ID,
    TRACK_KEY,
    USER_ID,
    required,
)
from spotify_assets.tables.model import (
    Expectation,
    Table,
    count,
    day,
    flag,
    moment,
    number,
    percentage,
    share,
    text,
    whole,
)

TRACKS = Table(
    schema="core",
    name="tracks",
    grain="one row per snapshot date and track",
    description="Clean tracks with audio features. Rows of one track (one per genre) are merged; what was merged or refused is counted in ops.row_counts.",
    partition_column="snapshot_date",
    key=("snapshot_date", "track_id"),
    made_from="raw.raw_tracks",
    refuses_rows=True,
    goes_first=True,
    expectations=(
        Expectation(
            "agreeing_popularity",
            "popularity_spread > 0",
            "The snapshot's rows of one track agree on its popularity.",
        ),
        Expectation("known_tempo", "tempo is null", "The analysis found a tempo."),
    ),
    columns=(
        SNAPSHOT_DATE,
        required(TRACK),
        text("track_name", "Name, trimmed.", of="raw.raw_tracks.track_name"),
        text("artist_names", "All artists in order, separated by `; `.", of="raw.raw_tracks.artists"),
        text("primary_artist_id", "First artist, see core.artists.", of="raw.raw_tracks.artists"),
        text("primary_artist_name", "First artist's name.", of="raw.raw_tracks.artists"),
        count("artist_count", "How many artists are credited.", minimum=1, of="raw.raw_tracks.artists"),
        text("album_name", "Album, trimmed.", null=True),
        day(
            "release_date",
            "Release date; the first day of the year or month where only that is known.",
            null=True,
        ),
        text(
            "release_precision",
            "How much of the release date is known.",
            null=True,
            accepted=("year", "month", "day"),
        ),
        text("isrc", "International Standard Recording Code.", null=True),
        percentage(
            "popularity", "Popularity, 0 to 100; the highest where the snapshot's rows disagree.", null=True
        ),
        percentage(
            "popularity_spread",
            "Highest less lowest popularity among the snapshot's rows of this track; above 0 they disagree.",
            null=True,
            of="raw.raw_tracks.popularity",
        ),
        count(
            "duration_ms", "Length in milliseconds; null where the catalogue has none.", null=True, minimum=1
        ),
        flag("explicit", "Whether the lyrics are marked explicit.", null=True),
        *AUDIO_FEATURE_COLUMNS,
        text(
            "primary_genre",
            "First genre in alphabetical order; all of them are in core.track_genres.",
            null=True,
            of="raw.raw_tracks.genre",
        ),
        count("genre_count", "How many genres the snapshot lists for the track.", of="raw.raw_tracks.genre"),
        count(
            "source_rows",
            "How many rows of raw.raw_tracks were merged into this one.",
            minimum=1,
            of="raw.raw_tracks.source_row",
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
        SNAPSHOT_DATE,
        text(
            "artist_id",
            "Stable hash of the artist's exact name; catalogue exports carry no artist id.",
            of="raw.raw_tracks.artists",
        ),
        text(
            "artist_name",
            "Name, trimmed. Case counts: LISA and LiSA are two artists.",
            of="raw.raw_tracks.artists",
        ),
        count(
            "track_count",
            "Tracks of the snapshot that credit the artist.",
            minimum=1,
            of="raw.raw_tracks.track_id",
        ),
        number(
            "mean_popularity",
            "Mean popularity of those tracks, 0 to 100.",
            null=True,
            minimum=0,
            maximum=100,
            of="raw.raw_tracks.popularity",
        ),
        percentage(
            "popularity",
            "The artist's own popularity, 0 to 100, as the tracks tell whose first artist it is; null where none does.",
            null=True,
            of="raw.raw_tracks.artist_popularity",
        ),
        count(
            "followers",
            "How many follow the artist, as those tracks tell; null where none does.",
            null=True,
            of="raw.raw_tracks.artist_followers",
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
        SNAPSHOT_DATE,
        required(TRACK, references="core.tracks.track_id"),
        count("position", "1 for the first credited artist.", minimum=1, of="raw.raw_tracks.artists"),
        text("artist_id", "The artist.", references="core.artists.artist_id", of="raw.raw_tracks.artists"),
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
        SNAPSHOT_DATE,
        required(TRACK, references="core.tracks.track_id"),
        text("genre", "Genre as the catalogue names it.", of="raw.raw_tracks.genre"),
        share("weight", "One divided by the number of genres of the track.", of="raw.raw_tracks.genre"),
    ),
)

COUNTRIES = Table(
    schema="core",
    name="countries",
    grain="one row per country",
    description="Countries with the time zone of their largest city, from the IANA time zone database.",
    key=("country",),
    columns=(
        text("country", "ISO 3166-1 alpha-2 code.", pattern=COUNTRY),
        text("country_name", "English name."),
        text("region", "Part of the world, the area of its time zone."),
        text("time_zone", "IANA zone of the largest city."),
        count("time_zone_count", "How many zones the country has.", minimum=1),
    ),
)

USER_PROFILES = Table(
    schema="core",
    name="user_profiles",
    grain="one row per listener who declared something",
    description="What listeners said about themselves when they imported: their time zone.",
    key=("user_id",),
    columns=(
        USER_ID,
        text("time_zone", "IANA zone they live by; null where they did not say.", null=True),
        flag(
            "follows_country",
            "Whether their hours follow the country of each playback instead, as a traveller's do.",
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
        EVENT_DATE,
        required(TRACK_KEY),
        TRACK,
        text("content_type", "What was played.", accepted=CONTENT_TYPES),
        text("track_name", "Name in the last playback of the day that gives one.", null=True),
        text("artist_name", "Main artist in the same playback.", null=True),
        text("album_name", "Album in the same playback.", null=True),
        count("playbacks", "Playbacks, however short.", minimum=1, of="core.listening_events.action"),
    ),
)

RECORDINGS = Table(
    schema="core",
    name="recordings",
    grain="one row per track key",
    description="Which recording each track is: one recording stands in Spotify under several ids. Nothing is merged anywhere else, so that every match can be undone.",
    key=("track_key",),
    columns=(
        required(TRACK_KEY),
        TRACK,
        text(
            "recording_id",
            "The recording: the smallest track key of those that are the same one.",
            of=("core.tracks.isrc", "core.tracks.track_name", "core.tracks.artist_names"),
        ),
        text(
            "matched_by",
            "Why: manual, isrc, names_and_length (normalised name, artists and length), names (where one side has no length), or alone.",
            accepted=("manual", "isrc", "names_and_length", "names", "alone"),
            of="core.tracks.isrc",
        ),
        text(
            "catalogue_track_id",
            "The catalogue's track of this recording: itself, else the most popular one; null where the catalogue has none.",
            null=True,
            pattern=TRACK_ID,
            of="core.tracks.track_id",
        ),
        text("track_name", "Name.", null=True),
        text("artist_names", "Artists in order, separated by `; `.", null=True),
        count("duration_ms", "Length in milliseconds; null where unknown.", null=True, minimum=1),
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
        EVENT_DATE,
        USER_ID,
        moment(
            "hour_starts_at",
            "UTC moment at which the local clock hour begins; tells the two equal hours of a 25-hour day apart.",
            of=("core.listening_events.started_at", "core.listening_events.ended_at"),
        ),
        text("time_zone", "IANA zone that the hour is of."),
        day(
            "local_date",
            "Date of the hour in that zone.",
            of=("core.listening_events.ended_at", "core.user_profiles.time_zone"),
        ),
        whole(
            "local_hour",
            "Hour in that zone, 0 to 23.",
            minimum=0,
            maximum=23,
            of=("core.listening_events.ended_at", "core.user_profiles.time_zone"),
        ),
        whole(
            "ms_listened",
            "Milliseconds of the hour that were listened, each counted once.",
            minimum=0,
            maximum=3_600_000,
            of="core.listening_events.ms_played",
        ),
        count(
            "ms_overlapping",
            "Milliseconds played that the clock has no room for, because another playback of the same listener covers them (or one playback claims more than 24 hours); not in ms_listened.",
            of="core.listening_events.ms_played",
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
    goes_first=True,
    columns=(
        EVENT_DATE,
        required(TRACK),
        count("plays", "Playbacks, however short.", of="core.listening_events.action"),
        count("streams", "Playbacks that count as a stream.", of="core.listening_events.is_stream"),
        count("skips", "Playbacks whose outcome is skip.", of="core.listening_events.outcome"),
        count("completes", "Playbacks whose outcome is complete.", of="core.listening_events.outcome"),
        count("abandons", "Playbacks whose outcome is abandoned.", of="core.listening_events.outcome"),
        count(
            "unknowns", "Playbacks whose outcome is unknown.", null=True, of="core.listening_events.outcome"
        ),
        share(
            "skip_rate",
            "Skips divided by the plays whose outcome is known; null without any.",
            null=True,
            of="core.listening_events.outcome",
        ),
        count("listeners", "Distinct users with a playback.", of="core.listening_events.user_id"),
        count("ms_played", "Milliseconds heard, summed over playbacks."),
        count("playlist_adds", "add_to_playlist interactions.", of="core.listening_events.action"),
        count("pauses", "pause interactions.", of="core.listening_events.action"),
    ),
)
