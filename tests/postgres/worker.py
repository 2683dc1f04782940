"""A publishing in a process of its own, which a test kills at a chosen statement: `python -m` this module."""

import os
import signal
import sys
from pathlib import Path

import psycopg

from spotify_assets.serving.publishing import publish_to_postgres
from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.warehouse.database import Database


def main(copy: str, url: str, statements: int) -> None:
    """Publish, and kill this process before its statement of that number, or half-way through its copying."""
    counted = 0
    execute, write_row = psycopg.RawCursor.execute, psycopg.Copy.write_row

    def step() -> None:
        nonlocal counted
        counted += 1
        if counted == statements:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_execute(self, *args, **kwargs):
        step()
        return execute(self, *args, **kwargs)

    def counted_write_row(self, row):
        if hash(row) % 500 == 0:
            step()
        return write_row(self, row)

    psycopg.RawCursor.execute = counted_execute  # type: ignore[method-assign]
    psycopg.Copy.write_row = counted_write_row  # type: ignore[method-assign]
    publish_to_postgres(Database(Path(copy)), url, PROJECT_ROOT / "dbt_project")
    print(counted)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
