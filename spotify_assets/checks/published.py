"""Checks of what is published: that it can be opened and has what its readers open it for.

Here belongs: what a reader would meet. Not here: whether the numbers are right, which the checks of the
tables and dbt's tests say before anything is published.
"""

import dagster as dg

from spotify_assets.assets.publish import MARTS as OF_MARTS
from spotify_assets.assets.publish import METRICS as OF_METRICS
from spotify_assets.assets.publish import SERVING as OF_SERVING
from spotify_assets.assets.spec import FIRST, key_of, pool_of
from spotify_assets.serving.publishing import missing_rows
from spotify_assets.settings import Settings
from spotify_assets.tables import DAILY_TRACK_METRICS, LISTENING_EVENTS
from spotify_assets.warehouse.door import published_copy
from spotify_assets.warehouse.errors import WarehouseError

METRICS = frozenset({LISTENING_EVENTS.full_name, DAILY_TRACK_METRICS.full_name})
MARTS = frozenset({"marts.fact_listens", "marts.dim_track", "marts.dim_user"})
"""Marts without which no page of the dashboard and no recap has anything to show."""
READABLE = "copy_has_what_is_read"
"""The check by which a copy may be called readable."""
OF_POSTGRES = dg.AssetKey(["publish", "postgres"])
OF_RECAPS = dg.AssetKey(["publish", "monthly_recap"])


def published_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """The checks of the assets that publish."""

    @dg.asset_check(
        asset=OF_METRICS,
        name="copy_has_events_and_metrics",
        description="The published copy opens and has the listening events and the daily metrics.",
        additional_deps=[key_of(DAILY_TRACK_METRICS)],
        pool=pool_of(settings),
        op_tags=FIRST,
    )
    def copy_has_events_and_metrics() -> dg.AssetCheckResult:
        return _has_tables(settings, METRICS)

    @dg.asset_check(
        asset=OF_RECAPS,
        name="every_recap_has_its_page",
        description="Each folder of a listener and month has the page of the recap, and it is not empty.",
        pool=pool_of(settings),
    )
    def every_recap_has_its_page() -> dg.AssetCheckResult:
        from spotify_assets.report.monthly import PAGE, RECAPS  # noqa: PLC0415

        folders = sorted((settings.reports_dir / RECAPS).glob("month=*/*"))
        pages = [folder / PAGE for folder in folders]
        lacking = [page for page in pages if not page.exists() or not page.stat().st_size]
        return dg.AssetCheckResult(
            passed=not lacking,
            description=f"no page: {lacking[0]}" if lacking else None,
            metadata={"recaps": len(folders)},
        )

    of_copies = [copy_has_events_and_metrics, _check_of_marts(settings, OF_MARTS)]
    found = [*of_copies, _check_of_marts(settings, OF_SERVING), every_recap_has_its_page]
    return [*found, _postgres_check(settings)] if settings.serving_postgres_url else found


def _check_of_marts(settings: Settings, asset: dg.AssetKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset,
        name=READABLE,
        description="The published copy opens and has the tables that the dashboard and recaps read.",
        pool=pool_of(settings),
    )
    def copy_has_what_is_read() -> dg.AssetCheckResult:
        return _has_tables(settings, METRICS | MARTS)

    return copy_has_what_is_read


def _postgres_check(settings: Settings) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=OF_POSTGRES,
        name="postgres_has_every_row",
        description="Every table that the Postgres serves has as many rows as in the published copy.",
        pool=pool_of(settings),
    )
    def postgres_has_every_row() -> dg.AssetCheckResult:
        try:
            differing = missing_rows(settings)
        except WarehouseError as error:
            return dg.AssetCheckResult(passed=False, description=str(error))
        said = [f"{name} {here:,} in place of {there:,}" for name, (there, here) in differing.items()]
        return dg.AssetCheckResult(
            passed=not differing, description=f"rows: {', '.join(said)}" if said else None
        )

    return postgres_has_every_row


def _has_tables(settings: Settings, wanted: frozenset[str]) -> dg.AssetCheckResult:
    """Whether the published copy has tables, views included."""
    copy = published_copy(settings)
    try:
        with copy.reader() as connection:
            found = connection.execute(
                "select table_schema || '.' || table_name from information_schema.tables"
            ).fetchall()
    except WarehouseError as error:
        return dg.AssetCheckResult(passed=False, description=str(error))
    missing = sorted(wanted - {name for (name,) in found})
    return dg.AssetCheckResult(
        passed=not missing,
        description=f"{copy} lacks {', '.join(missing)}" if missing else None,
        metadata={"tables": len(found)},
    )
