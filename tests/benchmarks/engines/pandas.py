"""Eager pandas, one day after the other: what a day needs of those before it is carried in memory.

Nullable types, because with NumPy's a null count becomes a fraction and a null flag true. The tables are
Parquet, one file a day. A playback that began more than a day before it ended is refused.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from spotify_assets.lake import layout
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import (
    AUDIO_FEATURES,
    DAILY_TRACK_METRICS,
    LISTENING_EVENTS,
    MODEL_FEATURES,
    Table,
)
from tests.benchmarks.engines import OF_SEVERAL_SOURCES, PARQUET
from tests.benchmarks.lakes import clean_catalogue
from tests.benchmarks.watching import Cost, measured

ONE_DAY = pd.Timedelta(days=1)
SESSION_GAP = pd.Timedelta(minutes=30)
HISTORY_DAYS = 28
RECENT = 5
TRACK_FEATURES = [*AUDIO_FEATURES, "popularity", "duration_ms", "explicit"]
USER_REASONS = ["fwdbtn", "backbtn", "clickrow", "playbtn", "clickside", "uriopen"]
KEYS = {"user": ["user_id"], "user_track": ["user_id", "track_id"], "user_artist": ["user_id", "artist"]}


@dataclass
class Carried:
    """What is kept of the days before."""

    users: pd.DataFrame | None = None
    """Per user: `heard_until`, and start and number of playbacks of the session."""
    last_playbacks: pd.DataFrame | None = None
    """The last five playbacks of each user."""
    yesterday: pd.DataFrame | None = None
    """Music playbacks of the day before."""
    counted: dict[str, deque[pd.DataFrame]] = field(
        default_factory=lambda: {name: deque(maxlen=HISTORY_DAYS + 1) for name in KEYS}
    )
    """Plays and skips of each key on each of the last days."""


def run(settings: Settings, window: Window) -> Cost:
    """All days of the window."""
    tracks = pd.DataFrame(clean_catalogue(settings).to_pandas()).convert_dtypes()
    carried, tables = Carried(), settings.data_dir / PARQUET
    with measured() as cost:
        for day in window.days():
            raw = pd.concat(
                pd.read_parquet(path, partitioning=None, dtype_backend="numpy_nullable")
                for path in layout.landed_files(layout.events_dir(settings.lake_dir, day))
            )
            events = listening_events(raw, tracks, carried)
            write(events, LISTENING_EVENTS, tables, day)
            write(daily_track_metrics(events), DAILY_TRACK_METRICS, tables, day)
            write(model_features(events, tracks, carried), MODEL_FEATURES, tables, day)
    return cost


def write(rows: pd.DataFrame, table: Table, tables: Path, day: date) -> None:
    """The columns of a table as the file of a day."""
    folder = tables / table.full_name
    folder.mkdir(parents=True, exist_ok=True)
    made = [name for name in table.column_names if name not in OF_SEVERAL_SOURCES]
    rows[made].to_parquet(folder / f"{day}.parquet", index=False)


def listening_events(raw: pd.DataFrame, tracks: pd.DataFrame, carried: Carried) -> pd.DataFrame:
    """The valid events of a day, each once, with outcome and session."""
    raw["event_date"] = pd.to_datetime(raw["event_date"]).astype("datetime64[us]")
    is_playback = raw["action"].isin(["play", "skip"])
    is_valid = (
        (raw["event_id"].str.strip() != "")
        & (raw["user_id"].fillna("").str.strip() != "")
        & (raw["ended_at"] >= raw["started_at"])
        & (raw["event_date"] == raw["ended_at"].dt.normalize())
        & raw["action"].isin(["play", "skip", "pause", "add_to_playlist"])
        & (raw["ms_played"].notna() | ~is_playback)
        & (raw["ms_played"].fillna(0) >= 0)
        & (raw["track_id"].isna() | raw["track_id"].str.fullmatch("[0-9A-Za-z]{22}").fillna(False))
        & (
            raw["content_type"].isna()
            | raw["content_type"].isin(["music", "podcast", "audiobook", "video", "unknown"])
        )
    )
    events = raw[is_valid].sort_values(["source_file", "source_row"]).drop_duplicates("event_id")
    if (events["started_at"].dt.normalize() < events["event_date"] - ONE_DAY).any():
        raise ValueError("a playback began more than a day before it ended")
    country = events["country"].str.strip().str.upper()
    events["user_id"] = events["user_id"].str.strip()
    events["country"] = country.where(country.isna() | country.str.fullmatch("[A-Z]{2}").fillna(False), "ZZ")
    events["ms_played"] = events["ms_played"].where(is_playback, 0)
    events["content_type"] = events["content_type"].fillna("unknown")
    events["source"] = events["source"].fillna("unknown")
    if events["track_id"].isna().any():
        raise ValueError("an event has no track id; the key of its names is left out here")
    events["track_key"] = events["track_id"]
    lengths = tracks[["track_id", "duration_ms"]].rename(columns={"duration_ms": "track_duration_ms"})
    events = events.merge(lengths, on="track_id", how="left")
    events = events.sort_values(["user_id", "started_at", "ended_at", "event_id"], ignore_index=True)
    return with_sessions(with_outcomes(events), carried)


def with_outcomes(events: pd.DataFrame) -> pd.DataFrame:
    """Add `outcome` and `is_stream` to the sorted events of a day."""
    is_playback = events["action"].isin(["play", "skip"])
    next_start = events[is_playback].groupby("user_id")["started_at"].shift(-1)
    is_followed = (next_start.reindex(events.index) - events["ended_at"]) <= pd.Timedelta(seconds=10)
    reason, length = events["reason_end"].fillna(""), events["track_duration_ms"]
    by_source = (events["action"] == "skip") | events["skipped"].fillna(False)
    is_complete = (
        (reason == "trackdone")
        | (events["ms_played"] >= 0.95 * length).fillna(False)
        | ((reason == "") & ~by_source & length.isna())
    )
    is_skip = reason.isin(USER_REASONS) | ((reason == "endplay") & is_followed) | ((reason == "") & by_source)
    conditions = [column.to_numpy(dtype=bool) for column in (~is_playback, is_complete, is_skip)]
    outcome = np.select(conditions, ["", "complete", "skip"], "abandoned")
    events["outcome"] = pd.Series(outcome, index=events.index, dtype="string").where(is_playback)
    is_long = (events["ms_played"] >= 30_000) | ((length < 30_000) & (events["ms_played"] >= length))
    events["is_stream"] = is_playback & is_long.fillna(False)
    return events


def with_sessions(events: pd.DataFrame, carried: Carried) -> pd.DataFrame:
    """Add `session_id` and `session_position` to the sorted events of a day, and carry on from its last."""
    users = events[["user_id"]]
    if carried.users is None:
        nothing = {"heard_until": "datetime64[us]", "session_start": "datetime64[us]", "played": "Int64"}
        carried.users = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in nothing.items()})
        carried.users.index = pd.Index([], dtype="string", name="user_id")
    before = users.join(carried.users, on="user_id")
    by_user = events.groupby("user_id")
    heard = by_user["ended_at"].cummax()
    heard_until = np.fmax(
        heard.groupby(events["user_id"]).shift(1).to_numpy(), before["heard_until"].to_numpy()
    )
    is_first = ~(events["started_at"] - heard_until <= SESSION_GAP)
    number = is_first.groupby(events["user_id"]).cumsum()
    session = [events["user_id"], number]
    first_start = events.groupby(session)["started_at"].transform("first")
    is_new = number > 0
    start = first_start.where(is_new, before["session_start"])
    is_playback = events["action"].isin(["play", "skip"])
    played = is_playback.astype("int64").groupby(session).cumsum()
    played = played + before["played"].fillna(0).astype("int64").where(~is_new, 0)
    events["session_id"] = events["user_id"] + "-" + start.dt.strftime("%Y%m%dT%H%M%S%f").str[:-3]
    events["session_position"] = played.astype("Int64").where(is_playback)
    latest = pd.DataFrame(
        {
            "user_id": events["user_id"],
            "heard_until": np.fmax(heard.to_numpy(), before["heard_until"].to_numpy()),
            "session_start": start,
            "played": played.astype("Int64"),
        }
    )
    latest = latest.drop_duplicates("user_id", keep="last").set_index("user_id")
    carried.users = pd.concat([carried.users[~carried.users.index.isin(latest.index)], latest])
    return events


def daily_track_metrics(events: pd.DataFrame) -> pd.DataFrame:
    """One row per track of the day."""
    music = events[(events["content_type"] == "music") & events["track_id"].notna()]
    is_playback = music["action"].isin(["play", "skip"])
    flags = pd.DataFrame(
        {
            "event_date": music["event_date"],
            "track_id": music["track_id"],
            "plays": is_playback,
            "streams": music["is_stream"],
            "skips": (music["outcome"] == "skip").fillna(False),
            "completes": (music["outcome"] == "complete").fillna(False),
            "abandons": (music["outcome"] == "abandoned").fillna(False),
            "ms_played": music["ms_played"].where(is_playback, 0),
            "playlist_adds": music["action"] == "add_to_playlist",
            "pauses": music["action"] == "pause",
        }
    )
    by_track = ["event_date", "track_id"]
    metrics = flags.groupby(by_track).sum().astype("int64")
    metrics["listeners"] = music[is_playback].groupby(by_track)["user_id"].nunique()
    metrics["listeners"] = metrics["listeners"].fillna(0).astype("int64")
    metrics["skip_rate"] = (metrics["skips"] / metrics["plays"]).where(metrics["plays"] > 0)
    return metrics.reset_index()


def model_features(events: pd.DataFrame, tracks: pd.DataFrame, carried: Carried) -> pd.DataFrame:
    """One row per music playback of the day."""
    playbacks = events[events["action"].isin(["play", "skip"])]
    in_order = with_previous(playbacks, carried)
    music = in_order[(in_order["content_type"] == "music") & in_order["track_id"].notna()]
    music = music.merge(tracks[["track_id", "primary_artist_id", *TRACK_FEATURES]], on="track_id", how="left")
    music["artist"] = music["primary_artist_id"].fillna(music["artist_name"])
    music["start_day"] = music["started_at"].dt.normalize()
    music["is_skip"] = music["outcome"] == "skip"
    for name, key in KEYS.items():
        music[[f"{name}_plays", f"{name}_skip_rate"]] = history(music, key, carried, name)
        today = music.dropna(subset=key).groupby(key)["is_skip"].agg(plays="size", skips="sum").reset_index()
        carried.counted[name].append(today.assign(day=music["event_date"].max()))
    carried.yesterday = music[["user_id", "track_id", "artist", "event_date", "ended_at", "is_skip"]]
    music["hour_utc"] = music["started_at"].dt.hour
    music["weekday"] = music["started_at"].dt.weekday + 1
    return music


def with_previous(playbacks: pd.DataFrame, carried: Carried) -> pd.DataFrame:
    """The playbacks of the day with what was known of those before them in the session."""
    both = pd.concat([carried.last_playbacks, playbacks.assign(in_slice=True)])
    both = both.sort_values(["user_id", "session_id", "session_position", "started_at", "event_id"])
    carried.last_playbacks = both.groupby("user_id").tail(RECENT).assign(in_slice=False)
    was_skip, ended_before = [], both["ended_at"].shift(1)
    for steps in range(1, RECENT + 1):
        earlier = both[["user_id", "session_id", "session_position", "ended_at", "outcome"]].shift(steps)
        is_known = (
            (earlier["session_id"] == both["session_id"])
            & (earlier["session_position"] == both["session_position"] - steps)
            & (earlier["ended_at"] <= both["started_at"] + pd.Timedelta(seconds=1))
        )
        was_skip.append((earlier["outcome"] == "skip").astype("Float64").where(is_known.fillna(False)))
    gap = (both["started_at"] - ended_before).dt.total_seconds().clip(lower=0)
    both["previous_is_skip"] = was_skip[0].astype("boolean")
    both["recent_skip_rate"] = pd.concat(was_skip, axis=1).mean(axis=1)
    both["gap_seconds"] = gap.where(was_skip[0].notna())
    return both[both["in_slice"]]


def history(music: pd.DataFrame, key: list[str], carried: Carried, name: str) -> pd.DataFrame:
    """Plays and skip rate of the key of each playback before it started. One row per playback, in order."""
    asked = music.reset_index(drop=True)[[*key, "start_day", "started_at"]].reset_index(names="row")
    asked = asked.dropna(subset=key)
    ended = pd.concat([carried.yesterday, music])[[*key, "event_date", "ended_at", "is_skip"]].dropna(
        subset=key
    )
    ended = ended.rename(columns={"event_date": "start_day"}).sort_values("ended_at")
    by_key = ended.groupby([*key, "start_day"])
    ended["plays_today"] = by_key.cumcount() + 1
    ended["skips_today"] = by_key["is_skip"].cumsum()
    found = pd.merge_asof(
        asked.sort_values("started_at"),
        ended.drop(columns="is_skip"),
        left_on="started_at",
        right_on="ended_at",
        by=[*key, "start_day"],
        allow_exact_matches=False,
    )
    before = [
        counts_before(carried.counted[name], key, start_day) for start_day in asked["start_day"].unique()
    ]
    found = found.merge(pd.concat(before), on=[*key, "start_day"], how="left").set_index("row")
    plays = found["plays_today"].fillna(0) + found["plays"].fillna(0)
    skips = found["skips_today"].fillna(0) + found["skips"].fillna(0)
    rates = pd.DataFrame({"plays": plays.astype("Int64"), "rate": (skips / plays).where(plays > 0)})
    return rates.reindex(range(len(music))).set_axis(music.index)


def counts_before(counted: deque[pd.DataFrame], key: list[str], start_day: pd.Timestamp) -> pd.DataFrame:
    """Plays and skips of each key in the 28 days before a day."""
    first = start_day - HISTORY_DAYS * ONE_DAY
    days = [day for day in counted if len(day) and first <= day["day"].iloc[0] < start_day]
    nothing = pd.DataFrame({column: pd.Series(dtype="string") for column in key})
    together = pd.concat([nothing.assign(plays=0, skips=0), *(day.drop(columns="day") for day in days)])
    return together.groupby(key, as_index=False)[["plays", "skips"]].sum().assign(start_day=start_day)
