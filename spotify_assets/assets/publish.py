"""Publishing: the copy that dashboards and other readers open. Not here: how it is made (`warehouse`)."""

import dagster as dg

from spotify_assets.assets.pulse import pulse_markdown
from spotify_assets.assets.spec import OWNER, POOL
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.publish import publish


def publish_asset(settings: Settings, upstream: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published copy, made after everything it shows."""

    @dg.asset(
        key=dg.AssetKey(["publish", "serving"]),
        deps=upstream,
        group_name="publish",
        owners=[OWNER],
        kinds={"duckdb", "parquet"},
        tags={"layer": "publish"},
        pool=POOL,
        description=(
            "The read-only copy of the warehouse that dashboards, the CLI and BI tools read, and every table "
            "as Parquet beside it, month by month. Replaced in one step: nobody's open page blocks a run."
        ),
    )
    def serving() -> dg.MaterializeResult[None]:
        database = Database(
            settings.warehouse_path, settings.lock_timeout_seconds, settings.duckdb_memory_limit
        )
        published = publish(database, settings.processed_dir)
        pulse = pulse_markdown(published.serving)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(published.serving),
                "rows": published.rows,
                "files written": list(published.written),
                **({"daily plays and skip rate": dg.MetadataValue.md(pulse)} if pulse else {}),
            }
        )

    return serving
