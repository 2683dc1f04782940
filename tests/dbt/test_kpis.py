"""Every number of the KPI marts, computed again with Polars from the core tables of a generated world.

The Polars side follows the definitions in docs/metrics.md. What a mart repeats of a dimension is compared as
well; `first_event_date` and `last_event_date` of `daily_active_users` and `user_activity_periods` are not:
they say which days a row is made from, and tests/dbt/test_incremental.py judges what they are for.
"""

import hashlib
import math
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.spatial.distance import jensenshannon  # type: ignore[import-untyped]

from spotify_assets.skip.survival import skip_survival
from tests.dbt.generated import by_recording, core_tables, newest, standing_for
from tests.dbt.warehouse import DEFAULT_TIME_ZONE, DbtWarehouse
from tests.insight.rows import weather_rows

UNKNOWN = "unknown"
AUDIO = ("danceability", "energy", "valence", "acousticness", "instrumentalness", "speechiness", "tempo")
DAY = timedelta(days=1)

Marts = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def marts(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    """What dbt builds on the generated world; `test_planted_faults.py` runs its tests on it."""
    warehouse = DbtWarehouse.copy_of(generated, tmp_path_factory.mktemp("kpis"))
    names = warehouse.query("select distinct table_name from duckdb_columns() where schema_name = 'marts'")
    return {name: warehouse.query(f"from marts.{name}") for name in names["table_name"]}


# --- what the definitions are applied to


def weather() -> dict[str, pl.DataFrame]:
    return weather_rows(core("listening_events"))


def core(name: str) -> pl.DataFrame:
    return core_tables()[f"core.{name}"]


def all_playbacks() -> pl.DataFrame:
    """Playbacks of all content, with the track they are counted for and the listener's local start."""
    return _on_local_clocks(core("listening_events").filter(pl.col("outcome").is_not_null())).with_columns(
        track=pl.col("track_key").fill_null(UNKNOWN),
        is_skip=pl.col("outcome") == "skip",
        is_complete=pl.col("outcome") == "complete",
        is_abandoned=pl.col("outcome") == "abandoned",
        is_unknown=pl.col("outcome") == "unknown",
        country=pl.when(pl.col("country").is_in(core("countries")["country"].to_list()))
        .then("country")
        .otherwise(pl.lit("ZZ")),
        device=pl.col("device").fill_null(UNKNOWN),
    )


def music() -> pl.DataFrame:
    return all_playbacks().filter(pl.col("content_type") == "music")


def streams() -> pl.DataFrame:
    return music().filter("is_stream")


def _on_local_clocks(events: pl.DataFrame) -> pl.DataFrame:
    """Add `zone` and `local`, the start on the clock of the zone: declared, else of the country."""
    zone_of = dict(core("countries").select("country", "time_zone").iter_rows())
    stays = dict(
        core("user_profiles").filter(~pl.col("follows_country")).select("user_id", "time_zone").iter_rows()
    )
    travels = dict(core("user_profiles").filter("follows_country").select("user_id", "time_zone").iter_rows())

    def zone(user: str, country: str | None) -> str:
        if user in stays:
            return str(stays[user])
        return str(zone_of.get(country) or travels.get(user) or DEFAULT_TIME_ZONE)

    zones = [zone(*pair) for pair in events.select("user_id", "country").iter_rows()]
    zoned = events.with_columns(zone=pl.Series(zones))
    utc = pl.col("started_at").dt.replace_time_zone("UTC")
    parts = [
        part.with_columns(local=utc.dt.convert_time_zone(str(name)).dt.replace_time_zone(None))
        for (name,), part in zoned.partition_by("zone", as_dict=True).items()
    ]
    return pl.concat(parts).with_columns(
        local_date=pl.col("local").dt.date(), local_hour=pl.col("local").dt.hour().cast(pl.Int64)
    )


COUNTS = {
    "plays": pl.len(),
    "streams": pl.col("is_stream").sum(),
    "skips": pl.col("is_skip").sum(),
    "completes": pl.col("is_complete").sum(),
    "abandons": pl.col("is_abandoned").sum(),
    "unknowns": pl.col("is_unknown").sum(),
    "skip_rate": pl.col("is_skip").filter(~pl.col("is_unknown")).mean(),
    "listeners": pl.col("user_id").n_unique(),
    "ms_played": pl.col("ms_played").sum(),
    "first_event_date": pl.col("event_date").min(),
    "last_event_date": pl.col("event_date").max(),
}


def counted(rows: pl.DataFrame, by: list[str], *names: str) -> pl.DataFrame:
    return rows.group_by(by).agg(**{name: COUNTS[name] for name in names})


def artist_key(name: str | None) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16] if name else UNKNOWN


