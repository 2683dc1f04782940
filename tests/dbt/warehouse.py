"""A small warehouse for the dbt project: hand-made rows in the tables of the catalogue, and dbt run on it.

The rows hold every case the marts treat specially: a track in two snapshots, one only in the older, one that
only events know, one that no source names, playbacks known by their names only and by nothing, podcasts,
interactions, tracks of no and of several genres, a track that credits one artist twice; listeners who
declared a zone, who follow the country, who said nothing; countries and devices that nobody knows; sessions
across midnight.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Self

import duckdb
import polars as pl
import polars.testing
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from spotify_assets.assets.dbt_call import environment
from spotify_assets.tables import (
    ARTISTS,
    COUNTRIES,
    DAILY_TRACK_METRICS,
    LISTENING_EVENTS,
    LISTENING_HOURS,
    PLAYED_TRACKS,
    RECORDINGS,
    TABLES,
    TRACK_ARTISTS,
    TRACK_GENRES,
    TRACKS,
    USER_PROFILES,
    Table,
)
from spotify_assets.transforms.hours import listening_hours
from spotify_assets.transforms.identity import recordings, with_track_key
from spotify_assets.transforms.played import played_tracks
from spotify_assets.transforms.sessions import with_sessions
from spotify_assets.transforms.tracks import artist_id
from spotify_assets.transforms.zones import countries

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"

PROJECT = ("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR))
WITHOUT_WORDS = ("--log-level", "none", "--log-level-file", "none")
"""Thousands of lines that nobody reads are a tenth of the time of a build; `--quiet` would make them all."""

FIRST_DAY = date(2025, 1, 30)
DAYS = 9
"""The events cross the end of a month, and last longer than a week."""
OLD_SNAPSHOT, NEW_SNAPSHOT = date(2025, 1, 1), date(2025, 2, 1)
USERS = tuple(f"user-{number}" for number in range(5))
DEFAULT_TIME_ZONE = "Pacific/Auckland"
"""Not UTC, so that it can be told from local times that were forgotten."""

Row = Mapping[str, object]


def track_id(number: int) -> str:
    """A valid Spotify track id that ends in the number."""
    return f"{number:022d}"


def frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    """The rows as a frame of the table; columns that a row lacks are null."""
    return pl.DataFrame(list(rows), schema=table.polars_schema, orient="row", strict=True)


@dataclass(frozen=True)
class CatalogueTrack:
    """One track of a snapshot, as the fixture describes it."""

    number: int
    name: str
    artists: tuple[str, ...]
    genres: tuple[str, ...]
    popularity: int | None


OLD_TRACKS = (
    CatalogueTrack(1, "First (old name)", ("Ada",), ("pop",), 10),
    CatalogueTrack(2, "Withdrawn", ("Ben", "Ada"), ("jazz", "soul"), 20),
)
NEW_TRACKS = (
    CatalogueTrack(1, "First", ("Ada",), ("pop", "rock"), 80),
    CatalogueTrack(3, "Trio", ("Ben", "Cleo", "Ben"), ("folk", "pop", "rock"), 90),
    CatalogueTrack(4, "Without genre", ("Cleo",), (), None),
    CatalogueTrack(5, "Never played", ("Dora",), ("pop",), 50),
)
OUTSIDE_TRACK, NAMELESS_TRACK = track_id(6), track_id(7)
LOCAL_TRACK, UNKNOWN_TRACK = "known by its names only", "known by nothing"
"""Stand for playbacks without a Spotify id."""
LOCAL_TRACK_KEY = "name-" + hashlib.sha256(b"Finn\x1fDemo").hexdigest()[:16]
PODCAST_KEY = "name-" + hashlib.sha256(b"Someone\x1fAs the export has it").hexdigest()[:16]
TO_PLAY = (
    *(track_id(number) for number in (1, 2, 3, 4)),
    *(OUTSIDE_TRACK, NAMELESS_TRACK, LOCAL_TRACK, UNKNOWN_TRACK),
)
PLACES = ("DE", "US", "AU", "ZZ", "QQ", None)
"""Countries of playbacks; QQ is none."""


TOLD_OF_ARTISTS = {
    (OLD_SNAPSHOT, "Ada"): {"popularity": 40, "followers": 1_000},
    (NEW_SNAPSHOT, "Ada"): {"popularity": 45},
    (NEW_SNAPSHOT, "Cleo"): {"followers": 99},
}
"""What a snapshot tells of an artist beside the name."""


def catalogue_frames() -> dict[str, pl.DataFrame]:
    """`core.tracks` and the tables that follow from it, for both snapshots."""
    tracks: list[Row] = []
    credits: list[Row] = []
    genres: list[Row] = []
    artists: dict[tuple[date, str], set[int]] = {}
    for snapshot, listed in ((OLD_SNAPSHOT, OLD_TRACKS), (NEW_SNAPSHOT, NEW_TRACKS)):
        for track in listed:
            key = {"snapshot_date": snapshot, "track_id": track_id(track.number)}
            tracks.append(
                {
                    **key,
                    "track_name": track.name,
                    "artist_names": "; ".join(track.artists),
                    "primary_artist_id": artist_id(track.artists[0]),
                    "primary_artist_name": track.artists[0],
                    "artist_count": len(track.artists),
                    "popularity": track.popularity,
                    "duration_ms": 180_000,
                    "primary_genre": min(track.genres, default=None),
                    "genre_count": len(track.genres),
                    "source_rows": 1,
                }
            )
            for position, name in enumerate(track.artists, start=1):
                credits.append({**key, "position": position, "artist_id": artist_id(name)})
                artists.setdefault((snapshot, name), set()).add(track.number)
            genres.extend({**key, "genre": genre, "weight": 1 / len(track.genres)} for genre in track.genres)
    credited = [
        {
            "snapshot_date": snapshot,
            "artist_id": artist_id(name),
            "artist_name": name,
            "track_count": len(numbers),
            **TOLD_OF_ARTISTS.get((snapshot, name), {}),
        }
        for (snapshot, name), numbers in artists.items()
    ]
    return {
        TRACKS.full_name: frame(TRACKS, tracks),
        ARTISTS.full_name: frame(ARTISTS, credited),
        TRACK_ARTISTS.full_name: frame(TRACK_ARTISTS, credits),
        TRACK_GENRES.full_name: frame(TRACK_GENRES, genres),
    }


def _track(played: str | None, ended_at: datetime) -> Row:
    """What an event says about its track; track 6 is renamed half-way."""
    if played in (NAMELESS_TRACK, UNKNOWN_TRACK):
        return {"track_id": None if played == UNKNOWN_TRACK else played}
    if played == LOCAL_TRACK:
        return {"track_name": "Demo", "artist_name": "Finn", "album_name": "Tapes"}
    if played == OUTSIDE_TRACK:
        renamed = ended_at >= datetime(2025, 2, 2)  # noqa: DTZ001 - naive UTC
        name = "Outside (live)" if renamed else "Outside"
        return {"track_id": played, "track_name": name, "artist_name": "Eve", "album_name": "Doors"}
    return {"track_id": played, "track_name": "As the export has it", "artist_name": "Someone"}


def profiles_frame() -> pl.DataFrame:
    """`core.user_profiles`: one stays in Berlin, one travels from Kolkata, one travels and says no more."""
    declared: list[Row] = [
        {"user_id": "user-0", "time_zone": "Europe/Berlin", "follows_country": False},
        {"user_id": "user-1", "time_zone": "Asia/Kolkata", "follows_country": True},
        {"user_id": "user-2", "time_zone": None, "follows_country": True},
        {"user_id": "silent", "time_zone": "Asia/Tokyo", "follows_country": False},
    ]
    return frame(USER_PROFILES, declared)


def events_frame(count: int = 800, *, seed: int = 1, days: int = DAYS) -> pl.DataFrame:
    """`core.listening_events`: random playbacks and interactions, the same for the same seed."""
    random = Random(seed)
    rows: list[Row] = []
    for number in range(count):
        midnight = datetime.combine(FIRST_DAY + timedelta(days=random.randrange(days)), datetime.min.time())
        ended_at = midnight + timedelta(seconds=random.randrange(86_400))
        action = random.choices(("play", "skip", "pause", "add_to_playlist"), (60, 30, 5, 5))[0]
        is_playback = action in ("play", "skip")
        ms_played = random.randrange(200_000) if is_playback else 0
        outcome = random.choice(("skip", "complete", "abandoned", "unknown")) if is_playback else None
        content_type = random.choices(("music", "podcast"), (90, 10))[0]
        played = random.choice(TO_PLAY) if content_type == "music" else None
        rows.append(
            {
                "event_id": f"event-{seed}-{number}",
                "user_id": random.choice(USERS),
                "started_at": ended_at - timedelta(milliseconds=ms_played),
                "ended_at": ended_at,
                "event_date": ended_at.date(),
                "action": action,
                "ms_played": ms_played,
                "session_id": "not known yet",
                "device": random.choice(("mobile", "desktop", None)),
                "country": random.choice(PLACES),
                "source": "synthetic",
                "content_type": content_type,
                "outcome": outcome,
                "is_stream": is_playback and ms_played >= 30_000,
                **_track(played, ended_at),
            }
        )
    events = with_track_key(frame(LISTENING_EVENTS, rows))
    return with_sessions(events, lambda _: events.clear()).select(LISTENING_EVENTS.column_names)


def playbacks(events: pl.DataFrame) -> pl.DataFrame:
    """The music playbacks among the events, with 0/1 columns for their outcome."""
    return events.filter(
        pl.col("action").is_in(["play", "skip"]), pl.col("content_type") == "music"
    ).with_columns(
        plays=pl.lit(1),
        streams=pl.col("is_stream").cast(pl.Int64),
        skips=(pl.col("outcome") == "skip").cast(pl.Int64),
        completes=(pl.col("outcome") == "complete").cast(pl.Int64),
        abandons=(pl.col("outcome") == "abandoned").cast(pl.Int64),
        unknowns=(pl.col("outcome") == "unknown").cast(pl.Int64),
    )


def daily_track_metrics(events: pl.DataFrame) -> pl.DataFrame:
    """`core.daily_track_metrics` of the events."""
    counted = ("plays", "streams", "skips", "completes", "abandons", "unknowns", "ms_played")
    return (
        playbacks(events)
        .drop_nulls("track_id")
        .group_by("event_date", "track_id")
        .agg(pl.col(*counted).sum().cast(pl.Int64), listeners=pl.col("user_id").n_unique().cast(pl.Int64))
        .with_columns(
            skip_rate=pl.when(pl.col("plays") > pl.col("unknowns")).then(
                pl.col("skips") / (pl.col("plays") - pl.col("unknowns"))
            ),
            playlist_adds=pl.lit(0, pl.Int64),
            pauses=pl.lit(0, pl.Int64),
        )
        .select(DAILY_TRACK_METRICS.column_names)
    )


def event_frames(events: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`core.listening_events` and the tables of the same days that follow from it."""
    hours = listening_hours(events, events.clear(), profiles_frame(), DEFAULT_TIME_ZONE)
    return {
        LISTENING_EVENTS.full_name: events,
        DAILY_TRACK_METRICS.full_name: daily_track_metrics(events),
        PLAYED_TRACKS.full_name: played_tracks(events),
        LISTENING_HOURS.full_name: hours.select(LISTENING_HOURS.column_names),
    }


