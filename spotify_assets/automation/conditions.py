"""When assets follow what they are made from, declared on the assets themselves.

The sensor on raw files asks for whole ranges and everything that follows. The conditions are for what it
does not ask for: raw data that somebody materialised by hand, and later partitions that look back on a late
file. What a run has brought up to date itself is not asked for again.

Here belongs: which dependencies a partition follows. Not here: the models, which the weekly schedule trains.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_
from typing import Any

import dagster as dg
from dagster._core.asset_graph_view.entity_subset import EntitySubset
from dagster._core.definitions.declarative_automation.automation_context import AutomationContext
from dagster._core.definitions.declarative_automation.operands.subset_automation_condition import (
    SubsetAutomationCondition,
)
from dagster._record import record

from spotify_assets.automation.partitions import AS_OF

FOLLOW = "follow"
LOOKING_BACK = ("ml",)
"""Groups whose assets read a history. Others read a day beside their own at most: the sensor on raw files,
which knows what changed, asks for those days itself."""
INTERVAL_SECONDS = 30


@record
class SamePartitionThere(SubsetAutomationCondition[dg.AssetKey]):
    """Partitions whose own partition of each input is materialised, or is asked for at the same tick.

    A partition that looks back on others would without it be made from those alone, before its own data come.
    """

    inputs: frozenset[dg.AssetKey]

    @property
    def name(self) -> str:
        return "same_partition_there"

    async def compute_subset(  # type: ignore[override]
        self, context: AutomationContext[dg.AssetKey]
    ) -> EntitySubset[dg.AssetKey]:
        """The candidates of which nothing is missing."""
        view = context.asset_graph_view
        there = context.candidate_subset
        for key in sorted(self.inputs):
            everything = view.get_full_subset(key=key)
            missing = await view.compute_missing_subset(key=key, from_subset=everything)
            asked = context.request_subsets_by_key.get(key)
            if asked is not None:
                missing = missing.compute_difference(asked)
            keys = everything.compute_difference(missing).expensively_compute_partition_keys()
            there = there.compute_intersection_with_partition_keys(set(keys))
        return there


@record
class SamePartitionUpdated(SubsetAutomationCondition[dg.AssetKey]):
    """Partitions whose own partition of an input was updated, or is asked for, at this tick."""

    inputs: frozenset[dg.AssetKey]

    @property
    def name(self) -> str:
        return "same_partition_updated"

    async def compute_subset(  # type: ignore[override]
        self, context: AutomationContext[dg.AssetKey]
    ) -> EntitySubset[dg.AssetKey]:
        """The candidates of which an input is new."""
        before = context.previous_temporal_context
        new: set[str] = set()
        for key in sorted(self.inputs):
            if before is not None:
                updated = await context.asset_graph_view.compute_updated_since_temporal_context_subset(
                    key=key, temporal_context=before
                )
                new |= updated.expensively_compute_partition_keys()
            asked = context.request_subsets_by_key.get(key)
            new |= asked.expensively_compute_partition_keys() if asked is not None else set()
        return context.candidate_subset.compute_intersection_with_partition_keys(new)


def follows(
    inputs: frozenset[dg.AssetKey] | None, looking_back: bool = False
) -> dg.AutomationCondition[dg.AssetKey]:
    """The condition of an asset that follows some inputs; None for an unpartitioned one, which follows all.

    An input that was updated after the asset was last made, or asked for, asks for its own partition, and
    with `looking_back` for every partition that reads it. What is being made waits, and so does what reads
    it. What failed is for the sensor, or a person, to try again.
    """
    new = dg.AutomationCondition.newly_updated() | dg.AutomationCondition.will_be_requested()
    updated: dg.AutomationCondition[Any] = dg.AutomationCondition.any_deps_match(new)
    waiting = dg.AutomationCondition.any_deps_in_progress()
    if inputs is not None:
        selection = dg.AssetSelection.assets(*inputs)
        waiting = waiting.allow(selection)
        updated = (
            dg.AutomationCondition.any_deps_match(new).allow(selection)
            if looking_back
            else SamePartitionUpdated(inputs=inputs)
        )
    conditions: list[dg.AutomationCondition[Any]] = [
        updated.since_last_handled(),
        ~waiting,
        ~dg.AutomationCondition.in_progress(),
        ~dg.AutomationCondition.execution_failed(),
    ]
    if inputs:
        conditions.append(SamePartitionThere(inputs=inputs))
    return reduce(and_, conditions)


def conditions(
    specs: Iterable[dg.AssetSpec], leave_out: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, dg.AutomationCondition[dg.AssetKey]]:
    """The condition of every asset that has inputs, but for those left out.

    A partition follows the inputs that are partitioned alike. It does not follow the catalogue, whose every
    snapshot may matter to every day: the sensor on raw files asks for the days that a snapshot decides about.
    """
    by_key = {spec.key: spec for spec in specs}
    left_out = set(leave_out)
    found = {}
    for key, spec in by_key.items():
        if key in left_out or not list(spec.deps):
            continue
        if spec.partitions_def is None:
            found[key] = follows(None)
        elif inputs := _followed(spec, by_key):
            found[key] = follows(inputs, looking_back=spec.group_name in LOOKING_BACK)
    return found


def _followed(spec: dg.AssetSpec, by_key: Mapping[dg.AssetKey, dg.AssetSpec]) -> frozenset[dg.AssetKey]:
    return frozenset(
        dep.asset_key
        for dep in spec.deps
        if dep.asset_key in by_key
        and by_key[dep.asset_key].partitions_def is not None
        and dep.partition_mapping != AS_OF
    )


def follow_sensor() -> dg.AutomationConditionSensorDefinition:
    """The sensor that evaluates the conditions, in the code location, which knows our own."""
    return dg.AutomationConditionSensorDefinition(
        FOLLOW,
        target=dg.AssetSelection.all(),
        use_user_code_server=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=INTERVAL_SECONDS,
        run_tags={"spotify/requested_by": FOLLOW},
        description="Asks for what follows from assets that were materialised without it.",
    )
