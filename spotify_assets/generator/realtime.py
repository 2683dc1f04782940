"""Synthetic listeners live: NDJSON files that appear in the lake while the playbacks in them end.

The events are those of `listeners` for a population large enough to end so many playbacks per second;
nothing is sped up, so that times, sessions and users stay plausible.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import polars as pl

from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.truth import write_truth
from spotify_assets.generator.world import World
from spotify_assets.lake import layout
from spotify_assets.places import Place, PlaceT
from spotify_assets.tables import RAW_EVENTS

TICK_SECONDS = 1
"""Each file holds the events that ended within so many seconds; an hour is a whole number of ticks."""
WINDOW_SECONDS = 300
"""Events are made ahead for so long at a time, which bounds memory."""
PILOT_USERS = 20_000
PILOT_SECONDS = 600
"""Population and time by which the number of users that a rate needs is measured."""

SEED_OFFSET = 1_000_000
"""Added to the seed: live listeners are other people than those of `write_days` with the same seed, so
that both can be in one lake."""
SOURCE = "stream"


class WallClock(Protocol):
    """The time, and the passing of it."""

    def now(self) -> datetime:
        """The current time, with its time zone."""

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The current time in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def stream(
    config: GeneratorConfig,
    tracks: pl.DataFrame,
    lake_dir: Place,
    rate: float,
    seconds: float,
    *,
    clock: WallClock | None = None,
) -> int:
    """Write events to the lake as they happen, for a while.

    One NDJSON file per second and UTC hour that has events,
    `listening_events/date=…/hour=…/part-stream-….ndjson`, with all columns of `raw.raw_events`. A file
    appears under its name when it is complete and its second is over. A writer that falls behind catches
    up without waiting. The truth about the live listeners is written beside the data.

    Args:
        config: seed and habits; the number of users follows from `rate` instead.
        tracks: a catalogue, see `generate_day`.
        rate: events per second, on average over the coming minutes; chance and the hour move it.
        seconds: how long to go on.
        clock: where the time comes from.

    Returns:
        The number of events written.

    Raises:
        ValueError: a rate or a duration that is not above 0, or an unusable catalogue.
    """
    if rate <= 0 or seconds <= 0:
        raise ValueError(f"rate and seconds must be above 0, not {rate} and {seconds}")
    clock = clock or SystemClock()
    config = replace(config, seed=config.seed + SEED_OFFSET)
    users = users_for(config, tracks, rate, _next_second(clock))
    world = World.build(replace(config, users=users), tracks)
    write_truth(lake_dir, world.config, tracks)
    begin_ms = _next_second(clock)
    written = 0
    for tick_ms, events in live(world, begin_ms, begin_ms + round(seconds * 1000), clock):
        if not events.is_empty():
            write_batch(lake_dir, events, config.seed, tick_ms)
        written += events.height
    return written


def live(
    world: World, begin_ms: int, end_ms: int, clock: WallClock | None = None
) -> Iterator[tuple[int, pl.DataFrame]]:
    """For each tick its begin and the events that ended in it, when it is over (UTC milliseconds since 1970).

    Who falls behind catches up without waiting.
    """
    clock = clock or SystemClock()
    for tick_ms, events in _ticks(world, begin_ms, end_ms):
        ahead = tick_ms / 1000 + TICK_SECONDS - clock.now().timestamp()
        if ahead > 0:
            clock.sleep(ahead)
        yield tick_ms, events


def users_for(config: GeneratorConfig, tracks: pl.DataFrame, rate: float, begin_ms: int) -> int:
    """How many users end `rate` playbacks and interactions per second from a moment on.

    Raises:
        ValueError: an unusable catalogue, or habits by which nobody listens at that moment.
    """
    pilot = World.build(replace(config, users=PILOT_USERS), tracks)
    batches = pilot.batches(begin_ms, begin_ms + PILOT_SECONDS * 1000, "pilot")
    events = sum(int(batch.num_rows) for batch in batches)
    if not events:
        raise ValueError(f"Nobody listens with {config.sessions_per_day} sessions per day: raise it")
    return max(1, round(rate * PILOT_SECONDS * PILOT_USERS / events))


def _next_second(clock: WallClock) -> int:
    return math.ceil(clock.now().timestamp()) * 1000


def write_batch(lake_dir: PlaceT, events: pl.DataFrame, seed: int, tick_ms: int) -> PlaceT:
    """Write the events of one tick as NDJSON; returns the file's path."""
    begin = datetime.fromtimestamp(tick_ms / 1000, UTC)
    name = f"part-stream-seed{seed}-{begin:%Y%m%dT%H%M%S}"
    rows = events.with_columns(
        pl.lit(SOURCE).alias("source"),
        pl.lit(f"{name}.ndjson").alias("source_file"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"),
    ).select(RAW_EVENTS.column_names)
    path = layout.events_dir(lake_dir, begin.date()) / f"hour={begin:%H}" / f"{name}.ndjson"
    return layout.write_bytes(path, rows.write_ndjson().encode())


def _ticks(world: World, begin_ms: int, end_ms: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """For each tick its begin and the events that ended in it, in the order in which they ended."""
    window_ms, tick_ms = WINDOW_SECONDS * 1000, TICK_SECONDS * 1000
    for window in range(begin_ms, end_ms, window_ms):
        events = world.between(window, min(window + window_ms, end_ms), source_file=SOURCE).sort("ended_at")
        moments = events["ended_at"]
        for tick in range(window, min(window + window_ms, end_ms), tick_ms):
            limit = datetime.fromtimestamp(tick / 1000, UTC).replace(tzinfo=None)
            low = moments.search_sorted(limit, side="left")
            high = moments.search_sorted(limit + timedelta(milliseconds=tick_ms), side="left")
            yield tick, events.slice(low, high - low)
