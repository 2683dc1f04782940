"""Batches of a stream in the lake: what their files are called, and which of them count.

A batch holds the messages of one topic's partition with offsets from `start` until before `end`. Its files
lie in the folders of the hours in which its events ended, so that there may be several:

    listening_events/date=…/hour=…/kafka~<topic>~<topic id>~<partition>~<start>-<end>~<writer>.jsonl.gz
    listening_events/date=…/hour=…/kafka~…~<writer>~refused.jsonl.gz     what is no event, with reasons

and then its manifest, `_kafka/<topic>/<topic id>/<partition>/<start>.json`, which names them. Writing the
manifest is the commit: it is created only where there is none, so that of several writers of the same offsets
one wins, and files that no manifest names are read by nobody. The next batch begins where the last one ends,
which is where a consumer goes on, whatever its group has committed. A topic that is deleted and made anew has
another id and a chain of its own.

Here belongs: names, manifests, where a chain ends. Not here: Kafka (`stream`), what a message is
(`sources.messages`).
"""

import time
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import msgspec

from spotify_assets import places
from spotify_assets.places import Place, PlaceT

MANIFESTS = "_kafka"
PREFIX = "kafka"
REFUSED = "refused"
_LAKE = 3
"""Which of the folders that a file of a batch is in is the lake: hour, date, kind, lake."""
_BETWEEN = "~"
"""No topic's name has it: Kafka allows letters, digits, `.`, `_` and `-`."""
UNDER_WAY_SECONDS = 600
"""For how long after a file was written a manifest may come that names it; a writer gives up earlier."""


class Origin(msgspec.Struct, frozen=True, order=True):
    """A partition of a topic; `topic_id` is the id that the cluster gave the topic when it was made."""

    topic: str
    topic_id: str
    partition: int

    @property
    def source_file(self) -> str:
        """What `source_file` of its rows is; `source_row` is the offset and 1."""
        return f"{PREFIX}/{self.topic}/{self.topic_id}/{self.partition}"


class BatchFile(msgspec.Struct, frozen=True):
    """A file of a batch: its path in the lake, and the offsets of its lines as runs `[first, count]`."""

    path: str
    offsets: tuple[tuple[int, int], ...]

    @property
    def rows(self) -> int:
        """How many messages it holds."""
        return sum(count for _, count in self.offsets)

    def each_offset(self) -> list[int]:
        """The offset of each line, in order."""
        return [offset for first, count in self.offsets for offset in range(first, first + count)]


class Manifest(msgspec.Struct, frozen=True):
    """What makes a batch part of the lake.

    `lost_before` is the offset that was due when the topic no longer had it: messages from there to `start`
    were deleted by the topic's retention before they were read. `newest` is the time of the newest event, as
    milliseconds since 1970, `written` that of the commit. `left_out` are messages of erased listeners.
    """

    origin: Origin
    start: int
    end: int
    files: tuple[BatchFile, ...]
    written: int
    newest: int | None = None
    refused: int = 0
    lost_before: int | None = None
    left_out: int = 0

    @property
    def rows(self) -> int:
        """How many messages it holds, refused ones included."""
        return sum(file.rows for file in self.files)


_DECODER = msgspec.json.Decoder(Manifest)


@dataclass(frozen=True)
class BatchName:
    """The name of a batch's file."""

    origin: Origin
    start: int
    end: int
    writer: str
    refused: bool = False
    suffix: str = ".jsonl.gz"

    def __str__(self) -> str:
        origin = self.origin
        parts = [PREFIX, origin.topic, origin.topic_id, str(origin.partition), f"{self.start}-{self.end}"]
        parts += [self.writer, *([REFUSED] if self.refused else [])]
        return _BETWEEN.join(parts) + self.suffix

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The name of a file as a batch's; None where it is none."""
        stem, dot, suffix = name.rpartition(".jsonl")
        parts = stem.split(_BETWEEN)
        if not dot or parts[0] != PREFIX or len(parts) not in {6, 7} or parts[6:] not in ([], [REFUSED]):
            return None
        _, topic, topic_id, partition, offsets, writer = parts[:6]
        start, _, end = offsets.partition("-")
        if not (partition.isdecimal() and start.isdecimal() and end.isdecimal()):
            return None
        origin = Origin(topic, topic_id, int(partition))
        return cls(origin, int(start), int(end), writer, refused=len(parts) == 7, suffix=dot + suffix)


