"""What lies in the lake, partition by partition, as short digests that are cheap to make and to remember.

A partition's digest covers the name, size and version (in a folder, the modification time) of every finished
data file that touches it, so it changes when a file is added, replaced, changed or removed, and never because
of a file's age. How a store is listed says `store_watch`. Knows no orchestrator.
"""

import base64
import os
import struct
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from spotify_assets.automation import store_watch
from spotify_assets.lake import layout
from spotify_assets.lake.batches import BatchName, counts
from spotify_assets.places import Place, StorePlace
from spotify_assets.settings import Grain

Stream = Literal["tracks", "events"]
STREAMS: tuple[Stream, ...] = ("tracks", "events")
_FOLDER_OF: Mapping[Stream, str] = {"tracks": layout.TRACKS, "events": layout.EVENTS}

DIGEST_BYTES = 8
"""Two states of one partition share a digest with a probability of 2⁻⁶⁴."""
_ENTRY = struct.Struct(f">I{DIGEST_BYTES}s")
_MONTH = "month"
_FOLDERS = ("date", "snapshot_date", _MONTH)


@dataclass(frozen=True)
class Seen:
    """The files of one partition: their digest, and when anything about them last changed (Unix time, ns).

    The time is that of the inode, which copying a file with its old modification time does not turn back.
    Where a stream writes, `others_changed_ns` is when a file last changed that is none of its batches: of
    these nothing is seen before it is whole.
    """

    digest: bytes
    changed_ns: int
    others_changed_ns: int | None = None

    @property
    def is_streamed(self) -> bool:
        """Whether a stream writes there."""
        return self.others_changed_ns is not None

    @property
    def settling_ns(self) -> int:
        """When last changed what may still be being written."""
        return self.changed_ns if self.others_changed_ns is None else self.others_changed_ns


Digests = Mapping[tuple[Stream, date], bytes]
"""Digests by stream and first day of the partition."""


def scan(lake_dir: Place, grain: Grain) -> dict[tuple[Stream, date], Seen]:
    """Every partition that a finished data file of the lake touches.

    Raises:
        ValueError: a folder is called `date=`, `month=` or `snapshot_date=` and no date follows; the message
            names it.
    """
    parts: dict[tuple[Stream, date], _Part] = {}
    for stream, folder in _FOLDER_OF.items():
        for day, file, changed_ns in _files_by_day(lake_dir, folder):
            first = _first(day, grain)
            part = parts.setdefault((stream, first), _Part([], 0))
            part.files.append((day.toordinal(), file.name, file.size, file.version))
            part.changed_ns = max(part.changed_ns, changed_ns)
            if file.is_batch:
                part.is_streamed = True
            else:
                part.others_changed_ns = max(part.others_changed_ns, file.ctime_ns)
    return {key: part.seen() for key, part in parts.items()}


def uploads(lake_dir: Place, grain: Grain) -> set[tuple[date, date]]:
    """The first days of the partitions in which something was heard and, another one, reported."""
    pairs = layout.heard_and_reported(lake_dir)
    return {
        (heard, reported)
        for heard, reported in ((_first(a, grain), _first(b, grain)) for a, b in pairs)
        if heard != reported
    }


def newest_change(lake_dir: Place, stream: Stream, first: date, last: date) -> int:
    """When the folders that may have held files of some days last changed; for days whose files are gone.

    A store has no folders that change: there it is when this process was first asked.
    """
    if isinstance(lake_dir, StorePlace):
        return store_watch.noticed(lake_dir, (stream, first, last), time.time_ns())
    assert isinstance(lake_dir, Path)
    root = lake_dir / _FOLDER_OF[stream]
    names = {root, root.parent}
    for day in (first, last):
        names |= {
            layout.tracks_dir(lake_dir, day) if stream == "tracks" else layout.events_dir(lake_dir, day),
            root / f"{_MONTH}={day:%Y-%m}",
        }
    return max((path.stat().st_ctime_ns for path in names if path.exists()), default=0)


def _first(day: date, grain: Grain) -> date:
    """The first day of the partition that a day lies in."""
    return day.replace(day=1) if grain == "month" else day


@dataclass
class _Part:
    files: list[tuple[int, str, int, int | str]]
    changed_ns: int
    others_changed_ns: int = 0
    is_streamed: bool = False

    def seen(self) -> Seen:
        others = self.others_changed_ns if self.is_streamed else None
        return Seen(_digest(self.files), self.changed_ns, others)


class _File(NamedTuple):
    """A data file: its name relative to its folder, its place, its size in bytes, what tells this version of
    it from others, and when it last changed.

    `is_batch` where it belongs to a batch of a stream.
    """

    name: str
    place: Place
    size: int
    version: int | str
    ctime_ns: int
    is_batch: bool

    def dates(self) -> tuple[date, ...]:
        """The dates that a file of a month touches."""
        return _dates_of(self.place, self.size, self.version)


def _files_by_day(lake_dir: Place, kind: str) -> Iterator[tuple[date, _File, int]]:
    """Each finished file of a stream, once for every day it touches, with the change of its folder."""
    listed = _in_store(lake_dir, kind) if isinstance(lake_dir, StorePlace) else _in_folders(lake_dir / kind)
    for folder, files, changed_ns in listed:
        kind, _, text = folder.name.partition("=")
        if kind == _MONTH:
            yield from ((day, file, changed_ns) for file in files for day in file.dates())
            continue
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"{folder}: {text!r} is no date (YYYY-MM-DD): rename the folder or remove it"
            ) from None
        yield from ((day, file, changed_ns) for file in files)


def _is_of_days(name: str) -> bool:
    kind, equals, _ = name.partition("=")
    return bool(equals) and kind in _FOLDERS


