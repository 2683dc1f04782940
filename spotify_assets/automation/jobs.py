"""Jobs: named selections of the graph. Not here: what the assets do, and when a job runs (`schedules`)."""

import dagster as dg

from spotify_assets.instance.records import UnresolvedAssetJobDefinition

MODELS = dg.AssetSelection.groups("ml") - dg.AssetSelection.assets(
    ["ml", "model_features"], ["ml", "unusual_listening"]
)
"""What is trained; what is known or unusual of each day is not."""

RECAPS = dg.AssetSelection.assets(["publish", "monthly_recap"])

UPKEEP = dg.AssetSelection.groups("upkeep")

EVERYTHING = dg.AssetSelection.all() - RECAPS - UPKEEP
"""What is partitioned by the grain or not at all: assets of one run share their partitions."""

WITH_RAW = ("everything", "data")
"""Jobs that read the lake."""


def upkeep_job() -> UnresolvedAssetJobDefinition:
    """The job of a warehouse that is a lakehouse."""
    return dg.define_asset_job(
        "upkeep",
        selection=UPKEEP,
        description="The files of the lakehouse are looked after, and its tables counted in three ways.",
    )


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """The jobs that people, the CLI, the schedules and the sensors start."""
    return [
        dg.define_asset_job(
            "everything",
            selection=EVERYTHING,
            description="The whole graph for the partitions of the run, with every check.",
        ),
        dg.define_asset_job(
            "data",
            selection=EVERYTHING - MODELS,
            description="Everything but the models, which are trained less often.",
        ),
        dg.define_asset_job(
            "models",
            selection=MODELS | dg.AssetSelection.assets(["publish", "serving"]),
            description="The models for the cut-off of the run, and the published copy.",
        ),
        dg.define_asset_job(
            "recaps",
            selection=RECAPS,
            description="The recaps of a month, from the published copy.",
        ),
        dg.define_asset_job(
            "checks",
            selection=dg.AssetSelection.all_asset_checks(),
            description="Every check on whole tables, nothing materialised.",
        ),
    ]
