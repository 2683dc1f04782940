"""Publishing: the copy that dashboards and other readers open. Not here: how it is made (`warehouse`)."""

import dagster as dg

from spotify_assets.assets.pulse import pulse_markdown
from spotify_assets.assets.spec import FIRST, owner_of, pool_of
from spotify_assets.serving.publishing import publish_published_copy
from spotify_assets.settings import Settings
from spotify_assets.warehouse.door import published_copy
from spotify_assets.warehouse.io_manager import Storage
from spotify_assets.warehouse.publish import publish, publish_serving

METRICS = dg.AssetKey(["publish", "metrics"])
MARTS = dg.AssetKey(["publish", "marts"])
SERVING = dg.AssetKey(["publish", "serving"])


def publish_asset(settings: Settings, upstream: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published copy, made after everything it shows."""

    @dg.asset(
        key=SERVING,
        deps=upstream,
        group_name="publish",
        owners=[owner_of("publish")],
        kinds={"duckdb", "parquet"},
        tags={"layer": "publish"},
        pool=pool_of(settings),
        description=(
            "The read-only copy of the warehouse that dashboards, the CLI and BI tools read, and every table "
            "as Parquet beside it, month by month. Replaced in one step: nobody's open page blocks a run."
        ),
    )
    def serving(warehouse: dg.ResourceParam[Storage]) -> dg.MaterializeResult[None]:
        published = publish(warehouse.door, settings.processed_dir, settings.lake_processed)
        pulse = pulse_markdown(published_copy(settings))
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(published.serving),
                "rows": published.rows,
                "files written": dg.MetadataValue.json(list(published.written)),
                **({"daily plays and skip rate": dg.MetadataValue.md(pulse)} if pulse else {}),
            }
        )

    return serving


def postgres_asset(settings: Settings) -> dg.AssetsDefinition:
    """The marts in the Postgres of the settings, made after the published copy."""

    @dg.asset(
        key=dg.AssetKey(["publish", "postgres"]),
        deps=[SERVING],
        group_name="publish",
        owners=[owner_of("publish")],
        kinds={"postgres"},
        tags={"layer": "publish"},
        pool=pool_of(settings),
        description=(
            "The marts and the views of bi in the Postgres of SPOTIFY_SERVING_POSTGRES_URL, from the "
            "published copy: the days that changed, in one transaction. Until all is there, readers see "
            "the state before."
        ),
    )
    def postgres() -> dg.MaterializeResult[None]:
        published = publish_published_copy(settings)
        return dg.MaterializeResult(
            metadata={"rows": dict(published.rows), "rows written": dict(published.written)}
        )

    return postgres


def metrics_asset(settings: Settings, upstream: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published copy while the marts are still to come, made as soon as the metrics are there."""
    return _early_copy(
        settings,
        METRICS,
        upstream,
        "The published copy with the new events and daily metrics, some seconds after they were loaded. "
        "The marts in it are those of the run before until `marts` follows in the same run.",
        op_tags=FIRST,
    )


def marts_asset(settings: Settings, upstream: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published copy while models are still to come, made as soon as the marts are there."""
    return _early_copy(
        settings,
        MARTS,
        upstream,
        "The published copy with everything but the models: what the pages of the dashboard and recaps read. "
        "The models in it, and the Parquet files beside it, are those of the run before until `serving` "
        "follows in the same run.",
    )


def _early_copy(
    settings: Settings,
    key: dg.AssetKey,
    upstream: list[dg.AssetKey],
    description: str,
    op_tags: dict[str, str] | None = None,
) -> dg.AssetsDefinition:
    """The serving database alone, in the middle of a run; `serving` publishes the files at its end."""

    @dg.asset(
        key=key,
        deps=upstream,
        group_name="publish",
        owners=[owner_of("publish")],
        kinds={"duckdb"},
        tags={"layer": "publish"},
        pool=pool_of(settings),
        op_tags=op_tags,
        description=description,
    )
    def copy(warehouse: dg.ResourceParam[Storage]) -> dg.MaterializeResult[None]:
        path = publish_serving(warehouse.door, settings.processed_dir)
        return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(path)})

    return copy