def album_key(artist: str, album: str | None) -> str:
    return hashlib.sha256(f"{artist}:{album}".encode()).hexdigest()[:16] if album else UNKNOWN


def described_tracks() -> pl.DataFrame:
    """What is known of each track: the newest snapshot that has it, or the names of its playbacks."""
    listed = newest(core("tracks"), "track_id").select(
        *("track_name", "primary_artist_id", "primary_artist_name", "album_name", "release_date"),
        *("release_precision", "popularity", "duration_ms", "primary_genre"),
        *AUDIO,
        track="track_id",
    )
    names = (
        core("played_tracks")
        .filter(~pl.col("track_key").is_in(listed["track"].to_list()))
        .select("track_key", "track_name", "artist_name", "album_name")
        .unique()
    )
    outside = pl.DataFrame(
        [
            {
                "track": key,
                "track_name": name,
                "primary_artist_id": artist_key(artist),
                "primary_artist_name": artist,
                "album_name": album,
            }
            for key, name, artist, album in names.iter_rows()
        ]
    )
    unknown = pl.DataFrame(
        {
            "track": [UNKNOWN],
            "track_name": ["Unknown track"],
            "primary_artist_id": [UNKNOWN],
            "primary_artist_name": ["Unknown artist"],
        }
    )
    known = pl.concat([listed, outside, unknown], how="diagonal")
    albums = [album_key(*pair) for pair in known.select("primary_artist_id", "album_name").iter_rows()]
    return known.with_columns(album_id=pl.Series(albums))


def genres() -> pl.DataFrame:
    """Genres of each track with equal weights; tracks without any have the genre `unknown`."""
    newest_date = core("tracks").group_by("track_id").agg(snapshot_date=pl.col("snapshot_date").max())
    listed = core("track_genres").join(newest_date, on=["track_id", "snapshot_date"])
    of_tracks = (
        described_tracks()
        .select("track")
        .join(listed.select("genre", track="track_id"), on="track", how="left")
    )
    return of_tracks.with_columns(pl.col("genre").fill_null(UNKNOWN), weight=1 / pl.len().over("track"))


def first_streams() -> pl.DataFrame:
    """One row per user and known track that was streamed: when first."""
    return (
        streams()
        .filter(pl.col("track") != UNKNOWN)
        .sort("ended_at")
        .group_by("user_id", "track", maintain_order=True)
        .first()
        .select("user_id", "event_date", track_id="track", first_ended_at="ended_at")
    )


def first_of_recordings() -> pl.DataFrame:
    """One row per user and recording that was streamed: when first."""
    recordings = first_streams().with_columns(by_recording("track_id")).sort("first_ended_at")
    return recordings.unique(["user_id", "track_id"], keep="first")


def user_days() -> pl.DataFrame:
    """One row per user and local date with a music playback."""
    sessions = all_playbacks().group_by("user_id", "local_date").agg(sessions=pl.col("session_id").n_unique())
    return counted(
        music(), ["user_id", "local_date"], "plays", "streams", "skips", "unknowns", "ms_played"
    ).join(sessions, on=["user_id", "local_date"])


def ranked(rows: pl.DataFrame, name: str, key: str, over: str | None = None) -> pl.DataFrame:
    """Add a rank by streams, then plays, then key; the unknown member has none."""
    ordered = rows.sort(["streams", "plays", key], descending=[True, True, False])
    position = pl.int_range(1, pl.len() + 1)
    known = ordered.filter(pl.col(key) != UNKNOWN).select(
        key, (position.over(over) if over else position).alias(name)
    )
    return rows.join(known, on=key, how="left")


# --- the marts, one function each


def daily_aggregates() -> pl.DataFrame:
    figures = (
        "plays",
        "streams",
        "skips",
        "completes",
        "abandons",
        "unknowns",
        "skip_rate",
        "listeners",
        "ms_played",
    )
    known = (
        music()
        .filter(pl.col("track") != UNKNOWN)
        .group_by("event_date")
        .agg(tracks=by_recording("track").n_unique())
    )
    skipped = streams().filter("is_skip").group_by("event_date").agg(skipped_streams=pl.len())
    return (
        counted(music(), ["event_date"], *figures)
        .join(known, on="event_date")
        .join(skipped, on="event_date", how="left")
        .with_columns(pl.col("skipped_streams").fill_null(0))
    )


