"""The quality of the data: what became of every row, what the checks found, how fresh it is, what is broken.

The books, receipts and checks are read from the published copy and are as old as it is; `incidents` reads
what runs and the daemon tell beside it, and is newer.
"""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from polars._typing import PolarsDataType

from spotify_assets.figures.view import Filters, Period, Source, ask
from spotify_assets.tables import (
    CHECK_RESULTS,
    IMPORT_RECEIPTS,
    LISTENING_EVENTS,
    PLAYBACK_ACTIONS,
    REJECTED_ROWS,
    ROW_COUNTS,
)
from spotify_assets.transforms.outcomes import STREAM_RULES, PlaybackRule
from spotify_assets.warehouse.audit import is_stored, stored_columns
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.incidents import read_incidents
from spotify_assets.warehouse.offline import MOVED_COUNTS
from spotify_assets.warehouse.streams import read_streams

MS_PER_HOUR = 3_600_000
RULE_DAYS = 28
"""Days, up to the last one of the period, over which rules are compared: they look at every playback."""
_RULE_COLUMNS = ("action", "ms_played", "skipped", "reason_end", "known_duration_ms")
_OF_ARTIST = "select track_id from marts.dim_track where primary_artist_id = $artist_id"
_OF_GENRE = "select track_id from marts.bridge_track_genre where genre = $genre"
_EVENTS = Source(
    "core.listening_events",
    conditions={
        "user_id": "user_id = $user_id",
        "country": "country = $country",
        "device": "device = $device",
        "artist_id": f"track_key in ({_OF_ARTIST})",
        "genre": f"track_key in ({_OF_GENRE})",
    },
)


def receipts(connection: Connection) -> pl.DataFrame:
    """What became of the rows of every file handed in, the newest landing first. One row per landed file.

    `landed_at` (UTC), `input_file`, `kind`, `rows_in`, `loaded`, `rejected`, `duplicate`, `difference` (rows
    in less the others; 0 where the receipt adds up), `first_date`, `last_date`.
    """
    if not is_stored(connection, IMPORT_RECEIPTS):
        return pl.DataFrame(schema=_RECEIPTS)
    return ask(
        connection,
        f"""
        select
            landed_at,
            input_file,
            kind,
            {_OUTCOMES},
            min(first_date) as first_date,
            max(last_date) as last_date
        from {IMPORT_RECEIPTS.full_name}
        group by receipt_id, landed_at, input_file, kind
        order by landed_at desc, input_file
        """,
    )


def books(connection: Connection) -> pl.DataFrame:
    """What became of the rows of every table, over all its slices. One row per table that keeps books.

    `table_name`, `rows_in`, `loaded`, `rejected`, `duplicate`, `difference`, `slices`, `newest_date` (last
    date of the newest slice that got a row) and `written_at` (UTC).
    """
    if not is_stored(connection, ROW_COUNTS):
        return pl.DataFrame(schema=_BOOKS)
    return ask(
        connection,
        f"""
        select
            table_name,
            {_OUTCOMES},
            count(distinct slice_date) as slices,
            max(coalesce(slice_end - 1, slice_date)) filter (where outcome = 'loaded' and "rows" > 0)
                as newest_date,
            max(written_at) as written_at
        from {ROW_COUNTS.full_name}
        group by table_name
        order by table_name
        """,
    )


_OUTCOMES = ",\n".join(
    [
        *(
            f"coalesce(sum(\"rows\") filter (where outcome = '{outcome}'), 0)::bigint as {name}"
            for outcome, name in (
                ("in", "rows_in"),
                ("loaded", "loaded"),
                ("rejected", "rejected"),
                ("duplicate", "duplicate"),
            )
        ),
        'sum(case outcome when \'in\' then "rows" else -"rows" end)::bigint as difference',
    ]
)
_COUNTED = dict.fromkeys(("rows_in", "loaded", "rejected", "duplicate", "difference"), pl.Int64)
_RECEIPTS: dict[str, PolarsDataType] = {
    "landed_at": pl.Datetime("us"),
    "input_file": pl.String,
    "kind": pl.String,
    **_COUNTED,
    "first_date": pl.Date,
    "last_date": pl.Date,
}
_BOOKS: dict[str, PolarsDataType] = {
    "table_name": pl.String,
    **_COUNTED,
    "slices": pl.Int64,
    "newest_date": pl.Date,
    "written_at": pl.Datetime("us"),
}


