"""The lakes that benchmarks read: generated once for each size, and kept."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import write_days
from spotify_assets.lake import layout
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.transforms.tracks import clean_tracks

FIRST = date(2023, 1, 1)
TRACKS = 10_000
EVENTS_PER_USER_AND_DAY = 14.5
"""What the generator's default listeners come to."""


def make_lake(data_dir: Path, events: int, days: int) -> Window:
    """Generate a lake of about so many events where it is not there yet, and say which days it has."""
    window = Window(FIRST, FIRST + timedelta(days=days))
    done = data_dir / f"made-{events}-{days}"
    if not done.exists():
        settings = Settings(data_dir=data_dir, _env_file=None)
        write_catalogue(settings.lake_dir, generate_catalogue(TRACKS, seed=1), FIRST, 1)
        add_events(settings, window, events)
        done.touch()
    return window


def add_events(settings: Settings, window: Window, events: int) -> None:
    """Generate about so many events over the days of a window."""
    users = max(1, round(events / len(window.days()) / EVENTS_PER_USER_AND_DAY))
    last = window.end - timedelta(days=1)
    write_days(
        GeneratorConfig(users=users, seed=1),
        clean_catalogue(settings),
        settings.lake_dir,
        window.start,
        last,
        workers=1,
    )


def clean_catalogue(settings: Settings, snapshot: date = FIRST) -> pl.DataFrame:
    """`core.tracks` of a snapshot, one row per track: every engine is given it, and it is not measured."""
    files = layout.landed_files(layout.tracks_dir(settings.lake_dir, snapshot))
    return clean_tracks(pl.read_parquet(files, hive_partitioning=False)).tracks.rows


def event_files(settings: Settings) -> str:
    """All event files of the lake, as a pattern that DuckDB and Spark take."""
    return str(settings.lake_dir / layout.EVENTS / "*" / "*.parquet")
