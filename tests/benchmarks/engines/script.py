"""One hand-written DuckDB script: no checks, no books, no way to run for a part of the days."""

from pathlib import Path

import duckdb

from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from tests.benchmarks.lakes import clean_catalogue, event_files
from tests.benchmarks.watching import Cost, measured

SCRIPT = Path(__file__).parents[1] / "backfill.sql"


def run(settings: Settings, window: Window) -> Cost:
    """All days of the lake at once, whatever the window."""
    del window
    tracks = clean_catalogue(settings)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema core; create table core.tracks as select * from tracks")
        del tracks
        script = SCRIPT.read_text(encoding="utf-8").replace("$events", f"'{event_files(settings)}'")
        with measured() as cost:
            connection.execute(script)
            connection.execute("checkpoint")
    return cost
