"""Synthetic listening events, one UTC day at a time, in the shape of `raw.raw_events`.

A day follows from the configuration, the catalogue and its date alone: it comes out the same whether it
is made by itself, within a range, by one process or by several. An event belongs to the UTC date on which
it ended, so that a day begins with the tails of sessions that began the evening before.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta

import polars as pl

from spotify_assets.generator import weather
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Behaviour
from spotify_assets.generator.truth import write_truth
from spotify_assets.generator.unusual import Planted, plant, write_key
from spotify_assets.generator.weather import RainMood
from spotify_assets.generator.world import World
from spotify_assets.lake import layout
from spotify_assets.places import Place

__all__ = ["GeneratorConfig", "generate_day", "generate_days", "write_days"]

PART_NAME = "part-synthetic.parquet"


def generate_day(config: GeneratorConfig, tracks: pl.DataFrame, day: date) -> pl.DataFrame:
    """The synthetic events that ended on one UTC date: one row per playback or interaction.

    Args:
        config: the population.
        tracks: a catalogue, raw or clean: `track_id`, `duration_ms` and `popularity`, and where it has
            them names and audio features; nulls are allowed.
        day: any date; the day before and the day after fit it.

    Returns:
        Exactly the columns of `raw.raw_events`, by user and time. `extra` is a JSON object with the
        session's `context`, the user's `subscription` and IANA `time_zone`.

    Raises:
        ValueError: the catalogue lacks a column, or has no track that can be played.
    """
    return World.build(config, tracks).day(day)


def generate_days(
    config: GeneratorConfig, tracks: pl.DataFrame, first: date, last: date
) -> Iterator[tuple[date, pl.DataFrame]]:
    """`generate_day` for each date from `first` to `last` (inclusive), one frame in memory at a time."""
    world = World.build(config, tracks)
    for day in dates(first, last):
        yield day, world.day(day)


def write_days(
    config: GeneratorConfig,
    tracks: pl.DataFrame,
    lake_dir: Place,
    first: date,
    last: date,
    *,
    workers: int = 1,
    on_day: Callable[[date, int], None] | None = None,
    unusual: bool = False,
    mood: RainMood | None = None,
) -> int:
    """Write the days from `first` to `last` (inclusive) to the lake, and the truth they were made from.

    Each day becomes `listening_events/date=…/part-synthetic.parquet`, replacing what an earlier run
    wrote there. The files are the same for any number of workers.

    Args:
        workers: processes that make days side by side.
        on_day: called with each date, in order, and its number of events once it is written.
        unusual: plant unusual listening, with its answer key beside the truth (`generator.unusual`).
        mood: what rain makes of listening, with its answer key beside the truth (`generator.weather`).

    Returns:
        The number of events written.

    Raises:
        ValueError: no workers, `last` before `first`, or an unusable catalogue.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    days = dates(first, last)
    write_truth(lake_dir, config, tracks)
    behaviour = Behaviour(mood=mood)
    if mood is not None:
        weather.write_key(lake_dir, config.seed)
    planted = None
    if unusual:
        planted = plant(World.build(config, tracks, behaviour), tracks, first, last)
        write_key(lake_dir, config.seed, planted)
    total = 0
    written = _written((config, tracks, behaviour), lake_dir, days, workers=workers, planted=planted)
    for day, rows in zip(days, written, strict=True):
        total += rows
        if on_day is not None:
            on_day(day, rows)
    return total


def dates(first: date, last: date) -> list[date]:
    """Every date from `first` to `last`, both included.

    Raises:
        ValueError: `last` lies before `first`.
    """
    if last < first:
        raise ValueError(f"The last day, {last}, lies before the first, {first}")
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


_Made = tuple[GeneratorConfig, pl.DataFrame, Behaviour]
"""What a world is built of."""


def _written(
    made: _Made,
    lake_dir: Place,
    days: list[date],
    *,
    workers: int,
    planted: Planted | None,
) -> Iterator[int]:
    """Write each day; yields its number of events, in order."""
    if workers == 1:
        world = World.build(*made)
        yield from (_write_day(world, lake_dir, planted, day) for day in days)
        return
    # Polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (made, lake_dir, planted)) as pool:
        yield from pool.map(_write_day_in_worker, days)


def _write_day(world: World, lake_dir: Place, planted: Planted | None, day: date) -> int:
    path = layout.events_dir(lake_dir, day) / PART_NAME
    if planted is not None:
        events = planted.on(day, world.day(day))
        layout.write_parquet(path, events)
        return events.height
    content, rows = world.parquet(day)
    layout.write_bytes(path, content)
    return rows


_worker: dict[str, tuple[World, Place, Planted | None]] = {}
"""What a worker process was started with."""


def _start_worker(made: _Made, lake_dir: Place, planted: Planted | None) -> None:
    _worker["state"] = (World.build(*made), lake_dir, planted)


def _write_day_in_worker(day: date) -> int:
    return _write_day(*_worker["state"], day)
