"""What is broken now: partitions whose last run failed, checks that fail, layers that are late.

Everything is read from the instance, so it opens no table and waits for no run. Here belongs: telling what is
broken from what was and is mended. Not here: how it is printed (`cli`) or sent (`alerts`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from spotify_assets.automation.runs import cause_of
from spotify_assets.lake.receipts import missing_files, read_receipts
from spotify_assets.settings import Settings
from spotify_assets.warehouse.incidents import Incident, write_incidents

CHECKS_BACK = 30
"""Evaluations of a check that are looked at for a failure that no later one covers."""


@dataclass(frozen=True)
class Problem:
    """One thing that is broken.

    `key` stays the same as long as it is the same thing that is broken, whichever run found it last.
    `partitions` is in words; `assets` are those concerned.
    """

    key: str
    kind: str
    title: str
    detail: str
    assets: tuple[str, ...]
    partitions: str = ""
    run_id: str | None = None
    blocks: bool = True


def problems(instance: dg.DagsterInstance, graph: AssetGraph) -> list[Problem]:
    """Everything that is broken now: failed runs first, then checks, then what is late."""
    return [
        *failed_partitions(instance, graph),
        *failing_checks(instance, graph),
        *late_layers(instance, graph),
    ]


def tell_readers(settings: Settings, found: Sequence[Problem]) -> None:
    """Write what is broken beside the published copy, where the dashboard finds it."""
    incidents = [
        Incident(p.kind, p.title, p.detail, p.assets, p.partitions, p.run_id, p.blocks) for p in found
    ]
    write_incidents(settings.processed_dir, incidents)


# -- runs ------------------------------------------------------------------------------------------


@dataclass
class _Unmade:
    """What a failed run left unmade: the partitions of each asset, in words."""

    assets: dict[str, str] = field(default_factory=dict)


def failed_partitions(instance: dg.DagsterInstance, graph: AssetGraph) -> list[Problem]:
    """The failed runs whose assets nobody has made since, each with what it left unmade."""
    unmade: dict[str, _Unmade] = {}
    records = {
        r.asset_entry.asset_key: r
        for r in instance.get_asset_records(sorted(graph.materializable_asset_keys))
    }
    for key, record in sorted(records.items()):
        node = graph.get(key)
        if node.partitions_def is None:
            run_id = record.asset_entry.last_run_id  # of the last run that was to make it
            made = record.asset_entry.last_materialization
            if run_id and _failed(instance, run_id) and (made is None or made.run_id != run_id):
                unmade.setdefault(run_id, _Unmade()).assets[key.to_user_string()] = ""
            continue
        status = get_and_update_asset_status_cache_value(instance, key, node.partitions_def)
        failed = status.deserialize_failed_partition_subsets(node.partitions_def) if status else None
        if failed is None or failed.is_empty:
            continue
        for run_id, keys in _by_run(instance, key, set(failed.get_partition_keys())).items():
            subset = node.partitions_def.subset_with_partition_keys(keys)
            words = ", ".join(
                r.start if r.start == r.end else f"{r.start} to {r.end}"
                for r in subset.get_partition_key_ranges(node.partitions_def)
            )
            unmade.setdefault(run_id, _Unmade()).assets[key.to_user_string()] = words
    return [_failed_run(instance, run_id, left) for run_id, left in unmade.items()]


def _failed(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is not None and run.status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def _by_run(instance: dg.DagsterInstance, key: dg.AssetKey, partitions: set[str]) -> dict[str, list[str]]:
    """The partitions by the run that failed to make them."""
    storage = instance.event_log_storage
    attempts = storage.get_latest_asset_partition_materialization_attempts_without_materializations(key)
    found: dict[str, list[str]] = {}
    for partition, (run_id, _) in attempts.items():
        if partition in partitions:
            found.setdefault(run_id, []).append(partition)
    return found


def _failed_run(instance: dg.DagsterInstance, run_id: str, left: _Unmade) -> Problem:
    run = instance.get_run_by_id(run_id)
    canceled = run is not None and run.status == dg.DagsterRunStatus.CANCELED
    failures = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    causes: dict[str, str] = {}
    for record in failures:
        event = record.event_log_entry.dagster_event
        if event and event.step_key:
            causes[event.step_key] = cause_of(event.step_failure_data.error)
    partitions = next((words for words in left.assets.values() if words), "")
    steps = ", ".join(sorted(causes)) or ("canceled" if canceled else "before its first step")
    why = "; ".join(dict.fromkeys(causes.values())) or (
        "somebody canceled the run" if canceled else "the run ended before a step failed"
    )
    return Problem(
        key=f"run:{steps}:{partitions}",
        kind="run",
        title=f"{'Canceled' if canceled else 'Failed'}: {steps}"
        + (f" for {partitions}" if partitions else ""),
        detail=why,
        assets=tuple(sorted(left.assets)),
        partitions=partitions,
        run_id=run_id,
    )


# -- checks ----------------------------------------------------------------------------------------


def failing_checks(instance: dg.DagsterInstance, graph: AssetGraph) -> list[Problem]:
    """The checks that failed on rows that no later evaluation of the same check covers."""
    found = []

    @cache
    def run_of(run_id: str) -> dg.DagsterRun | None:
        return instance.get_run_by_id(run_id)

    storage = instance.event_log_storage
    latest = storage.get_latest_asset_check_execution_by_key(sorted(graph.asset_check_keys))
    for key in sorted(latest):
        history = storage.get_asset_check_execution_history(
            key,
            limit=CHECKS_BACK,
            status={AssetCheckExecutionRecordStatus.FAILED, AssetCheckExecutionRecordStatus.SUCCEEDED},
        )
        failure = _uncovered(history, run_of)
        if failure is None or failure.evaluation is None:
            continue
        evaluation = failure.evaluation
        table, rows = key.asset_key.to_user_string(), _slice_of(failure)
        found.append(
            Problem(
                key=f"check:{table}:{key.name}:{rows or ''}",
                kind="check",
                title=f"Check {key.name} fails on {key.asset_key.to_user_string()}"
                + (f", {rows}" if rows else ""),
                detail=evaluation.description or "no description was recorded",
                assets=(table,),
                partitions=rows or "",
                run_id=failure.run_id,
                blocks=evaluation.severity == dg.AssetCheckSeverity.ERROR,
            )
        )
    return found


def _uncovered(
    history: Sequence[AssetCheckExecutionRecord], run_of: Callable[[str], dg.DagsterRun | None]
) -> AssetCheckExecutionRecord | None:
    """The latest failure whose rows no later evaluation looked at; evaluations come latest first."""
    later: list[tuple[str, str] | None] = []
    for record in history:
        rows = _range_of(record, run_of)
        if any(_covers(other, rows) for other in later):
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
    key = run.tags.get("dagster/partition")
    first = run.tags.get("dagster/asset_partition_range_start", key)
    last = run.tags.get("dagster/asset_partition_range_end", key)
    return (first, last) if first and last else None


def _slice_of(record: AssetCheckExecutionRecord) -> str | None:
    """The slice that an evaluation names; None for all rows."""
    value = record.evaluation.metadata.get("slice") if record.evaluation else None
    text = str(value.value) if value else None
    return None if text in (None, "all rows") else text


# -- the lake --------------------------------------------------------------------------------------


def incomplete_imports(lake_dir: Path) -> list[Problem]:
    """The imports of which landed files are no longer in the lake; their rows leave the tables."""
    receipts = {receipt.receipt_id: receipt for receipt in read_receipts(lake_dir)}
    return [
        Problem(
            key=f"import:{receipt_id}",
            kind="import",
            title=f"Files of import {receipt_id} ({receipts[receipt_id].input_file}) are missing",
            detail=f"{_some(names)}: import the file again, or take out the rest with spotify-assets import "
            f"--undo {receipt_id}",
            assets=(receipts[receipt_id].target.replace(".", "/"),),
            blocks=False,
        )
        for receipt_id, names in missing_files(lake_dir, list(receipts.values())).items()
    ]


# -- freshness -------------------------------------------------------------------------------------


def late_layers(instance: dg.DagsterInstance, graph: AssetGraph) -> list[Problem]:
    """The layers of which an asset is later than its freshness policy allows, by the daemon's judgement."""
    late: dict[str, list[str]] = {}
    records = instance.get_freshness_state_records(sorted(graph.materializable_asset_keys))
    for key, record in sorted(records.items()):
        if record.freshness_state == FreshnessState.FAIL:
            late.setdefault(str(graph.get(key).group_name), []).append(key.to_user_string())
    return [
        Problem(
            key=f"late:{layer}",
            kind="late",
            title=f"Layer {layer} is late",
            detail=f"{_some(assets)}: nothing new for longer than the freshness policy allows",
            assets=tuple(assets),
            blocks=False,
        )
        for layer, assets in late.items()
    ]


def _some(names: Iterable[str], shown: int = 3) -> str:
    listed = list(names)
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(listed[:shown]) + more
