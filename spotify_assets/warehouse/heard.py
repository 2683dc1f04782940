"""Which tracks were heard, the most-heard first: what snapshots are taken of."""

from spotify_assets.settings import Settings
from spotify_assets.tables import DAILY_TRACK_METRICS
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
