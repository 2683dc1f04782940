"""How good recommendations are, and what runs take: of everything that is published, whatever the filters."""

import polars as pl

from spotify_assets.tables import RECOMMENDATION_QUALITY, RUN_COSTS
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.connection import Connection


def recommendation_ladder(connection: Connection) -> pl.DataFrame:
    """Rows of `ml.recommendation_quality` of the newest cut-off, by task and step."""
    if not is_stored(connection, RECOMMENDATION_QUALITY):
        return RECOMMENDATION_QUALITY.empty()
    found: pl.DataFrame = connection.sql(
        f"from {RECOMMENDATION_QUALITY.full_name} "
        "qualify cutoff_date = max(cutoff_date) over () order by task, step"
    ).pl()
    return found


def costs_by_table(connection: Connection) -> pl.DataFrame:
    """What each table takes in a run, of runs of the newest 30 days. One row per step and table, those with
    most processor time first: `runs`, the means `wall_seconds` and `cpu_seconds`, `peak_memory_mb`.

    `table_name` is null for checks, and for what dbt needs beside its models.
    """
    if not is_stored(connection, RUN_COSTS):
        return pl.DataFrame()
    found: pl.DataFrame = connection.sql(
        f"""
        select
            step,
            table_name,
            count(distinct run_id) as runs,
            sum(wall_seconds) / count(distinct run_id) as wall_seconds,
            sum(cpu_seconds) / count(distinct run_id) as cpu_seconds,
            max(peak_memory_bytes) / 1e6 as peak_memory_mb
        from {RUN_COSTS.full_name}
        where started_at > (select max(started_at) from {RUN_COSTS.full_name}) - interval 30 days
        group by step, table_name
        order by cpu_seconds desc, step, table_name
        """
    ).pl()
    return found
