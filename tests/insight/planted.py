"""Planted worlds, and how well what is found in them agrees with the answer key."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Behaviour
from spotify_assets.generator.unusual import KEY_SCHEMA, Planted, plant
from spotify_assets.generator.weather import made_hours, rain_mood
from spotify_assets.generator.world import World
from spotify_assets.insight.unusual.find import unusual_listening
from spotify_assets.insight.unusual.marks import HISTORY_DAYS, NEEDED, NEIGHBOURING_DAYS
from spotify_assets.insight.weather.hours import listened_hours, with_light
from spotify_assets.rows.window import Window
from spotify_assets.transforms.events import listening_events

FIRST = date(2026, 5, 1)


@cache
def catalogue(seed: int) -> pl.DataFrame:
    return generate_catalogue(3_000, seed=seed)


@dataclass(frozen=True)
class Heard:
    """A world's listening, as core.listening_events, with its answer key."""

    events: pl.DataFrame
    key: pl.DataFrame
    tracks: pl.DataFrame
    days: Window

    def find(self, window: Window | None = None) -> pl.DataFrame:
        """What is found on the dates of a window; on all of them by default."""
        window = window or self.days
        apart = timedelta(days=NEIGHBOURING_DAYS)
        return unusual_listening(
            window,
            self._between(window.start - apart, window.end + apart).select(NEEDED),
            hours_of(self._between(window.start - timedelta(days=HISTORY_DAYS), window.end)),
            lambda columns, matching: (
                self._between(window.start - timedelta(days=HISTORY_DAYS + NEIGHBOURING_DAYS), window.end)
                .join(matching, on=matching.columns, how="semi")
                .select(columns)
            ),
            lambda: self.tracks,
        )

    def _between(self, start: date, end: date) -> pl.DataFrame:
        return self.events.filter(pl.col("event_date").is_between(start, end, closed="left"))


def hours_of(events: pl.DataFrame) -> pl.DataFrame:
    """Clock hours with a playback, by source."""
    return (
        events.filter(pl.col("action").is_in(["play", "skip"]))
        .group_by("source", hour=pl.col("started_at").dt.truncate("1h"))
        .agg(
            sessions=(pl.col("session_position") == 1).sum(),
            first_at=pl.col("started_at").min(),
            last_at=pl.col("ended_at").max(),
        )
    )


def heard(seed: int, *, users: int = 24, days: int = 84, unusual: bool = True) -> Heard:
    """What the listeners of a seed did."""
    tracks = catalogue(seed)
    last = FIRST + timedelta(days=days - 1)
    world = World.build(GeneratorConfig(users=users, seed=seed), tracks)
    planted = plant(world, tracks, FIRST, last) if unusual else Planted(())
    dates = [FIRST + timedelta(days=n) for n in range(days)]
    raw = pl.concat(planted.on(day, world.day(day)) for day in dates)
    sound = tracks.unique("track_id", keep="first", maintain_order=True)
    known = sound.select("track_id", "duration_ms", snapshot_date=pl.lit(FIRST))
    cleaned = listening_events(raw, lambda _: raw.clear(), known)
    return Heard(cleaned.rows, planted.key, sound, Window(FIRST, last + timedelta(days=1)))


def weather_year(seed: int, users: int, *, planted: bool = False) -> pl.DataFrame:
    """The hours of listeners in a year of made-up weather, as `weather_effects` takes them; where it is
    `planted`, rain makes them sad. They are put in Hamburg, whose light is told by the sun."""
    first, days = date(2024, 1, 1), 365
    weather = made_hours(seed, first - timedelta(days=1), first + timedelta(days=days))
    behaviour = Behaviour(mood=rain_mood(weather) if planted else None)
    tracks = generate_catalogue(1_500, seed=seed).unique("track_id", keep="first", maintain_order=True)
    world = World.build(GeneratorConfig(users=users, seed=seed), tracks, behaviour)
    begin = (first - date(1970, 1, 1)).days * 86_400_000
    events = world.between(begin, begin + days * 86_400_000, source_file="-").with_columns(
        outcome=pl.when(pl.col("action") == "skip").then(pl.lit("skip")).otherwise(pl.lit("complete"))
    )
    sound = tracks.select("track_id", *(pl.col(n).cast(pl.Float64) for n in ("valence", "energy", "tempo")))
    here = with_light(weather, 53.55, 9.99)
    return pl.concat(
        listened_hours(mine, here, sound, "Europe/Berlin", 53.55) for mine in events.partition_by("user_id")
    )


def agreement(found: pl.DataFrame, key: pl.DataFrame) -> pl.DataFrame:
    """How well finds agree with a key. One row per kind: `cases`, `recalled`, `rows`, `right`.

    A case is recalled where a find of its kind and listener overlaps it; a find is right where it overlaps a
    case so.
    """
    on = [pl.col("kind"), pl.col("user_id").fill_null("")]
    pairs = (
        key.with_row_index("case")
        .with_columns(on)
        .join(found.with_columns(on), on=["kind", "user_id"], suffix="_found")
        .filter(
            pl.col("started_at") < pl.col("ended_at_found"), pl.col("started_at_found") < pl.col("ended_at")
        )
    )
    return (
        key.group_by("kind")
        .agg(cases=pl.len())
        .join(found.group_by("kind").agg(rows=pl.len()), on="kind", how="full", coalesce=True)
        .join(
            pairs.group_by("kind").agg(
                recalled=pl.col("case").n_unique(), right=pl.col("unusual_id").n_unique()
            ),
            on="kind",
            how="left",
        )
        .fill_null(0)
        .select("kind", "cases", "recalled", "rows", "right")
        .sort("kind")
    )


def no_key() -> pl.DataFrame:
    return pl.DataFrame(schema=KEY_SCHEMA)
