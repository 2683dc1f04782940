"""What health asks of the graph, kept in $DAGSTER_HOME, because building the graph takes seconds.

It is kept under a digest of all that the graph follows from (settings, versions, the files of this package
and of the dbt project), and made anew when any of that has changed. Where the partitions begin and end is not
kept: it follows from the lake and the day. Here belongs: the outline and whether it is still true. Not here:
what is broken (`health`).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg

from spotify_assets.assets.dbt_files import manifest_of, project_files
from spotify_assets.instance.records import AssetGraph
from spotify_assets.lake.layout import write_bytes
from spotify_assets.partitions import months, partitions
from spotify_assets.settings import Settings
from spotify_assets.start_date import with_start

FILE = "graph.json"
_LENGTHS = {"grain": partitions, "month": months}
"""The partitions that assets have, by the name they are kept under."""
_LIBRARIES = ("dagster", "dagster-dbt", "dbt-core")
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Node:
    """What health asks of an asset."""

    group_name: str
    partitions_def: dg.TimeWindowPartitionsDefinition | None


@dataclass(frozen=True)
class Outline:
    """The assets and checks of a graph; it answers what health asks as the graph itself does."""

    nodes: Mapping[dg.AssetKey, Node]
    asset_check_keys: frozenset[dg.AssetCheckKey]

    @property
    def materializable_asset_keys(self) -> frozenset[dg.AssetKey]:
        """The assets that runs make."""
        return frozenset(self.nodes)

    def get(self, key: dg.AssetKey) -> Node:
        """An asset of `materializable_asset_keys`."""
        return self.nodes[key]


Graph = AssetGraph | Outline
Build = Callable[[Settings], dg.Definitions]


def outline_of(settings: Settings, build: Build) -> Outline:
    """The outline that is kept, where it is still true; else the graph is built and its outline kept.

    Raises:
        RuntimeError: the dbt project does not parse.
    """
    try:
        kept = json.loads(_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or somebody's own
        kept = None
    if not isinstance(kept, dict) or kept.get("follows_from") != follows_from(settings):
        build_and_keep(settings, build)
        kept = json.loads(_file(settings).read_text(encoding="utf-8"))
    return _unpacked(kept, settings)


def build_and_keep(settings: Settings, build: Build) -> dg.Definitions:
    """The definitions of the settings; the outline of their graph is kept.

    Raises:
        RuntimeError: the dbt project does not parse.
    """
    from spotify_assets.assets.dbt_cli import prepared_manifest  # noqa: PLC0415

    prepared_manifest(settings)  # the graph follows from what this may write
    digest = follows_from(settings)  # before the graph: what changes meanwhile is not taken for known
    definitions = build(settings)
    packed = _packed(definitions.resolve_asset_graph(), settings)
    write_bytes(_file(settings), json.dumps({"follows_from": digest, **packed}).encode())
    return definitions


def follows_from(settings: Settings) -> str:
    """A digest of all that the graph follows from."""
    digest = blake2b(settings.model_dump_json().encode(), digest_size=16)
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for file in sorted(_files(settings)):
        state = file.stat()
        digest.update(f"{file} {state.st_mtime_ns} {state.st_size}\n".encode())
    return digest.hexdigest()


def _files(settings: Settings) -> Iterator[Path]:
    yield from _PACKAGE.rglob("*.py")
    yield from project_files(settings.dbt_project_dir)
    manifest = manifest_of(settings.dbt_project_dir)
    if manifest.exists():
        yield manifest


def _file(settings: Settings) -> Path:
    return settings.dagster_home / FILE


def _packed(graph: AssetGraph, settings: Settings) -> dict[str, Any]:
    """The outline of a graph as JSON holds it."""
    lengths: dict[dg.PartitionsDefinition, str] = {
        make(with_start(settings)): name for name, make in reversed(_LENGTHS.items())
    }
    nodes = [(key, graph.get(key)) for key in sorted(graph.materializable_asset_keys)]
    return {
        "assets": [
            [list(key.path), node.group_name, node.partitions_def and lengths[node.partitions_def]]
            for key, node in nodes
        ],
        "checks": [[list(key.asset_key.path), key.name] for key in sorted(graph.asset_check_keys)],
    }


def _unpacked(kept: Mapping[str, Any], settings: Settings) -> Outline:
    definitions = {name: make(settings) for name, make in _LENGTHS.items()}
    return Outline(
        nodes={
            dg.AssetKey(path): Node(group, definitions[length] if length else None)
            for path, group, length in kept["assets"]
        },
        asset_check_keys=frozenset(
            dg.AssetCheckKey(dg.AssetKey(path), name) for path, name in kept["checks"]
        ),
    )
