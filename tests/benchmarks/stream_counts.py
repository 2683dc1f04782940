"""What a topic has, and what of it is in a lake, in the tables and in the files of a plain script.

None of it goes through the product: the topic is read by the bare client, a lake by the manifests in it, the
tables by DuckDB. A message is known by its partition and offset, an event also by its number.
"""

import gzip
import io
import json
from array import array
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from spotify_assets.settings import Settings
from tests.benchmarks.stream_roles import AT_ONCE, NUMBER, plain_consumer

AT = ["partition", "offset"]


def in_topic(settings: Settings, expected: int) -> pl.DataFrame:
    """Every message of the topic. One row per message: partition, offset, number."""
    reader = plain_consumer(settings, "independent")
    columns = {name: array("q") for name in (*AT, "number")}
    while len(columns["number"]) < expected:
        for message in reader.consume(AT_ONCE, 1.0):
            if message.error() is None:
                columns["partition"].append(message.partition() or 0)
                columns["offset"].append(message.offset() or 0)
                columns["number"].append(int((message.value() or b"")[NUMBER]))
    reader.close()
    return pl.DataFrame({name: np.frombuffer(values, np.int64) for name, values in columns.items()})


def in_lake(keys: Iterable[str], read: Callable[[str], bytes]) -> pl.DataFrame:
    """Every message of the files that manifests name. One row each; refused ones have no number.

    `keys` are what lies below `raw/`, relative to it.

    Raises:
        ValueError: a file has not as many lines as its manifest says.
    """
    found = []
    for key in keys:
        if key.startswith("_kafka/") and key.endswith(".json"):
            manifest = json.loads(read(key))
            partition = manifest["origin"]["partition"]
            for file in manifest["files"]:
                offsets = [n for first, count in file["offsets"] for n in range(first, first + count)]
                lines = gzip.decompress(read(file["path"])).splitlines()
                refused = "~refused." in file["path"]
                numbers = [None if refused else int(line[NUMBER]) for line in lines]
                if len(numbers) != len(offsets):
                    raise ValueError(f"{file['path']} has {len(numbers)} lines, not {len(offsets)}")
                told = {"partition": partition, "offset": offsets, "number": numbers}
                found.append(pl.DataFrame(told, schema=dict.fromkeys((*AT, "number"), pl.Int64)))
    return pl.concat(found)


def in_plain(folder: Path) -> pl.DataFrame:
    """Every message that the plain script wrote; a line that a kill cut off is none."""
    found = []
    for path in folder.iterdir():
        whole = path.read_bytes().rpartition(b"\n")[0]
        if whole:
            read = pl.read_csv(io.BytesIO(whole), separator=" ", has_header=False, new_columns=AT)
            found.append(read)
    return pl.concat(found)


def in_tables(warehouse: Path) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Numbers of core.listening_events, places of refused rows, and rows that counted as told twice."""
    numbers = "select cast(event_id as bigint) as number from core.listening_events"
    refused = """
        select cast(split_part(source_file, '/', 4) as bigint) as partition, source_row - 1 as "offset"
        from ops.rejected_rows where source_file like 'kafka/%'
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        events = connection.sql(numbers).pl()
        places = connection.sql(refused).pl()
        [(twice,)] = connection.execute("select count(*) from ops.duplicate_plays").fetchall()
    return events, places, twice


def lost_and_doubled(topic: pl.DataFrame, found: pl.DataFrame) -> dict[str, int]:
    """Messages of the topic that were not found, that were found again, and what was found and is not there.

    Where what was found has numbers they have to be those of the topic at that place.
    """
    numbered = topic.join(found, on=AT, how="inner", suffix="_found")
    wrong = 0
    if "number" in found.columns:
        wrong = numbered.filter(pl.col("number") != pl.col("number_found")).height
    return {
        "lost": topic.join(found, on=AT, how="anti").height,
        "doubled": found.height - found.select(AT).n_unique(),
        "not in the topic": found.join(topic, on=AT, how="anti").height + wrong,
    }


def lost_in_tables(topic: pl.DataFrame, warehouse: Path) -> dict[str, int]:
    """The same of core.listening_events and the refused rows taken together."""
    events, refused, twice = in_tables(warehouse)
    known = events.join(topic, on="number", how="left")
    found = pl.concat([known.select(AT), refused.select(AT)])
    told = {f"{name} in core": count for name, count in lost_and_doubled(topic, found.drop_nulls()).items()}
    foreign = known["partition"].null_count()
    return told | {
        "not in the topic in core": told["not in the topic in core"] + foreign,
        "rows of core.listening_events": events.height,
        "refused rows": refused.height,
        "counted as told twice": twice,
    }
