"""What dbt's process needs for the lakehouse: `profiles.yml` names this module as a plugin of dbt-duckdb.

The address stands in a variable that no file of dbt mentions, because dbt writes what it read into its logs
and artifacts, and the address may hold a password.
"""

import json
import os

from dbt.adapters.duckdb.plugins import BasePlugin

from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.lakehouse_connection import CATALOG, attach, plainly


class Plugin(BasePlugin):
    """Attaches the lakehouse when dbt connects, and makes each cursor begin there."""

    def configure_connection(self, conn: Connection) -> None:
        """Attach it."""
        told = json.loads(os.environ["SPOTIFY_LAKEHOUSE"])
        with plainly("dbt cannot open the lakehouse"):
            attach(conn, told["address"], told["data"])

    def configure_cursor(self, cursor: Connection) -> None:
        """Begin in the lakehouse."""
        cursor.execute(f"use {CATALOG}")
