"""The consumer: messages of a topic become batches of the lake, each exactly once.

A member of a consumer group reads the partitions that Kafka gives it and writes them in batches
(`stream.batching`). Where it goes on is what the lake says (`lake.holes`), never what the group has
committed: the group's offsets follow, for those who watch its lag. So a consumer that dies at any point
leaves files that no manifest names, and its successor reads the same messages again. Batches are written by
one thread beside the one that reads, in the order in which they were closed.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from spotify_assets.lake.batches import Manifest, Origin, last_manifest, remove_unfinished
from spotify_assets.lake.holes import Hole, OffsetsGoneError, holes, next_hole
from spotify_assets.lake.kept_out import listeners_kept_out
from spotify_assets.lake.progress import PartitionProgress, begin, write_progress
from spotify_assets.settings import Settings
from spotify_assets.sources.messages import judge
from spotify_assets.stream import client
from spotify_assets.stream.batching import OpenBatch
from spotify_assets.stream.client import StreamError, words

T = TypeVar("T")
AT_ONCE = 5_000
"""Messages that are asked of the client at a time."""
WAIT_SECONDS = 0.2
TELL_SECONDS = 10.0
"""How often the lag is told."""
PATIENCE_SECONDS = 2.0
"""How long to wait for the writer before no more is asked for: the client fetches again what it held then."""
RETRY_SECONDS = 1.0
"""How long to wait before a batch is written again that could not be."""


@dataclass
class Progress:
    """What a consumer did, and until before which offset the lake has each partition that it read."""

    rows: int = 0
    refused: int = 0
    batches: int = 0
    lost: int = 0
    """Messages that the topic's retention deleted before they were read."""
    ends: dict[int, int] = field(default_factory=dict)
    lags: dict[int, int] = field(default_factory=dict)
    """Messages of each partition that the topic has and the lake has not, when its last batch was written."""
    newest: int | None = None
    """When the newest event ended, as milliseconds since 1970."""
    problem: str | None = None
    """Why a batch cannot be written; None when the last one could."""


@dataclass
class _Reading:
    """A partition that is read: the batch that is open, and the holes to fill after this one."""

    origin: Origin
    batch: OpenBatch
    later: list[Hole]
    told: PartitionProgress