def _in_folders(root: Place) -> Iterator[tuple[Place, list[_File], int]]:
    """The folders below one of a local lake, their finished files, and when anything below last changed."""
    assert isinstance(root, Path)
    if not root.is_dir():
        return
    with os.scandir(root) as folders:
        for folder in folders:
            if _is_of_days(folder.name) and folder.is_dir():
                yield Path(folder.path), *_listing(folder.path, folder.stat().st_ctime_ns)


def _in_store(lake: StorePlace, kind: str) -> Iterator[tuple[Place, list[_File], int]]:
    """The folders of a kind in a store, their finished files, and when the newest of them was written."""
    for folder, paths in store_watch.finished_files(lake, kind):
        if not _is_of_days(folder.name):
            continue
        files = [
            _File(path.within(folder), path, state.size, state.version, round(state.written * 1e9), is_batch)
            for path in paths
            if (state := path.listed_state)
            for is_batch in [BatchName.parse(path.name) is not None]
        ]
        yield folder, files, max((file.ctime_ns for file in files), default=0)


def _listing(folder: str, changed_ns: int, prefix: str = "") -> tuple[list[_File], int]:
    """The finished data files below a folder, and when anything below it last changed."""
    files: list[_File] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_dir():
                    below, changed_below = _listing(
                        entry.path, entry.stat().st_ctime_ns, f"{prefix}{entry.name}/"
                    )
                    files += below
                    changed_ns = max(changed_ns, changed_below)
                elif (
                    entry.name.endswith(layout.DATA_SUFFIXES)
                    and not entry.name.startswith((".", "_"))
                    and counts(path := Path(entry.path))
                ):
                    status = entry.stat()
                    name = f"{prefix}{entry.name}"
                    times = status.st_mtime_ns, status.st_ctime_ns
                    is_batch = BatchName.parse(entry.name) is not None
                    files.append(_File(name, path, status.st_size, *times, is_batch))
                    changed_ns = max(changed_ns, status.st_ctime_ns)
            except FileNotFoundError:  # removed since it was listed
                continue
    return files, changed_ns


@lru_cache(maxsize=10_000)
def _dates_of(place: Place, size: int, version: int | str) -> tuple[date, ...]:
    """The dates that a file of a month touches; read once for each version of the file."""
    del size, version
    return tuple(layout.dates_of(place))


def _digest(files: list[tuple[int, str, int, int | str]]) -> bytes:
    return blake2b(repr(sorted(files)).encode(), digest_size=DIGEST_BYTES).digest()


def pack(digests: Digests) -> str:
    """Digests as a text of 16 characters a partition."""
    blocks = []
    for stream in STREAMS:
        entries = sorted((day, digest) for (kind, day), digest in digests.items() if kind == stream)
        packed = b"".join(_ENTRY.pack(day.toordinal(), digest) for day, digest in entries)
        blocks.append(base64.b64encode(zlib.compress(packed)).decode())
    return ".".join(blocks)


def unpack(text: str) -> dict[tuple[Stream, date], bytes]:
    """What `pack` packed.

    Raises:
        ValueError: the text is not that.
    """
    digests: dict[tuple[Stream, date], bytes] = {}
    try:
        for stream, block in zip(STREAMS, text.split("."), strict=True):
            packed = zlib.decompress(base64.b64decode(block, validate=True))
            for ordinal, digest in _ENTRY.iter_unpack(packed):
                digests[stream, date.fromordinal(ordinal)] = digest
    except (ValueError, zlib.error, struct.error, OverflowError) as error:
        raise ValueError(f"this is no list of digests: {error}") from None
    return digests


def carried_over(
    remembered: Digests,
    before: Mapping[tuple[Stream, date], Seen],
    now: Mapping[tuple[Stream, date], Seen],
) -> dict[tuple[Stream, date], bytes]:
    """What is remembered of partitions of another grain, as that of those that there are now.

    `before` is the lake as partitions of the grain that was, `now` as those of the grain that is. Of a month
    with a change that was not remembered nothing is.
    """

    def month(key: tuple[Stream, date]) -> tuple[Stream, date]:
        return key[0], key[1].replace(day=1)

    same = {key for key in remembered if key in before and before[key].digest == remembered[key]}
    changed = {month(key) for key in {*remembered, *before} - same}
    known = {month(key) for key in same} - changed
    return {key: seen.digest for key, seen in now.items() if month(key) in known}


def ranges(days: Iterable[date], grain: Grain) -> list[tuple[date, date]]:
    """Contiguous ranges of partitions, each by the first day of its first and of its last partition."""
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found and next_partition(found[-1][1], grain) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def at_most(found: list[tuple[date, date]], limit: int) -> list[tuple[date, date]]:
    """No more than so many ranges: they are parted at the widest gaps alone, the others are taken in."""
    found = sorted(found)
    gaps = [(after[0] - before[1], number) for number, (before, after) in enumerate(pairwise(found), start=1)]
    starts = [0, *sorted(number for _, number in sorted(gaps, reverse=True)[: limit - 1])]
    ends = [*starts[1:], len(found)]
    return [(found[start][0], found[end - 1][1]) for start, end in zip(starts, ends, strict=True) if found]


def next_partition(first: date, grain: Grain) -> date:
    """The first day of the partition after the one that starts on a day."""
    if grain == "month":
        return date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return date.fromordinal(first.toordinal() + 1)


def previous_partition(first: date, grain: Grain) -> date:
    """The first day of the partition before the one that starts on a day."""
    before = date.fromordinal(first.toordinal() - 1)
    return before.replace(day=1) if grain == "month" else before
