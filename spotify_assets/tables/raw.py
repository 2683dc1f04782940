"""Tables of the schema `raw`: what the lake holds, typed but not judged."""

from dataclasses import replace

from spotify_assets.tables.fields import (
    AUDIO_FEATURE_COLUMNS,
    EVENT_COLUMNS,
    SNAPSHOT_DATE,
    SOURCE_FILE,
    SOURCE_ROW,
    VOLUME,
    unjudged,
)
from spotify_assets.tables.model import Table, flag, text, whole

RAW_TRACKS = Table(
    schema="raw",
    name="raw_tracks",
    grain="one row per row of a landed catalogue file",
    description="The catalogue as it was exported, typed but not judged: repeated and incomplete rows are still here.",
    partition_column="snapshot_date",
    key=("snapshot_date", "source_file", "source_row"),
    refuses_rows=True,
    goes_first=True,
    columns=(
        SNAPSHOT_DATE,
        SOURCE_FILE,
        SOURCE_ROW,
        text("track_id", "Track id as written, without a `spotify:track:` prefix or address around it."),
        text("track_name", "Name as written.", null=True),
        text(
            "artists",
            "Artists as written, separated by `;` (a comma is part of a name; a `;` inside a name is written `\\;`).",
            null=True,
        ),
        text("album_name", "Album as written.", null=True),
        text(
            "release_date",
            "Release date: a year, a month or a day, as ISO 8601 where its reading is certain, else as written.",
            null=True,
        ),
        text("isrc", "International Standard Recording Code, where the file has one.", null=True),
        whole("popularity", "Popularity as written.", null=True),
        whole("artist_popularity", "Popularity of the first artist as written.", null=True),
        whole("artist_followers", "Followers of the first artist as written.", null=True),
        whole("duration_ms", "Length in milliseconds.", null=True),
        flag("explicit", "Whether the lyrics are marked explicit.", null=True),
        *(unjudged(column) for column in AUDIO_FEATURE_COLUMNS),
        text(
            "genre",
            "Genres of this row, separated by `;`; a track has the genres of all its rows.",
            null=True,
        ),
        text(
            "extra",
            "JSON object of columns that no rule knows, and of cells that did not parse, as written, under `emptied`.",
            null=True,
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
    statistics=(VOLUME,),
    refuses_rows=True,
    goes_first=True,
    columns=(
        *(
            c if c.name in ("event_id", "event_date") else replace(unjudged(c), nullable=True)
            for c in EVENT_COLUMNS
        ),
        SOURCE_FILE,
        SOURCE_ROW,
    ),
)
