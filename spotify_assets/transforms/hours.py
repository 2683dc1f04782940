"""True listening time: the wall-clock time that playbacks cover, in the listener's local clock hours.

A playback covers the `ms_played` milliseconds up to the moment it ended. Time covered by several playbacks of
one listener counts once; the rest is counted as overlapping. Times are whole milliseconds.

A date holds what the playbacks that ended on it add to those that ended before, so that sums over dates are
exact however the dates are cut into slices. That takes the playbacks of the day before and no more, because a
playback covers at most `LONGEST_MS`.
"""

import polars as pl

from spotify_assets.tables import LISTENING_HOURS, PLAYBACK_ACTIONS
from spotify_assets.transforms.zones import DAY_MS, HOUR_MS, offsets, with_time_zone

NEEDED_FOR_HOURS = (
    *("event_id", "user_id", "event_date", "started_at", "ended_at", "action", "ms_played", "country"),
)
"""Columns of core.listening_events that listening hours are made from."""
LOOKBACK_DAYS = 1
LONGEST_MS = DAY_MS
"""The most wall-clock time that one playback can cover; what a source claims beyond it is overlapping."""

_HOUR = ["event_date", "user_id", "hour_ms"]


def listening_hours(
    events: pl.DataFrame, day_before: pl.DataFrame, profiles: pl.DataFrame, default_time_zone: str
) -> pl.DataFrame:
    """Listening hours of a slice. One row per event date, listener and local clock hour.

    `events` are the listening events of the slice, `day_before` those of the day before it (columns
    `NEEDED_FOR_HOURS`), `profiles` the listeners who declared a zone. For each date and listener,
    `ms_listened` and `ms_overlapping` add up to the milliseconds played.
    """
    covered = _covered(pl.concat([day_before, events], how="diagonal"))
    if events.is_empty() or covered.is_empty():
        return LISTENING_HOURS.empty()
    covered = with_time_zone(covered, profiles, default_time_zone)
    covered = covered.with_columns(new_from=pl.max_horizontal("from_ms", _covered_until()))
    first_date = pl.lit(events["event_date"].min())
    of_slice = covered.filter(pl.col("event_date") >= first_date)
    new = covered.filter(pl.col("new_from") < pl.col("until_ms")).with_columns(from_ms="new_from")
    hours = pl.concat(
        [
            _by_hour(of_slice).with_columns(played="ms", listened=pl.lit(0, pl.Int64)),
            _by_hour(new.filter(pl.col("event_date") >= first_date)).with_columns(
                played=pl.lit(0, pl.Int64), listened="ms", beyond_ms=pl.lit(0, pl.Int64)
            ),
            _by_hour(_covered_the_day_before(new).filter(pl.col("event_date") >= first_date)).with_columns(
                played=pl.lit(0, pl.Int64), listened=-pl.col("ms"), beyond_ms=pl.lit(0, pl.Int64)
            ),
        ]
    )
    return (
        hours.sort("order")
        .group_by(_HOUR)
        .agg(
            pl.col("time_zone", "offset_ms").last(),
            ms_listened=pl.col("listened").sum(),
            ms_overlapping=pl.col("played").sum() + pl.col("beyond_ms").sum() - pl.col("listened").sum(),
        )
        .with_columns(local=pl.from_epoch(pl.col("hour_ms") + pl.col("offset_ms"), "ms"))
        .with_columns(
            hour_starts_at=pl.from_epoch("hour_ms", "ms").cast(pl.Datetime("us")),
            local_date=pl.col("local").dt.date(),
            local_hour=pl.col("local").dt.hour().cast(pl.Int64),
        )
        .select(LISTENING_HOURS.column_names)
        .sort(LISTENING_HOURS.key)
    )


def _covered(events: pl.DataFrame) -> pl.DataFrame:
    """Playbacks in which something was heard, with the milliseconds since 1970 that they cover.

    In the order in which they take the time: by listener, date and start. `order` counts them.
    """
    return (
        events.filter(pl.col("action").is_in(PLAYBACK_ACTIONS), pl.col("ms_played") > 0)
        .with_columns(
            until_ms=pl.col("ended_at").dt.epoch("ms"), ms=pl.min_horizontal("ms_played", pl.lit(LONGEST_MS))
        )
        .with_columns(from_ms=pl.col("until_ms") - pl.col("ms"), beyond_ms=pl.col("ms_played") - pl.col("ms"))
        .sort("user_id", "event_date", "from_ms", "until_ms", "event_id")
        .with_row_index("order")
        .select(
            *("order", "user_id", "event_date", "country", "from_ms", "until_ms", "beyond_ms"),
        )
    )


