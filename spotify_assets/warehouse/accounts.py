"""What became of landed rows later: the account of single files, from the books and the tables they are of.

Here belongs: reading it. Not here: what landing did with a file (`lake.receipts`).
"""

from collections.abc import Sequence

import polars as pl

from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.tables import DUPLICATE_PLAYS, LISTENING_EVENTS, RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.door import Warehouse

ACCOUNT_SCHEMA = pl.Schema(
    {"source_file": pl.String(), "outcome": pl.String(), "reason": pl.String(), "rows": pl.Int64()}
)
_NEEDED = (RAW_EVENTS, LISTENING_EVENTS, DUPLICATE_PLAYS, REJECTED_ROWS, ROW_COUNTS)


def event_accounts(serving: Warehouse, source_files: Sequence[str]) -> pl.DataFrame:
    """What became of the landed events of files. One row per file, outcome and reason.

    Outcomes are `listening` (in core.listening_events), `duplicate` and `rejected` with their reasons; rows
    of dates that were not materialised are in none. Empty where nothing was published yet.
    """
    if not serving.exists():
        return pl.DataFrame(schema=ACCOUNT_SCHEMA)
    with serving.reader() as connection:
        if not all(is_stored(connection, table) for table in _NEEDED):
            return pl.DataFrame(schema=ACCOUNT_SCHEMA)
        rows: pl.DataFrame = connection.sql(
            f"""
            with judged_dates as (
                select distinct unnest(
                    generate_series(slice_date, coalesce(slice_end, slice_date + 1) - 1, interval 1 day)
                )::date as event_date
                from {ROW_COUNTS.full_name}
                where table_name = '{LISTENING_EVENTS.full_name}'
            ),
            judged as (
                select source_file, source_row
                from {RAW_EVENTS.full_name}
                semi join judged_dates using (event_date)
                where list_contains($files, source_file)
            ),
            duplicates as (
                select distinct source_file, source_row, 'duplicate' as outcome, reason
                from {DUPLICATE_PLAYS.full_name}
                where list_contains($files, source_file)
            ),
            rejected as (
                select distinct source_file, source_row, 'rejected' as outcome, reason
                from {REJECTED_ROWS.full_name}
                where list_contains($files, source_file) and table_name = '{LISTENING_EVENTS.full_name}'
            ),
            set_aside as (from duplicates union all from rejected)
            select
                source_file,
                coalesce(outcome, 'listening') as outcome,
                coalesce(reason, '') as reason,
                count(*)::bigint as rows
            from judged
            left join set_aside using (source_file, source_row)
            group by all
            order by all
            """,
            params={"files": list(source_files)},
        ).pl()
    return rows.cast(ACCOUNT_SCHEMA)


def published_rejects(serving: Warehouse) -> pl.DataFrame:
    """The rows that tables refused, columns of `REJECTED_SCHEMA` after `table_name`, as last published."""
    schema = pl.Schema({"table_name": pl.String(), **REJECTED_SCHEMA})
    if not serving.exists():
        return pl.DataFrame(schema=schema)
    with serving.reader() as connection:
        if not is_stored(connection, REJECTED_ROWS):
            return pl.DataFrame(schema=schema)
        rows: pl.DataFrame = connection.sql(f"select {', '.join(schema)} from {REJECTED_ROWS.full_name}").pl()
    return rows.cast(schema)
