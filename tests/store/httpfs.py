"""DuckDB that reads from S3 by its httpfs, which comes as a wheel for the last DuckDB 1.5 (`make readers`).

It stands in front of the installed DuckDB on the path of a process of its own; where it is missing, tests
say so and are skipped.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(sys.prefix) / "duckdb-1.5"
"""Where the older DuckDB and its extension are."""


def extension() -> Path | None:
    """The file of the extension; None where it is missing."""
    return next(FOLDER.glob("duckdb_extension_httpfs/extensions/v*/httpfs.duckdb_extension"), None)


def missing() -> str | None:
    """What is missing for reading with DuckDB; None when nothing is."""
    return None if extension() else "DuckDB has no httpfs here: make readers"


def variables() -> dict[str, str]:
    """Variables of a process that has the older DuckDB."""
    return {"PYTHONPATH": str(FOLDER)}


def connect() -> "duckdb.DuckDBPyConnection":
    """A connection that reads from the store that the environment names."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"load '{extension()}'")
    secret = {
        "key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
        "region": os.environ["AWS_REGION"],
        "endpoint": os.environ["AWS_ENDPOINT_URL"].removeprefix("http://"),
        "url_style": "path",
    }
    told = ", ".join(f"{name} '{value}'" for name, value in secret.items())
    connection.execute(f"create secret (type s3, use_ssl false, {told})")
    return connection
