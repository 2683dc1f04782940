"""Offsets that a topic has and the lake does not: where a consumer reads."""

from dataclasses import dataclass

from spotify_assets import places
from spotify_assets.lake.batches import Manifest, Origin, last_manifest, manifest_path, manifests
from spotify_assets.places import Place


@dataclass(frozen=True)
class Hole:
    """Offsets from `start` until before `until`, or without an end; `lost_before` as in `Manifest`."""

    start: int
    until: int | None = None
    lost_before: int | None = None


class OffsetsGoneError(ValueError):
    """The lake has offsets that the topic has not; the message says what that can be."""


def next_hole(lake_dir: Place, origin: Origin, first: int, end: int) -> Hole:
    """Where a consumer goes on: after the last batch. The topic has offsets from `first` until before `end`.

    Raises:
        OffsetsGoneError: the topic ends before the lake does.
    """
    last = last_manifest(lake_dir, origin)
    if last is None:
        return Hole(first)
    if last.end > end:
        raise OffsetsGoneError(
            f"{origin.topic}, partition {origin.partition}: the lake has messages until offset {last.end:,}, "
            f"the topic ends at {end:,}: the topic lost what it had acknowledged, or another cluster took "
            f"over its id. Nothing is read; produce to a new topic, or move _kafka/{origin.topic} away"
        )
    if last.end < first:
        return Hole(first, lost_before=last.end)
    return Hole(last.end)


def holes(lake_dir: Place, origin: Origin, first: int, since: int) -> list[Hole]:
    """Where a consumer reads that fills a lake again, from offset `since` on: what no whole batch has.

    A batch is whole when all of its files are there. Of others the manifest is removed, with what is left of
    their files, so that all of the batch is read again; but not where the topic, which begins at `first`,
    has not all of it any more: what is left is all there is. The last hole has no end.
    """
    begin = max(first, since)
    found: list[Hole] = []
    for manifest in list(manifests(lake_dir, origin)):
        if manifest.end <= begin:
            continue
        if not _is_whole(lake_dir, manifest) and manifest.start >= first:
            _remove(lake_dir, manifest)
            begin = min(begin, manifest.start)
            continue
        if manifest.start > begin:
            found.append(Hole(begin, manifest.start))
        begin = max(begin, manifest.end)
    return [*found, Hole(begin)]


def _is_whole(lake_dir: Place, manifest: Manifest) -> bool:
    named = [lake_dir / file.path for file in manifest.files]
    return len(places.existing(named)) == len(named)


def _remove(lake_dir: Place, manifest: Manifest) -> None:
    """The manifest first, so that nobody reads a batch of which a part is gone."""
    manifest_path(lake_dir, manifest.origin, manifest.start).unlink()
    places.remove(lake_dir / file.path for file in manifest.files)
