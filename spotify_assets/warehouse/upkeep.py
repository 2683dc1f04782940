"""Looking after a lakehouse: few large files, no state older than is kept, and no file that nobody names.

Here belongs: what is done to the files while nobody writes. Not here: when it is done (`assets.upkeep`).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.lakehouse_connection import CATALOG, plainly

KEPT = timedelta(days=7)
"""How long a state can be read after it was replaced, and for how long a reader may go on reading it."""
ABANDONED = timedelta(days=1)
"""Age from which a file that the catalogue does not name is nobody's: a step that goes on would be done."""


class LookedAfter(Protocol):
    """What is looked after: `lakehouse.Lakehouse`, which calls `forget_deleted` itself."""

    def reader(self) -> AbstractContextManager[Connection]:
        """A connection that sees what was committed."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """A writer whose changes all stay, or none."""

    def maintained(self) -> AbstractContextManager[Connection]:
        """A connection while nobody writes."""

    def vacuum_catalogue(self) -> None:
        """Let Postgres drop what was deleted."""


def look_after(
    warehouse: LookedAfter, kept: timedelta = KEPT, abandoned: timedelta = ABANDONED
) -> dict[str, int]:
    """Join small files, forget states older than `kept`, and remove the files that are no longer read.

    Returns figures by what they are of.

    Raises:
        WarehouseLockedError: another process writes longer than is waited.
        WarehouseError: the lakehouse cannot be reached.
    """
    with plainly(f"{warehouse} could not be looked after"):
        with warehouse.reader() as connection:
            before = _figures(connection)
        _rewrite(warehouse, least_deleted=0.2)
        expired = _expire(warehouse, kept)
        with warehouse.maintained() as connection:
            old, strange = _ago(kept), _ago(abandoned)
            removed = _count(connection, f"ducklake_cleanup_old_files('{CATALOG}', older_than => {old})")
            orphans = _count(
                connection, f"ducklake_delete_orphaned_files('{CATALOG}', older_than => {strange})"
            )
            after = _figures(connection)
    return {
        **{f"{name} before": value for name, value in before.items()},
        **{f"{name} after": value for name, value in after.items()},
        "states expired": expired,
        "files removed": removed,
        "orphans removed": orphans,
    }


def forget_deleted(warehouse: LookedAfter) -> None:
    """Write every file anew that holds deleted rows, and forget every earlier state with its files.

    A query of an earlier state that is under way fails. Postgres keeps bytes of the least and greatest value
    of a deleted row's columns until it vacuums, which is done here, and in its log and backups.

    Raises:
        WarehouseLockedError: another process writes longer than is waited.
    """
    with plainly(f"{warehouse} could not be compacted"):
        _rewrite(warehouse, least_deleted=0)
        _expire(warehouse, timedelta())
        with warehouse.maintained() as connection:
            for left in ("ducklake_cleanup_old_files", "ducklake_delete_orphaned_files"):
                _count(connection, f"{left}('{CATALOG}', cleanup_all => true)")
    warehouse.vacuum_catalogue()


def _rewrite(warehouse: LookedAfter, least_deleted: float) -> None:
    """Write files anew of which at least a share of the rows was deleted, then join small neighbours."""
    with warehouse.transaction() as connection:
        _count(connection, f"ducklake_rewrite_data_files('{CATALOG}', delete_threshold => {least_deleted})")
    with warehouse.transaction() as connection:
        _count(connection, f"ducklake_merge_adjacent_files('{CATALOG}')")


def _expire(warehouse: LookedAfter, kept: timedelta) -> int:
    with warehouse.transaction() as connection:
        return _count(connection, f"ducklake_expire_snapshots('{CATALOG}', older_than => {_ago(kept)})")


def _count(connection: Connection, call: str) -> int:
    return len(connection.execute(f"call {call}").fetchall())


def _ago(age: timedelta) -> str:
    return f"now() - interval {int(age.total_seconds())} second"


def _figures(connection: Connection) -> Mapping[str, int]:
    files, size, deletes = single_row(
        connection,
        "select sum(file_count)::bigint, sum(file_size_bytes)::bigint, sum(delete_file_count)::bigint "
        f"from ducklake_table_info('{CATALOG}')",
    )
    [states] = single_row(connection, f"select count(*) from ducklake_snapshots('{CATALOG}')")
    return {"files": files or 0, "bytes": size or 0, "delete files": deletes or 0, "states": states}
