"""Whether a table has as many rows as it says: by its statistics, by its files, and by the books.

A lakehouse answers `count(*)` from its catalogue, so that rows which were written twice, or deletes that were
not applied, show as a difference.
"""

import duckdb

from spotify_assets.rows.sql import quoted
from spotify_assets.tables import ROW_COUNTS
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.connection import Connection, single_row


def disagreements(connection: Connection) -> dict[str, str]:
    """What is different, in words, by `schema.table`; of tables that agree nothing.

    The books tell of the tables that have date partitions; of the others only the count and a scan of all
    columns are compared.
    """
    booked = _booked(connection) if is_stored(connection, ROW_COUNTS) else {}
    found = {}
    for schema, name in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database() "
        "order by all"
    ).fetchall():
        relation, full_name = f"{quoted(schema)}.{quoted(name)}", f"{schema}.{name}"
        [counted] = single_row(connection, f"select count(*) from {relation}")
        try:
            # A value of every row is asked for, so that the answer cannot come from statistics.
            scanned, *_ = single_row(connection, f"select count(*), max(hash(columns(*))) from {relation}")
        except duckdb.IOException as error:
            found[full_name] = f"cannot be read ({str(error).splitlines()[0]})"
            continue
        said = {"count(*)": counted, "a scan": scanned}
        if full_name in booked:
            said["the books"] = booked[full_name]
        if len(set(said.values())) > 1:
            found[full_name] = ", ".join(f"{rows:,} by {source}" for source, rows in said.items())
    return found


def _booked(connection: Connection) -> dict[str, int]:
    loaded = connection.execute(
        f"select table_name, sum(rows)::bigint from {ROW_COUNTS.full_name} "
        "where outcome = 'loaded' group by all"
    ).fetchall()
    return dict(loaded)