def source_frames(events: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """Rows for every source table that the marts read."""
    catalogue = catalogue_frames()
    of_events = event_frames(events_frame() if events is None else events)
    return {
        **catalogue,
        **of_events,
        COUNTRIES.full_name: countries(),
        USER_PROFILES.full_name: profiles_frame(),
        RECORDINGS.full_name: recordings(
            catalogue[TRACKS.full_name].sort("snapshot_date").unique("track_id", keep="last"),
            of_events[PLAYED_TRACKS.full_name].sort("event_date").unique("track_key", keep="last"),
        ),
    }


@cache
def _parsed(database: str) -> Manifest:
    """The project as dbt parses it for a database of that name; once, because it takes dbt five seconds.

    Nothing else of the environment is in it: dbt itself would parse anew for each path of a warehouse.
    """
    with tempfile.TemporaryDirectory() as folder:  # not where the product keeps what it parsed
        where = ("--target-path", folder, "--log-path", folder)
        result = dbtRunner().invoke(["--quiet", "parse", *PROJECT, *where])
    assert isinstance(result.result, Manifest), result.exception
    assert {node.database for node in result.result.nodes.values()} == {database}
    return result.result


@dataclass(frozen=True)
class DbtWarehouse:
    """A warehouse file with every table of the catalogue, and dbt to build on it."""

    path: Path
    target_path: Path
    environment: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        environment = {
            "SPOTIFY_WAREHOUSE": str(self.path),
            "SPOTIFY_DEFAULT_TIME_ZONE": DEFAULT_TIME_ZONE,
            "DBT_TARGET_PATH": str(self.target_path),
            "DBT_LOG_PATH": str(self.target_path / "logs"),
        }
        object.__setattr__(self, "environment", environment)

    @classmethod
    def copy_of(cls, made: Path, folder: Path) -> Self:
        """A copy of the warehouse that was made in a folder, to be changed, in another one."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "warehouse.duckdb"
        path.write_bytes((made / "warehouse.duckdb").read_bytes())
        return cls(path, folder / "target")

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = duckdb.connect(str(self.path))
        try:
            yield connection
        finally:
            connection.close()

    def create(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Create every table of the catalogue, and fill those that have a frame."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.connect() as connection:
            for table in TABLES.values():
                connection.execute(f"create schema if not exists {table.schema}")
                connection.execute(table.ddl)
        for name, rows in frames.items():
            self.insert(name, rows)

    def insert(self, table: str, rows: pl.DataFrame) -> None:
        with self.connect() as connection:
            connection.register("new_rows", rows.to_arrow())
            connection.execute(f"insert into {table} by name select * from new_rows")

    def execute(self, statement: str) -> None:
        with self.connect() as connection:
            connection.execute(statement)

    def query(self, query: str) -> pl.DataFrame:
        with self.connect() as connection:
            rows: pl.DataFrame = connection.sql(query).pl()
        return rows

    def manifest(self) -> Manifest:
        """The project as dbt reads it for this warehouse; to be read, because all runs begin with it."""
        return _parsed(self.path.stem)

    def dbt(self, command: str, *arguments: str, artifacts: bool = False) -> dbtRunnerResult:
        """Run dbt on the warehouse, as the command line would; without its JSON files, unless asked for."""
        manifest: Manifest = self.manifest().deepcopy()  # type: ignore[no-untyped-call]
        without = WITHOUT_WORDS if artifacts else (*WITHOUT_WORDS, "--no-write-json")
        with environment(self.environment):
            result = dbtRunner(manifest=manifest).invoke([*without, command, *PROJECT, *arguments])
        # dbt keeps the database open within this process: what it wrote may not be in the file yet
        self.execute("checkpoint")
        return result

    def build(self, *arguments: str, unit_tests: bool = False) -> None:
        """`dbt build`; fails with what dbt reports.

        Unit tests bring their rows with them, so that one build in a test run is enough for them; it leaves
        dbt's JSON files, too.
        """
        without = () if unit_tests else ("--exclude-resource-type", "unit_test")
        result = self.dbt("build", *without, *arguments, artifacts=unit_tests)
        assert result.success, problems(result)

    def marts(self) -> dict[str, pl.DataFrame]:
        """Every table that dbt built, its rows in the order of their values."""
        names = self.query(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by table_name"
        )
        return {name: self.query(f"from marts.{name} order by all") for name in names["table_name"].to_list()}


def problems(result: dbtRunnerResult) -> list[str]:
    """Name, status and message of everything that dbt did not pass."""
    if result.exception is not None:
        return [str(result.exception)]
    assert isinstance(result.result, RunExecutionResult)
    fine = {"success", "pass", "no-op"}
    return [
        f"{run.node.name}: {run.status}: {run.message}" for run in result.result if run.status not in fine
    ]


def assert_same_rows(left: Mapping[str, pl.DataFrame], right: Mapping[str, pl.DataFrame]) -> None:
    """Both have the same tables with the same rows; sums of fractions may differ by rounding."""
    assert left.keys() == right.keys()
    for name, rows in left.items():
        polars.testing.assert_frame_equal(rows, right[name], rel_tol=1e-12, abs_tol=1e-12)
