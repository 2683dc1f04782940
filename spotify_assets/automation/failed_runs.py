"""What failed runs left unmade and nobody has made since, by cause.

A run under way decides nothing: of an asset that is being made again, the newest run that has ended counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from functools import cache, cached_property

import dagster as dg

from spotify_assets.automation.outline import Graph
from spotify_assets.automation.problem import Problem, Unmade, some
from spotify_assets.instance.cause import KILLED, cause_of, tells_of_a_kill
from spotify_assets.instance.records import AssetEntry
from spotify_assets.lake.unreadable import MOST_NAMED
from spotify_assets.partitions import keys_of_run

RUNS_BACK = 100
"""Failed runs that are looked at for the one that a run under way repairs."""
MADE_BACK = 10_000
"""Partitions of an asset, made since a failed run began, that are looked at while another repairs it."""
_BROKEN = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
_A_NUMBER = re.compile(r"(?<![\w=/.-])\d[\d,.]*(?![\w=/-])")
"""A number that is no part of a name, date or path: a count, a process id, seconds. They differ each time."""


def failed_partitions(instance: dg.DagsterInstance, graph: Graph) -> list[Problem]:
    """What failed and canceled runs left unmade and nobody has made since, one problem for each cause."""
    unmade: dict[str, dict[dg.AssetKey, frozenset[str]]] = {}
    runs = _Runs(instance)
    records = {
        r.asset_entry.asset_key: r
        for r in instance.get_asset_records(sorted(graph.materializable_asset_keys))
    }
    for key, record in sorted(records.items()):
        definition = graph.get(key).partitions_def
        if definition is None:
            run_id = _failed_attempt(runs, key, record.asset_entry)
            if run_id:
                unmade.setdefault(run_id, {})[key] = frozenset()
            continue
        for run_id, keys in _by_run(runs, key, definition).items():
            unmade.setdefault(run_id, {})[key] = frozenset(keys)
    merged: dict[str, Problem] = {}
    for run_id, left in unmade.items():
        for problem in _of_run(instance, graph, run_id, left):
            known = merged.get(problem.key)
            merged[problem.key] = _both(graph, known, problem) if known else problem
    return list(merged.values())


class _Runs:
    """The runs of an instance, each asked for once."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.by_id = cache(instance.get_run_by_id)
        self.planned = cache(self._planned)

    @cached_property
    def broken(self) -> Sequence[dg.RunRecord]:
        """The last failed and canceled ones, the newest first."""
        return self.instance.get_run_records(dg.RunsFilter(statuses=list(_BROKEN)), limit=RUNS_BACK)

    def broken_of(self, key: dg.AssetKey) -> Iterator[dg.RunRecord]:
        """Those that were to make an asset."""
        for record in self.broken:
            run = record.dagster_run
            if key in (run.asset_selection or self.planned(run.run_id)):
                yield record

    def _planned(self, run_id: str) -> set[dg.AssetKey]:
        """What a run without a selection of its own was to make: all assets of its job."""
        kind = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        events = [
            record.event_log_entry.dagster_event
            for record in self.instance.get_records_for_run(run_id, of_type=kind).records
        ]
        return {event.asset_key for event in events if event is not None and event.asset_key is not None}


def _failed_attempt(runs: _Runs, key: dg.AssetKey, entry: AssetEntry) -> str | None:
    """The newest ended run that was to make an asset without partitions, where it did not."""
    made = entry.last_materialization
    last = entry.last_run_id
    if last is None or (made is not None and made.run_id == last):
        return None
    run = runs.by_id(last)
    if run is not None and run.is_finished:
        return last if run.status in _BROKEN else None
    since = made.timestamp if made else 0.0
    ended = (record for record in runs.broken_of(key) if (record.end_time or 0.0) > since)
    return next((record.dagster_run.run_id for record in ended), None)


def _by_run(runs: _Runs, key: dg.AssetKey, definition: dg.PartitionsDefinition[str]) -> dict[str, set[str]]:
    """The partitions that the newest run left unmade, by that run; while it goes on, by the one before."""
    storage = runs.instance.event_log_storage
    attempts = storage.get_latest_asset_partition_materialization_attempts_without_materializations(key)
    found: dict[str, set[str]] = {}
    being_made: set[str] = set()
    for partition, (run_id, _) in attempts.items():
        run = runs.by_id(run_id)
        if run is None or not definition.has_partition_key(partition):
            continue
        if not run.is_finished:
            being_made.add(partition)
        elif run.status in _BROKEN:
            found.setdefault(run_id, set()).add(partition)
    for record in runs.broken_of(key) if being_made else ():
        left = _unmade_since(runs.instance, key, record, being_made)
        if left:
            found.setdefault(record.dagster_run.run_id, set()).update(left)
            being_made -= left
    return found


