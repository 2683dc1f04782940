"""Giving the assets what belongs to the whole graph: when they follow, when they are late, their lineage.

Here belongs: attributes that have nothing to do with what an asset makes. Not here: the rules themselves
(`conditions`, `freshness`, `assets.lineage`).
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from spotify_assets.assets.lineage import known_columns, with_lineage
from spotify_assets.automation.conditions import follows_earlier_days
from spotify_assets.automation.freshness import freshness
from spotify_assets.settings import Settings

VIEWS = "staging"
"""Group of the views that hold no rows of their own."""
MODEL_FEATURES = dg.AssetKey(["ml", "model_features"])


def operated(assets: Sequence[dg.AssetsDefinition], settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets with freshness policies and column lineage, features with their condition."""
    by_key = {spec.key: spec for asset in assets for spec in asset.specs}
    columns = known_columns(by_key.values())
    assets = [asset.map_asset_specs(lambda spec: _beyond_views(spec, by_key)) for asset in assets]

    def with_policies(spec: dg.AssetSpec) -> dg.AssetSpec:
        spec = with_lineage(spec, [dep.asset_key for dep in spec.deps], columns)
        return spec.replace_attributes(
            automation_condition=follows_earlier_days() if spec.key == MODEL_FEATURES else None,
            freshness_policy=freshness(settings, str(spec.group_name)),
        )

    return [asset.map_asset_specs(with_policies) for asset in assets]


def _beyond_views(spec: dg.AssetSpec, by_key: Mapping[dg.AssetKey, dg.AssetSpec]) -> dg.AssetSpec:
    """The spec, also dependent on the partitioned tables behind the views that it reads.

    A view has no partitions, so without this nobody could tell which partitions a change behind it touches.
    """
    if spec.partitions_def is None:
        return spec
    known = {dep.asset_key for dep in spec.deps}
    behind: set[dg.AssetKey] = set()
    views = [key for key in known if _is_view(key, by_key)]
    while views:
        read = {dep.asset_key for dep in by_key[views.pop()].deps if dep.asset_key in by_key}
        behind |= {key for key in read if by_key[key].partitions_def is not None}
        views += [key for key in read if _is_view(key, by_key)]
    added = [dg.AssetDep(key) for key in sorted(behind - known)]
    return spec.replace_attributes(deps=[*spec.deps, *added]) if added else spec


def _is_view(key: dg.AssetKey, by_key: Mapping[dg.AssetKey, dg.AssetSpec]) -> bool:
    return key in by_key and by_key[key].group_name == VIEWS
