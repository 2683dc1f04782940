"""A synthetic catalogue over time: dated snapshots between which popularity moves and tracks come and go.

Planted are a trend for some tracks, a random walk that returns to it, new releases that climb, withdrawals
and changed names; `write_snapshots` writes them down beside the data. Snapshots of the same seed and dates
are the same, and the one of the first date is the catalogue itself but for what is released later.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets import places
from spotify_assets.generator import rng
from spotify_assets.generator.catalogue import write_catalogue
from spotify_assets.generator.truth import TRUTH_DIR
from spotify_assets.lake import layout
from spotify_assets.places import Place, PlaceT
from spotify_assets.tables import RAW_TRACKS
from spotify_assets.transforms.tracks import clean_tracks

WEEK = 7
MAX_SNAPSHOTS = 60
"""Snapshots of the longest range; beyond so many weeks they lie further apart, by whole weeks."""

TRENDING_SHARE = 0.2
TREND_SD = 0.8
"""Points of popularity a week, over the trending tracks."""
WALK_SD = 1.2
"""Points by which popularity moves at random in a week."""
WALK_RETURN = 0.8
"""Share of its distance from the trend that a track keeps from one week to the next."""
NEW_PER_WEEK = 0.004
WITHDRAWN_PER_WEEK = 0.001
RENAMED_PER_WEEK = 0.001
"""Shares of the catalogue that are released, withdrawn or renamed in a week."""
CLIMB_WEEKS = 4
CLIMB_FROM = 0.35
"""A new release starts at this share of its popularity and reaches all of it after so many weeks."""
MOST_CHANGED = 0.5
"""No more than this share of a catalogue changes, however long the range."""
RENAMED = "{} - Remastered {}"


@dataclass(frozen=True)
class _Planted:
    """What happens to each track; days are counted from the first snapshot, -1 for never."""

    trend: npt.NDArray[np.float64]
    released: npt.NDArray[np.int64]
    withdrawn: npt.NDArray[np.int64]
    renamed: npt.NDArray[np.int64]


def snapshot_dates(first: date, last: date) -> list[date]:
    """The dates of snapshots over a range of days: its first day, then every so many weeks."""
    weeks = (last - first).days // WEEK + 1
    step = WEEK * -(-weeks // MAX_SNAPSHOTS)
    return [first + timedelta(days=days) for days in range(0, (last - first).days + 1, step)]


def snapshots(
    frame: pl.DataFrame, dates: Sequence[date], *, seed: int
) -> Iterator[tuple[date, pl.DataFrame]]:
    """The catalogue as of each date, in the shape of `generate_catalogue`: one row per track and genre.

    Args:
        frame: a catalogue of `generate_catalogue`; every track that there ever is.
        dates: in order, at least one.
        seed: the same seed, catalogue and dates give the same frames.

    Raises:
        ValueError: no dates, or dates out of order.
    """
    if not dates or list(dates) != sorted(set(dates)):
        raise ValueError(f"Snapshots need at least one date, each after the one before, not {list(dates)}")
    tracks = _tracks(frame)
    planted = _planted(tracks, dates, seed)
    row_track = frame.select(
        pl.col("track_id").replace_strict(tracks["track_id"], pl.int_range(tracks.height, eager=True))
    )
    index = row_track.to_series().to_numpy()
    below = (frame["popularity"] - tracks["popularity"].gather(index)).to_numpy()
    for day, popularity in zip(dates, _popularity(tracks, planted, dates, seed), strict=True):
        elapsed = (day - dates[0]).days
        there = (planted.released <= elapsed) & ((planted.withdrawn < 0) | (planted.withdrawn > elapsed))
        renamed = (planted.renamed >= 0) & (planted.renamed <= elapsed)
        is_new = planted.released >= 0
        released = pl.Series([str(dates[0] + timedelta(days=int(days))) for days in planted.released])
        # A release in the range is a single of its own.
        single, renamed_row = pl.Series(is_new[index]), pl.Series(renamed[index])
        new_name = pl.format(RENAMED, "track_name", pl.lit(dates[0].year))
        rows = frame.with_columns(
            popularity=pl.Series(np.clip(popularity[index] + below, 0, 100)),
            release_date=pl.when(single).then(released.gather(index)).otherwise("release_date"),
            album_name=pl.when(single).then("track_name").otherwise("album_name"),
            track_name=pl.when(renamed_row).then(new_name).otherwise("track_name"),
        ).filter(pl.Series(there[index]))
        yield day, rows.with_columns(source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def write_snapshots(lake_dir: PlaceT, frame: pl.DataFrame, dates: Sequence[date], seed: int) -> list[PlaceT]:
    """Write a generated catalogue as snapshots of the lake, and what was planted beside the data.

    Returns:
        The files of the snapshots. What was planted is in `_truth/catalogue-seed<seed>.parquet`: one row per
        track with `trend_per_week` (points of popularity), and `released`, `withdrawn` and `renamed`, the
        dates from which on it was; null where it was not.

    Raises:
        ValueError: no dates, or dates out of order.
    """
    paths = [
        write_catalogue(lake_dir, snapshot, day, seed) for day, snapshot in snapshots(frame, dates, seed=seed)
    ]
    tracks = _tracks(frame)
    planted = _planted(tracks, dates, seed)
    layout.write_parquet(
        lake_dir / TRUTH_DIR / f"catalogue-seed{seed}.parquet",
        tracks.select("track_id").with_columns(
            pl.Series("trend_per_week", planted.trend),
            *(
                pl.Series(
                    name,
                    [dates[0] + timedelta(days=int(day)) if day >= 0 else None for day in days],
                    dtype=pl.Date,
                )
                for name, days in (
                    ("released", planted.released),
                    ("withdrawn", planted.withdrawn),
                    ("renamed", planted.renamed),
                )
            ),
        ),
    )
    return paths


def tracks_over_time(lake_dir: Place) -> pl.DataFrame | None:
    """Every track of the lake's catalogues as listeners may play it, cleaned; None without any snapshot.

    One row per track, as in its newest snapshot, with the columns of `core.tracks` and `available_from` and
    `available_to`: the first and the last date on which it can be played, null where the snapshots set no
    limit. A track that the first snapshot lacks came with the first that has it; one that the newest
    lacks went with the first without it.
    """
    folders = places.folders(lake_dir / layout.TRACKS, begins="snapshot_date=")
    files = [file for folder in folders for file in layout.landed_files(folder)]
    if not files:
        return None
    # Files of an earlier version lack columns that came later.
    raw = pl.concat(
        places.read_parquet(file).match_to_schema(
            RAW_TRACKS.polars_schema, missing_columns="insert", extra_columns="ignore"
        )
        for file in files
    )
    dates = raw["snapshot_date"].unique().sort()
    return (
        clean_tracks(raw)
        .tracks.rows.sort("snapshot_date")
        .with_columns(
            available_from=pl.col("snapshot_date").first().over("track_id"),
            _last=pl.col("snapshot_date").last().over("track_id"),
        )
        .unique("track_id", keep="last", maintain_order=True)
        .with_columns(
            available_from=pl.when(pl.col("available_from") > dates[0]).then("available_from"),
            available_to=pl.col("_last").replace_strict(
                dates.head(-1), dates.slice(1) - timedelta(days=1), default=None, return_dtype=pl.Date
            ),
        )
        .drop("_last")
    )


def _tracks(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per track, in the order of the catalogue, with the highest popularity of its rows."""
    return frame.group_by("track_id", maintain_order=True).agg(
        pl.col("popularity").max(), pl.col("track_name").first()
    )


