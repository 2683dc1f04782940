"""Events as Arrow columns and as the content of a Parquet file.

Text columns are where the time goes. They are made as dictionaries (each distinct text once, and a number
per row) and stay so until the file is written or a caller wants plain text.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from spotify_assets.generator import rng
from spotify_assets.tables import RAW_EVENTS

REPEATING = [
    "user_id", "track_id", "action", "reason_start", "reason_end", "device", "country", "session_id",
    "source", "content_type", "track_name", "artist_name", "album_name", "extra", "source_file",
]  # fmt: skip
"""Columns whose texts repeat."""
FEW_TEXTS = 1_000
"""Dictionaries up to this size are stored whole."""
RISING = ["started_at", "ended_at", "ms_played", "source_row"]
"""Columns of whole numbers, stored as differences: a session's times lie close together."""
SEARCHED = ["event_date", "user_id", "track_id", "started_at", "ended_at"]
"""Columns by which readers skip row groups."""

_ARROW_TYPES: dict[pl.DataType, pa.DataType] = {
    pl.String(): pa.large_string(),
    pl.Int64(): pa.int64(),
    pl.Boolean(): pa.bool_(),
    pl.Date(): pa.date32(),
    pl.Datetime("us"): pa.timestamp("us"),
}
ARROW_SCHEMA = pa.schema(
    [
        (name, pa.dictionary(pa.int32(), pa.large_string()) if name in REPEATING else _ARROW_TYPES[kind])
        for name, kind in RAW_EVENTS.polars_schema.items()
    ]
)
"""The columns of `raw.raw_events` as they are made."""
_PLAIN_SCHEMA = pa.schema([(name, _ARROW_TYPES[kind]) for name, kind in RAW_EVENTS.polars_schema.items()])
_HEX = np.array([f"{value:04x}".encode() for value in range(1 << 16)], dtype="S4")
_HEX_DIGITS = 16


@dataclass(frozen=True)
class Texts:
    """Texts of numbered things: `distinct` holds each text once, `code` the place there of each thing's
    text, -1 where it has none. Without `code` the i-th text is the i-th thing's."""

    distinct: pa.Array
    code: npt.NDArray[np.int32] | None = None

    @classmethod
    def of(cls, values: pa.Array) -> "Texts":
        """The texts of a column that may repeat or be null."""
        encoded = values.cast(pa.large_string()).dictionary_encode()
        return cls(encoded.dictionary, encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False))


def coded(
    texts: Texts, index: npt.NDArray[np.integer], known: npt.NDArray[np.bool_] | None = None
) -> pa.DictionaryArray:
    """The texts of things by their number; null where a thing has none or where not `known`.

    A file holds the dictionary of each text column; of a long one only what occurs is kept, so that a day
    with few tracks does not hold the names of the whole catalogue.
    """
    code = index.astype(np.int32) if texts.code is None else texts.code[index]
    missing = None if known is None else ~known
    distinct = texts.distinct
    if texts.code is not None and (absent := code < 0).any():
        missing = absent if missing is None else missing | absent
    if len(distinct) > FEW_TEXTS:
        # One place more than there are texts: -1, the last one, stands for none.
        occurs = np.zeros(len(distinct) + 1, dtype=bool)
        occurs[code] = True
        occurs[-1] = False
        code = (occurs.cumsum(dtype=np.int32) - 1)[code]
        distinct = distinct.take(pa.array(np.flatnonzero(occurs)))
    return pa.DictionaryArray.from_arrays(pa.array(code, mask=missing), distinct)


def frame_of(batches: Iterator[pa.RecordBatch]) -> pl.DataFrame:
    """Batches of `ARROW_SCHEMA` as one frame with exactly the columns of `raw.raw_events`."""
    frame = pl.from_arrow(
        pa.Table.from_batches([batch.cast(_PLAIN_SCHEMA) for batch in batches], _PLAIN_SCHEMA)
    )
    assert isinstance(frame, pl.DataFrame)
    return frame.rechunk()


def parquet_of(batches: Iterator[pa.RecordBatch]) -> tuple[bytes, int]:
    """Batches of `ARROW_SCHEMA` as the content of a Parquet file, one row group each, and their rows."""
    sink = pa.BufferOutputStream()
    rows = 0
    # Without the stored Arrow schema readers see plain texts, not dictionaries.
    with pq.ParquetWriter(
        sink,
        ARROW_SCHEMA,
        compression="zstd",
        use_dictionary=REPEATING,
        column_encoding=dict.fromkeys(RISING, "DELTA_BINARY_PACKED"),
        write_statistics=SEARCHED,
        store_schema=False,
    ) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return sink.getvalue().to_pybytes(), rows


def hexadecimal(bits: rng.Bits) -> pa.Array:
    """Each 64-bit number as 16 hexadecimal digits."""
    digits = _HEX[bits.byteswap().view(np.uint16).byteswap()]
    offsets = np.arange(0, (bits.size + 1) * _HEX_DIGITS, _HEX_DIGITS, dtype=np.int64)
    return pa.LargeStringArray.from_buffers(bits.size, pa.py_buffer(offsets), pa.py_buffer(digits))


def timestamps(milliseconds: npt.NDArray[np.int64]) -> pa.Array:
    """UTC milliseconds since 1970 as naive timestamps."""
    return pa.array(milliseconds * 1000).view(pa.timestamp("us"))
