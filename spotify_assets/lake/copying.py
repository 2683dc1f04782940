"""Copying a lake to another address, such as from a folder to an object store and back.

Every file is compared by size and SHA-256 with what arrived. What commits others (receipts, manifests of
batches) is copied last, so that of a copy that was stopped nothing is read by halves; the same command goes
on where it ended. Not copied: locks, work folders, and what is made from the lake (the warehouse, published
tables).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.batches import MANIFESTS
from spotify_assets.lake.importing import alone
from spotify_assets.places import Place

_LAST = (MANIFESTS, layout.RECEIPTS)


@dataclass(frozen=True)
class Copied:
    """Files and bytes that a lake has, and how many of the files the other place had before."""

    files: int
    bytes: int
    there_before: int


def copy_lake(
    source: Place,
    target: Place,
    *,
    remove_others: bool = False,
    told: Callable[[int, int], None] | None = None,
) -> Copied:
    """Copy all files of a lake; `told` hears how many of how many are done.

    With `remove_others` what the target has beside them is removed.

    Raises:
        ValueError: both are the same place, or the target has other files; the message says what to do.
        OSError: a file cannot be read or written, or did not arrive as it was; do it again.
    """
    if source == target:
        raise ValueError(f"the lake is at {source} already")
    with alone(source), alone(target):
        names = _names(source)
        _without_others(target, names, remove=remove_others)
        copied = Copied(0, 0, 0)
        for some in (names[n : n + places.AT_A_TIME] for n in range(0, len(names), places.AT_A_TIME)):
            for size, was_there in places.each(lambda name: _copy(source / name, target / name), some):
                copied = Copied(copied.files + 1, copied.bytes + size, copied.there_before + was_there)
            if told:
                told(copied.files, len(names))
    return copied


def _names(lake: Place) -> list[str]:
    """The files of a lake by their paths in it, those last that commit others."""
    found = [places.within(path, lake) for path in places.below(lake)]
    named = [name for name in found if not any(part.startswith(".") for part in name.split("/"))]
    return sorted(named, key=lambda name: (_is_last(name), name))


def _is_last(name: str) -> int:
    folder = name.partition("/")[0]
    return _LAST.index(folder) + 1 if folder in _LAST else 0


def _without_others(target: Place, names: list[str], *, remove: bool) -> None:
    others = sorted(set(_names(target)) - set(names), key=lambda name: (-_is_last(name), name))
    if others and not remove:
        raise ValueError(
            f"{target} has {len(others):,} files that the lake has not, such as {others[0]}: they would "
            "count as landed. Choose an empty place, or remove them with --remove-others"
        )
    for name in others:
        (target / name).unlink(missing_ok=True)


def _copy(source: Place, target: Place) -> tuple[int, bool]:
    """Copy one file where it is not there as it is; its bytes, and whether it was."""
    content = source.read_bytes()
    if _is(target, content):
        return len(content), True
    places.write(target, content)
    if not _is(target, content):
        raise OSError(f"{target} did not arrive as it was: do it again")
    return len(content), False


def _is(place: Place, content: bytes) -> bool:
    state = places.state(place)
    if state is None or state.size != len(content):
        return False
    return hashlib.sha256(place.read_bytes()).digest() == hashlib.sha256(content).digest()
