"""How far the lake is behind the topic. One row per partition."""

from dataclasses import dataclass
from datetime import UTC, datetime

from confluent_kafka import KafkaException, TopicPartition

from spotify_assets.lake.batches import manifests
from spotify_assets.settings import Settings
from spotify_assets.stream import client
from spotify_assets.stream.client import StreamError, words


@dataclass(frozen=True)
class PartitionStatus:
    """Offsets before `in_lake` are in the lake; the topic has those before `in_topic`."""

    partition: int
    in_lake: int
    in_topic: int
    rows: int
    refused: int
    lost: int
    left_out: int
    """Messages of erased listeners."""
    newest: datetime | None
    """When the newest event in the lake ended (UTC)."""
    written: datetime | None
    """When the last batch was written (UTC)."""

    @property
    def lag(self) -> int:
        """Messages of the topic that the lake has not."""
        return self.in_topic - self.in_lake


def status(settings: Settings) -> list[PartitionStatus]:
    """The partitions of the topic, in order.

    Raises:
        StreamError: there is no such cluster or topic.
    """
    consumer = client.consumer(settings)
    found = []
    try:
        for origin in client.partitions_of(settings, settings.kafka_topic):
            where = TopicPartition(origin.topic, origin.partition)
            first, end = consumer.get_watermark_offsets(where, client.ANSWER_SECONDS)
            batches = list(manifests(settings.lake, origin))
            found.append(
                PartitionStatus(
                    partition=origin.partition,
                    in_lake=batches[-1].end if batches else first,
                    in_topic=end,
                    rows=sum(batch.rows for batch in batches),
                    refused=sum(batch.refused for batch in batches),
                    lost=sum(batch.start - (batch.lost_before or batch.start) for batch in batches),
                    left_out=sum(batch.left_out for batch in batches),
                    newest=_moment(max((batch.newest for batch in batches if batch.newest), default=None)),
                    written=_moment(batches[-1].written if batches else None),
                )
            )
    except KafkaException as error:
        raise StreamError(f"{settings.kafka_topic} cannot be asked: {words(error)}") from None
    finally:
        consumer.close()
    return found


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
