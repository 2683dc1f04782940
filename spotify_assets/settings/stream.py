"""Settings of the listening stream: a part of `Settings`, which every other module reads."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class StreamSettings(BaseSettings):
    """What a person may change about Kafka and how the stream becomes files."""

    kafka_servers: str | None = Field(
        None, description="Kafka cluster of the listening stream: `host:port`, several with commas."
    )
    kafka_topic: str = Field("listening", description="Topic of the listening stream.")
    kafka_group: str = Field(
        "spotify-assets", description="Consumer group that writes the stream to the lake."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to Kafka."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How to log in to Kafka, where there is a user name."
    )
    kafka_username: str | None = Field(None, description="User name for Kafka.")
    kafka_password: SecretStr | None = Field(None, description="Password for Kafka.")
    kafka_ca_file: Path | None = Field(
        None, description="Certificates that sign Kafka's, where the system does not know them."
    )
    kafka_dead_letter_topic: str | None = Field(
        None, description="Topic that gets the messages that are no event, beside the refused rows."
    )
    stream_batch_rows: int = Field(
        100_000, ge=1, description="Most messages of a partition in one batch of the lake."
    )
    stream_batch_bytes: int = Field(
        16_000_000, ge=1, description="Most bytes of messages, of all partitions, before a batch is written."
    )
    stream_batch_seconds: float = Field(
        5.0, gt=0, description="How long a message waits at most before its batch is written."
    )
    stream_compression: Literal["gzip", "zstd"] = Field(
        "gzip", description="Compression of the stream's files in the lake."
    )
    stream_lag_seconds: float = Field(
        300.0, gt=0, description="For how long the stream's lag may grow before it is a problem."
    )
