"""Lakehouses for tests: a database of Postgres each, with the rows in a folder."""

import importlib.util
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from spotify_assets.settings import LAKEHOUSE
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.write_lock import connect
from tests.servers import postgres


def missing() -> str | None:
    """What is missing for a lakehouse; None when nothing is."""
    if importlib.util.find_spec("duckdb_extension_ducklake") is None:
        return "DuckDB has no ducklake here: make test-cluster"
    return postgres.missing()


def new_catalogue(server: postgres.Postgres) -> str:
    """How libpq reaches a new, empty database."""
    name = f"lake_{uuid4().hex[:12]}"
    session = connect("the tests", server.url())
    with session.cursor() as cursor:
        cursor.execute(f"create database {name}")
    session.close()
    return server.url(database=name)


def new_lakehouse(server: postgres.Postgres, folder: Path, timeout: float = 10.0) -> Lakehouse:
    """A lakehouse in which nothing was ever written."""
    return Lakehouse(new_catalogue(server), str(folder / "warehouse"), timeout, "1GB")


def as_setting(address: str) -> SecretStr:
    """The address of a catalogue, as the setting has it."""
    return SecretStr(f"{LAKEHOUSE}{address}")


def stored_files(lakehouse: Lakehouse) -> list[Path]:
    """The files of a lakehouse in a folder."""
    return sorted(path for path in Path(lakehouse.data).rglob("*") if path.is_file())


def said_by_postgres(lakehouse: Lakehouse, statement: str) -> list[tuple[object, ...]]:
    """The answer of Postgres itself."""
    session = connect(lakehouse, lakehouse.address)
    try:
        with session.cursor() as cursor:
            cursor.execute(statement)
            found: list[tuple[object, ...]] = cursor.fetchall()
            return found
    finally:
        session.close()


def names_in_catalogue(lakehouse: Lakehouse, text: str) -> list[str]:
    """The tables of the catalogue in which a text stands anywhere."""
    tables = said_by_postgres(
        lakehouse, "select tablename from pg_tables where schemaname = 'public' order by 1"
    )
    return [
        str(table)
        for (table,) in tables
        if said_by_postgres(lakehouse, f"select 1 from {table} as t where t::text like '%{text}%' limit 1")
    ]
