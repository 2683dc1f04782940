"""As much of HTTP/1.1 as standing between client and server needs: heads, and bodies as they were sent."""

import asyncio
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Head:
    """The first line of a request or an answer, and its headers as they were written."""

    line: str
    headers: tuple[tuple[str, str], ...]

    @property
    def method(self) -> str:
        """Method of a request."""
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        """Path and query of a request."""
        return self.line.split(" ")[1]

    @property
    def status(self) -> int:
        """Status of an answer."""
        return int(self.line.split(" ")[1])

    @property
    def length(self) -> int | None:
        """Bytes of the body, where the head says them."""
        said = self.get("content-length")
        return None if said is None else int(said)

    def get(self, name: str) -> str | None:
        """A header by its name in small letters."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def without(self, name: str) -> "Head":
        """The same without a header."""
        return replace(self, headers=tuple(each for each in self.headers if each[0].lower() != name))

    def given(self, name: str, value: str) -> "Head":
        """The same with another value of a header that it has."""
        headers = tuple((key, value if key.lower() == name else old) for key, old in self.headers)
        return replace(self, headers=headers)

    def to_bytes(self) -> bytes:
        """As it is sent."""
        lines = [self.line, *(f"{key}: {value}" for key, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")


async def read_head(reader: asyncio.StreamReader) -> Head:
    """The next head.

    Raises:
        asyncio.IncompleteReadError: the connection ended before or in it.
    """
    raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = raw.removesuffix("\r\n\r\n").split("\r\n")
    pairs = [each.split(":", 1) for each in lines]
    return Head(line, tuple((key, value.strip()) for key, value in pairs))


async def read_body(reader: asyncio.StreamReader, head: Head, *, to_end: bool = False) -> bytes:
    """The bytes of a body as they were sent, chunks included; to the end of the connection where said.

    Raises:
        asyncio.IncompleteReadError: the connection ended in it.
    """
    if (head.get("transfer-encoding") or "").lower() == "chunked":
        return await _read_chunks(reader)
    if head.length is not None:
        return await reader.readexactly(head.length)
    return await reader.read() if to_end else b""


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    taken = []
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        taken += [line, await reader.readexactly(size + 2)]
        if size == 0:
            return b"".join(taken)
