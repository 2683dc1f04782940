"""Small tables, and a warehouse that Dagster writes through our IO manager or through the stock one."""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
import duckdb
import polars as pl
from dagster_duckdb_polars import DuckDBPolarsIOManager

from spotify_assets.rows.window import Window
from spotify_assets.tables import Column, Table
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager

_COUNTS = (
    Column("plays", "BIGINT", "Playbacks.", nullable=False, minimum=0),
    Column("skips", "BIGINT", "Skips.", minimum=0),
    Column("note", "VARCHAR", "Anything."),
)

PLAYS = Table(
    schema="core",
    name="plays",
    grain="one row per day and track",
    description="Plays and skips.",
    columns=(
        Column("event_date", "DATE", "UTC date.", nullable=False),
        Column("track", "VARCHAR", "Track.", nullable=False),
        *_COUNTS,
    ),
    key=("event_date", "track"),
    partition_column="event_date",
)
MOMENTS = Table(
    schema="core",
    name="moments",
    grain="one row per moment",
    description="What was played when.",
    columns=(
        Column("played_at", "TIMESTAMP", "UTC moment.", nullable=False),
        Column("track", "VARCHAR", "Track.", nullable=False),
    ),
    key=("played_at", "track"),
    partition_column="played_at",
)
TEXT_DATES = Table(
    schema="core",
    name="text_dates",
    grain="one row per day",
    description="Dates that are texts.",
    columns=(
        Column("event_date", "VARCHAR", "Date as text.", nullable=False),
        Column("plays", "BIGINT", "Playbacks."),
    ),
    key=("event_date",),
    partition_column="event_date",
)
TOTALS = Table(
    schema="core",
    name="totals",
    grain="one row per track",
    description="Totals, not partitioned.",
    columns=(Column("track", "VARCHAR", "Track.", nullable=False), *_COUNTS),
    key=("track",),
)

DAYS = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-02-01")
BY_DAY: Mapping[str, Any] = {"partitions_def": DAYS, "metadata": {"partition_expr": "event_date"}}
IN_ONE_RUN: Mapping[str, Any] = {**BY_DAY, "backfill_policy": dg.BackfillPolicy.single_run()}


class PlaysIOManager(WarehouseIOManager):
    """Ours, on the tables above."""

    catalogue: ClassVar[Mapping[str, Table]] = {
        table.full_name: table for table in (PLAYS, MOMENTS, TEXT_DATES, TOTALS)
    }


@cache
def instance_of_runs() -> dg.DagsterInstance:
    """One instance for every run: making one takes longer than using it."""
    return dg.DagsterInstance.ephemeral()


@dataclass
class Warehouse:
    """One DuckDB file that assets are stored in."""

    path: Path
    manager: type[DuckDBPolarsIOManager] = PlaysIOManager

    @property
    def database(self) -> Database:
        return Database(self.path, lock_timeout_seconds=0)

    def store(self, *assets: dg.AssetsDefinition, **run: Any) -> dg.ExecuteInProcessResult:
        """Materialise assets; what goes wrong is raised."""
        resources = {"io_manager": self.manager(database=str(self.path))}
        return dg.materialize(assets, instance=instance_of_runs(), resources=resources, **run)

    def attempt(self, *assets: dg.AssetsDefinition, **run: Any) -> dg.ExecuteInProcessResult:
        """Materialise assets; what goes wrong is in the result."""
        return self.store(*assets, raise_on_error=False, **run)

    def sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the committed state, read without any IO manager."""
        if self.manager is DuckDBPolarsIOManager:
            gc.collect()  # it leaves the closing of its connections to this after an exception
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query, parameters).fetchall()

    def plays(self) -> list[tuple[Any, ...]]:
        """Day of the month, track, plays and skips of every row of `core.plays`, in order."""
        return self.sql("select day(event_date), track, plays, skips from core.plays order by all")

    def books(self, table: Table = PLAYS) -> list[tuple[Any, ...]]:
        """Day of the month, outcome, reason and rows of every entry for a table."""
        return self.sql(
            "select day(slice_date), outcome, reason, rows from ops.row_counts where table_name = ? "
            "order by all",
            table.full_name,
        )


def asset(returned: object, table: Table = PLAYS, **arguments: Any) -> dg.AssetsDefinition:
    """An asset of a table that returns what it is given."""

    def made() -> Any:
        return returned

    made_asset: dg.AssetsDefinition = dg.asset(key=[table.schema, table.name], **arguments)(made)
    return made_asset


def plays(rows: Sequence[tuple[int, str, int, int | None]]) -> pl.DataFrame:
    """A frame of `core.plays` from day of January 2025, track, plays and skips."""
    return pl.DataFrame(
        [(date(2025, 1, day), track, count, skips, None) for day, track, count, skips in rows],
        schema=PLAYS.polars_schema,
        orient="row",
    )


def day(number: int) -> dict[str, Any]:
    """Arguments of a run of one day of January 2025."""
    return {"partition_key": f"2025-01-{number:02}"}


def days(first: int, last: int) -> dict[str, Any]:
    """Arguments of one run of several days of January 2025."""
    return range_of(f"2025-01-{first:02}", f"2025-01-{last:02}")


def range_of(first: str, last: str) -> dict[str, Any]:
    """Arguments of one run of the partitions from one key to another."""
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return {"tags": tags}


def window(first: int, last: int | None = None) -> Window:
    """Days of January 2025, both included."""
    return Window(date(2025, 1, first), date(2025, 1, last or first) + timedelta(days=1))


def failures(result: dg.ExecuteInProcessResult) -> str:
    """The messages of everything that failed in a run, causes included."""
    messages: list[str] = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error:
                messages.append(error.message)
                error = error.cause
    return "\n".join(messages)


def metadata_of(result: dg.ExecuteInProcessResult) -> list[dict[str, Any]]:
    """The metadata values of every materialisation of a run."""
    return [
        {key: value.value for key, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
    ]
