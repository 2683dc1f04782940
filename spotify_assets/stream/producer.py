"""The producer: synthetic listeners, live or as fast as it goes, as messages keyed by listener."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import polars as pl
from confluent_kafka import KafkaError, KafkaException, Message

from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.realtime import SEED_OFFSET, SOURCE, live, users_for
from spotify_assets.generator.schedule import DAY_MS
from spotify_assets.generator.world import World
from spotify_assets.settings import Settings
from spotify_assets.sources.messages import SCHEMA_VERSION
from spotify_assets.stream import client
from spotify_assets.stream.client import StreamError, words

LEAVE_SECONDS = 30.0
"""How long a producer that was stopped waits for the cluster to take what it has sent."""
PATIENCE_SECONDS = 0.5
HOUR_MS = 3_600_000
CENTURY_MS = 100 * 365 * DAY_MS
FIELDS = (
    "event_id",
    "user_id",
    "track_id",
    "started_at",
    "ended_at",
    "action",
    "ms_played",
    "skipped",
    "reason_start",
    "reason_end",
    "device",
    "country",
    "shuffle",
    "session_id",
    "source",
    "content_type",
)
"""What a message tells of a synthetic event."""


@dataclass
class Delivery:
    """What became of the messages that were sent."""

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    problem: str | None = None
    """Why the last one failed."""

    @property
    def unknown(self) -> int:
        """Messages of which the cluster said nothing yet; they may arrive."""
        return self.sent - self.acknowledged - self.failed


class EventProducer:
    """Sends events to a topic and counts what the cluster says of them."""

    def __init__(self, settings: Settings) -> None:
        """Connect.

        Raises:
            StreamError: there is no such cluster or topic.
        """
        client.partitions_of(settings, settings.kafka_topic)
        self._topic = settings.kafka_topic
        self._producer = client.producer(settings)
        self.delivery = Delivery()

    def send(self, value: bytes | None, key: bytes) -> None:
        """Send a message; waits while the client has no room.

        Raises:
            StreamError: the client gave up for good.
        """
        while True:
            try:
                self._producer.produce(self._topic, value, key, on_delivery=self._note)
            except BufferError:
                self._producer.poll(PATIENCE_SECONDS)
            except KafkaException as error:
                raise StreamError(f"{self._topic} cannot be written to: {words(error)}") from None
            else:
                self.delivery.sent += 1
                return

    def serve(self) -> None:
        """Hear what the cluster says, without waiting."""
        self._producer.poll(0)

    def finish(self, seconds: float = LEAVE_SECONDS) -> Delivery:
        """Wait until the cluster has said of each message what became of it."""
        self._producer.flush(seconds)
        return self.delivery

    def _note(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.delivery.acknowledged += 1
        else:
            self.delivery.failed += 1
            self.delivery.problem = error.str()


def messages(events: pl.DataFrame) -> Iterator[tuple[bytes, bytes]]:
    """Events as messages, each with its key, in order."""
    moments = ("started_at", "ended_at")
    rows = events.select(pl.lit(SCHEMA_VERSION).alias("schema_version"), *FIELDS).with_columns(
        pl.lit(SOURCE).alias("source"),
        *(pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ") for name in moments),
    )
    lines = rows.write_ndjson().encode().split(b"\n")
    keys = rows["user_id"].cast(pl.Binary).to_list()
    return zip(lines, keys, strict=False)


def produce(
    settings: Settings,
    config: GeneratorConfig,
    tracks: pl.DataFrame,
    *,
    rate: float | None,
    stop: Callable[[], bool],
    count: int | None = None,
) -> Delivery:
    """Send what synthetic listeners do until `stop`, or until so many events are sent.

    With `rate`, as it happens: so many users that about `rate` events end each second. Without, what the
    users of `config` did until now, from `count` events ago, as fast as the cluster takes it.

    Raises:
        StreamError: there is no such cluster or topic, or it refuses messages for good.
        ValueError: an unusable catalogue.
    """
    producer = EventProducer(settings)
    config = replace(config, seed=config.seed + SEED_OFFSET)
    now_ms = int(time.time()) * 1000
    if rate is None:
        parts = _until(World.build(config, tracks), now_ms, count)
    else:
        users = users_for(config, tracks, rate, now_ms)
        parts = _from(World.build(replace(config, users=users), tracks), now_ms)
    for events in parts:
        for value, key in messages(events):
            if stop() or producer.delivery.sent == count:
                return producer.finish()
            producer.send(value, key)
        producer.serve()
        if stop():
            break
    return producer.finish()


def _from(world: World, begin_ms: int) -> Iterator[pl.DataFrame]:
    """The events of each second, when it is over, without an end."""
    for _, events in live(world, begin_ms, begin_ms + CENTURY_MS):
        yield events


def _until(world: World, end_ms: int, count: int | None) -> Iterator[pl.DataFrame]:
    """Events of hours that follow each other until now; about `count` of them, or a day's."""
    end_ms -= end_ms % HOUR_MS
    of_a_day = world.between(end_ms - DAY_MS, end_ms, source_file=SOURCE).height
    if not of_a_day:
        raise ValueError("Nobody listened within a day: name more users with --users")
    hours = 24 if count is None else -(-count * 24 // of_a_day) + 24
    for hour in range(hours, 0, -1):
        begin_ms = end_ms - hour * HOUR_MS
        yield world.between(begin_ms, begin_ms + HOUR_MS, source_file=SOURCE).sort("ended_at")
