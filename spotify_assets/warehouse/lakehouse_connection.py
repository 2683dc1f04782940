"""DuckDB with a DuckLake attached: its extensions, the keys of the object store, and errors without secrets.

The extensions are wheels beside DuckDB (the extra `lakehouse`), or installed in DuckDB's own folder. Here
belongs: how it is reached. Not here: what may be done with it (`lakehouse`).
"""

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from spotify_assets.places.credentials import s3_access
from spotify_assets.rows.sql import text
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.errors import WarehouseError

CATALOG = "warehouse"
"""The name under which it is attached: by it views call their tables, and dbt its database."""
_CONFIG = {
    # pip has compared the wheels with their hashes. DuckDB would do so each time, with 100 MB (0.4 s).
    "allow_unsigned_extensions": "true",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_PATIENCE = {"http_retries": 6, "http_retry_wait_ms": 100, "http_retry_backoff": 4}
_EXTENSIONS = ("ducklake", "postgres_scanner", "httpfs")
_PARTS = {"access_key_id": "key_id", "secret_access_key": "secret"}
"""Names of DuckDB's secrets, where they are not those of the places."""
_OPTIONS = {
    # Rows in the catalogue are miscounted after deletes: duckdb/ducklake#1364.
    "data_inlining_row_limit": 0,
    # Whoever reads never makes a catalogue, and a writer only while it holds the lock.
    "create_if_not_exists": "true",
}


def attached(address: str, data: str, memory_limit: str | None, state: str = "") -> Connection:
    """DuckDB in memory with the warehouse attached, made where there is none; `state` names an earlier one.

    Raises:
        WarehouseError: an extension is missing, or Postgres or the state cannot be reached.
    """
    config: dict[str, Any] = {"memory_limit": memory_limit} if memory_limit else {}
    # Else it is the folder `.tmp` of wherever the process was started, which others use as well.
    config["temp_directory"] = str(scratch() / f".duckdb-{uuid4().hex}")
    connection = duckdb.connect(config=_CONFIG | config)
    with plainly(f"the lakehouse at {data} cannot be opened"):
        attach(connection, address, data, state)
    return connection


def scratch() -> Path:
    """The folder for what memory does not hold.

    In a task of Spark it is the one that Spark gives to it and removes with the executor, however that ends.
    """
    given = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0]
    return Path(given or tempfile.gettempdir())


def attach(connection: Connection, address: str, data: str, state: str = "") -> None:
    """Attach the warehouse to a connection, whose cursors then `use` it."""
    for name in _EXTENSIONS:
        load(connection, name)
    if data.startswith("s3://"):
        # A store that says that it is busy is asked again for two minutes.
        for name, value in _PATIENCE.items():
            connection.execute(f"set global {name} = {value}")  # else it is not of the cursors
        connection.execute(_s3_secret(data))
    # A commit makes the snapshot after the one that it has read, or fails (`lakehouse`).
    connection.execute("set global ducklake_max_retry_count = 0")
    options = ", ".join(
        [f"data_path {text(data.rstrip('/') + '/')}", *(f"{k} {v}" for k, v in _OPTIONS.items())]
    )
    connection.execute(f"attach {text(f'ducklake:postgres:{address}')} as {CATALOG} ({options}{state})")


def load(connection: Connection, name: str) -> None:
    """Load an extension from its wheel, else from where DuckDB installs them; nothing is downloaded."""
    wheel = importlib.util.find_spec(f"duckdb_extension_{name}")
    folders = (wheel.submodule_search_locations if wheel else None) or []
    found = [
        file
        for folder in folders
        for file in Path(folder).glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension")
    ]
    connection.execute(f"load {text(found[0]) if found else name}")


@contextmanager
def plainly(words: str) -> Iterator[None]:
    """Errors of DuckDB become one line that begins with some words and holds no address with a password.

    Raises:
        WarehouseError: DuckDB said something; that is not told where it quotes what it attached.
    """
    try:
        yield
    except duckdb.Error as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        said = next((line for line in reversed(lines) if "password" not in line and "LINE" not in line), "")
        hint = ""
        if isinstance(error, duckdb.IOException) and "extension" in str(error).lower():
            hint = "; pip install 'spotify-assets[lakehouse]'"
        raise WarehouseError(f"{words} ({said.strip()[:300]}){hint}") from None


def _s3_secret(data: str) -> str:
    told = {_PARTS.get(name, name): value for name, value in s3_access(data).items()}
    endpoint = told.pop("endpoint", "")
    if endpoint:
        scheme, _, host = endpoint.partition("://")
        told |= {"endpoint": host, "url_style": "path", "use_ssl": str(scheme == "https").lower()}
    parts = ", ".join(f"{name} {text(value)}" for name, value in told.items())
    bucket = "/".join(data.split("/")[:3])
    return f"create or replace secret of_the_lake (type s3, scope {text(bucket)}, {parts})"
