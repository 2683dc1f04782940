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


def everything(url: str) -> dict[str, tuple[int, object]]:
    """Every published table: how many rows, and a sum of hashes of them."""
    tables = asked(url, "select relation from serving.relations where kind = 'table' order by 1")
    digests = [
        f"select '{name}', count(*), sum(hashtextextended(t::text, 0)) from {name} as t" for (name,) in tables
    ]
    return {name: (rows, digest) for name, rows, digest in asked(url, " union all ".join(digests))}
