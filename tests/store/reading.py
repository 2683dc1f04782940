"""Readers of a published table that know nothing of the product: Polars, DuckDB, Spark, a process each.

`python -m tests.store.reading polars s3://bucket/table STOP` reads the table again and again until the file
STOP is there. Each round is one line of JSON: for every month how many rows there are and the smallest and
largest of what they say; or that the reading failed.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MONTHS = "month, count(*), min(said), max(said)"
Round = list[tuple[str, int, str, str]]
Reader = Callable[[], Round]


def polars_reader(table: str) -> Reader:
    """Polars, by a scan of the whole table as docs/lake.md has it, and not of what is replaced meanwhile."""
    import polars as pl
    from obstore.store import from_url

    store = from_url(table, client_options={"allow_http": True})

    def versions() -> dict[str, str | None]:
        return {each["path"]: each["e_tag"] for each in store.list().collect()}

    options = {"aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"], "aws_allow_http": "true"}
    said = [pl.len(), pl.min("said").alias("least"), pl.max("said").alias("most")]

    def read() -> Round:
        before = versions()
        scanned = pl.scan_parquet(f"{table}/**/*.parquet", storage_options=options, hive_partitioning=True)
        months = list(scanned.group_by("month").agg(said).collect().iter_rows())
        if versions() != before:
            raise RuntimeError("replaced while it was read")
        return months

    return read


def duckdb_reader(table: str) -> Reader:
    """DuckDB with its httpfs."""
    from tests.store.httpfs import connect

    connection = connect()

    def read() -> Round:
        pattern = f"{table}/**/*.parquet"
        return connection.execute(
            f"select {MONTHS} from read_parquet('{pattern}', hive_partitioning = true) group by month"
        ).fetchall()

    return read


def spark_reader(table: str) -> Reader:
    """Spark with Hadoop's S3A."""
    from pyspark.sql import SparkSession

    from tests.servers.spark import JARS

    settings: dict[str, Any] = {
        "spark.jars": ",".join(map(str, sorted(JARS.glob("*.jar")))),
        "spark.driver.memory": "600m",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": 2,
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.hadoop.fs.s3a.endpoint": os.environ["AWS_ENDPOINT_URL"],
        "spark.hadoop.fs.s3a.endpoint.region": os.environ["AWS_REGION"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        # Ceph 16 answers 412 to every If-Match, so Spark compares versions itself.
        "spark.hadoop.fs.s3a.input.stream.type": "classic",
        "spark.hadoop.fs.s3a.change.detection.mode": "client",
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
        ),
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    address = table.replace("s3://", "s3a://")

    def read() -> Round:
        session.read.parquet(address).createOrReplaceTempView("published")
        return [tuple(row) for row in session.sql(f"select {MONTHS} from published group by month").collect()]

    return read


READERS = {"polars": polars_reader, "duckdb": duckdb_reader, "spark": spark_reader}


def main(name: str, table: str, stop: str) -> None:
    """Read until told to stop."""
    read = READERS[name](table)
    while not Path(stop).exists():
        try:
            told: dict[str, Any] = {"months": read()}
        except Exception as error:  # noqa: BLE001  # each reader has errors of its own
            told = {"failed": str(error)[:300]}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