def reasons(connection: Connection) -> pl.DataFrame:
    """Why rows were refused or dropped as repeats, most rows first: `stage` (the table, or `landing`),
    `outcome`, `reason`, `rows`.
    """
    tables = [
        f'select {stage} as stage, outcome, reason, "rows" from {table.full_name}'
        for stage, table in (("table_name", ROW_COUNTS), ("'landing'", IMPORT_RECEIPTS))
        if is_stored(connection, table)
    ]
    if not tables:
        return pl.DataFrame(schema=_REASONS)
    return ask(
        connection,
        f"""
        select stage, outcome, reason, sum("rows")::bigint as "rows"
        from ({" union all ".join(tables)})
        where outcome in ('rejected', 'duplicate')
        group by stage, outcome, reason
        having sum("rows") > 0
        order by "rows" desc, stage, reason
        """,
    )


_REASONS: dict[str, PolarsDataType] = {
    **dict.fromkeys(("stage", "outcome", "reason"), pl.String),
    "rows": pl.Int64,
}


def rejected_rows(connection: Connection, limit: int = 200) -> pl.DataFrame:
    """Refused rows with what is wrong, those of the newest slices first: `table_name`, `slice_date`,
    `source_file`, `source_row`, `reason`, `detail`, `original`.
    """
    if not is_stored(connection, REJECTED_ROWS):
        return REJECTED_ROWS.empty()
    return ask(
        connection,
        f"from {REJECTED_ROWS.full_name} "
        "order by slice_date desc nulls last, table_name, source_file, source_row limit $limit",
        limit=limit,
    )


def checks(connection: Connection) -> pl.DataFrame:
    """What each check found last, on every slice: those that fail first, and of them those that block.

    One row per check of a table: `table_name`, `check_name`, `severity`, `passed`, `failing_rows`,
    `failing_slices`, `checked_at` (UTC, of the last evaluation), `detail` (of the newest failure). An
    evaluation of the whole table replaces all before it, one of a slice the one before it of that slice.
    """
    if not is_stored(connection, CHECK_RESULTS):
        return pl.DataFrame(schema=_CHECKS)
    return ask(
        connection,
        f"""
        with results as (
            select
                *,
                max(checked_at) filter (where slice_date is null)
                    over (partition by table_name, check_name) as whole_table_at,
                row_number() over (
                    partition by table_name, check_name, slice_date order by checked_at desc
                ) as age
            from {CHECK_RESULTS.full_name}
        ),
        standing as (
            select *
            from results
            where age = 1 and (whole_table_at is null or checked_at >= whole_table_at)
        )
        select
            table_name,
            check_name,
            arg_max(severity, checked_at) as severity,
            bool_and(passed) as passed,
            sum(failing_rows)::bigint as failing_rows,
            count(*) filter (where not passed) as failing_slices,
            max(checked_at) as checked_at,
            coalesce(arg_max(detail, checked_at) filter (where not passed), '') as detail
        from standing
        group by table_name, check_name
        order by passed, severity, table_name, check_name
        """,
    )


_CHECKS: dict[str, PolarsDataType] = {
    **dict.fromkeys(("table_name", "check_name", "severity"), pl.String),
    "passed": pl.Boolean,
    **dict.fromkeys(("failing_rows", "failing_slices"), pl.Int64),
    "checked_at": pl.Datetime("us"),
    "detail": pl.String,
}


def incidents(processed_dir: Path) -> tuple[datetime, pl.DataFrame] | None:
    """The UTC moment at which somebody looked last, and what was broken then, a row each: `kind`, `title`,
    `detail`, `partitions`, `assets`, `run_id`, `blocks`. None where nobody looked yet.

    Raises:
        WarehouseError: the file beside the published copy is none of ours.
    """
    standing = read_incidents(processed_dir)
    if standing is None:
        return None
    rows = [
        {
            "kind": incident.kind,
            "title": incident.title,
            "detail": incident.detail,
            "partitions": incident.partitions,
            "assets": ", ".join(incident.assets),
            "run_id": incident.run_id,
            "blocks": incident.blocks,
        }
        for incident in standing.incidents
    ]
    return standing.told_at, pl.DataFrame(rows, schema=_INCIDENTS)


