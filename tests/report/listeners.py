"""Four made-up listeners without a catalogue: of one day, one month, fifteen years, and of podcasts alone.

The one of fifteen years has what is planted: an obsession, a forgotten favourite, a silence, a journey,
tracks that are always and never skipped, and names in other scripts; all else is drawn from tastes that turn
every three years.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np
import polars as pl

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
from spotify_assets.transforms.zones import countries
from tests.dbt.generated import newest

ZONE = "Europe/Berlin"
FIRST, LAST = date(2011, 1, 3), date(2025, 12, 31)
YEARS, MONTH, DAY, PODCASTS = "years", "month", "day", "podcasts"
OBSESSION, OBSESSED = "Planted Obsession", (date(2016, 5, 10), date(2016, 5, 14))
FORGOTTEN, LOVED = "Planted Favourite", (date(2013, 3, 1), date(2013, 6, 30))
SILENCE = (date(2018, 2, 1), date(2018, 2, 20))
AWAY, AWAY_IN = (date(2019, 7, 1), date(2019, 7, 14)), "JP"
ALWAYS_SKIPPED, NEVER_SKIPPED = "Planted Skip", "Planted Comfort"
NAMES = (
    "椎名林檎",
    "فيروز",
    "עידן רייכל",
    "Sigur Rós",
    "A Silver Mt. Zion Memorial Orchestra and Tra-La-La Band with Choir and Everybody Else in the Room",
    "*NSYNC",
    "<b>Bold</b> & Sons",
    "_under_score_",
)
_ARTISTS, _TRACKS_OF_EACH, _ERA_YEARS = 300, 8, 3


@cache
def core_tables(plays: int = 12_000) -> dict[str, pl.DataFrame]:
    """Every core table that the marts read, by `schema.table`; `plays` are those of the fifteen years."""
    raw = pl.concat([_years(plays), _month(), _one_day(), _podcasts()])
    lengths = raw.with_columns(
        track_duration_ms=pl.lit(None, pl.Int64), known_duration_ms=pl.lit(None, pl.Int64)
    )
    keyed = with_track_key(with_outcome(lengths)).with_columns(
        filled_from=pl.lit(None, LISTENING_EVENTS.polars_schema["filled_from"])
    )
    events = with_sessions(keyed, lambda _: keyed.clear()).select(LISTENING_EVENTS.column_names)
    profiles = pl.DataFrame(
        [(user, ZONE, False) for user in (YEARS, MONTH, DAY, PODCASTS)],
        schema=USER_PROFILES.polars_schema,
        orient="row",
    )
    played = played_tracks(events)
    catalogue = pl.DataFrame(schema=TRACKS.polars_schema)
    return {
        TRACKS.full_name: catalogue,
        ARTISTS.full_name: pl.DataFrame(schema=ARTISTS.polars_schema),
        TRACK_ARTISTS.full_name: pl.DataFrame(schema=TRACK_ARTISTS.polars_schema),
        TRACK_GENRES.full_name: pl.DataFrame(schema=TRACK_GENRES.polars_schema),
        LISTENING_EVENTS.full_name: events,
        DAILY_TRACK_METRICS.full_name: daily_track_metrics(events),
        PLAYED_TRACKS.full_name: played,
        LISTENING_HOURS.full_name: listening_hours(events, events.clear(), profiles, ZONE).select(
            LISTENING_HOURS.column_names
        ),
        USER_PROFILES.full_name: profiles,
        COUNTRIES.full_name: countries(),
        RECORDINGS.full_name: recordings(catalogue, newest(played, "track_key")),
    }


def _artist(number: int) -> str:
    return NAMES[number] if number < len(NAMES) else f"Artist {number}"


def _years(plays: int) -> pl.DataFrame:
    draw = np.random.default_rng(22)
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    quiet = {SILENCE[0] + timedelta(days=n) for n in range((SILENCE[1] - SILENCE[0]).days + 1)}
    spread = draw.gamma(0.6, 1.0, len(days)) * (1 + np.sin(np.arange(len(days)) / 365 * 6.3) / 3)
    often = np.floor(spread / spread.sum() * plays).astype(int)
    ranks = 1 / np.arange(1, _ARTISTS + 1) ** 1.1
    rows: list[tuple[object, ...]] = []
    for day, number in zip(days, often, strict=True):
        if day in quiet:
            continue
        turned = (day.year - FIRST.year) // _ERA_YEARS * 37
        artists = (draw.choice(_ARTISTS, number, p=ranks / ranks.sum()) + turned) % _ARTISTS
        tracks = np.minimum(draw.geometric(0.45, number), _TRACKS_OF_EACH)
        names = [(f"Song {t} of {a}", _artist(int(a))) for a, t in zip(artists, tracks, strict=True)]
        rows += _of_day(YEARS, day, names + _planted(day), draw)
    return _frame(rows)


def _planted(day: date) -> list[tuple[str, str]]:
    planted: list[tuple[str, str]] = []
    if OBSESSED[0] <= day <= OBSESSED[1]:
        planted += [(OBSESSION, "Planted Artist")] * 14
    if LOVED[0] <= day <= LOVED[1] and day.day % 4 == 0:
        planted += [(FORGOTTEN, "Planted Artist")]
    if day.day == 20:
        planted += [(ALWAYS_SKIPPED, "Planted Artist"), (NEVER_SKIPPED, "Planted Artist")]
    return planted


def _of_day(
    user: str, day: date, names: Sequence[tuple[str, str]], draw: np.random.Generator
) -> list[tuple[object, ...]]:
    """The playbacks of a day, one after the other from the morning or the evening on."""
    at = datetime.combine(day, time(int(draw.choice([7, 12, 17, 18, 19])), int(draw.integers(0, 60))))
    rows: list[tuple[object, ...]] = []
    for number, (track, artist) in enumerate(names):
        skipped = track == ALWAYS_SKIPPED or (not track.startswith("Planted") and draw.random() < 0.3)
        ms = int(draw.integers(2_000, 29_000) if skipped else draw.integers(120_000, 260_000))
        country = AWAY_IN if AWAY[0] <= day <= AWAY[1] else "DE"
        device = "desktop" if day.year < 2015 else "mobile"
        reason = "fwdbtn" if skipped else "trackdone"
        ended = at + timedelta(milliseconds=ms)
        key = f"{user}-{day}-{number}"
        rows.append((key, user, at, ended, ms, reason, device, country, "music", track, artist, "Album"))
        at = ended + timedelta(seconds=2)
    return rows


def _month() -> pl.DataFrame:
    draw = np.random.default_rng(7)
    rows: list[tuple[object, ...]] = []
    for number in range(30):
        names = [(f"Song {t}", f"Singer {t % 9}") for t in draw.integers(0, 60, 25)]
        rows += _of_day(MONTH, date(2025, 11, 1) + timedelta(days=number), names, draw)
    return _frame(rows)


def _one_day() -> pl.DataFrame:
    names = [(f"Song {number % 4}", "The Only One") for number in range(9)]
    return _frame(_of_day(DAY, date(2025, 12, 30), names, np.random.default_rng(1)))


def _podcasts() -> pl.DataFrame:
    rows: list[tuple[object, ...]] = []
    for number in range(300):
        at = datetime.combine(date(2025, 1, 1) + timedelta(days=number), time(6, 30))
        ms = 1_200_000 + number * 1_000
        ended = at + timedelta(milliseconds=ms)
        show = ("Morning News", "History of Everything")[number % 7 == 0]
        key = f"{PODCASTS}-{number}"
        rows.append(
            (
                key,
                PODCASTS,
                at,
                ended,
                ms,
                "trackdone",
                "mobile",
                "DE",
                "podcast",
                f"Nr. {number}",
                show,
                None,
            )
        )
    return _frame(rows)


def _frame(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    names = ("event_id", "user_id", "started_at", "ended_at", "ms_played", "reason_end", "device", "country")
    told = pl.DataFrame(
        rows, schema=[*names, "content_type", "track_name", "artist_name", "album_name"], orient="row"
    )
    schema = LISTENING_EVENTS.polars_schema
    return told.select(
        "event_id",
        "user_id",
        pl.lit(None, pl.String).alias("track_id"),
        pl.col("started_at", "ended_at").cast(pl.Datetime("us")),
        pl.col("ended_at").cast(pl.Datetime("us")).alias("reported_at"),
        pl.col("ended_at").dt.date().alias("event_date"),
        pl.lit("play").alias("action"),
        "ms_played",
        (pl.col("reason_end") == "fwdbtn").alias("skipped"),
        pl.lit("trackdone").alias("reason_start"),
        "reason_end",
        "device",
        "country",
        pl.lit(value=False).alias("shuffle"),
        pl.lit(None, pl.String).alias("session_id"),
        pl.lit("spotify_extended_history").alias("source"),
        "content_type",
        "track_name",
        "artist_name",
        "album_name",
        pl.lit(None, pl.String).alias("extra"),
    ).cast({name: schema[name] for name in ("event_id", "ms_played", "device", "country")})
