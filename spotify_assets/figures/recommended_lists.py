"""A listener's newest lists of recommendations, as they are stored."""

import polars as pl

from spotify_assets.tables import RECOMMENDATIONS
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.connection import Connection


def newest_lists(connection: Connection, user_id: str) -> pl.DataFrame:
    """Both lists of the newest cut-off at which the listener has any: rows of `ml.recommendations`, by task
    and rank; none where nothing is recommended to them."""
    if not is_stored(connection, RECOMMENDATIONS):
        return RECOMMENDATIONS.empty()
    found: pl.DataFrame = connection.sql(
        f"""
        select *
        from {RECOMMENDATIONS.full_name}
        where user_id = $user_id
        qualify cutoff_date = max(cutoff_date) over ()
        order by task, rank
        """,
        params={"user_id": user_id},
    ).pl()
    return found
