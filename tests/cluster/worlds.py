"""A small world of listening, made into tables by whatever the settings say, and compared row by row."""

import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from spotify_assets.automation.runs import RunOutcome, run
from spotify_assets.definitions import build_defs
from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import write_days
from spotify_assets.instance.home import instance_of
from spotify_assets.places import Place
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.warehouse.door import Warehouse

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 14)
ALL_DAYS = Window(FIRST, LAST + timedelta(days=1))
OF_THE_RUN = {"run_id", "written_at", "checked_at", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from"}
"""Columns that tell of the run and not of the listening."""
MEASURED = {
    "run_costs": {
        *("started_at", "wall_seconds", "cpu_seconds", "peak_memory_bytes", "bytes_in", "bytes_out"),
        *("stored_bytes", "rows_in"),
    }
}
"""Columns of a table that measure the run: tasks that share its days read some of their neighbours twice."""


def write_world(lake: Place, scratch: Path, *, users: int = 25) -> None:
    """Two weeks of listening over a catalogue of 300 tracks, into a lake."""
    write_catalogue(lake, generate_catalogue(300, seed=3), FIRST, 3)
    write_catalogue(scratch, generate_catalogue(300, seed=3), FIRST, 3)
    landed = pl.read_parquet(scratch / "spotify_tracks" / f"snapshot_date={FIRST}" / "*.parquet", glob=True)
    listeners = GeneratorConfig(users=users, seed=3)
    write_days(listeners, clean_tracks(landed).tracks.rows, lake, FIRST, LAST)


def settings_of(data_dir: Path, **changes: Any) -> Settings:
    """Settings of a data folder, with models that two weeks are enough for."""
    given: dict[str, Any] = {"training_days": 7, "test_days": 4, "_env_file": None} | changes
    return Settings(data_dir=data_dir, **given)


def make_tables(
    settings: Settings,
    job: str = "everything",
    window: Window = ALL_DAYS,
    assets: Sequence[dg.AssetKey] | None = None,
) -> RunOutcome:
    """Run a job for a window, in this process, beside the data folder; of some of its assets, or all."""
    os.environ["DAGSTER_HOME"] = str(settings.data_dir.parent / "home")
    definitions = build_defs(settings)
    with instance_of(settings) as instance:
        return run(definitions, instance, settings, job, window=window, assets=assets)


def contents(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table by its name, without what tells of the run or measures it."""
    asked: dict[str, list[str]] = {}
    with warehouse.reader() as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall()
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where database_name = current_database() order by all"
        ).fetchall():
            # Sums of floats come out a little different with the order of their terms: nine digits count.
            asks = f"format('{{:.9g}}', \"{column}\")" if kind in {"DOUBLE", "FLOAT"} else f'"{column}"'
            left_out = OF_THE_RUN | MEASURED.get(table, set())
            if column not in left_out and (schema, table) in tables:
                asked.setdefault(f'"{schema}"."{table}"', []).append(asks)
        return {
            name: connection.execute(f"select {', '.join(columns)} from {name} order by all").fetchall()
            for name, columns in asked.items()
        }


def differences(wanted: Warehouse, found: Warehouse) -> list[str]:
    """The tables that are not equal, with how many rows each has."""
    one, other = contents(wanted), contents(found)
    assert one
    names = sorted(one.keys() | other.keys())
    return [
        f"{name}: {len(one.get(name, []))} and {len(other.get(name, []))} rows"
        for name in names
        if one.get(name) != other.get(name)
    ]
