"""Erasing listeners from a stream's batches: files are written without their lines, under another name.

The new files come first, then the manifest that names them, then the old files go. So a crash at any point
leaves a batch whose files are all there, each line once, and doing it again ends it. What is left of a batch
that was never committed goes as well, once no writer can name it any more.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import msgspec
import pyarrow as pa

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.batches import (
    MANIFESTS,
    BatchFile,
    BatchName,
    Manifest,
    manifest_path,
    manifests,
    new_writer,
    origins,
    read_manifest,
    remove_unfinished,
    replace_manifest,
)
from spotify_assets.places import Place, lock
from spotify_assets.sources.landed import unpacked
from spotify_assets.sources.messages import listeners_of_line

_LOCK = ".lock"
Named = Callable[[str], bool]
"""Whether a listener is one of those who go."""


@dataclass
class ErasedFromBatches:
    """How many lines went, and the dates in whose folders they lay."""

    rows: int = 0
    refused: int = 0
    dates: set[date] = field(default_factory=set)


def erase_from_batches(lake_dir: Place, goes: Named) -> ErasedFromBatches:
    """Remove every line of some listeners from the batches of a lake.

    Raises:
        OSError: a file cannot be read or written; what was not reached yet is still there, so do it again.
        ValueError: a manifest is damaged.
    """
    erased = ErasedFromBatches()
    remove_unfinished(lake_dir)
    for origin in origins(lake_dir):
        for manifest in manifests(lake_dir, origin):
            erase_from_batch(lake_dir, manifest, goes, erased)
    return erased


def erase_from_batch(lake_dir: Place, manifest: Manifest, goes: Named, erased: ErasedFromBatches) -> Manifest:
    """Remove lines from one batch; returns its manifest as it is then.

    Raises:
        OSError: a file cannot be read or written.
    """
    with lock.held(lake_dir / MANIFESTS / _LOCK):
        where = manifest_path(lake_dir, manifest.origin, manifest.start)
        manifest = read_manifest(where)  # another process may have erased from it
        files: list[BatchFile] = []
        old: list[Place] = []
        refused = 0
        for file in manifest.files:
            path = lake_dir / file.path
            left = _left_of(path, file, goes)
            if left is None:
                files.append(file)
                continue
            old.append(path)
            lines, offsets = left
            gone = file.rows - len(lines)
            erased.dates |= set(layout.dates_of(path))
            name = BatchName.parse(path.name)
            assert name is not None  # a manifest names no others
            if name.refused:
                refused += gone
            erased.rows += 0 if name.refused else gone
            if lines:
                new = path.with_name(str(replace(name, writer=new_writer())))
                layout.write_bytes(new, _packed(path, lines))
                files.append(BatchFile(places.within(new, lake_dir), runs(offsets)))
        erased.refused += refused
        if old:
            changed = msgspec.structs.replace(
                manifest,
                files=tuple(files),
                refused=manifest.refused - refused,
                left_out=manifest.left_out + manifest.rows - sum(file.rows for file in files),
            )
            replace_manifest(lake_dir, changed)
            manifest = changed
        places.remove(old)
    return manifest


def _left_of(path: Place, file: BatchFile, goes: Named) -> tuple[list[bytes], list[int]] | None:
    """The lines of a file that stay, with their offsets; None where all do, or the file is lost."""
    if not path.exists():
        return None
    lines = unpacked(path).splitlines()
    stays = [not any(goes(name) for name in listeners_of_line(line)) for line in lines]
    if all(stays):
        return None
    kept = [line for line, stay in zip(lines, stays, strict=True) if stay]
    return kept, [offset for offset, stay in zip(file.each_offset(), stays, strict=True) if stay]


def runs(offsets: list[int]) -> tuple[tuple[int, int], ...]:
    """Offsets that grow, as runs `(first, count)`."""
    found: list[tuple[int, int]] = []
    for offset in offsets:
        if found and sum(found[-1]) == offset:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((offset, 1))
    return tuple(found)


def _packed(like: Place, lines: list[bytes]) -> bytes:
    content = b"\n".join(lines) + b"\n"
    if like.suffix == ".gz":
        return gzip.compress(content, mtime=0)
    packed: bytes = pa.Codec("zstd").compress(content, asbytes=True)
    return packed
