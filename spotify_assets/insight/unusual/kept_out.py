"""What becomes of a find, if a person wants: the exclusion rule that keeps it out, and what that changes."""

from datetime import timedelta

import polars as pl

from spotify_assets.insight.unusual.marks import APART, in_runs, silence
from spotify_assets.transforms.exclusions import Exclusion

_BY = ("user_id", "kind", "sign", "device", "source")
_JUST = timedelta(milliseconds=1)


def whole_episodes(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of ml.unusual_listening with those of an episode that crosses midnight as one, under the first id.

    One row per episode, by time.
    """
    ordered = rows.sort(*_BY, "started_at")
    return (
        in_runs(ordered, silence() > APART, by=_BY)
        .group_by("run", *_BY, maintain_order=True)
        .agg(
            pl.col("unusual_id", "started_at").first(),
            pl.col("ended_at").max(),
            pl.col("playbacks", "ms_played").sum(),
            pl.col("says").first()
            + pl.when(pl.len() > 1).then(pl.lit("; and on past midnight")).otherwise(pl.lit("")),
        )
        .drop("run")
        .sort("started_at", "unusual_id")
    )


def rule_of(episode: dict[str, object]) -> Exclusion:
    """The rule that excludes an episode: the listener's playbacks of its time, at its device where it names
    one.

    Raises:
        ValueError: it is a silence, in which there is nothing to exclude.
    """
    if not episode["playbacks"]:
        raise ValueError(f"{episode['unusual_id']} is a silence of the source: there is nothing to keep out")
    start, end = episode["started_at"], episode["ended_at"]
    # What ended as it began is not part of it, and its own last end is.
    return Exclusion(
        user_id=episode["user_id"],  # type: ignore[arg-type]
        since=start + _JUST,  # type: ignore[operator]
        until=end + _JUST,  # type: ignore[operator]
        device=episode["device"],  # type: ignore[arg-type]
    )


def with_and_without(totals: pl.DataFrame, excluded: pl.DataFrame) -> pl.DataFrame:
    """Totals side by side. One row per listener: `playbacks`, `streams`, `hours` and each `_without`.

    `totals` has the first three by `user_id`; `excluded` are the playbacks that rules match, with `user_id`,
    `event_id`, `is_stream` and `ms_played`.
    """
    left = (
        excluded.unique("event_id")
        .group_by("user_id")
        .agg(
            playbacks=pl.len().cast(pl.Int64),
            streams=pl.col("is_stream").sum().cast(pl.Int64),
            hours=pl.col("ms_played").sum() / 3_600_000,
        )
    )
    names = ("playbacks", "streams", "hours")
    return (
        totals.join(left, on="user_id", how="left", suffix="_left")
        .with_columns(
            (pl.col(name) - pl.col(f"{name}_left").fill_null(0)).alias(f"{name}_without") for name in names
        )
        .select("user_id", *(f"{name}{end}" for name in names for end in ("", "_without")))
        .sort("user_id")
    )
