"""What the source itself does: silences when it usually tells of listening, and playbacks at one moment."""

from datetime import timedelta

import numpy as np
import polars as pl

from spotify_assets.insight.unusual.marks import marks

GAP, BURST = "source_gap", "source_burst"
SHORTEST = timedelta(hours=2)
USUAL_DAYS, LEAST_DAYS = 28, 14
"""Days before a silence that say what is usual, and those of them on which anything must have come."""
MISSED = 20.0
"""Sessions that would usually have begun in a silence: where they begin at random, none of 20 do once in e²⁰
(500 million) times. A listener alone, with two a day, must be silent for ten days."""
AT_ONCE, MORE_THAN = 5, timedelta(minutes=5)
"""Playbacks that ended in one minute, and the music in them beside the longest: it takes longer to hear."""
_HOUR = timedelta(hours=1)
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String,
    "started_at": pl.Datetime("us"),
    "ended_at": pl.Datetime("us"),
    "missed": pl.Float64,
}


def source_gaps(hours: pl.DataFrame) -> pl.DataFrame:
    """The silences of sources. One row per silence: `source`, `started_at`, `ended_at`, sessions `missed`.

    `hours` has a row for each source and clock hour with a playback: `source`, `hour`, `sessions` that began
    in it, `first_at` and `last_at`, the first start and the last end of its playbacks.
    """
    found = [
        (source, *gap)
        for (source,), of_source in hours.sort("hour").partition_by("source", as_dict=True).items()
        for gap in _gaps(of_source)
    ]
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")


def _gaps(hours: pl.DataFrame) -> list[tuple[object, object, float]]:
    ended = hours["last_at"].cum_max().shift(1)
    silent = hours.with_columns(ended=ended).filter(pl.col("first_at") - pl.col("ended") >= SHORTEST)
    found = []
    for start, end in silent.filter(_may_be_gaps(hours, silent)).select("ended", "first_at").iter_rows():
        usual = hours.filter(pl.col("hour") < start, pl.col("hour") >= start - timedelta(days=USUAL_DAYS))
        if usual["hour"].dt.date().n_unique() < LEAST_DAYS:
            continue
        days = (start - usual["hour"].min()) / timedelta(days=1)
        by_hour = np.zeros(24)
        for hour, sessions in (
            usual.group_by(pl.col("hour").dt.hour()).agg(pl.col("sessions").sum()).iter_rows()
        ):
            by_hour[hour] = sessions / days
        whole = int((end - start) / _HOUR)
        missed = float(sum(by_hour[(start + _HOUR * n).hour] for n in range(whole)))
        if missed >= MISSED:
            found.append((start, end, missed))
    return found


def _may_be_gaps(hours: pl.DataFrame, silent: pl.DataFrame) -> pl.Series:
    """Which silences may have missed enough: nearly all are nights, and no more is to be known of them.

    No hour of the day comes more often in a silence than it has begun days, and all hours of a day together
    usually have the sessions of a day.
    """
    hour, start = hours["hour"].to_numpy(), silent["ended"].to_numpy()
    sessions = np.append(0, hours["sessions"].to_numpy().cumsum())
    first = np.searchsorted(hour, start - np.timedelta64(USUAL_DAYS, "D"))
    last = np.searchsorted(hour, start)
    days = (start - np.append(hour, hour[-1:])[first]) / np.timedelta64(1, "D")
    begun = np.ceil((silent["first_at"].to_numpy() - start) / np.timedelta64(1, "D"))
    missed = begun * (sessions[last] - sessions[first]) / np.maximum(days, 1.0)
    return pl.Series(missed >= 0.99 * MISSED)  # however they are rounded


def source_bursts(plays: pl.DataFrame) -> pl.DataFrame:
    """The marks of playbacks that ended in one minute though nobody can hear so much in it."""
    moment = ["user_id", "source", pl.col("ended_at").dt.truncate("1m")]
    beside = pl.duration(milliseconds=pl.col("ms_played").sum() - pl.col("ms_played").max())
    at_once = plays.filter(((pl.len() >= AT_ONCE) & (beside >= MORE_THAN)).over(moment))
    return marks(at_once, BURST, "at_once")
