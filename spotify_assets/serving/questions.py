"""The usual questions, asked of the served warehouse: the same SQL, translated, with the same answers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from spotify_assets.rows.sql import text
from spotify_assets.serving.dialect import translated
from spotify_assets.serving.server import connected
from spotify_assets.warehouse.parameters import Value, meant

if TYPE_CHECKING:
    from spotify_assets.serving.server import Session
    from spotify_assets.warehouse.queries import Query

_TYPES: Mapping[int, pl.DataType] = {
    16: pl.Boolean(),
    20: pl.Int64(),
    21: pl.Int64(),
    23: pl.Int64(),
    25: pl.String(),
    701: pl.Float64(),
    1082: pl.Date(),
    1114: pl.Datetime("us"),
    1700: pl.Int64(),
}
"""Polars' type for each of Postgres', by its OID. Exact decimals are sums of whole numbers here: all that is
written with a point is translated to binary floating point."""
_SQL_TYPES: Mapping[type, str] = {int: "integer", float: "double precision", str: "text"}


def run_query_on_postgres(url: str, query: "Query", given: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The answer, from the served warehouse, in the order the query gives.

    Raises:
        ValueError: a parameter is unknown, a value none that it can have, or a name nobody has.
        PostgresError: the server cannot be reached, or refuses, or has not what the query reads.
    """
    values = query.values(given or {})
    with connected(url, f"query {query.name}") as session:

        def ask(sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
            return _asked(session, translated(sql), parameters)

        bound = {
            name: meant(ask, name, value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        cursor = session.execute(postgres_sql(query), list(bound.values()))
        columns = cursor.description or []
        rows = cursor.fetchall()
    schema = {column.name: _TYPES.get(column.type_code, pl.String()) for column in columns}
    plain = [[int(value) if isinstance(value, Decimal) else value for value in row] for row in rows]
    return pl.DataFrame(plain, schema=schema, orient="row")


def postgres_sql(query: "Query", values: Mapping[str, Value] | None = None) -> str:
    """The SQL of a query for Postgres: with its parameters as `$1`, `$2` …, or with values in their place."""
    variables = {
        parameter.name: f"cast({_literal(values[parameter.name]) if values else f'${place}'} as {kind})"
        for place, parameter in enumerate(query.parameters, start=1)
        for kind in [_SQL_TYPES[type(parameter.default)]]
    }
    return translated(query.sql(), variables)


def _literal(value: Value) -> str:
    return text(value) if isinstance(value, str) else str(value)


def _asked(session: "Session", sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
    return session.execute(sql, list(parameters)).fetchall()
