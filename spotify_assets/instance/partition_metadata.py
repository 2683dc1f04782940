"""Metadata of single partitions in a run over many, given to Dagster at once.

`add_asset_metadata` gives one partition its own; it lists the partitions of the run for each of them, and
copies what it was given before, so that its cost grows with the square of their number. Here they are given
together, on an attribute of Dagster's own.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.execution.context.metadata_logging import (
    AssetMetadataHandle,
    OutputMetadataAccumulator,
    OutputMetadataHandle,
)


def tell_each(context: dg.OutputContext, metadata: Mapping[str, Mapping[str, dg.MetadataValue]]) -> None:
    """Give the materialisation of each partition of an asset metadata of its own, by partition key."""
    step = context.step_context
    known = step._metadata_accumulator.per_output_metadata
    handles = {key: AssetMetadataHandle(asset_key=context.asset_key, partition_key=key) for key in metadata}
    told: dict[OutputMetadataHandle | AssetMetadataHandle, Mapping[str, Any]]
    told = {handles[key]: {**known.get(handles[key], {}), **each} for key, each in metadata.items()}
    step._metadata_accumulator = OutputMetadataAccumulator(per_output_metadata={**known, **told})
