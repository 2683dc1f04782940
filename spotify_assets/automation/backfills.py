"""Bringing a range of days up to date: which partitions are missing, and one run for each contiguous range.

What is done is read from the instance, so a backfill that was stopped is started again by the same command,
and one that the UI started is continued here. Not here: running (`runs`), and what a command prints.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import dagster as dg

from spotify_assets.automation.attempts import COMMAND_LINE, REQUESTED_BY
from spotify_assets.instance.records import AssetGraph
from spotify_assets.partitions import as_window, key_at, keys_of, partitions
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings

TIMEOUT_SECONDS = 60


class Which(StrEnum):
    """Which partitions of a range a backfill runs."""

    MISSING = "missing"
    MISSING_OR_FAILED = "missing or failed"
    FAILED = "failed"
    ALL = "all"


@dataclass(frozen=True)
class Range:
    """A contiguous range of partitions, and the assets to be made for it, with all that follows from them."""

    window: Window
    keys: tuple[str, ...]
    assets: tuple[dg.AssetKey, ...]


@dataclass(frozen=True)
class Backfill:
    """What a backfill has to do: its ranges, and how many partitions it leaves alone and why."""

    ranges: tuple[Range, ...]
    done: int
    failed_left: int


def backfill_of(
    instance: dg.DagsterInstance,
    graph: AssetGraph,
    settings: Settings,
    window: Window,
    selected: Iterable[dg.AssetKey],
    *,
    which: Which,
    broken: Mapping[dg.AssetKey, Set[str]],
    changed: Iterable[date] = (),
) -> Backfill:
    """What is to be done for a window of dates.

    `broken` is what has to be made again by `health`: partitions, and assets without any. A partition is done
    when every selected partitioned asset has it, and failed when one of them is broken there; when somebody
    ended the run for it, it is also missing. Partitions of dates that `changed` are missing, whatever was
    made. For each range only those assets are made that lack one of its partitions, or that have none and are
    broken or were never made, and what is made from them.

    Raises:
        ValueError: the window reaches outside the configured partitions.
    """
    definition = partitions(settings)
    keys = definition.get_partition_keys_in_range(dg.PartitionKeyRange(*keys_of(settings, window)))
    again = {key_at(definition, day) for day in changed if window.start <= day < window.end}
    chosen = set(selected)
    partitioned = sorted(key for key in chosen if graph.get(key).partitions_def is not None)
    state = {key: _state_of(instance, key, broken.get(key, frozenset()), again) for key in partitioned}
    failed_keys, stopped, made = (
        {key for key in keys if of_all(key in getattr(each, name) for each in state.values())}
        for name, of_all in (("failed", any), ("stopped", any), ("made", all))
    )
    missing = (set(keys) - made - failed_keys) | stopped
    wanted = {
        Which.MISSING: missing,
        Which.MISSING_OR_FAILED: missing | failed_keys,
        Which.FAILED: failed_keys,
        Which.ALL: set(keys),
    }[which]
    lacking = {
        asset: set(keys) if which is Which.ALL else (set(keys) - state[asset].made) | state[asset].failed
        for asset in partitioned
    }
    unpartitioned = sorted(chosen - set(partitioned))
    unmade = [key for key in unpartitioned if instance.get_latest_materialization_event(key) is None]
    if which in (Which.MISSING_OR_FAILED, Which.FAILED):
        unmade += [key for key in unpartitioned if key in broken and key not in unmade]
        if not wanted and any(key in broken for key in unpartitioned):
            wanted = {keys[-1]}  # the run needs a partition, whichever: what it makes has none
    ranges = tuple(
        Range(
            _window_of(definition, run),
            tuple(run),
            _with_downstream(
                graph, chosen, [*unmade, *(a for a in partitioned if lacking[a] & set(run))], partitioned
            ),
        )
        for run in _contiguous(keys, wanted)
    )
    done = len(set(keys) - missing - failed_keys)
    return Backfill(ranges, done=done, failed_left=len(failed_keys - wanted))


@dataclass(frozen=True)
class _State:
    """The partitions of an asset that it has, that failed, and of which somebody ended the run."""

    made: frozenset[str]
    failed: frozenset[str]
    stopped: frozenset[str]


def _state_of(instance: dg.DagsterInstance, key: dg.AssetKey, broken: Set[str], again: Set[str]) -> _State:
    stopped = frozenset(_stopped(instance, key))
    made = frozenset(instance.get_materialized_partitions(key)) - stopped - again
    return _State(made, frozenset(broken), stopped)


def _stopped(instance: dg.DagsterInstance, key: dg.AssetKey) -> set[str]:
    """The partitions of an asset whose last run somebody ended before it made them: they are missing."""
    storage = instance.event_log_storage
    attempts = storage.get_latest_asset_partition_materialization_attempts_without_materializations(key)
    runs = {run_id: instance.get_run_by_id(run_id) for run_id, _ in attempts.values()}
    canceled = {
        run_id
        for run_id, run in runs.items()
        if run is not None and run.status == dg.DagsterRunStatus.CANCELED
    }
    return {partition for partition, (run_id, _) in attempts.items() if run_id in canceled}


def _contiguous(keys: Sequence[str], wanted: set[str]) -> list[list[str]]:
    """The wanted keys, in order, parted where others lie between them."""
    found: list[list[str]] = []
    before = False
    for key in keys:
        if key in wanted:
            if before:
                found[-1].append(key)
            else:
                found.append([key])
        before = key in wanted
    return found


def _window_of(definition: dg.TimeWindowPartitionsDefinition, run: Sequence[str]) -> Window:
    """The dates of contiguous partitions."""
    first, last = (as_window(definition.time_window_for_partition_key(key)) for key in (run[0], run[-1]))
    return Window(first.start, last.end)


def _with_downstream(
    graph: AssetGraph, chosen: set[dg.AssetKey], lacking: list[dg.AssetKey], partitioned: list[dg.AssetKey]
) -> tuple[dg.AssetKey, ...]:
    """The assets that lack something and all that is made from them; everything chosen where all do.

    What is made together with one of them, and cannot be made without, is among them.
    """
    if set(partitioned) <= set(lacking):
        return tuple(sorted(chosen))
    together = dg.AssetSelection.assets(*lacking).required_multi_asset_neighbors()
    below = together.downstream().required_multi_asset_neighbors().resolve(graph)
    return tuple(sorted(chosen & below))


_LAUNCH = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
    ... on InvalidSubsetError { message }
    ... on UnauthorizedError { message }
    ... on PartitionSetNotFoundError { message }
    ... on PartitionKeysNotFoundError { message }
  }
}
"""


def hand_over(settings: Settings, found: Range) -> str:
    """Ask the server of SPOTIFY_DAGSTER_URL for a range, and return the id of its backfill.

    Raises:
        ConnectionError: no server answers there.
        RuntimeError: the server refuses.
    """
    parameters: dict[str, Any] = {
        "partitionNames": list(found.keys),
        "assetSelection": [{"path": list(key.path)} for key in found.assets],
        "tags": [{"key": REQUESTED_BY, "value": COMMAND_LINE}],
    }
    request = urllib.request.Request(  # noqa: S310
        f"{settings.dagster_url.rstrip('/')}/graphql",
        data=json.dumps({"query": _LAUNCH, "variables": {"params": parameters}}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            content = json.load(answer)
    except urllib.error.URLError as error:
        raise ConnectionError(
            f"no Dagster server answers at {settings.dagster_url} ({error.reason}): start it with "
            "spotify-assets up, or leave out --no-wait to run here"
        ) from None
    launched = (content.get("data") or {}).get("launchPartitionBackfill") or {}
    if "backfillId" not in launched:
        raise RuntimeError(
            f"the server refused the backfill: {launched.get('message') or content.get('errors')}"
        )
    return str(launched["backfillId"])
