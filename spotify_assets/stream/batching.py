"""Messages of a partition, gathered until they are written to the lake as a batch."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import pyarrow as pa

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.batches import (
    UNDER_WAY_SECONDS,
    BatchFile,
    BatchName,
    Manifest,
    Origin,
    commit,
    counts,
    new_writer,
)
from spotify_assets.lake.erasing_batches import ErasedFromBatches, erase_from_batch
from spotify_assets.lake.kept_out import listener_digest, listeners_kept_out
from spotify_assets.places import Place, PlaceT
from spotify_assets.sources.messages import Event, Refusal, listeners_of_refused, refused_line

Compression = Literal["gzip", "zstd"]
SUFFIXES: dict[Compression, str] = {"gzip": ".jsonl.gz", "zstd": ".jsonl.zst"}
FASTEST = 1
"""Compression level: the second costs a quarter more time for two hundredths of the size."""


@dataclass
class Lines:
    """Lines for one file, with the offsets of their messages as runs `[first, count]`."""

    lines: list[bytes] = field(default_factory=list)
    runs: list[list[int]] = field(default_factory=list)

    def add(self, line: bytes, offset: int) -> None:
        """Take a line; offsets grow."""
        self.lines.append(line)
        runs = self.runs
        if runs and runs[-1][0] + runs[-1][1] == offset:
            runs[-1][1] += 1
        else:
            runs.append([offset, 1])


Hour = tuple[int, int, int, int]
"""Year, month, day and hour (UTC)."""


@dataclass
class OpenBatch:
    """What was read of a partition and is not in the lake yet: offsets from `start` until before `end`.

    `until` is where it has to end at the latest, because the lake has what follows.
    """

    origin: Origin
    start: int
    end: int
    until: int | None = None
    lost_before: int | None = None
    kept_out: frozenset[str] = frozenset()
    """The listeners whose messages are left out, as `lake.kept_out` knows them."""
    opened: float = field(default_factory=time.monotonic)
    rows: int = 0
    left_out: int = 0
    size: int = 0
    newest: datetime | None = None
    refusals: list[tuple[int, Refusal, bytes | None]] = field(default_factory=list)
    """Of each refused message its offset, why, and the message."""
    _events: dict[Hour, Lines] = field(default_factory=dict)
    _refused: dict[Hour, Lines] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say of any offset."""
        return self.end == self.start

    def add(self, message: Event | Refusal, value: bytes | None, offset: int, timestamp_ms: int) -> None:
        """Take what a message is. `timestamp_ms` is when the broker got it, as milliseconds since 1970."""
        self.end = offset + 1
        if self.kept_out and _is_of(message, self.kept_out):
            self.left_out += 1
            return
        if isinstance(message, Event):
            moment, line, into = message.ended_at, message.line, self._events
            if self.newest is None or moment > self.newest:
                self.newest = moment
        else:
            moment = datetime.fromtimestamp(max(timestamp_ms, 0) / 1000, UTC)
            line, into = refused_line(message, offset, moment), self._refused
            self.refusals.append((offset, message, value))
        hour = (moment.year, moment.month, moment.day, moment.hour)
        lines = into.get(hour)
        if lines is None:
            lines = into[hour] = Lines()
        lines.add(line, offset)
        self.rows += 1
        self.size += len(line)

    def write(self, lake_dir: Place, compression: Compression) -> Manifest | None:
        """Write the files and then the manifest; None where another writer was first, and nothing is left.

        Raises:
            OSError: the lake cannot be written to; no file is left, and it can be tried again.
        """
        writer, written, files, begun = new_writer(), [], [], time.monotonic()
        try:
            for hour, refused, lines in self._hours():
                name = BatchName(
                    self.origin, self.start, self.end, writer, refused=refused, suffix=SUFFIXES[compression]
                )
                path = _hour_dir(lake_dir, hour) / str(name)
                written.append(path)
                _write(path, lines.lines, compression)
                files.append(
                    BatchFile(places.within(path, lake_dir), tuple((first, n) for first, n in lines.runs))
                )
            manifest = Manifest(
                origin=self.origin,
                start=self.start,
                end=self.end,
                files=tuple(files),
                written=time.time_ns() // 1_000_000,
                newest=round(self.newest.timestamp() * 1000) if self.newest else None,
                refused=len(self.refusals),
                lost_before=self.lost_before,
                left_out=self.left_out,
            )
            if time.monotonic() - begun > UNDER_WAY_SECONDS / 2:
                raise TimeoutError("writing a batch took so long that its files may be gone")
            return self._without_erased(lake_dir, manifest) if commit(lake_dir, manifest) else None
        finally:
            for path in written:
                if path.exists() and not counts(path):
                    path.unlink()

    def _without_erased(self, lake_dir: Place, manifest: Manifest) -> Manifest:
        """Leave out whom somebody erased since the batch was opened.

        After the commit: who erases marks the listener first and then looks at what is committed.
        """
        kept_out = listeners_kept_out(lake_dir)
        if kept_out <= self.kept_out:
            return manifest
        return erase_from_batch(
            lake_dir, manifest, lambda name: listener_digest(name) in kept_out, ErasedFromBatches()
        )

    def _hours(self) -> Iterator[tuple[Hour, bool, Lines]]:
        for refused, hours in ((False, self._events), (True, self._refused)):
            for hour, lines in sorted(hours.items()):
                yield hour, refused, lines


def _is_of(message: Event | Refusal, kept_out: frozenset[str]) -> bool:
    if isinstance(message, Event):
        return listener_digest(message.user_id) in kept_out
    return any(listener_digest(name) in kept_out for name in listeners_of_refused(message.original))


def _hour_dir(lake_dir: PlaceT, hour: Hour) -> PlaceT:
    day = datetime(*hour[:3], tzinfo=UTC).date()
    return layout.events_dir(lake_dir, day) / f"hour={hour[3]:02d}"


def _write(path: Place, lines: list[bytes], compression: Compression) -> None:
    content = b"\n".join(lines) + b"\n"
    if compression == "gzip":
        packed = gzip.compress(content, FASTEST, mtime=0)
    else:
        packed = pa.Codec("zstd", FASTEST).compress(content, asbytes=True)
    layout.write_bytes(path, packed)
