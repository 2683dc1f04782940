"""The checks that fail now, by the runs that have ended. Not here: what a check looks at (`checks`)."""

from collections.abc import Callable, Sequence
from functools import cache, partial

import dagster as dg

from spotify_assets.automation.outline import Graph
from spotify_assets.automation.problem import Problem, Unmade
from spotify_assets.instance.records import AssetCheckExecutionRecord, AssetCheckExecutionRecordStatus
from spotify_assets.partitions import keys_of_run

CHECKS_BACK = 30
"""Evaluations of a check that are looked at for a failure that no later one covers."""


def failing_checks(instance: dg.DagsterInstance, graph: Graph) -> list[Problem]:
    """The checks that failed on rows that no later evaluation of it covers; one problem a check."""
    found = []

    @cache
    def run_of(run_id: str) -> dg.DagsterRun | None:
        return instance.get_run_by_id(run_id)

    def has_ended(record: AssetCheckExecutionRecord) -> bool:
        run = run_of(record.run_id)
        return run is None or run.is_finished

    history_of = instance.event_log_storage.get_asset_check_execution_history
    failed = AssetCheckExecutionRecordStatus.FAILED
    for key in sorted(graph.asset_check_keys):
        if not history_of(key, limit=1, status={failed}):  # as of most, whose history is not read
            continue
        history = history_of(
            key, limit=CHECKS_BACK, status={failed, AssetCheckExecutionRecordStatus.SUCCEEDED}
        )
        ended = [record for record in history if has_ended(record)]
        failure = _uncovered(
            ended,
            run_of,
            since=_first_partition(graph, key.asset_key),
            whole=cache(partial(_made, instance, graph, key.asset_key)),
        )
        if failure is None or failure.evaluation is None:
            continue
        evaluation = failure.evaluation
        table, rows = key.asset_key.to_user_string(), _slice_of(failure)
        blocks = evaluation.severity == dg.AssetCheckSeverity.ERROR
        says = "fails" if blocks else "warns"
        found.append(
            Problem(
                key=f"check:{table}:{key.name}",
                kind="check",
                title=f"Check {key.name} {says} on {table}" + (f", {rows}" if rows else ""),
                detail=evaluation.description or "no description was recorded",
                assets=(table,),
                partitions=rows or "",
                run_id=failure.run_id,
                blocks=blocks,
                unmade=_to_be_made(graph, key.asset_key, _range_of(failure, run_of)),
            )
        )
    return found


def _to_be_made(graph: Graph, asset: dg.AssetKey, keys: tuple[str, str] | None) -> Unmade:
    """The partitions that a failing check judged, all where it judged all rows; else its whole asset."""
    if asset not in graph.materializable_asset_keys:
        return {}
    definition = graph.get(asset).partitions_def
    if definition is None:
        return {asset: frozenset()}
    known = definition.get_partition_keys()
    judged = [key for key in known if keys is None or keys[0] <= key <= keys[1]] or known[-1:]
    return {asset: frozenset(judged)} if judged else {}


def _made(instance: dg.DagsterInstance, graph: Graph, asset: dg.AssetKey) -> tuple[str, str] | None:
    """The first and last partition of an asset that was made; None where it has none."""
    since = _first_partition(graph, asset)
    made = [key for key in instance.get_materialized_partitions(asset) if since and key >= since]
    return (min(made), max(made)) if made else None


def _first_partition(graph: Graph, asset: dg.AssetKey) -> str | None:
    definition = graph.get(asset).partitions_def if asset in graph.materializable_asset_keys else None
    return definition.get_first_partition_key() if definition else None


def _uncovered(
    history: Sequence[AssetCheckExecutionRecord],
    run_of: Callable[[str], dg.DagsterRun | None],
    *,
    since: str | None,
    whole: Callable[[], tuple[str, str] | None],
) -> AssetCheckExecutionRecord | None:
    """The latest failure whose rows no later evaluation looked at; evaluations come latest first.

    Rows of partitions before the first one, `since`, have left the tables, and no evaluation is about them.
    What looked at all rows looked at those of all partitions that were made, `whole`.
    """
    later: list[tuple[str, str] | None] = []
    for record in history:
        rows = _range_of(record, run_of)
        if rows and since:
            rows = (max(rows[0], since), rows[1])
            if rows[1] < since:
                continue
        if later and any(_covers(other, rows or whole()) for other in later):
            continue
        if record.status == AssetCheckExecutionRecordStatus.FAILED:
            return record
        if rows is None:
            return None
        later.append(rows)
    return None


def _covers(wide: tuple[str, str] | None, narrow: tuple[str, str] | None) -> bool:
    if wide is None:
        return True
    return narrow is not None and wide[0] <= narrow[0] and narrow[1] <= wide[1]


def _range_of(
    record: AssetCheckExecutionRecord, run_of: Callable[[str], dg.DagsterRun | None]
) -> tuple[str, str] | None:
    """The first and last partition that an evaluation looked at; None where it looked at all rows.

    Only checks that name their slice looked at less than everything: dbt's look at whole tables.
    """
    run = run_of(record.run_id)
    if not _slice_of(record) or run is None:
        return None
    return keys_of_run(run)


def _slice_of(record: AssetCheckExecutionRecord) -> str | None:
    """The slice that an evaluation names; None for all rows."""
    value = record.evaluation.metadata.get("slice") if record.evaluation else None
    text = str(value.value) if value else None
    return None if text in (None, "all rows") else text