def _unmade_since(
    instance: dg.DagsterInstance, key: dg.AssetKey, record: dg.RunRecord, partitions: set[str]
) -> set[str]:
    """Those of the partitions that a run was to make and that nobody has made since it began."""
    keys = keys_of_run(record.dagster_run)
    covered = {each for each in partitions if keys and keys[0] <= each <= keys[1]}
    if not covered:
        return covered
    began = record.start_time or record.create_timestamp.replace(tzinfo=UTC).timestamp()
    since = dg.AssetRecordsFilter(key, asset_partitions=sorted(covered), after_timestamp=began)
    made = instance.fetch_materializations(since, limit=MADE_BACK).records
    return covered - {str(each.partition_key) for each in made}


def _of_run(instance: dg.DagsterInstance, graph: Graph, run_id: str, left: Unmade) -> list[Problem]:
    """The problems that a failed run stands for, one for each cause of its failed steps."""
    run = instance.get_run_by_id(run_id)
    canceled = run is not None and run.status == dg.DagsterRunStatus.CANCELED
    causes: dict[str, list[str]] = {}
    for record in instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records:
        event = record.event_log_entry.dagster_event
        if event and event.step_key:
            causes.setdefault(cause_of(event.step_failure_data.error), []).append(event.step_key)
    if not causes:
        why = "somebody canceled the run" if canceled else _end_of(instance, run_id)
        causes = {why: [_step_at_work(instance, run_id)]}
    partitions = _words(graph, left)
    verb = "Canceled" if canceled else "Failed"
    return [
        Problem(
            key="\n".join(f"run:{cause_key(line)}" for line in cause.splitlines()),
            kind="run",
            title=f"{verb}: {', '.join(sorted(steps))}" + (f" for {partitions}" if partitions else ""),
            detail=_shown(cause),
            assets=tuple(sorted(key.to_user_string() for key in left)),
            partitions=partitions,
            run_id=run_id,
            unmade=left,
        )
        for cause, steps in causes.items()
    ]


def cause_key(cause: str) -> str:
    """What stays the same of a cause when it comes again: all but counts, process ids and seconds."""
    return _A_NUMBER.sub("#", cause)


def _shown(cause: str) -> str:
    """A cause on one line: of files of which each has a line, the first few and how many more."""
    files = cause.splitlines()
    if len(files) == 1:
        return cause
    count = f"at least {len(files)}" if len(files) == MOST_NAMED else str(len(files))
    return f"{count} files cannot be used: {some(files, between=' ')}"


def _both(graph: Graph, one: Problem, other: Problem) -> Problem:
    """Two failed runs of one cause as one problem, told by the other's words."""
    unmade = {
        key: one.unmade.get(key, frozenset()) | other.unmade.get(key, frozenset())
        for key in {**one.unmade, **other.unmade}
    }
    partitions = _words(graph, unmade)
    what = other.title.partition(" for ")[0]
    return replace(
        other,
        title=what + (f" for {partitions}" if partitions else ""),
        assets=tuple(sorted({*one.assets, *other.assets})),
        partitions=partitions,
        unmade=unmade,
    )


def _words(graph: Graph, unmade: Unmade) -> str:
    """The partitions of the first asset that has any, as ranges."""
    for key, keys in sorted(unmade.items()):
        definition = graph.get(key).partitions_def
        if keys and definition is not None:
            ranges = definition.subset_with_partition_keys(keys).get_partition_key_ranges(definition)
            return ", ".join(r.start if r.start == r.end else f"{r.start} to {r.end}" for r in ranges)
    return ""


def _step_at_work(instance: dg.DagsterInstance, run_id: str) -> str:
    """The step that a run without a failed step was at when it ended, in words."""
    began, ended = (
        [
            record.event_log_entry.dagster_event.step_key
            for record in instance.get_records_for_run(run_id, of_type=kind).records
            if record.event_log_entry.dagster_event is not None
        ]
        for kind in (dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS)
    )
    at_work = [str(step) for step in began if step not in set(ended)]
    if at_work:
        return ", ".join(at_work)
    return f"after step {ended[-1]}" if ended else "before its first step"


def _end_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """Why a run failed of which no step did, as its last failure says; a kill alike, whoever saw it."""
    kinds = {dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.ENGINE_EVENT}
    entries = [
        record.event_log_entry for record in instance.get_records_for_run(run_id, of_type=kinds).records
    ]
    if any(tells_of_a_kill(entry.user_message or entry.message) for entry in entries):
        return KILLED
    said = [entry.dagster_event for entry in entries]
    words = next(
        (e.message for e in reversed(said) if e is not None and e.is_run_failure and e.message), None
    )
    return words or "the run ended before a step failed"
