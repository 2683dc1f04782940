"""What a person sees who logs in to the server with psql: rows, and errors."""

from pathlib import Path
from typing import Any

import duckdb

Rows = list[tuple[Any, ...]]


def asked(url: str, *statements: str) -> Rows:
    """The rows of the last of some statements, each of which stays by itself."""
    import psycopg

    rows: Rows = []
    with psycopg.connect(url, autocommit=True) as session:
        for statement in statements:
            cursor = session.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows


def in_copy(copy: Path, sql: str) -> Rows:
    """The rows that DuckDB answers from a published copy."""
    with duckdb.connect(str(copy), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def everything(url: str) -> dict[str, Rows]:
    """Every published table with its rows, sorted."""
    tables = asked(url, "select relation from serving.relations where kind = 'table' order by 1")
    return {name: asked(url, f"select * from {name} as t order by t") for (name,) in tables}
