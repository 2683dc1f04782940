"""What the meter of a run makes of its events: the steps and tables, and what dbt says of its models."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import dagster as dg
import polars as pl
import pytest

from spotify_assets.assets.raw import raw_assets
from spotify_assets.automation.costs import RunMeter
from spotify_assets.automation.runs import run
from spotify_assets.checks.evaluate import evaluate
from spotify_assets.instance.home import instance_of
from spotify_assets.lake import layout
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import RUN_COSTS
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from spotify_assets.warehouse.reader import TableReader
from tests.transforms.events import playback, raw_events


@dg.multi_asset(outs={"a": dg.AssetOut(key=["marts", "a"]), "b": dg.AssetOut(key=["marts", "b"])})
def dbt() -> Iterator[dg.Output[None]]:
    """Two models, of which dbt said that one took a second and the other three."""
    for name, seconds in (("a", 1.0), ("b", 3.0)):
        yield dg.Output(None, name, metadata={"Execution Duration": seconds, "dagster/row_count": 7})


def metered(settings: Settings, definitions: dg.Definitions, **options: Any) -> pl.DataFrame:
    """The costs of a run of a job `job`."""
    with instance_of(settings) as instance:
        outcome = run(definitions, instance, settings, "job", **options)
    assert outcome.success
    costs = TableReader(Database(settings.warehouse_path), RUN_COSTS).read()
    assert costs["run_id"].unique().to_list() == [outcome.run_id]
    return costs


@pytest.mark.slow
def test_a_step_is_measured_with_the_rows_that_it_read_and_wrote(make_settings: Callable[..., Settings]):
    settings = make_settings(start_date=date(2025, 3, 1))
    rows = raw_events(*(playback(str(n), f"2025-03-01 12:0{n}") for n in range(5)))
    layout.write_parquet(layout.events_dir(settings.lake, date(2025, 3, 1)) / "part.parquet", rows)
    definitions = dg.Definitions(
        raw_assets(settings, lambda: date(2025, 3, 1)),
        jobs=[dg.define_asset_job("job", selection=["raw/raw_events", "raw/raw_tracks"])],
        resources={"warehouse": WarehouseIOManager.of(settings)},
    )
    costs = metered(settings, definitions, window=Window(date(2025, 3, 1), date(2025, 3, 4)))
    events = costs.row(by_predicate=pl.col("table_name") == "raw.raw_events", named=True)
    assert (events["rows_in"], events["rows_out"]) == (5, 5)
    assert events["step"] == "raw__raw_events"
    assert events["peak_memory_bytes"] > 10_000_000
    assert events["wall_seconds"] > 0
    assert costs["table_name"].to_list() == ["raw.raw_events", "raw.raw_tracks"]  # once for three partitions
    with Database(settings.warehouse_path).reader() as connection:
        assert [found.check for found in evaluate(connection, RUN_COSTS, None) if not found.passed] == []


def test_models_of_dbt_have_their_own_seconds_and_dbt_has_the_rest(make_settings: Callable[..., Settings]):
    settings = make_settings()
    database = Database(settings.warehouse_path)
    meter = RunMeter("run", database)
    with database.transaction() as connection:
        connection.execute("create schema marts")
    definitions = dg.Definitions([dbt], jobs=[dg.define_asset_job("job")])
    with instance_of(settings) as instance:
        job = definitions.resolve_job_def("job")
        for event in job.execute_in_process(instance=instance).all_events:
            meter.saw(event)
    meter.ended()
    costs = TableReader(database, RUN_COSTS).read().sort("table_name", nulls_last=True)
    assert costs["table_name"].to_list() == ["marts.a", "marts.b", None]
    assert costs["wall_seconds"].to_list()[:2] == [1.0, 3.0]
    assert costs["rows_out"].to_list() == [7, 7, None]
    cpu = costs["cpu_seconds"].to_list()
    assert cpu[1] == pytest.approx(3 * cpu[0])
    assert costs["step"].unique().to_list() == ["dbt"]


def test_nothing_is_stored_where_nothing_ever_was(make_settings: Callable[..., Settings]):
    settings = make_settings()
    meter = RunMeter("run", Database(settings.warehouse_path))
    meter.ended()
    assert not settings.warehouse_path.exists()
