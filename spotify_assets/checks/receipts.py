"""Whether receipts add up, and whether the raw events hold what they say was landed. Knows no Dagster."""

from spotify_assets.tables import IMPORT_RECEIPTS, RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS
from spotify_assets.tables.ops import RECEIPTS_ADD_UP
from spotify_assets.warehouse.audit import Finding, stored_columns
from spotify_assets.warehouse.connection import Connection

_SHOWN = 5

_UNACCOUNTED = f"""
    select
        receipt_id,
        any_value(input_file) as input_file,
        coalesce(sum(rows) filter (outcome = 'in'), 0)
            - coalesce(sum(rows) filter (outcome <> 'in'), 0) as unaccounted
    from {IMPORT_RECEIPTS.full_name}
    group by receipt_id
    having unaccounted <> 0
    order by receipt_id
"""

_MISSING = f"""
    with receipts as (
        select
            receipt_id,
            any_value(input_file) as input_file,
            any_value(source_file) as source_file,
            any_value(landed_at) as landed_at,
            coalesce(any_value(first_date), any_value(books_date)) as first_date,
            coalesce(any_value(last_date), any_value(books_date)) as last_date,
            coalesce(sum(rows) filter (outcome = 'loaded'), 0) as loaded,
            coalesce(sum(rows) filter (outcome = 'rejected'), 0) as rejected
        from {IMPORT_RECEIPTS.full_name}
        where target = '{RAW_EVENTS.full_name}' and source_file is not null
        group by receipt_id
    ),

    stored as (
        select source_file, count(*) as stored
        from {RAW_EVENTS.full_name}
        group by source_file
    ),

    refused as (
        select source_file, count(*) as refused
        from {REJECTED_ROWS.full_name}
        where table_name = '{RAW_EVENTS.full_name}'
        group by source_file
    ),

    written as (
        select day::date as day, max(written_at) as written_at
        from {ROW_COUNTS.full_name},
            unnest(
                generate_series(slice_date, coalesce(slice_end, slice_date + 1) - 1, interval 1 day)
            ) as days (day)
        where table_name = '{RAW_EVENTS.full_name}'
        group by all
    ),

    loaded_since as (
        select receipt_id
        from receipts
        join written
            on written.day between receipts.first_date and receipts.last_date
            and written.written_at >= receipts.landed_at
        group by receipt_id, first_date, last_date
        having count(*) = last_date - first_date + 1
    )

    select receipt_id, input_file, loaded, rejected, coalesce(stored, 0), coalesce(refused, 0)
    from receipts
    semi join loaded_since using (receipt_id)
    left join stored using (source_file)
    left join refused using (source_file)
    where loaded + rejected <> coalesce(stored, 0) + coalesce(refused, 0)
    order by receipt_id
"""


def reconcile_receipts(connection: Connection) -> Finding:
    """Compare receipts with themselves and, where all dates of a file were written since, with raw events.

    `failing_rows` of the finding is the sum of the differences.
    """
    off, problems = 0, []
    for receipt_id, name, unaccounted in connection.execute(_UNACCOUNTED).fetchall():
        off += abs(unaccounted)
        problems.append(f"{receipt_id} ({name}): {unaccounted:,} rows are not accounted for")
    if all(stored_columns(connection, table.full_name) for table in (RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS)):
        for receipt_id, name, loaded, rejected, stored, refused in connection.execute(_MISSING).fetchall():
            off += abs(loaded + rejected - stored - refused)
            problems.append(
                f"{receipt_id} ({name}): {loaded:,} rows were landed and {rejected:,} refused, "
                f"{RAW_EVENTS.full_name} holds {stored:,} and refused {refused:,}"
            )
    more = [f"and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
    return Finding(RECEIPTS_ADD_UP.name, off, "; ".join([*problems[:_SHOWN], *more]))
