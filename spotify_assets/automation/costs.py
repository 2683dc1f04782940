"""What the steps of a run use, measured at the events that tell of them. Not here: prices (`insight.cost`).

A step of one asset is measured from its start to its end, one that makes several tables from table to table.
dbt tells of its models when it has ended: each gets its own seconds of the clock, and as large a part of the
step's processor time; what is left is dbt's own.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dagster as dg
import polars as pl

from spotify_assets.instance.meter import Used, forget_peak, peak_memory, used
from spotify_assets.rows.tally import TALLY
from spotify_assets.settings import Settings
from spotify_assets.tables import RUN_COSTS
from spotify_assets.warehouse.costs import write_costs
from spotify_assets.warehouse.door import Warehouse, warehouse_of
from spotify_assets.warehouse.errors import WarehouseLockedError
from spotify_assets.warehouse.io_manager import WarehouseIOManager

_DURATION, _ROWS = "Execution Duration", "dagster/row_count"
"""Metadata of dbt's models: seconds, and rows of the table."""


@dataclass(frozen=True)
class _Part:
    """What one table of a step took; `seconds` where dbt made it."""

    table: str | None
    used: Used
    rows_in: int | None
    rows_out: int | None
    seconds: float | None = None


class RunMeter:
    """Measures the steps of one run in this process; `saw` is told every event of the run as it happens."""

    def __init__(self, run_id: str, warehouse: Warehouse) -> None:
        self._run_id, self._warehouse = run_id, warehouse
        self._rows: list[dict[str, object]] = []
        self._begin(None)

    def saw(self, event: dg.DagsterEvent) -> None:
        """Take note of an event; those that nothing follows from are many, and cost nothing."""
        if event.is_step_start:
            self._begin(event.step_key)
        elif self._step is None:
            return
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            self._made(event)
        elif event.is_step_success or event.is_step_failure:
            self._end()

    def ended(self) -> None:
        """Add what was measured to ops.run_costs; nothing where nothing was ever stored.

        A warehouse that somebody else holds for long goes without: no run fails for the sake of its costs.
        """
        if self._rows and self._warehouse.exists():
            with suppress(WarehouseLockedError):
                write_costs(self._warehouse, pl.DataFrame(self._rows, schema=RUN_COSTS.polars_schema))

    def _begin(self, step: str | None) -> None:
        self._step, self._parts = step, list[_Part]()
        self._started_at = datetime.now(UTC).replace(tzinfo=None)
        forget_peak()
        self._first = self._before = used()
        self._tally = replace(TALLY)

    def _made(self, event: dg.DagsterEvent) -> None:
        assert event.asset_key is not None
        table = ".".join(event.asset_key.path)
        if any(part.table == table for part in self._parts):
            return  # another partition of what was measured
        metadata = event.step_materialization_data.materialization.metadata
        duration, rows = metadata.get(_DURATION), metadata.get(_ROWS)
        part = self._since(table)
        if duration is not None:
            counted = int(str(rows.value)) if rows is not None else None
            part = replace(part, seconds=float(str(duration.value)), rows_in=None, rows_out=counted)
        self._parts.append(part)
        self._before, self._tally = used(), replace(TALLY)

    def _since(self, table: str | None) -> _Part:
        """What was used since the table before."""
        read, given, written = (
            getattr(TALLY, n) - getattr(self._tally, n) for n in ("read", "given", "written")
        )
        return _Part(table, used().since(self._before), read or given, written)

    def _end(self) -> None:
        whole = used().since(self._first)
        parts = self._parts
        if any(part.seconds is not None for part in parts):
            parts = _of_dbt(parts, whole)
        elif not parts:
            parts = [self._since(None)]
        peak = peak_memory()
        for part in parts:
            self._rows.append(
                {
                    "run_id": self._run_id,
                    "step": self._step,
                    "table_name": part.table,
                    "started_at": self._started_at,
                    "wall_seconds": part.used.wall,
                    "cpu_seconds": part.used.cpu,
                    "peak_memory_bytes": peak,
                    "rows_in": part.rows_in,
                    "rows_out": part.rows_out,
                    "bytes_in": part.used.bytes_in,
                    "bytes_out": part.used.bytes_out,
                    "stored_bytes": None,
                }
            )
        self._step = None


def meter_of(resources: Mapping[str, object], settings: Settings) -> Callable[[str], RunMeter]:
    """What makes the meter of a run, by its id: for the warehouse of the definitions' resources."""
    stores = resources.get("warehouse")
    warehouse = stores.door if isinstance(stores, WarehouseIOManager) else warehouse_of(settings)
    return lambda run_id: RunMeter(run_id, warehouse)


def _of_dbt(parts: list[_Part], whole: Used) -> list[_Part]:
    """The parts of dbt's step, and what dbt needed beside its models."""
    per_second = whole.cpu / max(whole.wall, 1e-9)
    models = [
        replace(part, used=Used(part.seconds or 0.0, (part.seconds or 0.0) * per_second, None, None))
        for part in parts
    ]
    own = max(0.0, whole.wall - sum(part.used.wall for part in models))
    return [*models, _Part(None, replace(whole, wall=own, cpu=own * per_second), None, None)]
