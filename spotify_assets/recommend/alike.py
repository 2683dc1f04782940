"""Tracks that sound like one track: the nearest ones by audio features."""

import numpy as np
import polars as pl

from spotify_assets.recommend.listening import Catalogue


def sounding_like(track_id: str, tracks: pl.DataFrame) -> pl.DataFrame:
    """The other tracks, the nearest first: `track_id`, and `distance` in standard deviations.

    Args:
        track_id: one of the tracks.
        tracks: `NEEDED_OF_TRACKS`.
    """
    catalogue = Catalogue.of(tracks, pl.Series([track_id]))
    sound = catalogue.sound
    apart = np.sqrt(((sound - sound[catalogue.places(pl.Series([track_id]))]) ** 2).sum(axis=1))
    return (
        catalogue.track_id.to_frame()
        .with_columns(distance=pl.Series(apart.astype(np.float64)))
        .filter(pl.col("track_id") != track_id)
        .sort("distance", "track_id")
    )
