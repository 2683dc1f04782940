"""How each kind of unusual listening is planted: a function each, from a listener's own events to a case."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from spotify_assets.generator import planted
from spotify_assets.generator.world import World
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.transforms.towns import least_km

FAR_KM = 5_000.0
"""Between the countries of a planted journey, which takes an hour or so."""
SOUNDS = (
    {"valence": 1, "danceability": 1, "speechiness": 1, "energy": -1},
    {"acousticness": 1, "instrumentalness": 1, "energy": -1, "valence": -1},
    {"energy": 1, "danceability": 1, "liveness": 1, "acousticness": -1},
)
"""What sounds like none of a listener's: a child's songs, music to fall asleep by, a party."""
STRANGE_SHARE = 0.04
"""Of the catalogue, the tracks that a strange sound is drawn from."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Case:
    """One case: what is heard in it, as rows of raw.raw_events, and whether that is all of its listener."""

    kind: str
    user_id: str | None
    started_at: datetime
    ended_at: datetime
    rows: pl.DataFrame
    alone: bool = True


class Makings:
    """What cases are made of: the tracks of a world, with their lengths and sounds."""

    def __init__(self, world: World, tracks: pl.DataFrame) -> None:
        sounds = {name for sound in SOUNDS for name in sound}
        features = tracks.unique("track_id", keep="first", maintain_order=True).select(
            "track_id", *(pl.col(name).cast(pl.Float64) for name in sorted(sounds))
        )
        lengths = pl.Series("length_ms", world.tracks.duration_ms)
        self.tracks = (
            world.tracks.names.with_columns(lengths)
            .filter(pl.col("artist_name").is_not_null(), pl.col("length_ms").is_between(60_000, 600_000))
            .join(features, on="track_id", how="left", maintain_order="left")
        )

    @cached_property
    def strange(self) -> list[pl.DataFrame]:
        """Of each of `SOUNDS`, the tracks that have most of it."""
        standard = self.tracks.with_columns(
            ((pl.col(name) - pl.col(name).mean()) / pl.col(name).std()).fill_null(0.0).clip(-2.5, 2.5)
            for name in {name for sound in SOUNDS for name in sound}
        )
        count = max(30, round(self.tracks.height * STRANGE_SHARE))
        return [
            self.tracks[
                standard.select(
                    pl.sum_horizontal(sign * pl.col(name) for name, sign in sound.items())
                    .arg_sort(descending=True)
                    .head(count)
                ).to_series()
            ]
            for sound in SOUNDS
        ]


Make = Callable[[Makings, pl.DataFrame, date, np.random.Generator], Case | None]
"""Makes a case for a listener, of whom all events are given, on a date; None where the date has no room."""


def sleep_loop(makings: Makings, own: pl.DataFrame, day: date, random: np.random.Generator) -> Case:
    """One track, album or artist, from the evening for five to eight hours."""
    group = ["track_id", "album_name", "artist_name"][int(random.integers(3))]
    pool = makings.tracks.filter(pl.col(group).is_not_null(), pl.len().over(group) <= 12)
    first = pool[int(random.integers(pool.height))]
    loop = pool.filter(
        pl.col(group) == first[group].item(), pl.col("artist_name") == first["artist_name"].item()
    )
    start = _at(day, random.uniform(20, 23))
    until = start + timedelta(hours=random.uniform(5, 8))
    return _case("sleep_loop", own, _played(own, _until(loop, start, until), start))


def cut_streams(makings: Makings, own: pl.DataFrame, day: date, random: np.random.Generator) -> Case:
    """Forty to ninety tracks, each left after 31 seconds."""
    tracks = _some(makings.tracks, int(random.integers(40, 90)), random)
    short = tracks.with_columns(length_ms=pl.Series(random.integers(30_500, 32_000, tracks.height)))
    rows = _played(own, short, _at(day, random.uniform(0, 20)))
    return _case("machine_like", own, rows.with_columns(action=pl.lit("skip"), reason_end=pl.lit("fwdbtn")))


def round_the_clock(makings: Makings, own: pl.DataFrame, day: date, random: np.random.Generator) -> Case:
    """Thirty hours of whole tracks."""
    start = _at(day, random.uniform(0, 12))
    tracks = _until(_some(makings.tracks, makings.tracks.height, random), start, start + timedelta(hours=30))
    return _case("machine_like", own, _played(own, tracks, start))


def two_devices(makings: Makings, own: pl.DataFrame, day: date, random: np.random.Generator) -> Case | None:
    """Somebody else at another device, while the listener has a session of half an hour and more."""
    session = _session(own, day, plays=9, minutes=30)
    if session is None:
        return None
    tracks = _some(makings.tracks, session.height - 3, random)
    start = session["started_at"].min() + 2 * _MINUTE  # type: ignore[operator]
    device = next(name for name in planted.DEVICES if name not in set(own["device"].unique()) - {"tablet"})
    device = device if device != session["device"][0] else "web"
    rows = _played(own, tracks, start).with_columns(device=pl.lit(device))
    return _case("borrowed_account", own, rows, alone=False)


