"""Connections to Kafka, as the settings say, and its errors in words."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AdminClient

from spotify_assets.lake.batches import Origin
from spotify_assets.settings import Settings

ANSWER_SECONDS = 10.0
"""How long to wait for an answer to a question about the cluster."""
PATIENCE_SECONDS = 120.0
"""How long a consumer at work asks again while brokers are gone: others take over from them sooner."""
SESSION_MS = 10_000
"""After how long without a sign of life the others take over a consumer's partitions."""
FETCHED_KILOBYTES = 8_192
"""What the client holds of messages that were not asked for yet; by default it is 64 MB."""


_RETRY_SECONDS = 1.0
T = TypeVar("T")


class StreamError(ValueError):
    """The stream cannot go on; the message says why and what to do."""


class NoAnswerError(StreamError):
    """The cluster does not answer, or not now."""


def patiently(ask: Callable[[], T], stop: Callable[[], bool] = lambda: False) -> T:
    """An answer of the cluster, asked for again while a broker that died or stands still is replaced.

    Raises:
        NoAnswerError: there was no answer for `PATIENCE_SECONDS`, or until `stop`.
        KafkaException: the same, or the answer is an error that does not pass.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except (NoAnswerError, KafkaException) as error:
            if stop() or time.monotonic() >= until or not _may_pass(error):
                raise
        time.sleep(_RETRY_SECONDS)


_PASSING = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
    }
)
"""Errors that a broker that dies, stands still or is replaced makes."""


def _may_pass(error: NoAnswerError | KafkaException) -> bool:
    return isinstance(error, NoAnswerError) or error.args[0].code() in _PASSING


def _common(settings: Settings) -> dict[str, Any]:
    """Where the cluster is and who asks.

    Raises:
        StreamError: no cluster is set.
    """
    if not settings.kafka_servers:
        raise StreamError("No Kafka cluster is set: set SPOTIFY_KAFKA_SERVERS, for example to 127.0.0.1:9092")
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_servers,
        "security.protocol": settings.kafka_security_protocol,
        "client.id": "spotify-assets",
        "topic.metadata.refresh.interval.ms": 30_000,
        # Errors come with what was asked for; the client would print them once more.
        "error_cb": lambda _: None,
        "log_level": 0,
    }
    if settings.kafka_ca_file:
        config["ssl.ca.location"] = str(settings.kafka_ca_file)
    if settings.kafka_username:
        config |= {
            "sasl.mechanism": settings.kafka_sasl_mechanism,
            "sasl.username": settings.kafka_username,
            "sasl.password": settings.kafka_password.get_secret_value() if settings.kafka_password else "",
        }
    return config


def consumer(settings: Settings) -> Consumer:
    """A member of the consumer group.

    Raises:
        StreamError: no cluster is set, or a setting is none that the client knows.
    """
    made: Consumer = _made(
        Consumer,
        _common(settings)
        | {
            "group.id": settings.kafka_group,
            "enable.auto.commit": False,
            "session.timeout.ms": SESSION_MS,
            "enable.partition.eof": True,
            # Where to go on is what the lake says; an offset that the topic no longer has is looked at.
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": FETCHED_KILOBYTES,
            "fetch.message.max.bytes": 1_048_576,
            # By default the client waits a second once it has fetched enough, two thirds of the time.
            "fetch.queue.backoff.ms": 5,
        },
    )
    return made


def producer(settings: Settings) -> Producer:
    """A producer that the cluster takes each message of once.

    Raises:
        StreamError: no cluster is set, or a setting is none that the client knows.
    """
    made: Producer = _made(
        Producer,
        _common(settings)
        | {
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "zstd",
            "linger.ms": 50,
            "batch.num.messages": 100_000,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 65_536,
        },
    )
    return made


def _made(kind: Any, config: dict[str, Any]) -> Any:
    try:
        return kind(config)
    except (KafkaException, ValueError, TypeError) as error:
        raise StreamError(f"Kafka cannot be used with these settings: {words(error)}") from None


def partitions_of(settings: Settings, topic: str) -> list[Origin]:
    """The partitions of a topic, with the id that the cluster gave it.

    Raises:
        StreamError: there is no such topic.
        NoAnswerError: the cluster does not answer.
    """
    admin = AdminClient(_common(settings))
    answer = admin.describe_topics(TopicCollection([topic]), request_timeout=ANSWER_SECONDS)[topic]
    try:
        found = answer.result(ANSWER_SECONDS + 1)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise StreamError(
                f"The cluster {settings.kafka_servers} has no topic {topic}: create it, or name another with "
                "SPOTIFY_KAFKA_TOPIC"
            ) from None
        raise NoAnswerError(_no_answer(settings, error)) from None
    except TimeoutError as error:
        raise NoAnswerError(_no_answer(settings, error)) from None
    # The client writes it in the alphabet of base64 that has a slash.
    topic_id = str(found.topic_id).translate(str.maketrans("+/", "-_"))
    return sorted(Origin(topic, topic_id, partition.id) for partition in found.partitions)


def _no_answer(settings: Settings, error: Exception) -> str:
    return (
        f"The Kafka cluster {settings.kafka_servers} does not answer ({words(error)}): start it, or set "
        "SPOTIFY_KAFKA_SERVERS"
    )


def words(error: BaseException) -> str:
    """What the client says of an error, without its class and number."""
    told = error.args[0] if error.args else error
    return told.str() if isinstance(told, KafkaError) else str(told) or type(error).__name__
