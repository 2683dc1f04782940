"""What one listener may see of the published copy: their own rows, and what is nobody's listening.

Figures ask the names that they always ask, and find views with less in them; a table that is not named here
is not there. Sums over everybody are left out, because with few listeners they tell of the others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.database import Database, quoted, text

_ALL = "everybody"
"""The whole copy's name, beside which only the views stand."""
_SCHEMAS = ("core", "marts")
"""Schemas of which a listener sees the own rows of every table that says whose each row is."""
OF_NOBODY = ("marts.bridge_track_genre", "marts.dim_country", "marts.dim_device")
"""Tables that say nothing about listening."""
_LEFT_EMPTY = ("marts.artist_totals", "marts.daily_location_metrics", "marts.genre_skip_rates")
"""Sums over everybody that the filters are offered from: one listener has no use for these filters."""


@contextmanager
def own_rows(copy: Database, user_id: str) -> Iterator[Connection]:
    """A connection to the published copy that sees one listener's listening.

    Raises:
        WarehouseMissingError: nothing is published.
    """
    with copy.attached(_ALL) as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name, bool_or(column_name = 'user_id') "
            "from duckdb_columns() where database_name = ? and schema_name in (?, ?) group by all",
            [_ALL, *_SCHEMAS],
        ).fetchall()
        there = {name: f"{_ALL}.{name}" for name, _ in found}
        theirs = f"where user_id = {text(user_id)}"
        views = {name: f"select * from {there[name]} {theirs}" for name, says_whose in found if says_whose}
        views |= {name: f"select * from {there[name]}" for name in OF_NOBODY if name in there}
        views |= {name: f"select * from {there[name]} where false" for name in _LEFT_EMPTY if name in there}
        if {"marts.fact_listens", "marts.dim_track"} <= there.keys():
            views |= _made_of_playbacks(connection, theirs)
        for schema in _SCHEMAS:
            connection.execute(f"create schema {schema}")
        for name, rows in views.items():
            schema, table = name.split(".")
            connection.execute(f"create view {schema}.{quoted(table)} as {rows}")
        yield connection


def _made_of_playbacks(connection: Connection, theirs: str) -> dict[str, str]:
    """Days with music, and the tracks of the catalogue and those that the listener played from elsewhere."""
    listens, tracks = f"{_ALL}.marts.fact_listens", f"{_ALL}.marts.dim_track"
    connection.execute(
        f"create table own_recordings as select distinct recording_id from {tracks} "
        f"where track_id in (select track_id from {listens} {theirs})"
    )
    return {
        "marts.daily_aggregates": f"select distinct event_date from {listens} {theirs} and is_music",
        "marts.dim_track": f"select * from {tracks} where is_in_catalogue "
        "or recording_id in (select recording_id from memory.main.own_recordings)",
    }
