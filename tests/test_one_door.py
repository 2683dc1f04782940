"""The whole graph on another warehouse, swapped by one override: everything goes through one door."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from spotify_assets.automation.runs import run
from spotify_assets.definitions import build_defs
from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import write_days
from spotify_assets.instance.home import instance_of
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import TABLES
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.warehouse.io_manager import WarehouseIOManager

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 14)
FILLED = (
    *("raw.raw_events", "core.tracks", "core.listening_events", "ml.model_features", "ml.skip_model"),
    *("ml.skip_survival", "ops.row_counts", "ops.check_results", "ops.run_costs"),
)


@pytest.mark.slow  # the whole graph with dbt
def test_the_whole_graph_goes_to_the_warehouse_of_the_one_override(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster_home"))
    settings = Settings(
        data_dir=tmp_path / "data", partition_grain="month", training_days=7, test_days=4, _env_file=None
    )
    write_catalogue(settings.lake_dir, generate_catalogue(300, seed=3), FIRST, 3)
    landed = pl.read_parquet(settings.lake_dir / "spotify_tracks" / f"snapshot_date={FIRST}" / "*.parquet")
    listeners = GeneratorConfig(users=25, seed=3)
    write_days(listeners, clean_tracks(landed).tracks.rows, settings.lake_dir, FIRST, LAST)
    second = tmp_path / "elsewhere" / "second.duckdb"

    definitions = build_defs(settings, {"warehouse": WarehouseIOManager(database=str(second))})
    with instance_of(settings) as instance:
        days = Window(FIRST, LAST + timedelta(days=1))
        outcome = run(definitions, instance, settings, "everything", window=days)

    assert outcome.failures == {}
    assert outcome.success
    assert not settings.warehouse_path.exists()
    assert list(settings.data_dir.glob("warehouse*")) == []
    stored, published = rows_of(second), rows_of(settings.serving_path)
    assert stored.keys() >= TABLES.keys()
    assert {name for name in FILLED if not stored[name]} == set()
    assert 0 < stored["marts.fact_listens"] < stored["core.listening_events"]  # not pauses
    # What a run cost is known when it has ended, and published by the next.
    assert {name: published[name] for name in stored if name != "ops.run_costs"} == {
        name: rows for name, rows in stored.items() if name != "ops.run_costs"
    }


def rows_of(path: Path) -> dict[str, int]:
    """Rows of every table of a database, by `schema.table`."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name <> 'temp'"
        ).fetchall()
        return {name: connection.sql(f"from {name}").count("*").fetchall()[0][0] for (name,) in names}