def daily_artist_metrics() -> pl.DataFrame:
    played = music().join(described_tracks(), on="track", suffix="_of_track")
    return counted(
        played.select(
            pl.all().exclude("artist_name"), artist_id="primary_artist_id", artist_name="primary_artist_name"
        ),
        ["event_date", "artist_id", "artist_name"],
        *("plays", "streams", "skips", "unknowns", "skip_rate", "listeners", "ms_played"),
    )


def _shared(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    shared = rows.join(genres(), on="track")
    weight = pl.col("weight")
    return (
        shared.group_by(by)
        .agg(
            weighted_plays=weight.sum(),
            weighted_streams=(weight * pl.col("is_stream")).sum(),
            weighted_skips=(weight * pl.col("is_skip")).sum(),
            weighted_unknowns=(weight * pl.col("is_unknown")).sum(),
            weighted_ms_played=(weight * pl.col("ms_played")).sum(),
            listeners=pl.col("user_id").n_unique(),
            tracks_played=pl.col("track").n_unique(),
            first_event_date=pl.col("event_date").min(),
            last_event_date=pl.col("event_date").max(),
        )
        .with_columns(
            skip_rate=pl.when(pl.col("weighted_plays") > pl.col("weighted_unknowns") + 1e-9).then(
                pl.col("weighted_skips") / (pl.col("weighted_plays") - pl.col("weighted_unknowns"))
            )
        )
    )


def daily_genre_metrics() -> pl.DataFrame:
    return _shared(music(), ["event_date", "genre"]).drop(
        "tracks_played", "first_event_date", "last_event_date"
    )


def monthly_genre_metrics() -> pl.DataFrame:
    share = pl.col("weighted_streams") / pl.col("weighted_streams").sum().over("event_month")
    return (
        _shared(_by_month(music()), ["event_month", "genre"])
        .drop("listeners")
        .with_columns(stream_share=share)
    )


def genre_skip_rates() -> pl.DataFrame:
    return (
        _shared(music(), ["genre"])
        .drop("listeners", "tracks_played", "weighted_ms_played")
        .with_columns(stream_share=pl.col("weighted_streams") / streams().height)
    )


def daily_location_metrics() -> pl.DataFrame:
    figures = ("plays", "streams", "skips", "unknowns", "skip_rate", "listeners", "ms_played")
    return counted(music(), ["event_date", "country", "device"], *figures)


def daily_hour_metrics() -> pl.DataFrame:
    rows = music().rename({"zone": "time_zone"})
    figures = ("plays", "streams", "skips", "unknowns", "skip_rate", "ms_played")
    return counted(rows, ["event_date", "time_zone", "local_date", "local_hour"], *figures).with_columns(
        local_weekday=pl.col("local_date").dt.weekday()
    )


def daily_session_metrics() -> pl.DataFrame:
    sessions = (
        all_playbacks()
        .sort("session_position")
        .group_by("session_id")
        .agg(
            pl.col("user_id", "local_date").first(),
            length=pl.col("ended_at").max() - pl.col("started_at").min(),
            plays=(pl.col("content_type") == "music").sum(),
            streams=(pl.col("is_stream") & (pl.col("content_type") == "music")).sum(),
            skips=(pl.col("is_skip") & (pl.col("content_type") == "music")).sum(),
            unknowns=(pl.col("is_unknown") & (pl.col("content_type") == "music")).sum(),
            first_event_date=pl.col("event_date").min(),
            last_event_date=pl.col("event_date").max(),
        )
        .filter(pl.col("plays") > 0)
        .with_columns(ms=pl.col("length").dt.total_milliseconds())
    )
    return sessions.group_by("local_date").agg(
        pl.col("plays", "streams", "skips", "unknowns").sum(),
        pl.col("first_event_date").min(),
        pl.col("last_event_date").max(),
        sessions=pl.len(),
        listeners=pl.col("user_id").n_unique(),
        mean_duration_ms=pl.col("ms").mean(),
        median_duration_ms=pl.col("ms").median(),
        mean_plays=pl.col("plays").mean(),
    )


def _by_month(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(event_month=pl.col("event_date").dt.month_start())


def monthly_track_metrics() -> pl.DataFrame:
    figures = ("plays", "streams", "skips", "completes", "abandons", "unknowns", "listeners", "ms_played")
    rows = _by_month(music()).drop("track_id").rename({"track": "track_id"})
    return counted(rows, ["event_month", "track_id"], *figures, "first_event_date", "last_event_date")


def daily_track_plays() -> pl.DataFrame:
    figures = ("plays", "streams", "skips", "completes", "abandons", "unknowns", "ms_played")
    rows = music().drop("track_id").rename({"track": "track_id"})
    return counted(rows, ["event_date", "track_id"], *figures)


def track_totals() -> pl.DataFrame:
    figures = ("plays", "streams", "skips", "completes", "abandons", "unknowns", "skip_rate", "ms_played")
    listeners = first_streams().group_by(track="track_id").agg(listeners=pl.len())
    totals = (
        counted(music(), ["track"], *figures, "first_event_date", "last_event_date")
        .join(described_tracks().drop(*AUDIO, "release_precision"), on="track")
        .join(listeners, on="track", how="left")
        .with_columns(pl.col("listeners").fill_null(0))
    )
    totals = ranked(totals, "track_rank", "track").with_columns(recording_track_id=by_recording("track"))
    return ranked(totals, "rank_in_artist", "track", "primary_artist_id").rename({"track": "track_id"})


def recording_totals() -> pl.DataFrame:
    figures = ("plays", "streams", "skips", "completes", "abandons", "unknowns", "skip_rate", "ms_played")
    of_recordings = music().with_columns(id=pl.col("track"), track=by_recording("track"))
    listeners = (
        first_streams().group_by(track=by_recording("track_id")).agg(listeners=pl.col("user_id").n_unique())
    )
    ids = of_recordings.group_by("track").agg(track_ids=pl.col("id").n_unique())
    totals = (
        counted(of_recordings, ["track"], *figures, "first_event_date", "last_event_date")
        .join(described_tracks().drop(*AUDIO, "release_precision"), on="track")
        .join(ids, on="track")
        .join(listeners, on="track", how="left")
        .with_columns(pl.col("listeners").fill_null(0))
    )
    totals = ranked(totals, "track_rank", "track")
    return ranked(totals, "rank_in_artist", "track", "primary_artist_id").rename({"track": "track_id"})


def ranked_tracks() -> pl.DataFrame:
    both = {
        "recording": recording_totals().with_columns(recording_track_id="track_id"),
        "id": track_totals().with_columns(track_ids=1),
    }
    parts = [rows.with_columns(counted_by=pl.lit(name)) for name, rows in both.items()]
    return pl.concat(parts, how="diagonal_relaxed")


def artist_totals() -> pl.DataFrame:
    played = music().join(described_tracks(), on="track", suffix="_of_track").drop("artist_name")
    played = played.rename({"primary_artist_id": "artist_id", "primary_artist_name": "artist_name"})
    figures = (
        "plays",
        "streams",
        "skips",
        "unknowns",
        "skip_rate",
        "ms_played",
        "first_event_date",
        "last_event_date",
    )
    tracks = played.group_by("artist_id").agg(tracks_played=by_recording("track").n_unique())
    popularity = newest(core("artists"), "artist_id").select("artist_id", "mean_popularity")
    totals = (
        counted(played, ["artist_id", "artist_name"], *figures)
        .join(tracks, on="artist_id")
        .join(popularity, on="artist_id", how="left")
        .with_columns(stream_share=pl.col("streams") / streams().height)
    )
    return ranked(totals, "artist_rank", "artist_id")


def album_totals() -> pl.DataFrame:
    known = described_tracks()
    played = music().join(known, on="track", suffix="_of_track")
    figures = (
        "plays",
        "streams",
        "skips",
        "unknowns",
        "skip_rate",
        "ms_played",
        "first_event_date",
        "last_event_date",
    )
    per_track = counted(played, ["album_id", "track"], "streams").join(
        known.select("track", "popularity", "duration_ms"), on="track"
    )
    per_recording = per_track.group_by("album_id", by_recording("track")).agg(pl.col("streams").sum())
    most = per_recording.group_by("album_id").agg(tracks_played=pl.len(), most=pl.col("streams").max())
    of_tracks = per_track.group_by("album_id").agg(
        mean_popularity=pl.col("popularity").mean(),
        mean_duration_ms=pl.col("duration_ms").mean(),
    )
    recording = core("recordings").select("recording_id", track="track_key")
    about = (
        known.join(recording, on="track", how="left")
        .with_columns(pl.col("recording_id").fill_null(pl.col("track")))
        .filter(pl.col("track") != UNKNOWN)
        .group_by("album_id")
        .agg(
            pl.col("album_name", "primary_artist_id", "primary_artist_name").first(),
            first_release_date=pl.col("release_date").min(),
            track_count=pl.col("recording_id").n_unique(),
        )
    )
    no_album = pl.col("album_id") == UNKNOWN
    totals = (
        counted(played, ["album_id"], *figures)
        .join(of_tracks, on="album_id")
        .join(most, on="album_id")
        .join(about, on="album_id", how="left")
        .with_columns(
            album_name=pl.when(no_album).then(pl.lit("Unknown album")).otherwise("album_name"),
            primary_artist_id=pl.when(no_album).then(pl.lit(UNKNOWN)).otherwise("primary_artist_id"),
            primary_artist_name=pl.when(no_album)
            .then(pl.lit("Unknown artist"))
            .otherwise("primary_artist_name"),
            first_release_date=pl.when(~no_album).then("first_release_date"),
            track_count=pl.col("track_count").fill_null(0),
            top_track_share=pl.when(pl.col("streams") > 0).then(pl.col("most") / pl.col("streams")),
        )
        .drop("most")
    )
    return ranked(totals, "album_rank", "album_id")


def new_release_trends() -> pl.DataFrame:
    played = music().with_columns(by_recording("track"))
    last = played["event_date"].max()
    assert isinstance(last, date)
    rows = []
    released = described_tracks().filter(
        pl.col("release_precision").is_in(["day", "month"]),
        pl.col("release_date").is_between(last - 89 * DAY, last),
        pl.col("track") == by_recording("track"),
    )
    for track in released.iter_rows(named=True):
        own = played.filter(pl.col("track") == track["track"])
        recent = own.filter(pl.col("event_date") > last - 7 * DAY)
        previous = own.filter(pl.col("event_date").is_between(last - 13 * DAY, last - 7 * DAY))
        if recent.is_empty() and previous.is_empty():
            continue
        now, before = int(recent["is_stream"].sum()), int(previous["is_stream"].sum())
        rows.append(
            {
                "track_id": track["track"],
                **{
                    n: track[n]
                    for n in ("track_name", "primary_artist_id", "primary_artist_name", "release_date")
                },
                "newest_event_date": last,
                "days_since_release": (last - track["release_date"]).days,
                "recent_streams": now,
                "previous_streams": before,
                "recent_skip_rate": recent.filter(~pl.col("is_unknown"))["is_skip"].mean(),
                "trending_score": (now - before) / math.sqrt(now + before) if now + before else 0.0,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def popularity_by_snapshot() -> pl.DataFrame:
    listed = core("tracks").drop_nulls("popularity")
    edges = [-1, *range(9, 90, 10), 100]
    band = pl.col("popularity").map_elements(
        lambda p: next(low + 1 for low, high in pairwise(edges) if low < p <= high),
        return_dtype=pl.Int64,
    )
    bands = listed.group_by("snapshot_date", popularity_from=band).agg(
        tracks=pl.len(), mean_popularity=pl.col("popularity").mean()
    )
    sizes = listed.group_by("snapshot_date").agg(size=pl.len())
    return (
        bands.join(sizes, on="snapshot_date")
        .with_columns(track_share=pl.col("tracks") / pl.col("size"))
        .drop("size")
    )


def monthly_taste() -> pl.DataFrame:
    known = described_tracks()
    by_genre = monthly_genre_metrics().filter(pl.col("genre") != UNKNOWN)
    names = by_genre["genre"].unique().to_list()
    rows: list[dict[str, Any]] = []
    for month in sorted(_by_month(streams())["event_month"].unique()):
        heard = (
            _by_month(streams())
            .filter(pl.col("event_month") == month)
            .join(known.drop("popularity"), on="track", suffix="_of_track")
            .join(_popularity_in(month), on="track", how="left")
        )
        told = heard["popularity"].drop_nulls()
        new = _by_month(first_of_recordings()).filter(pl.col("event_month") == month).height
        streamed = dict(
            by_genre.filter(pl.col("event_month") == month).select("genre", "weighted_streams").iter_rows()
        )
        rows.append(
            {
                "event_month": month,
                "streams": heard.height,
                "tracks": heard.select(by_recording("track").n_unique()).item(),
                "first_listens": new,
                "discovery_share": new / heard.height,
                "mean_popularity": told.mean(),
                "mainstream_share": (told >= 60).mean(),
                "niche_share": (told < 30).mean(),
                "mean_release_year": heard["release_date"].dt.year().mean(),
                "genre_distance": None,
                "audio_distance": None,
                "by_genre": [streamed.get(name, 0.0) for name in names],
                **{f"mean_{name}": heard[name].mean() for name in AUDIO},
            }
        )
    for before, now in pairwise(rows):
        now["genre_distance"] = float(jensenshannon(now["by_genre"], before["by_genre"], base=2))
        steps = [(now[f"mean_{n}"] - before[f"mean_{n}"]) / known[n].std(ddof=0) for n in AUDIO]
        now["audio_distance"] = math.sqrt(sum(step**2 for step in steps) / len(steps))
    return pl.DataFrame(rows).drop("by_genre")


def _popularity_in(month: date) -> pl.DataFrame:
    """Popularity by the newest snapshot up to the end of the month; by the first one of tracks without."""
    listed = core("tracks").select("track_id", "snapshot_date", "popularity").sort("snapshot_date")
    is_past = pl.col("snapshot_date").dt.month_start() <= month
    past = listed.filter(is_past).unique("track_id", keep="last", maintain_order=True)
    later = listed.join(past, on="track_id", how="anti").unique("track_id", keep="first", maintain_order=True)
    return pl.concat([past, later]).select("popularity", track="track_id")


def daily_active_users() -> pl.DataFrame:
    days = user_days()
    users = {
        day: set(part["user_id"]) for (day,), part in days.partition_by("local_date", as_dict=True).items()
    }

    def active(day: date, length: int) -> int:
        return len(set().union(*(users.get(day - number * DAY, set()) for number in range(length))))

    totals = days.group_by("local_date").agg(
        pl.col("plays", "streams", "skips", "unknowns", "ms_played").sum()
    )
    return totals.with_columns(
        pl.Series("daily_active_users", [active(day, 1) for day in totals["local_date"]]),
        pl.Series("weekly_active_users", [active(day, 7) for day in totals["local_date"]]),
        pl.Series("monthly_active_users", [active(day, 30) for day in totals["local_date"]]),
    ).with_columns(
        stickiness=pl.col("daily_active_users") / pl.col("monthly_active_users"),
        plays_per_active_user=pl.col("plays") / pl.col("daily_active_users"),
        streams_per_active_user=pl.col("streams") / pl.col("daily_active_users"),
    )


def _periods() -> pl.DataFrame:
    days = user_days()
    monday = pl.col("local_date") - pl.duration(days=pl.col("local_date").dt.weekday() - 1)
    return pl.concat(
        [
            days.with_columns(period=pl.lit("week"), period_start=monday),
            days.with_columns(period=pl.lit("month"), period_start=pl.col("local_date").dt.month_start()),
        ]
    )


def user_activity_periods() -> pl.DataFrame:
    return (
        _periods()
        .group_by("period", "period_start", "user_id")
        .agg(pl.col("plays", "streams").sum(), active_days=pl.len())
    )


def cohort_retention() -> pl.DataFrame:
    visits: dict[str, dict[str, set[date]]] = {"week": {}, "month": {}}
    for period, start, user in _periods().select("period", "period_start", "user_id").iter_rows():
        visits[period].setdefault(user, set()).add(start)
    rows = []
    for period, starts in visits.items():
        for cohort in {min(dates) for dates in starts.values()}:
            members = [dates for dates in starts.values() if min(dates) == cohort]
            for start in set().union(*members):
                months = (start.year - cohort.year) * 12 + start.month - cohort.month
                back = sum(start in dates for dates in members)
                rows.append(
                    {
                        "period": period,
                        "cohort_start": cohort,
                        "periods_since_start": months if period == "month" else (start - cohort).days // 7,
                        "cohort_users": len(members),
                        "users": back,
                        "retention": back / len(members),
                    }
                )
    return pl.DataFrame(rows)


def user_lifetimes() -> pl.DataFrame:
    rows = []
    firsts = dict(first_of_recordings().group_by("user_id").len().iter_rows())
    for (user,), days in user_days().partition_by("user_id", as_dict=True).items():
        dates = sorted(days["local_date"])
        streak = longest = 1
        for before, after in pairwise(dates):
            streak = streak + 1 if after - before == DAY else 1
            longest = max(longest, streak)
        plays, streamed, skips, unknowns = (
            int(days[name].sum()) for name in ("plays", "streams", "skips", "unknowns")
        )
        discovered = firsts.get(user, 0)
        rows.append(
            {
                "user_id": user,
                "first_listen_date": dates[0],
                "last_listen_date": dates[-1],
                "active_days": len(dates),
                "longest_streak_days": longest,
                "last_streak_days": streak,
                "sessions": days["sessions"].sum(),
                "plays": plays,
                "streams": streamed,
                "skips": skips,
                "unknowns": unknowns,
                "skip_rate": skips / (plays - unknowns) if plays > unknowns else None,
                "ms_played": days["ms_played"].sum(),
                "tracks_streamed": discovered,
                "repeat_share": (streamed - discovered) / streamed if streamed else None,
            }
        )
    return pl.DataFrame(rows)


def daily_skip_metrics() -> pl.DataFrame:
    values = {
        "device": pl.col("device"),
        "position": pl.min_horizontal("session_position", 21).cast(pl.String).str.zfill(2),
        "hour": pl.col("local_hour").cast(pl.String).str.zfill(2),
        "shuffle": pl.col("shuffle").replace_strict(
            {True: "on", False: "off"}, default=UNKNOWN, return_dtype=pl.String
        ),
        "reason_start": pl.col("reason_start").fill_null(UNKNOWN),
    }
    figures = ("plays", "streams", "skips", "completes", "abandons", "unknowns", "skip_rate", "ms_played")
    return pl.concat(
        counted(
            music().with_columns(dimension=pl.lit(dimension), value=value),
            ["event_date", "dimension", "value"],
            *figures,
        )
        for dimension, value in values.items()
    )


def daily_skip_seconds() -> pl.DataFrame:
    second = (pl.col("ms_played") / 1000).ceil().clip(upper_bound=300).cast(pl.Int64)
    rows = music().filter(~pl.col("is_unknown")).with_columns(second=second)
    return counted(rows, ["event_date", "second"], "plays", "skips", "completes", "abandons")


def daily_skip_flags() -> pl.DataFrame:
    says = pl.col("skipped").replace_strict({True: "skipped", False: "not skipped"}, default=None)
    rows = music().with_columns(flag=says.fill_null("says nothing"))
    return counted(rows, ["event_date", "country", "device", "outcome", "flag"], "plays")


def listening_by_weather() -> pl.DataFrame:
    """Of the three answers one is positive, one is chance, and one cannot be given."""
    [effects] = weather().values()
    answers = ["less", "no more than chance", "too little to compare"]
    relative = [None if each is None else each / 0.5 for each in effects["estimate"]]
    return effects.drop("blocks", "rule_version").with_columns(
        pl.Series("relative_estimate", relative, dtype=pl.Float64), pl.Series("answer", answers)
    )


EXPECTED: dict[str, tuple[Callable[[], pl.DataFrame], list[str]]] = {
    "daily_aggregates": (daily_aggregates, ["event_date"]),
    "daily_artist_metrics": (daily_artist_metrics, ["event_date", "artist_id"]),
    "daily_genre_metrics": (daily_genre_metrics, ["event_date", "genre"]),
    "daily_location_metrics": (daily_location_metrics, ["event_date", "country", "device"]),
    "daily_hour_metrics": (daily_hour_metrics, ["event_date", "time_zone", "local_date", "local_hour"]),
    "daily_track_plays": (daily_track_plays, ["event_date", "track_id"]),
    "listening_by_weather": (listening_by_weather, ["user_id", "condition", "measure"]),
    "daily_session_metrics": (daily_session_metrics, ["local_date"]),
    "monthly_track_metrics": (monthly_track_metrics, ["event_month", "track_id"]),
    "monthly_genre_metrics": (monthly_genre_metrics, ["event_month", "genre"]),
    "monthly_taste": (monthly_taste, ["event_month"]),
    "track_totals": (track_totals, ["track_id"]),
    "recording_totals": (recording_totals, ["track_id"]),
    "ranked_tracks": (ranked_tracks, ["counted_by", "track_id"]),
    "artist_totals": (artist_totals, ["artist_id"]),
    "album_totals": (album_totals, ["album_id"]),
    "new_release_trends": (new_release_trends, ["track_id"]),
    "popularity_by_snapshot": (popularity_by_snapshot, ["snapshot_date", "popularity_from"]),
    "first_listens": (first_streams, ["user_id", "track_id"]),
    "daily_active_users": (daily_active_users, ["local_date"]),
    "user_activity_periods": (user_activity_periods, ["period", "period_start", "user_id"]),
    "cohort_retention": (cohort_retention, ["period", "cohort_start", "periods_since_start"]),
    "user_lifetimes": (user_lifetimes, ["user_id"]),
    "daily_skip_metrics": (daily_skip_metrics, ["event_date", "dimension", "value"]),
    "daily_skip_seconds": (daily_skip_seconds, ["event_date", "second"]),
    "daily_skip_flags": (daily_skip_flags, ["event_date", "country", "device", "outcome", "flag"]),
    "genre_skip_rates": (genre_skip_rates, ["genre"]),
}
LINEAGE = {
    "daily_active_users": ["first_event_date", "last_event_date"],
    "user_activity_periods": ["first_event_date", "last_event_date"],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_mart_equals_the_definition(marts: Marts, name: str):
    compute, key = EXPECTED[name]
    expected = compute()
    assert expected.height > 1
    assert_frame_equal(
        marts[name].drop(LINEAGE.get(name, [])).sort(key),
        expected.sort(key),
        check_column_order=False,
        check_dtypes=False,
        rel_tol=1e-9,
        abs_tol=1e-9,
    )


def test_survival_equals_that_of_the_skip_model(marts: Marts):
    """`ml.skip_survival` computes the same curve from events, with numpy."""
    whole = skip_survival(music(), genres().select("genre", track_id="track"))
    curve = whole.filter(pl.col("dimension") == "all").select("second", expected="survival")
    found = marts["skip_survival_by_second"].join(curve, on="second", how="left")
    assert found.height > 100
    assert_frame_equal(
        found.select("survival"), found.select(survival="expected"), rel_tol=1e-9, abs_tol=1e-12
    )
    ends = (
        daily_skip_seconds().group_by("second").agg(pl.col("plays", "skips", "completes", "abandons").sum())
    )
    ends = ends.sort("second").with_columns(playing=pl.col("plays").reverse().cum_sum().reverse())
    assert_frame_equal(
        found.sort("second").select("second", "playing", "skips", "completes", "abandons", "hazard"),
        ends.select(
            "second", "playing", "skips", "completes", "abandons", hazard=pl.col("skips") / pl.col("playing")
        ),
        check_dtypes=False,
    )


def test_every_kpi_mart_is_recomputed(marts: Marts):
    """A mart that is added needs a definition here."""
    computed_in_other_tests = {"skip_survival_by_second"}
    of_the_star = ("dim_", "fact_", "fct_", "bridge_")
    kpis = {name for name in marts if not name.startswith(of_the_star)}
    assert kpis == EXPECTED.keys() | computed_in_other_tests


def test_the_world_has_what_is_hard(marts: Marts):
    """The comparison means little where a case does not occur."""
    assert marts["track_totals"].filter(pl.col("track_id").str.starts_with("name-")).height == 1
    assert marts["track_totals"].filter(pl.col("track_id") == UNKNOWN)["track_rank"].to_list() == [None]
    assert marts["recording_totals"].filter(pl.col("track_ids") == 2).height > 20
    assert any(shown > key for key, shown in standing_for().items())
    assert marts["new_release_trends"].filter(pl.col("trending_score") > 0).height > 0
    assert marts["new_release_trends"].filter(pl.col("trending_score") < 0).height > 0
    assert marts["monthly_taste"]["genre_distance"].drop_nulls().is_between(0.01, 0.99).all()
    assert marts["daily_hour_metrics"]["time_zone"].n_unique() > 5
    assert marts["cohort_retention"].filter(pl.col("retention") < 1).height > 0
    assert (
        marts["user_lifetimes"]["longest_streak_days"] > marts["user_lifetimes"]["last_streak_days"]
    ).any()
