"""What took longest: the questions that were asked of what is published, and the steps of the last run.

Read from files beside the published copy (`warehouse.timings`), which are newer than it is.
"""

from datetime import datetime
from pathlib import Path

import polars as pl
from polars._typing import PolarsDataType

from spotify_assets.warehouse.timings import read_questions, read_steps

SLOWEST = 20
"""Questions and steps that are shown."""


def slowest_questions(*folders: Path) -> pl.DataFrame:
    """The questions that took longest, of those noted in some folders. One row per question and who asks it:
    `name`, `asked_by`, `times` (answered), `median_seconds`, `slowest_seconds`, `asked_at` (UTC, the last).
    """
    noted = [{name: getattr(each, name) for name in _ASKED} for f in folders for each in read_questions(f)]
    return (
        pl.DataFrame(noted, schema=_ASKED)
        .group_by("name", "asked_by")
        .agg(
            times=pl.len().cast(pl.Int64),
            median_seconds=pl.col("seconds").median(),
            slowest_seconds=pl.col("seconds").max(),
            asked_at=pl.col("asked_at").max(),
        )
        .sort(["slowest_seconds", "name", "asked_by"], descending=[True, False, False])
        .head(SLOWEST)
    )


_ASKED: dict[str, PolarsDataType] = {
    "name": pl.String,
    "asked_by": pl.String,
    "seconds": pl.Float64,
    "asked_at": pl.Datetime("us"),
}


def slowest_steps(processed_dir: Path) -> tuple[datetime, pl.DataFrame] | None:
    """The UTC moment at which the newest run ended, and what took longest in it: `kind` (a step of Dagster,
    or a model that dbt made in one), `name`, `seconds`. None where no run has been looked at.

    Raises:
        WarehouseError: the file beside the published copy is none of ours.
    """
    run = read_steps(processed_dir)
    if run is None:
        return None
    rows = [{"kind": step.kind, "name": step.name, "seconds": step.seconds} for step in run.steps]
    schema = {"kind": pl.String, "name": pl.String, "seconds": pl.Float64}
    steps = pl.DataFrame(rows, schema=schema).sort(["seconds", "name"], descending=[True, False])
    return run.ended_at, steps.head(SLOWEST)