def _covered_until() -> pl.Expr:
    """Until when the listener's playbacks of the date before this one, in order, cover the time; null for
    the first."""
    return pl.col("until_ms").cum_max().shift(1).over("user_id", "event_date")


def _covered_the_day_before(new: pl.DataFrame) -> pl.DataFrame:
    """The parts of the time before midnight that playbacks of the day before cover already.

    Every playback that runs across midnight covers the moment itself, so the first of a date that covers
    any time before midnight covers all of it that the date covers.
    """
    midnight = pl.col("event_date").cast(pl.Datetime("ms")).dt.epoch("ms")
    across = new.filter(pl.col("from_ms") < midnight).with_columns(until_ms=midnight)
    before = new.select(
        "user_id", pl.col("event_date").dt.offset_by("1d"), had_from="from_ms", had_until="until_ms"
    )
    return (
        across.join(before, on=["user_id", "event_date"])
        .with_columns(
            from_ms=pl.max_horizontal("from_ms", "had_from"),
            until_ms=pl.min_horizontal("until_ms", "had_until"),
        )
        .filter(pl.col("from_ms") < pl.col("until_ms"))
        .select(new.columns)
    )


def _by_hour(stretches: pl.DataFrame) -> pl.DataFrame:
    """Stretches of time cut into local clock hours. One row per stretch and hour: `hour_ms`, `ms`.

    The hour of a moment begins where the minutes of its local clock were last zero by the same offset.
    What a playback claims beyond the longest (`beyond_ms`) stays with its first hour.
    """
    schema = {"hour_ms": pl.Int64, "offset_ms": pl.Int64, "ms": pl.Int64}
    parts = [_cut(_at_offsets(of_zone, str(zone))) for (zone,), of_zone in stretches.group_by("time_zone")]
    columns = ["order", "user_id", "event_date", "time_zone", "beyond_ms", *schema]
    if not parts:
        return stretches.with_columns(pl.lit(0, kind).alias(name) for name, kind in schema.items()).select(
            columns
        )
    return pl.concat(parts).select(columns)


def _at_offsets(stretches: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Stretches of one zone with its offset, cut where the offset changes."""
    start, end = stretches["from_ms"].min(), stretches["until_ms"].max()
    of_zone = offsets(time_zone, start, end).with_row_index("stretch")  # type: ignore[arg-type]
    starts = of_zone["from_ms"]
    first, last = (
        starts.search_sorted(stretches[column] - shift, side="right") - 1
        for column, shift in (("from_ms", 0), ("until_ms", 1))
    )
    return (
        stretches.with_columns(stretch=pl.int_ranges(first, last + 1, dtype=pl.UInt32, eager=True))
        .explode("stretch")
        .join(of_zone, on="stretch", suffix="_of_offset")
        .with_columns(
            beyond_ms=pl.when(pl.col("from_ms") >= pl.col("from_ms_of_offset"))
            .then("beyond_ms")
            .otherwise(0),
            from_ms=pl.max_horizontal("from_ms", "from_ms_of_offset"),
            until_ms=pl.min_horizontal("until_ms", "until_ms_of_offset"),
        )
    )


def _cut(stretches: pl.DataFrame) -> pl.DataFrame:
    """Stretches of constant offset cut at full hours of the local clock."""
    local_from, local_until = (pl.col(name) + pl.col("offset_ms") for name in ("from_ms", "until_ms"))
    return (
        stretches.with_columns(
            hour=pl.int_ranges(local_from // HOUR_MS, (local_until - 1) // HOUR_MS + 1, dtype=pl.Int64)
        )
        .explode("hour")
        .with_columns(hour_ms=pl.col("hour") * HOUR_MS - pl.col("offset_ms"))
        .with_columns(
            beyond_ms=pl.when(pl.col("from_ms") >= pl.col("hour_ms")).then("beyond_ms").otherwise(0),
            ms=pl.min_horizontal("until_ms", pl.col("hour_ms") + HOUR_MS)
            - pl.max_horizontal("from_ms", "hour_ms"),
        )
    )
