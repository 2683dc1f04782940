"""Stands between clients and Postgres, and holds a commit back: before it is sent, or after it was done.

Whoever waits for the answer can then be killed in the instant in which nobody knows what became of it.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum

_COMMIT, _WRITES = b"COMMIT", b"ducklake_snapshot_changes"
"""What is sent to end a transaction, and what only a transaction that makes a snapshot sends before it."""

_ENCRYPTION = {80877103, 80877104}
"""Codes of the first messages that only ask for TLS or GSS, before the one that begins a session."""


class Moment(StrEnum):
    """When a commit is held back."""

    BEFORE = "before"
    """Postgres never hears of it, and ends the transaction when the connection is gone."""
    AFTER = "after"
    """Postgres has done it, and the client never hears of that."""


class Holding:
    """The proxy, from `with` to its end; `hold` says when the next commit is held, and what is done then.

    Clients elsewhere reach it where it has another address of this machine.
    """

    def __init__(self, upstream_port: int, host: str = "127.0.0.1") -> None:
        self.held = threading.Event()
        self._upstream_port = upstream_port
        self._next: tuple[Moment, Callable[[], None]] | None = None
        self._listening = socket.create_server((host, 0))

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listening.getsockname()[1])

    def hold(self, moment: Moment, do: Callable[[], None]) -> None:
        """Hold the next commit back, do something, and close its connection."""
        self.held.clear()
        self._next = (moment, do)

    def __enter__(self) -> "Holding":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._upstream_port))
                except OSError:
                    client.close()
                    continue
                threading.Thread(target=self._asked, args=[client, server], daemon=True).start()

    def _asked(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what the client says, until a commit is to be held."""
        silent = threading.Event()
        answering = threading.Thread(target=_answered, args=[server, client, silent], daemon=True)
        answering.start()
        writes = False
        with suppress(OSError):
            for said in messages(client):
                writes = writes or _WRITES in said
                if writes and _COMMIT in said and self._next is not None:
                    (moment, do), self._next = self._next, None
                    if moment is Moment.AFTER:
                        silent.set()
                        server.sendall(said)
                        answering.join(10)  # until Postgres has said that it is done
                    do()
                    self.held.set()
                    break
                writes = writes and _COMMIT not in said
                server.sendall(said)
        for one in (client, server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # a close alone waits for who still listens
            one.close()


def messages(client: socket.socket) -> Iterator[bytes]:
    """What a client says, one whole message after another, in whatever pieces they arrive.

    libpq sends 8 KB at a time, so that a word may lie in two pieces, and of a message of which a piece is
    missing nothing is done.
    """
    with client.makefile("rb") as said:
        begun = False
        while len(head := said.read(5 if begun else 8)) > 4:
            [length] = struct.unpack(">i", head[1:5] if begun else head[:4])
            yield head + said.read(length - (4 if begun else 8))
            begun = begun or struct.unpack(">i", head[4:8])[0] not in _ENCRYPTION


def _answered(server: socket.socket, client: socket.socket, silent: threading.Event) -> None:
    """Pass on what Postgres answers, until nothing is to be heard any more."""
    with suppress(OSError):
        while answer := server.recv(65536):
            if silent.is_set():
                return
            client.sendall(answer)
    with suppress(OSError):
        client.shutdown(socket.SHUT_WR)
