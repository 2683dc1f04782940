"""What one listener may see of the published copy: their own rows, and what is nobody's listening.

Figures ask the names that they always ask, and find views with less in them; a table that is not named here
is not there. Sums over everybody are left out, because with few listeners they tell of the others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from spotify_assets.rows.sql import quoted, text
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.database import Database

_ALL = "everybody"
"""The whole copy's name, beside which only the views stand."""
_MARTS = "marts"
_SCHEMAS = ("core", "ml", _MARTS)
"""Schemas of which a listener sees the own rows of every table that says whose each row is."""
OF_NOBODY = ("bridge_track_genre", "dim_country", "dim_device")
"""Marts that say nothing about listening."""
_LEFT_EMPTY = ("artist_totals", "daily_location_metrics", "genre_skip_rates")
"""Marts with sums over everybody, from which filters are offered that one listener has no use for."""


@contextmanager
def own_rows(copy: Database, user_id: str) -> Iterator[Connection]:
    """A connection to the published copy that sees one listener's listening.

    Raises:
        WarehouseMissingError: nothing is published.
    """
    with copy.attached(_ALL) as connection:
        found = connection.execute(
            "select schema_name, table_name, bool_or(column_name = 'user_id') "
            "from duckdb_columns() where database_name = ? and list_contains(?, schema_name) group by all",
            [_ALL, list(_SCHEMAS)],
        ).fetchall()
        marts = {table for schema, table, _ in found if schema == _MARTS}
        theirs = f"where user_id = {text(user_id)}"
        rows = {(schema, table): theirs for schema, table, says_whose in found if says_whose}
        rows |= {(_MARTS, table): "" for table in marts.intersection(OF_NOBODY)}
        rows |= {(_MARTS, table): "where false" for table in marts.intersection(_LEFT_EMPTY)}
        for schema in _SCHEMAS:
            connection.execute(f"create schema {schema}")
        for (schema, table), which in rows.items():
            name = f"{schema}.{quoted(table)}"
            connection.execute(f"create view {name} as select * from {_ALL}.{name} {which}")
        if {"fact_listens", "dim_track"} <= marts:
            _made_of_playbacks(connection)
        yield connection


def _made_of_playbacks(connection: Connection) -> None:
    """Days with music, and the tracks of the catalogue and those that the listener played from elsewhere."""
    tracks = f"{_ALL}.marts.dim_track"
    connection.execute(
        f"create view {_MARTS}.daily_aggregates as "
        "select distinct event_date from marts.fact_listens where is_music"
    )
    connection.execute(
        f"create table own_recordings as select distinct recording_id from {tracks} "
        "where track_id in (select track_id from marts.fact_listens)"
    )
    connection.execute(
        f"create view marts.dim_track as select * from {tracks} "
        "where is_in_catalogue or recording_id in (select recording_id from memory.main.own_recordings)"
    )
