"""PySpark on two threads of this machine: the steps of the script in Spark SQL, tables as Parquet."""

from pathlib import Path

from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import DAILY_TRACK_METRICS, LISTENING_EVENTS, MODEL_FEATURES
from tests.benchmarks.engines import PARQUET
from tests.benchmarks.lakes import clean_catalogue, event_files
from tests.benchmarks.watching import Cost, measured

SCRIPT = Path(__file__).parents[1] / "backfill.spark.sql"
DRIVER_MEMORY = "6g"
SHUFFLE_PARTITIONS = 16
"""Spark's default of 200 makes thousands of tiny tasks on two cores."""


def run(settings: Settings, window: Window) -> Cost:
    """All days of the lake at once, whatever the window."""
    from pyspark.sql import SparkSession

    del window
    tables, scratch = settings.data_dir / PARQUET, settings.data_dir / "spark"
    catalogue = scratch / "tracks.parquet"
    scratch.mkdir(parents=True)
    clean_catalogue(settings).write_parquet(catalogue)
    options = {
        "spark.driver.memory": DRIVER_MEMORY,
        "spark.sql.shuffle.partitions": SHUFFLE_PARTITIONS,
        "spark.sql.session.timeZone": "UTC",
        "spark.local.dir": scratch,
        "spark.sql.warehouse.dir": scratch / "warehouse",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[2]").appName("backfill")
    for name, value in options.items():
        builder = builder.config(name, str(value))
    spark = builder.getOrCreate()
    try:
        spark.read.parquet(str(catalogue)).createOrReplaceTempView("tracks")
        queries = dict(zip(_QUERIES, _statements(), strict=True))
        with measured() as cost:
            spark.read.parquet(event_files(settings)).createOrReplaceTempView("raw_events")
            for name, query in queries.items():
                folder = str(tables / name)
                spark.sql(query).write.parquet(folder)
                spark.read.parquet(folder).createOrReplaceTempView(name.rpartition(".")[2])
    finally:
        spark.stop()
    return cost


_QUERIES = (LISTENING_EVENTS.full_name, DAILY_TRACK_METRICS.full_name, MODEL_FEATURES.full_name)
"""The tables that the statements of the script make, in order."""


def _statements() -> list[str]:
    return [text for text in SCRIPT.read_text(encoding="utf-8").split(";") if text.strip()]
