"""The recaps of each month as an asset. Not here: what is in them (`report`), and one on demand (`cli`)."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from spotify_assets.assets.spec import owner_of
from spotify_assets.partitions import months, windows
from spotify_assets.settings import Settings
from spotify_assets.warehouse.door import published_copy

if TYPE_CHECKING:
    from spotify_assets.report.recap import Recap

MONTHLY_RECAP = dg.AssetKey(["publish", "monthly_recap"])
SHOWN = 3
"""Recaps whose picture stands on the asset's page."""


def recap_asset(settings: Settings) -> dg.AssetsDefinition:
    """Every listener's recap of a month, from the published copy."""

    @dg.asset(
        key=MONTHLY_RECAP,
        deps=[dg.AssetKey(["publish", "serving"])],
        partitions_def=months(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="publish",
        owners=[owner_of("publish")],
        kinds={"html", "parquet"},
        tags={"layer": "publish"},
        description=(
            "One page for each listener and month that needs no network, its numbers as Parquet and CSV and "
            "a picture, beside the month before: of those whom SPOTIFY_RECAP_USERS names, else of those who "
            "brought a history of their own, else of the most active listener. Reads the published copy."
        ),
    )
    def monthly_recap(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from spotify_assets.figures.view import Period  # noqa: PLC0415
        from spotify_assets.report.monthly import monthly_recaps  # noqa: PLC0415

        serving = published_copy(settings)
        written: list[Recap] = []
        for window in windows(context):
            month = Period(window.start, window.end - timedelta(days=1))
            written += monthly_recaps(
                serving, settings.reports_dir, month, settings.recap_listeners, settings.covers_dir
            )
        return dg.MaterializeResult(metadata=_metadata(settings, written))

    return monthly_recap


def _metadata(settings: Settings, written: "list[Recap]") -> dict[str, Any]:
    """Where the recaps are, their main figures, and the pictures of the newest."""
    columns = ("plays", "streams", "tracks", "artists", "new_tracks")
    records = [
        dg.TableRecord(
            {
                "listener": one.figures.listener.user_id,
                "month": f"{one.figures.period.first:%Y-%m}",
                "hours_listened": one.figures.totals()["minutes_listened"] / 60,
                **{name: one.figures.totals()[name] for name in columns},
            }
        )
        for one in written
    ]
    pictures = "\n\n".join(_picture(one) for one in written[-SHOWN:])
    return {
        "path": dg.MetadataValue.path(settings.reports_dir),
        "recaps": len(written),
        **({"figures": dg.MetadataValue.table(records)} if records else {}),
        **({"listening time": dg.MetadataValue.md(pictures)} if pictures else {}),
    }


def _picture(one: "Recap") -> str:
    from spotify_assets.charts.personal import listening_time  # noqa: PLC0415
    from spotify_assets.charts.theme import WIDTH, in_markdown, to_png  # noqa: PLC0415

    drawn = to_png(listening_time(one.figures["timeline"]).properties(width=WIDTH))
    name = f"Hours listened by {one.figures.listener.user_id}, {one.figures.period}"
    return f"{name}\n\n{in_markdown(name, drawn)}"
