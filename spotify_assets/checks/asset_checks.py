"""The generated checks as Dagster asset checks: one step per table, on the partitions of the run."""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from spotify_assets.assets.spec import FIRST, key_of, owner_of, pool_of
from spotify_assets.checks.bounds import Bounds
from spotify_assets.checks.evaluate import check_names, evaluate, record
from spotify_assets.checks.learned import learned_names
from spotify_assets.lake.exclusions import read_exclusions
from spotify_assets.partitions import window_of_run
from spotify_assets.settings import Settings
from spotify_assets.tables import (
    CHECK_RESULTS,
    DUPLICATE_PLAYS,
    IMPORT_RECEIPTS,
    RAW_EVENTS,
    REJECTED_ROWS,
    ROW_COUNTS,
    RUN_COSTS,
    TABLES,
    Table,
)
from spotify_assets.warehouse.io_manager import Storage

WITHOUT_ASSET = (REJECTED_ROWS, DUPLICATE_PLAYS, ROW_COUNTS, CHECK_RESULTS, RUN_COSTS)
"""Tables that runs write beside those of assets."""
AFTER = {IMPORT_RECEIPTS.full_name: [key_of(RAW_EVENTS)]}
"""What else must be there when the checks of a table run, because they compare the two."""


def asset_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """The checks of every catalogued table that is an asset."""
    return [_checks_of(settings, table) for table in TABLES.values() if table not in WITHOUT_ASSET]


def _checks_of(settings: Settings, table: Table) -> dg.AssetChecksDefinition:
    bounds = Bounds(settings.refused_warn_share, settings.refused_fail_share, settings.silent_sources_block)
    warning = {expectation.name for expectation in table.expectations} | learned_names(table).keys()
    warning |= {check.name for check in table.own_checks if check.warns}
    specs = [
        dg.AssetCheckSpec(
            name,
            asset=key_of(table),
            description=says,
            blocking=name not in warning,
            additional_deps=AFTER.get(table.full_name),
            metadata={"owner": owner_of(table.schema)},
        )
        for name, says in check_names(table).items()
    ]

    @dg.multi_asset_check(
        name=f"check_{table.name}",
        specs=specs,
        can_subset=True,
        pool=pool_of(settings),
        op_tags=FIRST if table.goes_first else None,
    )
    def checks(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Storage]
    ) -> Iterator[dg.AssetCheckResult]:
        window = window_of_run(context.run, settings) if table.partition_column else None
        told = replace(bounds, exclusions=tuple(read_exclusions(settings.exclusions_path)))
        with warehouse.door.reader() as connection:
            findings = evaluate(connection, table, window, told)
        record(warehouse.door, table, window, findings)
        found = {finding.check: finding for finding in findings}
        for key in sorted(context.selected_asset_check_keys, key=lambda key: key.name):
            finding = found.get(key.name, findings[0])
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=finding.passed,
                severity=dg.AssetCheckSeverity.WARN if finding.warns else dg.AssetCheckSeverity.ERROR,
                description=finding.detail or None,
                metadata={
                    "failing rows": finding.failing_rows,
                    "slice": str(window or "all rows"),
                    **finding.counted,
                },
            )

    return checks
