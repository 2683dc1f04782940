"""What snapshots are taken of: the tracks that were heard, and what catalogues told of them before."""

from collections.abc import Mapping, Sequence

import polars as pl

from spotify_assets.settings import Settings
from spotify_assets.tables import AUDIO_FEATURES, DAILY_TRACK_METRICS, TRACKS
from spotify_assets.warehouse.door import warehouse_of
from spotify_assets.warehouse.reader import TableReader


def heard_tracks(settings: Settings) -> list[str]:
    """The Spotify ids of the tracks that anyone played, by plays; none before the tables are made."""
    warehouse = warehouse_of(settings)
    if not warehouse.exists():
        return []
    found = TableReader(warehouse, DAILY_TRACK_METRICS).query(
        f"""
        select track_id
        from {DAILY_TRACK_METRICS.full_name}
        where regexp_full_match(track_id, '[0-9A-Za-z]{{22}}')
        group by track_id
        having sum(plays) > 0
        order by sum(plays) desc, track_id
        """
    )
    ids: list[str] = found["track_id"].to_list()
    return ids


def known_of(settings: Settings, ids: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
    """Audio features and main genre of some tracks, by id: the newest that a catalogue told of each."""
    warehouse = warehouse_of(settings)
    if not warehouse.exists():
        return {}
    rows = TableReader(warehouse, TRACKS).read(
        columns=["track_id", "snapshot_date", "primary_genre", *AUDIO_FEATURES],
        matching=pl.DataFrame({"track_id": ids}, schema={"track_id": pl.String}),
    )
    newest = (
        rows.sort("snapshot_date")
        .group_by("track_id")
        .agg(pl.col("primary_genre", *AUDIO_FEATURES).last(ignore_nulls=True))
    )
    return {row.pop("track_id"): row for row in newest.rename({"primary_genre": "genre"}).to_dicts()}
