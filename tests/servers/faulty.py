"""A bad network: stands between a client and an S3 server and breaks what passes, and counts what it broke.

What happens to a request depends on the seed, its method, its key and how often the same one came before,
never on the bucket or the order of requests, so threads may run as they like and meet the same faults.
The `Host` header stays the client's, so signatures hold.
"""

import asyncio
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from tests.servers.wire import Head, read_body, read_head


class Fault(StrEnum):
    """What can happen to a request."""

    ERROR = "500"
    """The answer is 500; the server never hears of the request."""
    BUSY = "503"
    """The answer is 503 with `Retry-After`; the server never hears of the request."""
    RESET = "reset"
    """The connection is reset in the middle of the body: of the upload, else of the answer.

    Where neither has a body, it is reset instead of the answer.
    """
    LOST = "lost"
    """The server does what it was asked to, and the connection is reset instead of its answer."""
    STALL = "stall"
    """The server does what it was asked to, and half the answer's body comes, then nothing."""
    SKEW = "skew"
    """The request says another time than the clock's, as from a machine whose clock is wrong.

    The server looks at the time before it looks at the signature, so its answer is that to such a machine:
    403, `RequestTimeTooSkewed`.
    """


Choice = Callable[[Head, int], Fault | None]
"""What happens to a request, by its head and how often the same one came before."""
CLOCK_IS_WRONG_BY = timedelta(hours=1)
RETRY_AFTER = 1
"""Seconds."""
STALL_SECONDS = 120.0
"""How long a stalled connection stays open where the client does not close it."""
PASSED, UNREACHABLE = "passed", "unreachable"


def nothing(_: Head, __: int) -> None:
    """Breaks nothing."""


def _unheard(_: Head, __: Head) -> None:
    """Nobody wants to hear of answers."""


def at_random(seed: int, shares: Mapping[Fault, float]) -> Choice:
    """Each fault for a share of the requests."""

    def choose(request: Head, before: int) -> Fault | None:
        key = request.target.lstrip("/").partition("/")[2] or request.target.partition("?")[2]
        said = f"{seed} {before} {request.method} {key} {request.get('range')}"
        drawn = Random(said).random()
        for fault, share in shares.items():
            if drawn < share:
                return fault
            drawn -= share
        return None

    return choose


def on(fault: Fault, method: str, target: str, *, times: int = 1) -> Choice:
    """One fault for the first requests of a method whose address matches a pattern."""
    pattern, left = re.compile(target), iter(range(times))

    def choose(request: Head, _: int) -> Fault | None:
        hit = request.method == method and pattern.search(request.target)
        return fault if hit and next(left, None) is not None else None

    return choose


class Faulty:
    """The proxy, from `with` to its end, in a thread of its own; `choice` may be changed at any time.

    `served` hears of each request and the server's answer before the client does.
    """

    def __init__(self, upstream_port: int, choice: Choice = nothing) -> None:
        self.choice = choice
        self.counts: Counter[str] = Counter()
        self.stall_seconds = STALL_SECONDS
        self.served: Callable[[Head, Head], None] = _unheard
        self._upstream_port = upstream_port
        self._before: Counter[tuple[str, str, str | None]] = Counter()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._port = 0

    @property
    def endpoint(self) -> str:
        """Address for the client."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def broken(self) -> int:
        """Requests to which something happened."""
        return sum(self.counts[fault] for fault in Fault)

    def __enter__(self) -> "Faulty":
        self._thread.start()
        if not self._started.wait(30):
            raise TimeoutError("the proxy: not within 30 s")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one_request(reader, writer):
                pass
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            _reset(writer)
        else:
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection can be used again."""
        request = await read_head(reader)
        fault = self._fault_of(request)
        if request.get("expect"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if fault is Fault.RESET and request.length:
            await reader.readexactly(request.length // 2)
            raise ConnectionResetError
        body = await read_body(reader, request)
        if fault in {Fault.ERROR, Fault.BUSY}:
            writer.write(_refusal(fault))
            await writer.drain()
            return True
        if fault is Fault.SKEW:
            request = _at_another_time(request)
        answer, content = await self._ask(request.without("expect"), body)
        self.served(request, answer)
        if fault is Fault.LOST:
            raise ConnectionResetError
        if fault in {Fault.RESET, Fault.STALL}:
            if content:
                writer.write(answer.to_bytes() + content[: len(content) // 2])
                await writer.drain()
            if fault is Fault.STALL:
                await asyncio.wait([asyncio.ensure_future(reader.read(1))], timeout=self.stall_seconds)
            raise ConnectionResetError
        writer.write(answer.to_bytes() + content)
        await writer.drain()
        return (answer.get("connection") or "").lower() != "close"

    def _fault_of(self, request: Head) -> Fault | None:
        same = (request.method, request.target, request.get("range"))
        fault = self.choice(request, self._before[same])
        self._before[same] += 1
        self.counts[fault or PASSED] += 1
        return fault

    async def _ask(self, request: Head, body: bytes) -> tuple[Head, bytes]:
        """The server's answer.

        Raises:
            ConnectionError: the server does not run, or ended in the middle.
        """
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            try:
                writer.write(request.to_bytes() + body)
                answer = await read_head(reader)
                while answer.status == 100:
                    answer = await read_head(reader)
                has_body = request.method != "HEAD" and answer.status not in {204, 304}
                return answer, await read_body(reader, answer, to_end=True) if has_body else b""
            finally:
                writer.close()
        except (ConnectionError, asyncio.IncompleteReadError) as broken:
            self.counts[UNREACHABLE] += 1
            raise ConnectionResetError from broken


def _refusal(fault: Fault) -> bytes:
    code, extra = {
        Fault.ERROR: ("InternalError", ()),
        Fault.BUSY: ("SlowDown", (("Retry-After", str(RETRY_AFTER)),)),
    }[fault]
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>made up</Message></Error>".encode()
    headers = (("Content-Type", "application/xml"), ("Content-Length", str(len(body))), *extra)
    return Head(f"HTTP/1.1 {fault} {code}", headers).to_bytes() + body


def _at_another_time(request: Head) -> Head:
    written = "%Y%m%dT%H%M%SZ"
    said = request.get("x-amz-date") or ""
    shifted = datetime.strptime(f"{said}+0000", f"{written}%z") + CLOCK_IS_WRONG_BY
    return request.given("x-amz-date", shifted.strftime(written))


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection so that the other side notices an error, not an end."""
    if (sock := writer.get_extra_info("socket")) is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