def journey(makings: Makings, own: pl.DataFrame, day: date, random: np.random.Generator) -> Case | None:
    """Somebody else in a far country, an hour after the listener stopped."""
    session = _session(own, day, plays=6, minutes=15)
    home = own["country"][0]
    far = sorted({country for country, _, _ in planted.PLACES if least_km(home, country) >= FAR_KM})
    if session is None or not far:
        return None
    start = session["ended_at"].max() + random.uniform(40, 90) * _MINUTE  # type: ignore[operator]
    rows = _played(own, _some(makings.tracks, min(5, session.height - 1), random), start)
    country = far[int(random.integers(len(far)))]
    return _case("borrowed_account", own, rows.with_columns(country=pl.lit(country)), alone=False)


def unlike_taste(makings: Makings, own: pl.DataFrame, day: date, random: np.random.Generator) -> Case:
    """Sixteen to thirty tracks of artists that the listener has not played, of a strange sound."""
    strange = makings.strange[int(random.integers(len(SOUNDS)))]
    new = strange.join(
        own.select("artist_name").unique(), on="artist_name", how="anti", maintain_order="left"
    )
    tracks = _some(new if new.height >= 10 else strange, int(random.integers(16, 30)), random)
    return _case("unlike_taste", own, _played(own, tracks, _at(day, random.uniform(7, 20))))


def source_burst(makings: Makings, own: pl.DataFrame, day: date, random: np.random.Generator) -> Case | None:
    """The listener's own session, all of it stamped with the moment it was told."""
    del makings, random
    session = _session(own, day, plays=8, minutes=20)
    if session is None:
        return None
    told = session["ended_at"].max()
    stamped = session.with_columns(ended_at=pl.lit(told), event_date=pl.lit(told).dt.date()).with_columns(
        started_at=pl.col("ended_at") - pl.duration(milliseconds="ms_played")
    )
    return _case("source_burst", own, stamped)


MAKERS: Sequence[Make] = (
    sleep_loop,
    two_devices,
    unlike_taste,
    cut_streams,
    source_burst,
    journey,
    round_the_clock,
)
"""All kinds; they take turns."""


def _case(kind: str, own: pl.DataFrame, rows: pl.DataFrame, *, alone: bool = True) -> Case:
    begin, end = rows["started_at"].min(), rows["ended_at"].max()
    assert isinstance(begin, datetime) and isinstance(end, datetime)
    return Case(kind, own["user_id"][0], begin, end, rows, alone)


def _session(own: pl.DataFrame, day: date, *, plays: int, minutes: int) -> pl.DataFrame | None:
    """The longest session of a listener that lies on a date, where it has so many playbacks and minutes."""
    length = (pl.col("ended_at").max() - pl.col("started_at").min()).over("session_id")
    fits = own.with_columns(_length=length).filter(
        (pl.col("event_date") == day).all().over("session_id"),
        pl.len().over("session_id") >= plays,
        pl.col("_length") >= minutes * _MINUTE,
    )
    if fits.is_empty():
        return None
    longest = fits.sort("_length", "session_id", descending=True)["session_id"][0]
    return fits.filter(pl.col("session_id") == longest).drop("_length").sort("started_at")


def _at(day: date, hour: float) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=round(hour * 3_600))


def _some(tracks: pl.DataFrame, count: int, random: np.random.Generator) -> pl.DataFrame:
    """So many tracks, each once as long as there are enough."""
    order = np.concatenate([random.permutation(tracks.height) for _ in range(-(-count // tracks.height))])
    return tracks[order[:count]]


def _until(tracks: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """The tracks round and round, as many as it takes."""
    rounds = int((end - start).total_seconds() * 1_000 // tracks["length_ms"].sum()) + 1
    repeated = pl.concat([tracks] * rounds)
    wanted = (end - start).total_seconds() * 1_000
    return repeated.filter(repeated["length_ms"].cum_sum() - repeated["length_ms"] < wanted)


def _played(own: pl.DataFrame, tracks: pl.DataFrame, start: datetime) -> pl.DataFrame:
    """Tracks heard one after the other, whole and untouched, by a listener where and as they usually are."""
    usual = own.head(1)
    ended = pl.lit(start) + pl.duration(milliseconds=pl.col("length_ms").cum_sum())
    rows = tracks.with_columns(
        *(
            pl.lit(usual[name][0], usual.schema[name]).alias(name)
            for name in (
                "user_id",
                "device",
                "country",
                "shuffle",
                "source",
                "content_type",
                "extra",
                "source_file",
            )
        ),
        ended_at=ended,
        started_at=ended - pl.duration(milliseconds="length_ms"),
        ms_played=pl.col("length_ms"),
        action=pl.lit("play"),
        skipped=pl.lit(value=False),
        reason_start=pl.lit("trackdone"),
        reason_end=pl.lit("trackdone"),
        session_id=pl.lit(f"unusual-{start:%Y%m%dT%H%M%S}"),
        reported_at=pl.lit(None, pl.Datetime("us")),
        source_row=pl.lit(0, pl.Int64),
    ).with_columns(event_date=pl.col("ended_at").dt.date())
    who = usual["user_id"][0]
    ids = [
        hashlib.blake2b(f"{who}/{start}/{n}".encode(), digest_size=8).hexdigest() for n in range(rows.height)
    ]
    return (
        rows.with_columns(event_id=pl.Series(ids, dtype=pl.String))
        .select(RAW_EVENTS.column_names)
        .cast(dict(RAW_EVENTS.polars_schema))
    )
