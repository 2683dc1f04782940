"""The check of a lakehouse: that it counts right."""

import dagster as dg

from spotify_assets.assets.spec import pool_of
from spotify_assets.assets.upkeep import UPKEEP
from spotify_assets.settings import Settings
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.io_manager import Storage


def lakehouse_check(settings: Settings) -> dg.AssetChecksDefinition:
    """Counts, scans and books of every table."""

    @dg.asset_check(
        asset=UPKEEP,
        name="counts_scans_and_books_agree",
        description="Every table has as many rows by count(*), by a scan and by the books.",
        pool=pool_of(settings),
        blocking=True,
    )
    def counts_scans_and_books_agree(warehouse: dg.ResourceParam[Storage]) -> dg.AssetCheckResult:
        with warehouse.door.reader() as connection:
            found = disagreements(connection)
        return dg.AssetCheckResult(
            passed=not found,
            description="; ".join(f"{table}: {words}" for table, words in found.items()) or None,
            metadata={"failing rows": len(found)},
        )

    return counts_scans_and_books_agree
