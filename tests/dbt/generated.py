"""A generated world as core tables: two snapshots of a catalogue and two months of listening over it.

Every fifth recording of the catalogue has two track ids.

The generator's listening is made richer by what marts treat specially: podcasts, a track known by its names
only, playbacks known by nothing, unknown countries and devices, listeners who declared their time zone.
"""

from datetime import date
from functools import cache

import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import generate_days
from spotify_assets.tables import (
    ARTISTS,
    COUNTRIES,
    DAILY_TRACK_METRICS,
    LISTENING_EVENTS,
    LISTENING_HOURS,
    PLAYED_TRACKS,
    RECORDINGS,
    TRACK_ARTISTS,
    TRACK_GENRES,
    TRACKS,
    USER_PROFILES,
)
from spotify_assets.transforms.hours import listening_hours
from spotify_assets.transforms.identity import recordings, with_track_key
from spotify_assets.transforms.metrics import daily_track_metrics
from spotify_assets.transforms.outcomes import with_outcome
from spotify_assets.transforms.played import played_tracks
from spotify_assets.transforms.sessions import with_sessions
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.transforms.zones import countries
from tests.dbt.warehouse import DEFAULT_TIME_ZONE

FIRST_DAY, LAST_DAY = date(2025, 1, 25), date(2025, 4, 2)
"""Three whole weeks of each of two months, the ends of two others, and both changes to summer time."""
SNAPSHOTS = (date(2025, 2, 10), date(2025, 3, 5))
NEW_RELEASES = 40
"""So many tracks were released within the days of the events."""

_HASH_SEED = 5


def _every(share: int, salt: int) -> pl.Expr:
    """One event of so many, always the same ones."""
    return pl.col("event_id").hash(_HASH_SEED + salt) % share == 0


@cache
def core_tables() -> dict[str, pl.DataFrame]:
    """Every core table that the marts read, by `schema.table`."""
    catalogue = generate_catalogue(250, seed=11)
    snapshots = [
        clean_tracks(
            listed.with_columns(
                snapshot_date=pl.lit(day),
                source_file=pl.lit(f"{day}.csv"),
                source_row=pl.int_range(pl.len()) + 1,
            )
        )
        for day, listed in zip(SNAPSHOTS, _as_exported(catalogue), strict=True)
    ]
    tracks = pl.concat(one.tracks.rows for one in snapshots)
    events = _events(catalogue)
    profiles = _profiles(events)
    played = played_tracks(events)
    hours = listening_hours(events, events.clear(), profiles, DEFAULT_TIME_ZONE)
    return {
        TRACKS.full_name: tracks,
        ARTISTS.full_name: pl.concat(one.artists for one in snapshots),
        TRACK_ARTISTS.full_name: pl.concat(one.track_artists for one in snapshots),
        TRACK_GENRES.full_name: pl.concat(one.track_genres for one in snapshots),
        LISTENING_EVENTS.full_name: events,
        DAILY_TRACK_METRICS.full_name: daily_track_metrics(events),
        PLAYED_TRACKS.full_name: played,
        LISTENING_HOURS.full_name: hours.select(LISTENING_HOURS.column_names),
        USER_PROFILES.full_name: profiles,
        COUNTRIES.full_name: countries(),
        RECORDINGS.full_name: recordings(newest(tracks, "track_id"), newest(played, "track_key")),
    }


@cache
def standing_for() -> dict[str, str]:
    """For each track key the one that people read for its recording: most played, most popular, smallest."""
    plays: dict[str, int] = {}
    for key, playbacks in core_tables()["core.played_tracks"].select("track_key", "playbacks").iter_rows():
        plays[key] = plays.get(key, 0) + playbacks
    listed = newest(core_tables()["core.tracks"], "track_id")
    popularity = dict(listed.select("track_id", "popularity").iter_rows())
    recordings_of: dict[str, list[str]] = {}
    for key, recording in core_tables()["core.recordings"].select("track_key", "recording_id").iter_rows():
        recordings_of.setdefault(recording, []).append(key)

    def order(key: str) -> tuple[int, int, str]:
        told = popularity.get(key)
        return -plays.get(key, 0), 1 if told is None else -told, key

    shown = {key: min(keys, key=order) for keys in recordings_of.values() for key in keys}
    return {"unknown": "unknown"} | shown


def by_recording(column: str) -> pl.Expr:
    """A column of track keys, those of one recording made one."""
    return pl.col(column).replace(standing_for())


def newest(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The last row of each key, by the table's date."""
    return rows.sort(rows.columns[0]).unique(key, keep="last", maintain_order=True)


def _as_exported(catalogue: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The catalogue at both snapshots: the second has other popularities, and lacks some tracks."""
    number = pl.int_range(pl.len())
    first = catalogue.with_columns(
        isrc=pl.when(number % 5 == 1).then(pl.col("isrc").shift(1)).otherwise("isrc"),
        release_date=pl.when(number < NEW_RELEASES)
        .then(pl.date(2025, 1, 1).dt.offset_by(pl.format("{}d", number * 2)).dt.to_string("%Y-%m-%d"))
        .otherwise("release_date"),
        popularity=pl.when(number % 17 > 0).then("popularity"),
    )
    second = first.filter(number % 10 > 0).with_columns(
        popularity=(pl.col("popularity") + pl.int_range(pl.len()) % 9 * 5 - 20).clip(0, 100)
    )
    return first, second


def _events(catalogue: pl.DataFrame) -> pl.DataFrame:
    """`core.listening_events`, made by the rules of the product from generated raw events."""
    raw = pl.concat(
        day for _, day in generate_days(GeneratorConfig(users=25, seed=3), catalogue, FIRST_DAY, LAST_DAY)
    )
    nameless, podcast = _every(40, 1), _every(25, 3)
    names_only = _every(40, 2) & ~nameless & ~podcast
    no_id = nameless | names_only | podcast
    raw = raw.with_columns(
        track_id=pl.when(~no_id).then("track_id"),
        content_type=pl.when(podcast).then(pl.lit("podcast")).otherwise("content_type"),
        track_name=pl.when(~no_id).then("track_name").when(names_only).then(pl.lit("Demo")),
        artist_name=pl.when(~no_id).then("artist_name").when(names_only).then(pl.lit("Finn")),
        album_name=pl.when(~no_id).then("album_name").when(names_only).then(pl.lit("Tapes")),
        country=pl.when(_every(30, 4)).then(pl.lit("ZZ")).otherwise("country"),
        device=pl.when(~_every(30, 5)).then("device"),
        reason_start=pl.when(~_every(30, 6)).then("reason_start"),
        shuffle=pl.when(~_every(30, 7)).then("shuffle"),
    )
    lengths = catalogue.select(
        "track_id", track_duration_ms="duration_ms", known_duration_ms="duration_ms"
    ).unique("track_id")
    judged = with_outcome(raw.join(lengths, on="track_id", how="left", maintain_order="left"))
    keyed = with_track_key(judged).with_columns(
        filled_from=pl.lit(None, LISTENING_EVENTS.polars_schema["filled_from"])
    )
    return with_sessions(keyed, lambda _: keyed.clear()).select(LISTENING_EVENTS.column_names)


def _profiles(events: pl.DataFrame) -> pl.DataFrame:
    first, second, *_ = events["user_id"].unique().sort()
    return pl.DataFrame(
        {
            "user_id": [first, second],
            "time_zone": ["America/Los_Angeles", "Asia/Kolkata"],
            "follows_country": [False, True],
        },
        schema=USER_PROFILES.polars_schema,
    )