def _planted(tracks: pl.DataFrame, dates: Sequence[date], seed: int) -> _Planted:
    """What happens to each track; it follows from the seed, the track's id and the dates."""
    identity = np.array([zlib.crc32(track_id.encode()) for track_id in tracks["track_id"]])

    def bits(purpose: str) -> rng.Bits:
        return rng.bits_of(rng.key(seed, f"catalogue/{purpose}"), identity)

    days = (dates[-1] - dates[0]).days
    named = tracks["track_name"].is_not_null().to_numpy()
    fate = rng.uniform(bits("fate"))
    when = np.ceil(rng.uniform(bits("when")) * days).astype(np.int64)
    shares = np.array([NEW_PER_WEEK, WITHDRAWN_PER_WEEK, RENAMED_PER_WEEK]) * days / WEEK
    shares *= min(1.0, MOST_CHANGED / max(shares.sum(), 1e-9))
    bounds = np.concatenate([[0.0], shares.cumsum()])
    moments = [np.where((fate >= low) & (fate < high) & named, when, -1) for low, high in pairwise(bounds)]
    trending = rng.uniform(bits("trending")) < TRENDING_SHARE
    trend = np.where(trending, rng.normal(bits("trend")) * TREND_SD, 0.0)
    # Tracks that nobody hears stay at 0.
    trend[(tracks["popularity"] == 0).to_numpy()] = 0.0
    return _Planted(trend, *moments)


def _popularity(
    tracks: pl.DataFrame, planted: _Planted, dates: Sequence[date], seed: int
) -> Iterator[npt.NDArray[np.int64]]:
    """Popularity of each track at each date, 0 to 100."""
    base = tracks["popularity"].to_numpy().astype(np.float64)
    identity = np.array([zlib.crc32(track_id.encode()) for track_id in tracks["track_id"]])
    purpose = rng.key(seed, "catalogue/walk")
    walk = np.zeros(base.size)
    week = 0
    for day in dates:
        elapsed = (day - dates[0]).days
        while week < elapsed // WEEK:
            week += 1
            steps = rng.normal(rng.bits_of(purpose, identity, np.full(base.size, week)))
            walk = WALK_RETURN * walk + WALK_SD * steps
        level = base + planted.trend * elapsed / WEEK + np.where(base > 0, walk, 0.0)
        age = (elapsed - planted.released) / WEEK
        climb = CLIMB_FROM + (1 - CLIMB_FROM) * np.clip(age / CLIMB_WEEKS, 0, 1)
        level *= np.where(planted.released >= 0, climb, 1.0)
        yield np.clip(level.round(), 0, 100).astype(np.int64)
