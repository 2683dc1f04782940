"""The listening before a slice, as `transforms.features.Earlier`, where a test holds all of it in a frame."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl


class Before:
    """The listening before a slice, counted plainly; only the days that are asked for."""

    def __init__(self, events: pl.DataFrame, first: date) -> None:
        self.events, self.first = events, first

    def rows(self, days: int, columns: Sequence[str], matching: pl.DataFrame) -> pl.DataFrame:
        of_days = self.events.filter(pl.col("event_date") >= self.first - timedelta(days=days))
        return of_days.join(matching, on=matching.columns, how="semi").select(columns)

    def plays_of_users(self, days: int) -> pl.DataFrame:
        return self._counted(days, "user_id", artists=None)

    def plays_of_pairs(self, days: int, pairs: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
        counted = self._counted(days, "user_id", "track_id", "artist", artists=artists)
        by_track = counted.join(pairs, on=["user_id", "track_id"], how="semi")
        by_artist = counted.join(pairs, on=["user_id", "artist"], how="semi")
        return pl.concat([by_track, by_artist]).unique()

    def _counted(self, days: int, *who: str, artists: pl.DataFrame | None) -> pl.DataFrame:
        played = self.events.filter(
            pl.col("event_date") >= self.first - timedelta(days=days),
            pl.col("content_type") == "music",
            pl.col("track_id").is_not_null(),
            pl.col("action").is_in(["play", "skip"]),
            pl.col("outcome") != "unknown",
        )
        if artists is not None:
            played = played.join(artists, on="track_id", how="left").with_columns(
                artist=pl.coalesce("artist", "artist_name")
            )
        return played.group_by(*who, "event_date").agg(
            plays=pl.len(), skips=(pl.col("outcome") == "skip").sum()
        )
