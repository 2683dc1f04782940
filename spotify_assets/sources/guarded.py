"""Unpacking under guard: bytes are counted as they come, because the sizes that an archive declares may lie.

What unpacks to more than `MAX_FILE_BYTES`, or to more than `MAX_RATIO` times its archive once it is beyond
`FREE_BYTES`, ends in a `SourceError` while it is read. Not here: which members are read (`archive`).
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from spotify_assets.sources.errors import SourceError

MAX_FILE_BYTES = 32 << 30
MAX_RATIO = 400
"""Unpacked size over packed size. Deflate cannot exceed 1,032; histories pack about 20 to 40 times."""
FREE_BYTES = 64 << 20
"""Unpacked bytes to which no ratio applies: small files of one repeated row are no attack."""
BUFFER = 1 << 20
BROKEN = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, struct.error, NotImplementedError)
"""What damaged archives raise. Python also raises RuntimeError for an encrypted member."""


class DamagedError(SourceError):
    """The bytes of a file end or break off before its end: what came before them is good."""


def guarded(
    raw: BinaryIO,
    owners: list[BinaryIO] | list[zipfile.ZipFile],
    name: str,
    packed: int,
    count: Callable[[int], int] = lambda read: read,
) -> BinaryIO:
    """A stream of unpacked bytes under guard, see above; `owners` are closed with it.

    `packed` is the size of the archive in bytes, `count` what the whole archive has given so far, by what
    this stream has.
    """
    return cast("BinaryIO", _Guarded(raw, owners, name, packed, count))


class _Guarded(io.RawIOBase):
    """A stream of unpacked bytes that ends in a SourceError where the archive is damaged or too large.

    What comes before damage is given first: `read` returns less than was asked for, and raises when it is
    called again.
    """

    def __init__(
        self,
        raw: BinaryIO,
        owners: list[BinaryIO] | list[zipfile.ZipFile],
        name: str,
        packed: int,
        count: Callable[[int], int],
    ) -> None:
        self._raw = cast("io.BufferedReader", raw)
        self._owners = owners
        self._name = name
        self._packed = max(packed, 1)
        self._count = count
        self._read = 0
        self._damage: DamagedError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def read(self, size: int = -1, /) -> bytes:
        parts: list[bytes] = []
        missing = size if size >= 0 else MAX_FILE_BYTES
        while missing > 0 and self._damage is None:
            try:
                block = self._raw.read1(min(missing, BUFFER))
            except (*BROKEN, RuntimeError, ValueError) as error:
                self._damage = DamagedError(
                    Path(self._name), f"the archive is damaged: {error}", "Download it again"
                )
                break
            if not block:
                break
            self._check(len(block))
            parts.append(block)
            missing -= len(block)
        if self._damage is not None and not parts:
            raise self._damage
        return b"".join(parts)

    def _check(self, read: int) -> None:
        self._read += read
        total = self._count(self._read)
        if self._read > MAX_FILE_BYTES or (total > FREE_BYTES and total > MAX_RATIO * self._packed):
            raise SourceError(
                Path(self._name),
                f"it unpacks to more than {total:,} bytes out of {self._packed:,}: a zip bomb",
                "Unpack it yourself if you trust it, and hand in the folder",
            )

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            for owner in self._owners:
                owner.close()
        super().close()
