"""Planted unusual listening: cases of every kind among what synthetic listeners do, and their answer key.

Cases begin `KNOWN_DAYS` after the first day, when listeners can be known, and there is at most one in a
listener's week. They follow from the configuration, the catalogue and the range of days.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle

import numpy as np
import polars as pl

from spotify_assets.generator.unusual_cases import MAKERS, Case, Makings
from spotify_assets.generator.world import World
from spotify_assets.lake import layout
from spotify_assets.places import PlaceT
from spotify_assets.tables import PLAYBACK_ACTIONS

KNOWN_DAYS = 28
CHANCE = 0.5
"""Of a listener's week to hold a case."""
SILENCE_EVERY = 35
"""Days from one silence of the source to the next."""
MISSED_SESSIONS = 40
"""Sessions that usually begin in a planted silence."""
SILENT_FROM, LONGEST_SILENCE = 14, 32.0
"""Hour (UTC) at which it begins, and most hours that it lasts: no date is silent as a whole, which would stop
runs. Where listeners are too few for so many sessions, none is planted."""
MARGIN = timedelta(hours=1)
"""Around a case in which its listener does nothing else, so much is left silent."""
KEY_SCHEMA = pl.Schema(
    {
        "kind": pl.String(),
        "user_id": pl.String(),
        "started_at": pl.Datetime("us"),
        "ended_at": pl.Datetime("us"),
    }
)
"""One row per case; `user_id` is null of a silence."""


@dataclass(frozen=True)
class Planted:
    """The cases of a range of days."""

    cases: tuple[Case, ...]

    def on(self, day: date, events: pl.DataFrame) -> pl.DataFrame:
        """The events of a date, with what is planted on it and without what that takes the place of."""
        for case in self.cases:
            if case.alone and case.started_at.date() - timedelta(days=1) <= day <= case.ended_at.date():
                events = events.remove(_beside(case))
        added = [
            rows for case in self.cases if (rows := case.rows.filter(pl.col("event_date") == day)).height
        ]
        rows = pl.concat([events, *added]).sort("user_id", "started_at", "ended_at", "event_id")
        # What is planted was made from rows of other days.
        return rows.with_columns(
            source_file=pl.col("source_file").str.replace("/[^/]*$", f"/{day.isoformat()}"),
            source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        )

    @property
    def key(self) -> pl.DataFrame:
        """The answer key, one row per case."""
        rows = [(case.kind, case.user_id, case.started_at, case.ended_at) for case in self.cases]
        return pl.DataFrame(rows, schema=KEY_SCHEMA, orient="row").sort("started_at", "user_id")


def _beside(case: Case) -> pl.Expr:
    """Whether an event is in the place of a case."""
    at_the_time = (pl.col("ended_at") > case.started_at - MARGIN) & (
        pl.col("started_at") < case.ended_at + MARGIN
    )
    return at_the_time if case.user_id is None else at_the_time & (pl.col("user_id") == case.user_id)


def plant(world: World, tracks: pl.DataFrame, first: date, last: date) -> Planted:
    """The cases for the dates from `first` to `last`, both included; none where these are few."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    events = pl.concat(world.day(day) for day in days).filter(pl.col("action").is_in(PLAYBACK_ACTIONS))
    silences = _silences(world, first, last)
    makings = Makings(world, tracks)
    cases = []
    listeners = events.partition_by("user_id", maintain_order=True)
    kinds = cycle(MAKERS)
    for number, own in enumerate(listeners):
        for week in range(KNOWN_DAYS // 7, len(days) // 7):
            random = np.random.default_rng([world.config.seed, number, week, 23])
            if random.random() > CHANCE:
                continue
            # From the second day to the fifth: the longest case takes two, and a day stays between cases.
            day = days[week * 7 + int(random.integers(1, 5))]
            case = next(kinds)(makings, own, day, random)
            if (
                case
                and case.ended_at.date() <= last
                and not any(_near(case, silence) for silence in silences)
            ):
                cases.append(case)
    return Planted((*cases, *silences))


def _silences(world: World, first: date, last: date) -> list[Case]:
    config = world.config
    hours = max(3.0, MISSED_SESSIONS / (config.users * config.sessions_per_day / 24))
    found: list[Case] = []
    if hours > LONGEST_SILENCE:
        return found
    day = first + timedelta(days=KNOWN_DAYS + 6)
    while (end := datetime.combine(day, time(SILENT_FROM)) + timedelta(hours=hours)).date() < last:
        nothing = world.day(day).clear()
        found.append(Case("source_gap", None, datetime.combine(day, time(SILENT_FROM)), end, nothing))
        day += timedelta(days=SILENCE_EVERY)
    return found


def _near(case: Case, silence: Case) -> bool:
    day = timedelta(days=1)
    return case.started_at < silence.ended_at + day and silence.started_at < case.ended_at + day


def key_path(lake_dir: PlaceT, seed: int) -> PlaceT:
    """Where the answer key of a seed stands: beside the data, in a folder that no reader takes for data."""
    return lake_dir / "_truth" / f"unusual-seed{seed}.parquet"


def write_key(lake_dir: PlaceT, seed: int, planted: Planted) -> PlaceT:
    """Write the answer key beside the data; returns its path."""
    return layout.write_parquet(key_path(lake_dir, seed), planted.key)
