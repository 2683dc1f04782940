"""One thing that is broken, as it is told and mended. Not here: how it is found (`health`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import dagster as dg

MENDED_BY = "spotify-assets backfill --failed-only"
"""The command that makes again whatever blocks, once its cause is gone."""

Unmade = Mapping[dg.AssetKey, frozenset[str]]
"""What is to be made again: the partitions of assets, none of those that have no partitions."""


@dataclass(frozen=True)
class Problem:
    """One thing that is broken.

    `key` stays the same as long as it is the same thing that is broken, whichever run found it last; where
    several files are, it has a line for each, and those that are mended leave it (`alerts`).
    `partitions` is in words; `assets` are those concerned, `unmade` what has to be made again to mend it.
    """

    key: str
    kind: str
    title: str
    detail: str
    assets: tuple[str, ...]
    partitions: str = ""
    run_id: str | None = None
    blocks: bool = True
    unmade: Unmade = field(default_factory=dict)


def to_be_made(found: Iterable[Problem]) -> dict[dg.AssetKey, set[str]]:
    """What has to be made again for nothing to block any more."""
    unmade: dict[dg.AssetKey, set[str]] = {}
    for problem in found:
        for key, partitions in problem.unmade.items() if problem.blocks else ():
            unmade.setdefault(key, set()).update(partitions)
    return unmade


def some(names: Iterable[str], shown: int = 3, between: str = ", ") -> str:
    """The first few of some names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return between.join(listed[:shown]) + more
