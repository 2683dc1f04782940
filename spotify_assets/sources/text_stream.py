"""From the bytes of a text file of any size to UTF-8, window by window, and to blocks of CSV records.

Here belongs: encodings and windows. Not here: JSON punctuation (`json_stream`), records (`delimited`).
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import polars as pl

from spotify_assets.sources.delimited import MAX_LINES_PER_RECORD, ROW, Delimited, read_delimited
from spotify_assets.sources.guarded import DamagedError
from spotify_assets.sources.text import decode

BLOCK_BYTES = 4 << 20
"""Bytes of a CSV file that are split into records at a time."""
MAX_RECORD_BYTES = 4 << 20
"""Bytes without a line end after which a record is cut."""

_REPLACEMENT = "�".encode()
"""What stands for a zero byte, which no CSV can hold."""
_UTF16_SAMPLE = 512
_UTF16_MIN_ZEROS = 0.4


class Utf8Source:
    """A text file as UTF-8 bytes, window by window. Bytes that are not UTF-8 stay as they are.

    `damage` says what ended the file before its end, if anything did.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._decoder: codecs.IncrementalDecoder | None = None
        self._started = False
        self.at_end = False
        self.damage: str | None = None

    def read(self) -> bytes:
        """The next window; empty at the end (and possibly before, then `at_end` is false)."""
        try:
            block = self._stream.read(self._size)
        except DamagedError as error:
            block, self.damage = b"", error.problem
        self.at_end = not block
        if not self._started:
            self._started = True
            codec, mark = codec_of(block)
            block = block[mark:]
            if codec:
                self._decoder = codecs.getincrementaldecoder(codec)("replace")
        if self._decoder is None:
            return block
        return self._decoder.decode(block, final=self.at_end).encode("utf-8", "replace")


def codec_of(head: bytes) -> tuple[str | None, int]:
    """The codec of UTF-16 or UTF-32 text, None for anything else, and the length of the byte order mark."""
    for mark, codec in (
        (codecs.BOM_UTF8, None),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return codec, len(mark)
    sample = head[:_UTF16_SAMPLE]
    even, odd = sample[::2], sample[1::2]
    if odd.count(0) > _UTF16_MIN_ZEROS * max(len(odd), 1) and not even.count(0):
        return "utf-16-le", 0
    if even.count(0) > _UTF16_MIN_ZEROS * max(len(even), 1) and not odd.count(0):
        return "utf-16-be", 0
    return None, 0


def as_utf8(head: bytes) -> bytes:
    """The start of a text file as UTF-8, whatever it is written in; cp1252 stays as it is."""
    codec, mark = codec_of(head)
    body = head[mark:]
    return body.decode(codec, "ignore").encode("utf-8", "replace") if codec else body


def read_record_blocks(
    stream: BinaryIO, name: str, delimiter: str, header: list[str] | None, block_bytes: int = BLOCK_BYTES
) -> Iterator[Delimited]:
    """The records of a CSV file, block by block, numbered from 1 over the whole file.

    `header` names the columns of a file without a header of its own. A record that the end of a block
    would cut is read with the next one; a file that breaks off ends in a refused record.

    Raises:
        SourceError: the text is binary, or the stream passes a limit.
    """
    source = Utf8Source(stream, block_bytes)
    first: bytes | None = None
    if header is not None:
        first = (delimiter.join(header) + "\n").encode()
    pending, offset = b"", 0
    while True:
        pending += source.read()
        if first is None:
            pending = pending.lstrip(b"\r\n")
            end = _line_end(pending)
            if end is None and not source.at_end and len(pending) < MAX_RECORD_BYTES:
                continue
            first, pending = pending[:end], pending[end or len(pending) :]
        cut = len(pending) if source.at_end else _end_of_records(pending)
        block, pending = pending[:cut], pending[cut:]
        if block.strip(b"\r\n"):
            read = _read_block(name, first, block, delimiter, offset, damaged=source.damage is not None)
            offset += read.rows.height + read.malformed.height
            yield read
        if source.at_end:
            return


def _line_end(content: bytes) -> int | None:
    match = re.search(rb"\r\n|\n|\r(?!$)", content)
    return match.end() if match else None


def _end_of_records(content: bytes) -> int:
    """Where the last whole record of a block ends; 0 where none does.

    A line end with an even number of quotes before it is the end of a record. Where no such line end is near
    the end of the block, a quote somewhere is not closed, and the last line end serves.
    """
    mark = b"\n" if b"\n" in content else b"\r"
    last = end = content.rfind(mark) + 1
    for _ in range(MAX_LINES_PER_RECORD):
        if end <= 0:
            break
        if content.count(b'"', 0, end) % 2 == 0:
            return end
        end = content.rfind(mark, 0, end - 1) + 1
    if last:
        return last
    return len(content) if len(content) > MAX_RECORD_BYTES else 0


def _read_block(
    name: str, first: bytes, block: bytes, delimiter: str, offset: int, *, damaged: bool
) -> Delimited:
    text = decode(Path(name), (first + block).replace(b"\x00", _REPLACEMENT))
    if damaged and not block.endswith(b"\n"):
        text = replace(text, cut=True)
    read = read_delimited(text, delimiter)
    return replace(
        read,
        rows=read.rows.with_columns(pl.col(ROW) + offset),
        malformed=read.malformed.with_columns(pl.col(ROW) + offset),
    )
