"""Looking after the lakehouse, as an asset with figures. Not here: what is done (`warehouse.upkeep`)."""

import dagster as dg

from spotify_assets.assets.spec import owner_of, pool_of
from spotify_assets.settings import Settings
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.upkeep import KEPT, look_after

UPKEEP = dg.AssetKey(["upkeep", "lakehouse"])


def upkeep_asset(settings: Settings) -> dg.AssetsDefinition:
    """The files of the lakehouse: few, and none that nobody reads."""

    @dg.asset(
        key=UPKEEP,
        group_name="upkeep",
        owners=[owner_of("upkeep")],
        kinds={"duckdb", "parquet"},
        tags={"layer": "upkeep"},
        pool=pool_of(settings),
        description=(
            "The files of the lakehouse: small ones are joined, those with many deleted rows written anew, "
            f"states older than {KEPT.days} days forgotten, and files removed that nothing names any more. "
            "No table changes."
        ),
    )
    def lakehouse() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={**look_after(Lakehouse.of(settings))})

    return lakehouse
