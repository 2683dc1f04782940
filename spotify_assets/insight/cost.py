"""What runs cost, and what they would with more listening: of ops.run_costs, prices and nothing else.

A step takes so much for being there and so much for every event: both are fitted to what runs of different
sizes took. Memory holds slices, which have an end, and what is known of listeners and tracks, so its second
part grows with the square root of the events. Where all runs had one size, everything is taken to grow with
the events: that is too much.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import nnls  # type: ignore[import-untyped]

EVENTS_TABLE = "raw.raw_events"
"""The rows that a run writes to it are its size."""
MONTH = timedelta(days=30)
GB = 1e9
MEASURES = ("wall_seconds", "cpu_seconds", "peak_memory_bytes", "stored_bytes")
HEADROOM = 1.5
"""Times the largest peak of memory that a pod may take: more listening than was measured takes more."""
MEMORY_STEP = 64 * 2**20
_WHAT = ("step", "table_name")


@dataclass(frozen=True)
class Prices:
    """Per hour of a processor, per gigabyte of memory and hour, per gigabyte stored and month."""

    cpu_hour: float
    memory_gb_hour: float
    storage_gb_month: float

    def of_run(self) -> pl.Expr:
        """What a row of run costs comes to."""
        memory = pl.col("peak_memory_bytes") / GB * pl.col("wall_seconds")
        return (pl.col("cpu_seconds") * self.cpu_hour + memory * self.memory_gb_hour) / 3_600

    def of_storage(self) -> pl.Expr:
        """What a month of a table's storage comes to."""
        return pl.col("stored_bytes").fill_null(0) / GB * self.storage_gb_month


def with_sizes(costs: pl.DataFrame) -> pl.DataFrame:
    """Run costs with the `events` of each run; runs that made no events are left out."""
    sizes = costs.filter(pl.col("table_name") == EVENTS_TABLE, pl.col("rows_out") > 0)
    return costs.join(sizes.group_by("run_id").agg(events=pl.col("rows_out").sum()), on="run_id")


def per_table(costs: pl.DataFrame, prices: Prices, now: datetime) -> pl.DataFrame:
    """What each table takes. One row per step and table, the dearest first.

    `runs` that made it, the means `wall_seconds`, `cpu_seconds`, `rows_in`, `rows_out`, `bytes_in` and
    `bytes_out` of a run, the largest `peak_memory_bytes`, the newest `stored_bytes`, and `month`: what the
    runs of the last 30 days, or of the days there are, come to in a month, with the storage.
    """
    recent = costs.filter(pl.col("started_at") > now - MONTH)
    first = recent["started_at"].min()
    days = max(1.0, (now - first) / timedelta(days=1)) if isinstance(first, datetime) else 1.0
    means = ("wall_seconds", "cpu_seconds", "rows_in", "rows_out", "bytes_in", "bytes_out")
    return (
        recent.with_columns(_price=prices.of_run())
        .sort("started_at")
        .group_by(*_WHAT)
        .agg(
            pl.col(*means).mean(),
            pl.col("peak_memory_bytes").max(),
            pl.col("stored_bytes").last(),
            runs=pl.col("run_id").n_unique(),
            _runs_price=pl.col("_price").sum(),
        )
        .with_columns(month=pl.col("_runs_price") * (MONTH / timedelta(days=1)) / days + prices.of_storage())
        .drop("_runs_price")
        .sort("month", "step", "table_name", descending=[True, False, False], nulls_last=True)
    )


def projected(costs: pl.DataFrame, events: float) -> pl.DataFrame:
    """What a run over so many events would take. One row per step and table: `MEASURES`.

    By the runs that there are: a part that every run takes and a part for each event, neither below 0. Of
    runs of one size that with the least counts: whatever else the machine does makes a run dearer. The
    whole is fitted to what whole runs took, and divided among the tables by what is fitted to each: of many
    small parts that may not shrink, the sum would be too much.
    """
    sized = with_sizes(costs)
    rows = [
        {"step": step, "table_name": table} | {name: _fitted(part, name, events) for name in MEASURES}
        for (step, table), part in sized.partition_by(*_WHAT, as_dict=True, maintain_order=True).items()
    ]
    schema = pl.Schema(
        {"step": pl.String(), "table_name": pl.String()} | dict.fromkeys(MEASURES, pl.Float64())
    )
    parts = pl.DataFrame(rows, schema=schema)
    runs = sized.group_by("run_id").agg(pl.col("events").first(), *(_of_run(name) for name in MEASURES))
    return parts.with_columns(
        pl.col(name) * (_fitted(runs, name, events) / total if total else 0.0)
        for name in MEASURES
        for total in [parts.select(_of_run(name)).item()]
    )


def sizes_of(costs: pl.DataFrame) -> list[int]:
    """The different sizes of the runs, in events, in order."""
    return with_sizes(costs)["events"].unique().sort().to_list()


def whole_runs(costs: pl.DataFrame) -> pl.DataFrame:
    """The rows of the runs that made most: of others the parts cannot be added up to a run's."""
    made = costs.group_by("run_id").agg(tables=pl.col("table_name").n_unique())
    most = made.filter(pl.col("tables") == pl.col("tables").max())
    return costs.join(most, on="run_id", how="semi")


def pod_resources(costs: pl.DataFrame) -> dict[str, dict[str, str]]:
    """What a pod that makes runs asks for and may take, as Kubernetes writes it.

    Asked for are the processors and the memory of the run in the middle; what it may take is the processors
    of the busiest, whole ones, and the largest peak with `HEADROOM`. `costs` has `run_id`, `wall_seconds`,
    `cpu_seconds` and `peak_memory_bytes`, of one row or several per run.
    """
    runs = costs.group_by("run_id").agg(*(_of_run(name) for name in MEASURES[:3]))
    processors = runs["cpu_seconds"] / runs["wall_seconds"]
    peaks = runs["peak_memory_bytes"]

    def memory(size: float) -> str:
        return f"{math.ceil(size / MEMORY_STEP) * MEMORY_STEP // 2**20}Mi"

    def of(series: pl.Series, quantile: float) -> float:
        return float(series.quantile(quantile, "higher") or 0.0)

    return {
        "requests": {
            "cpu": f"{math.ceil(of(processors, 0.5) * 10) * 100}m",
            "memory": memory(of(peaks, 0.5)),
        },
        "limits": {"cpu": str(math.ceil(of(processors, 1))), "memory": memory(of(peaks, 1) * HEADROOM)},
    }


def _of_run(measure: str) -> pl.Expr:
    """What the tables of a run come to."""
    return pl.col(measure).max() if measure == "peak_memory_bytes" else pl.col(measure).sum()


def _fitted(runs: pl.DataFrame, measure: str, events: float) -> float:
    least = runs.select("events", y=measure).drop_nulls().group_by("events").agg(pl.col("y").min())
    x, y = (least[name].to_numpy().astype(np.float64) for name in ("events", "y"))
    if not x.size:
        return 0.0
    if x.size == 1:
        return float(y[0] * events / x[0])
    grown = np.array([*x, events]) ** (0.5 if measure == "peak_memory_bytes" else 1.0)
    # Each run weighs by its size alike: the largest would else decide alone.
    weight: npt.NDArray[np.float64] = 1 / np.maximum(y, max(y.max() * 1e-3, 1e-9))
    (fixed, each), _ = nnls(np.stack([weight, grown[:-1] * weight], axis=1), y * weight)
    return float(fixed + each * grown[-1])