class LakeConsumer:
    """Reads a topic until told to stop, and writes what it read to the lake."""

    def __init__(
        self,
        settings: Settings,
        *,
        fills_since: datetime | None = None,
        told: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        """With `fills_since` it reads again what the lake lost since then. `told` hears of each batch.

        Raises:
            StreamError: there is no such cluster or topic.
        """
        self._settings, self._fills_since, self._told = settings, fills_since, told
        self._topic = settings.kafka_topic
        self._origins = {origin.partition: origin for origin in client.partitions_of(settings, self._topic)}
        self._consumer = client.consumer(settings)
        dead_letters = settings.kafka_dead_letter_topic
        self._dead_letters = client.producer(settings) if dead_letters else None
        self._reading: dict[int, _Reading] = {}
        self._writer = ThreadPoolExecutor(1, "stream-writer")
        self._writing: Future[list[tuple[OpenBatch, Manifest | None]]] | None = None
        self._stop: Callable[[], bool] = lambda: False
        self._told_at = 0.0
        self._is_member = self._is_paused = self._is_stopping = False
        self.progress = Progress()

    def run(self, stop: Callable[[], bool]) -> Progress:
        """Read and write until `stop`. What was read is written before it returns.

        Raises:
            StreamError: the topic is gone, or the lake has what the topic has not.
        """
        self._stop = stop
        self._consumer.subscribe(
            [self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )
        try:
            while not stop():
                self._take(self._consumer.consume(AT_ONCE, WAIT_SECONDS))
                self._write_what_is_due()
                if time.monotonic() - self._told_at >= TELL_SECONDS:
                    self._tell_lag()
            self._is_stopping = True
            self._write_all(self._reading)
            self._tell_lag()
        except KafkaException as error:
            raise StreamError(f"Kafka: {words(error)}") from None
        finally:
            self._is_stopping = True
            self._writer.shutdown()
            self._consumer.close()
        return self.progress

    def has_reached(self, goal: Mapping[int, int]) -> bool:
        """Whether what was read of each partition reaches to before these offsets."""
        return self._is_member and all(self._end_of(partition) >= end for partition, end in goal.items())

    def _end_of(self, partition: int) -> int:
        """Where what was read of a partition ends; of those that others read, what the lake has."""
        if partition in self._reading:
            return self._reading[partition].batch.end
        last = last_manifest(self._settings.lake, self._origins[partition])
        return last.end if last else 0

    def _take(self, messages: list[Message]) -> None:
        now = datetime.now(UTC)
        for message in messages:
            if (error := message.error()) is not None:
                self._look_at(error, message)
                continue
            partition, offset = message.partition(), message.offset()
            reading = None if partition is None else self._reading.get(partition)
            if reading is None or offset is None or offset < reading.batch.end:
                continue  # it was revoked since, or is read again after a seek
            while reading.batch.until is not None and offset >= reading.batch.until:
                self._go_to_next_hole(reading)
            if offset < reading.batch.end:
                continue
            value = message.value()
            reading.batch.add(judge(value, now), value, offset, message.timestamp()[1])

    def _look_at(self, error: KafkaError, message: Message) -> None:
        """Go on where an error can be gone on from: the client itself retries what may pass."""
        partition, offset = message.partition(), message.offset()
        reading = None if partition is None else self._reading.get(partition)
        if error.code() == KafkaError._PARTITION_EOF:
            # The last offsets may be marks of transactions or compacted away: there is no message to come.
            if reading is not None and offset is not None:
                reading.batch.end = max(reading.batch.end, offset)
        elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            if partition is not None:
                self._write_all([partition])  # the topic has it no longer
                self._begin([partition])
        elif error.fatal() or error.code() in (
            KafkaError.UNKNOWN_TOPIC_OR_PART,
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.GROUP_AUTHORIZATION_FAILED,
        ):
            raise StreamError(f"{self._topic} cannot be read: {error.str()}")

    def _on_assign(self, _: Consumer, given: list[TopicPartition]) -> None:
        # The topic may have grown since it was looked at, or be another of the same name.
        partitions = self._asked(lambda: client.partitions_of(self._settings, self._topic))
        self._origins = {origin.partition: origin for origin in partitions}
        remove_unfinished(self._settings.lake, {self._origins[each.partition] for each in given})
        at = [self._open(each.partition) for each in given]
        self._is_member, self._is_paused = True, False
        self._consumer.assign(at)

    def _asked(self, ask: Callable[[], T]) -> T:
        return client.patiently(ask, self._stop)

    def _on_revoke(self, _: Consumer, taken: list[TopicPartition]) -> None:
        self._write_all([each.partition for each in taken])
        for each in taken:
            self._reading.pop(each.partition, None)

    def _on_lost(self, _: Consumer, taken: list[TopicPartition]) -> None:
        """Others have these partitions already and read again what was not written."""
        for each in taken:
            self._reading.pop(each.partition, None)

    def _open(self, partition: int) -> TopicPartition:
        """Open a batch where the lake has to be gone on with; returns from where to read."""
        origin = self._origins[partition]
        where = TopicPartition(self._topic, partition)
        first, end = self._asked(lambda: self._consumer.get_watermark_offsets(where, client.ANSWER_SECONDS))
        try:
            hole = next_hole(self._settings.lake, origin, first, end)
        except OffsetsGoneError as error:
            raise StreamError(str(error)) from None
        found = [hole]
        if self._fills_since is not None:
            where.offset = round(self._fills_since.timestamp() * 1000)
            (since,) = self._asked(lambda: self._consumer.offsets_for_times([where], client.ANSWER_SECONDS))
            found = holes(self._settings.lake, origin, first, since.offset if since.offset >= 0 else end)
        told = begin(self._settings.lake, origin, hole.start, _now())
        self._reading[partition] = _Reading(origin, self._batch(origin, found[0]), found[1:], told)
        if hole.lost_before is not None:
            self.progress.lost += hole.start - hole.lost_before
        return TopicPartition(self._topic, partition, found[0].start)

    def _begin(self, partitions: Iterable[int]) -> None:
        """Drop what is open of these partitions and read again from where the lake ends."""
        for partition in partitions:
            if partition in self._reading:
                self._consumer.seek(self._open(partition))

    def _go_to_next_hole(self, reading: _Reading) -> None:
        """Close the batch at the end of its hole, and read on where the next one begins."""
        assert reading.batch.until is not None
        reading.batch.end = reading.batch.until
        self._write_all([reading.origin.partition])
        hole, *reading.later = reading.later
        reading.batch = self._batch(reading.origin, hole)
        self._consumer.seek(TopicPartition(self._topic, reading.origin.partition, hole.start))

    def _write_what_is_due(self) -> None:
        """Begin to write what is full or old, when nothing is being written; read no more than fits."""
        held = sum(reading.batch.size for reading in self._reading.values())
        is_full = held >= self._settings.stream_batch_bytes
        if is_full and self._writing is not None:
            wait([self._writing], PATIENCE_SECONDS)
        if self._writing is not None and self._writing.done():
            self._finish_writing()
        if self._writing is None:
            due = [
                partition for partition, each in self._reading.items() if is_full or self._is_due(each.batch)
            ]
            self._begin_writing(due)
            is_full = is_full and not due
        self._pause(is_full)

    def _is_due(self, batch: OpenBatch) -> bool:
        age = time.monotonic() - batch.opened
        return batch.rows >= self._settings.stream_batch_rows or (
            not batch.is_empty and age >= self._settings.stream_batch_seconds
        )

    def _pause(self, is_full: bool) -> None:
        """Stop asking for messages while there is no room; the group still hears of this member."""
        if is_full != self._is_paused and self._reading:
            where = [TopicPartition(self._topic, partition) for partition in self._reading]
            (self._consumer.pause if is_full else self._consumer.resume)(where)
            self._is_paused = is_full

    def _write_all(self, partitions: Iterable[int]) -> None:
        """Write what is open of these partitions, and wait until it is in the lake."""
        if self._writing is not None:
            self._finish_writing()
        self._begin_writing(partitions)
        if self._writing is not None:
            self._finish_writing()

    def _begin_writing(self, partitions: Iterable[int]) -> None:
        closed = []
        for partition in partitions:
            reading = self._reading.get(partition)
            if reading is not None and not reading.batch.is_empty:
                closed.append(reading.batch)
                reading.batch = self._batch(reading.origin, Hole(reading.batch.end, reading.batch.until))
        if closed:
            self._writing = self._writer.submit(self._write, closed)

    def _finish_writing(self) -> None:
        """Wait for what is being written; where others were first, read on from where they ended.

        Here and not in the thread that writes: the client lets no other thread in while it calls back.
        """
        assert self._writing is not None
        writing, self._writing = self._writing, None
        for batch, manifest in writing.result():
            if manifest is None:
                self._begin([batch.origin.partition])
            else:
                self._note(manifest)

    def _write(self, batches: list[OpenBatch]) -> list[tuple[OpenBatch, Manifest | None]]:
        """Write batches; those of others' and those that could not be written have no manifest."""
        return [(batch, self._write_one(batch)) for batch in batches]

    def _write_one(self, batch: OpenBatch) -> Manifest | None:
        while True:
            try:
                self._send_dead_letters(batch)
                manifest = batch.write(self._settings.lake, self._settings.stream_compression)
            except OSError as error:
                self.progress.problem = f"the lake cannot be written to: {error}"
                self._told(self.progress)
                if self._is_stopping:
                    return None
                time.sleep(RETRY_SECONDS)
            else:
                self.progress.problem = None
                return manifest

    def _send_dead_letters(self, batch: OpenBatch) -> None:
        topic = self._settings.kafka_dead_letter_topic
        if self._dead_letters is None or topic is None:
            return
        for offset, refusal, value in batch.refusals:
            place = f"{batch.origin.topic}/{batch.origin.partition}/{offset}"
            headers: dict[str, str | bytes | None] = {"reason": refusal.reason, "detail": refusal.detail}
            self._dead_letters.produce(topic, value, place.encode(), headers=headers)
            self._dead_letters.poll(0)
        self._dead_letters.flush()

    def _note(self, manifest: Manifest) -> None:
        progress, origin = self.progress, manifest.origin
        progress.rows += manifest.rows
        progress.refused += manifest.refused
        progress.batches += 1
        progress.ends[origin.partition] = manifest.end
        if manifest.newest is not None:
            progress.newest = max(progress.newest or manifest.newest, manifest.newest)
        if (reading := self._reading.get(origin.partition)) is not None:
            reading.told = reading.told.with_batch(manifest)
            progress.lags[origin.partition] = reading.told.lag
        self._consumer.commit(
            offsets=[TopicPartition(origin.topic, origin.partition, manifest.end)], asynchronous=True
        )
        self._told(progress)

    def _tell_lag(self) -> None:
        """Tell how far the lake is behind, for people; where it cannot be told, its age says so."""
        self._told_at = time.monotonic()
        for partition, reading in self._reading.items():
            where = TopicPartition(self._topic, partition)
            _, in_topic = self._consumer.get_watermark_offsets(where, cached=True)
            reading.told = reading.told.seen(in_topic, _now())
            self.progress.lags[partition] = reading.told.lag
            with suppress(OSError):
                write_progress(self._settings.lake, reading.told)
        self._told(self.progress)

    def _batch(self, origin: Origin, hole: Hole) -> OpenBatch:
        kept_out = listeners_kept_out(self._settings.lake)
        return OpenBatch(origin, hole.start, hole.start, hole.until, hole.lost_before, kept_out)


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