def messages_of(files: Sequence[Sequence[str]]) -> list[int]:
    """About how many messages the batches among some groups of files hold, by the names of the files.

    A name tells how many a batch has; where that has several files, each counts for the same share.
    """
    names = [[name for file in group if (name := BatchName.parse(file))] for group in files]
    parts = Counter((name.origin, name.start, name.writer) for group in names for name in group)
    return [
        sum((name.end - name.start) // parts[name.origin, name.start, name.writer] for name in group)
        for group in names
    ]


def new_writer() -> str:
    """A name that no other writer of files has."""
    return uuid.uuid4().hex[:12]


def manifest_path(lake_dir: PlaceT, origin: Origin, start: int) -> PlaceT:
    """Where the manifest is of the batch that begins at an offset."""
    return _chain_dir(lake_dir, origin) / f"{start:020d}.json"


def read_manifest(path: Place) -> Manifest:
    """A manifest.

    Raises:
        ValueError: the file is none; the message names it.
    """
    try:
        return _DECODER.decode(path.read_bytes())
    except msgspec.MsgspecError as error:
        raise ValueError(
            f"{path}: no manifest of a batch ({error}): restore it, or remove it with all after it and read "
            "the topic again with --from-beginning"
        ) from None


def replace_manifest(lake_dir: Place, manifest: Manifest) -> None:
    """Let another manifest take the place of that of the same batch, in one step."""
    places.write(manifest_path(lake_dir, manifest.origin, manifest.start), msgspec.json.encode(manifest))


def commit(lake_dir: Place, manifest: Manifest) -> bool:
    """Make a batch part of the lake; False where another batch begins at the same offset already."""
    path = manifest_path(lake_dir, manifest.origin, manifest.start)
    return places.write_if_absent(path, msgspec.json.encode(manifest))


def manifests(lake_dir: Place, origin: Origin) -> Iterator[Manifest]:
    """The batches of a partition, in order."""
    for path in _chain(lake_dir, origin):
        yield read_manifest(path)


def last_manifest(lake_dir: Place, origin: Origin) -> Manifest | None:
    """The last batch of a partition; None where there is none."""
    chain = _chain(lake_dir, origin)
    return read_manifest(chain[-1]) if chain else None


def origins(lake_dir: Place) -> list[Origin]:
    """The partitions that the lake has batches of, in order."""
    return sorted(
        Origin(topic.name, topic_id.name, int(partition.name))
        for topic in places.folders(lake_dir / MANIFESTS)
        for topic_id in places.folders(topic)
        for partition in places.folders(topic_id)
        if partition.name.isdecimal()
    )


def batch_file(path: Place) -> tuple[BatchName, BatchFile] | None:
    """What a file of the lake is by its batch's manifest; None where it is a batch's and none names it.

    Raises:
        ValueError: it is no file of a batch, or its manifest is damaged.
    """
    name = BatchName.parse(path.name)
    if name is None:
        raise ValueError(f"{path} is no file of a batch")
    lake_dir = path.parents[_LAKE]
    where = manifest_path(lake_dir, name.origin, name.start)
    state = places.state(where)
    if state is None:
        return None
    try:
        manifest = _remembered(where, state.version)
    except FileNotFoundError:
        return None
    within = places.within(path, lake_dir)
    return next(((name, file) for file in manifest.files if file.path == within), None)


def counts(path: Place) -> bool:
    """Whether a data file of the lake counts: all do, but for those of batches that were not committed."""
    is_batch = path.name.startswith(f"{PREFIX}{_BETWEEN}") and BatchName.parse(path.name) is not None
    return not is_batch or batch_file(path) is not None


def counting(paths: Sequence[PlaceT]) -> list[PlaceT]:
    """Those of some data files of one folder of the lake that count."""
    if all(places.is_local(path) for path in paths):
        return [path for path in paths if counts(path)]
    chains: dict[tuple[Place, Origin], list[BatchName]] = {}
    for path in paths:
        if (name := BatchName.parse(path.name)) is not None:
            chains.setdefault((path.parents[_LAKE], name.origin), []).append(name)
    committed = set()
    for (lake_dir, origin), names in chains.items():
        starts = [name.start for name in names]
        between = _between(lake_dir, origin, min(starts), max(starts))
        committed |= {lake_dir / file.path for manifest in between for file in manifest.files}
    return [path for path in paths if BatchName.parse(path.name) is None or path in committed]


def _between(lake_dir: Place, origin: Origin, first: int, last: int) -> list[Manifest]:
    """The batches of a partition that begin at one of some offsets; of a store, without asking for each."""
    chain = places.files_between(_chain_dir(lake_dir, origin), f"{first:020d}.json", f"{last:020d}.json")
    return places.each(_as_listed, [path for path in chain if path.suffix == ".json"])


def _as_listed(path: Place) -> Manifest:
    state = places.state_as_listed(path)
    if state is None:
        raise FileNotFoundError(f"{path}: there is no such file")
    return _remembered(path, state.version)


@lru_cache(maxsize=20_000)
def _remembered(path: Place, version: str) -> Manifest:
    """A manifest, read once for each version of its file."""
    del version
    return read_manifest(path)


def remove_unfinished(lake_dir: Place, of: Collection[Origin] | None = None) -> int:
    """Remove files of batches that no manifest names, of some partitions or of all; says how many.

    Young ones stay: they may be those of a batch that another process is about to commit.
    """
    removed = 0
    young = time.time() - UNDER_WAY_SECONDS
    for path in _of_batches(lake_dir):
        name = BatchName.parse(path.name)
        if name is None or (of is not None and name.origin not in of):
            continue
        state = places.state_as_listed(path)
        if state is not None and state.written < young and batch_file(path) is None:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _of_batches(lake_dir: PlaceT) -> Iterator[PlaceT]:
    """The files of the lake that are called as those of batches are."""
    for kind in places.folders(lake_dir):
        if kind.name[0] not in "._":
            begin = f"{PREFIX}{_BETWEEN}"
            yield from (path for path in places.below(kind) if path.name.startswith(begin))


def _chain(lake_dir: PlaceT, origin: Origin) -> list[PlaceT]:
    """The manifests of a partition, in order."""
    return [path for path in places.files(_chain_dir(lake_dir, origin)) if path.suffix == ".json"]


def _chain_dir(lake_dir: PlaceT, origin: Origin) -> PlaceT:
    return lake_dir / MANIFESTS / origin.topic / origin.topic_id / str(origin.partition)