_INCIDENTS: dict[str, PolarsDataType] = {
    **dict.fromkeys(("kind", "title", "detail", "partitions", "assets", "run_id"), pl.String),
    "blocks": pl.Boolean,
}


def streamed(processed_dir: Path) -> pl.DataFrame:
    """How far the lake was behind the stream when somebody looked last. One row per partition of the topic.

    `topic`, `partition`, `lag` (messages that the lake has not), `newest_event` (UTC, end of the newest event
    in the lake), `rows_per_second` and `refused_share` (of its messages), `told_at` (UTC).

    Raises:
        WarehouseError: the file beside the published copy is none of ours.
    """
    rows = [{name: getattr(each, name) for name in _STREAMED} for each in read_streams(processed_dir)]
    return pl.DataFrame(rows, schema=_STREAMED)


_STREAMED: dict[str, PolarsDataType] = {
    "topic": pl.String,
    "partition": pl.Int64,
    "lag": pl.Int64,
    "newest_event": pl.Datetime("us"),
    "rows_per_second": pl.Float64,
    "refused_share": pl.Float64,
    "told_at": pl.Datetime("us"),
}


def heard_offline(connection: Connection) -> pl.DataFrame:
    """Playbacks that stand where they were heard and not where they were reported. One row per listener with
    any: `user_id`, `moved`, of them `over_ten_minutes` and on an `other_date` (UTC), and `longest_hours`, the
    largest move.
    """
    if "reported_at" not in stored_columns(connection, LISTENING_EVENTS.full_name):
        return pl.DataFrame(schema=_HEARD_OFFLINE)
    return ask(
        connection,
        f"""
        select user_id, {MOVED_COUNTS}
        from {LISTENING_EVENTS.full_name}
        where reported_at is not null
        group by user_id
        order by moved desc, user_id
        """,
    )


_HEARD_OFFLINE: dict[str, PolarsDataType] = {
    "user_id": pl.String,
    **dict.fromkeys(("moved", "over_ten_minutes", "other_date"), pl.Int64),
    "longest_hours": pl.Float64,
}


def under_each_stream_rule(connection: Connection, filters: Filters) -> pl.DataFrame:
    """The same listening under each rule of what a stream is. One row per rule: `rule`, `says`, `whose`,
    `playbacks`, `streams`, `share` (streams ÷ playbacks, null without any) and `hours` heard in them.

    All content, over the last days of the period only (`rule_period`); read day by day, so that memory does
    not grow with it. The rules are those of `transforms.outcomes`.
    """
    period = rule_period(filters.period)
    totals = dict.fromkeys(STREAM_RULES, (0, 0))
    playbacks = 0
    for number in range(period.days):
        day = period.first + timedelta(days=number)
        events = ask(
            connection,
            f"select {', '.join(_RULE_COLUMNS)} from {_EVENTS.within(Period(day, day), filters)} "
            f"where action in {PLAYBACK_ACTIONS}",
            filters,
        )
        playbacks += events.height
        counted = events.select(
            pl.struct(
                _applies(rule).sum().cast(pl.Int64).alias("streams"),
                pl.col("ms_played").filter(_applies(rule)).sum().alias("ms"),
            ).alias(name)
            for name, rule in STREAM_RULES.items()
        ).row(0, named=True)
        totals = {
            name: (streams + counted[name]["streams"], ms + counted[name]["ms"])
            for name, (streams, ms) in totals.items()
        }
    return pl.DataFrame(
        [
            {
                "rule": name,
                "says": STREAM_RULES[name].says,
                "whose": STREAM_RULES[name].source,
                "playbacks": playbacks,
                "streams": streams,
                "share": streams / playbacks if playbacks else None,
                "hours": ms / MS_PER_HOUR,
            }
            for name, (streams, ms) in totals.items()
        ],
        schema_overrides={"share": pl.Float64},
    )


def _applies(rule: PlaybackRule) -> pl.Expr:
    """Row by row whether a rule applies: one that always does is a single literal otherwise."""
    return pl.col("ms_played").is_not_null() & rule.applies.fill_null(value=False)


def rule_period(period: Period) -> Period:
    """The days over which rules are compared: the last ones of a period."""
    return period.newest(RULE_DAYS)
