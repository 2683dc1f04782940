"""Joining events with what the catalogue said on their day."""

from collections.abc import Sequence

import polars as pl


def join_tracks(events: pl.DataFrame, tracks: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Add columns of the catalogue as of each event's date. One row per event, order kept.

    For each track the newest snapshot at or before the date counts; where there is none, the earliest one
    after it. Tracks that no snapshot has, and events without a track, get nulls.
    """
    known = tracks.select("track_id", "snapshot_date", *columns)
    if known["snapshot_date"].n_unique() <= 1:
        return events.join(known.drop("snapshot_date"), on="track_id", how="left", maintain_order="left")
    numbered = events.with_row_index("_order").sort("event_date")
    known = known.sort("snapshot_date").with_columns(_found=pl.lit(value=True))
    before = _nearest(numbered, known, "backward")
    after = _nearest(before.filter(pl.col("_found").is_null()).select(numbered.columns), known, "forward")
    return (
        pl.concat([before.filter(pl.col("_found").is_not_null()), after])
        .sort("_order")
        .drop("_order", "_found")
    )


def _nearest(events: pl.DataFrame, known: pl.DataFrame, strategy: str) -> pl.DataFrame:
    return events.join_asof(
        known,
        left_on="event_date",
        right_on="snapshot_date",
        by="track_id",
        strategy=strategy,  # type: ignore[arg-type]
        coalesce=False,
        check_sortedness=False,
    ).drop("snapshot_date")
