"""What stands between a driver and Postgres sees a commit in whatever pieces it arrives."""

import socket
import struct

import pytest

from tests.servers.holding import messages

BEGINNING = struct.pack(">ii", 16, 196608) + b"user\0me\0"
ENCRYPTED = struct.pack(">ii", 8, 80877103)


def told(words: bytes) -> bytes:
    return b"Q" + struct.pack(">i", len(words) + 5) + words + b"\0"


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 1000])
def test_messages_are_whole_in_whatever_pieces_they_arrive(pieces: int):
    said = [ENCRYPTED, BEGINNING, told(b"insert into ducklake_snapshot_changes"), told(b"COMMIT"), told(b"")]
    client, server = socket.socketpair()
    with client, server:
        server.settimeout(10)
        everything = b"".join(said)
        for at in range(0, len(everything), pieces):
            client.sendall(everything[at : at + pieces])
        client.shutdown(socket.SHUT_WR)
        assert list(messages(server)) == said
