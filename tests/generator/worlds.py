"""Small catalogues and days that the generator's tests share."""

from datetime import date
from functools import cache

import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import generate_days

FIRST, LAST = date(2026, 9, 3), date(2026, 9, 30)


@cache
def small_catalogue() -> pl.DataFrame:
    return generate_catalogue(300, seed=11)


@cache
def default_month() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events of the default population over four weeks, and the catalogue they are drawn from."""
    tracks = generate_catalogue(7_500, seed=7)
    config = GeneratorConfig()
    return pl.concat(events for _, events in generate_days(config, tracks, FIRST, LAST)), tracks


def playbacks(events: pl.DataFrame) -> pl.DataFrame:
    """Playbacks by user and time."""
    return events.filter(pl.col("action").is_in(["play", "skip"])).sort("user_id", "started_at", "ended_at")
