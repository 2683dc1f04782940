"""Who takes part in `stream_faults`: a producer of numbered events, and a plain script beside the product.

.venv/bin/python -m tests.benchmarks.stream_roles send FIRST A_SECOND DAY NOTES
.venv/bin/python -m tests.benchmarks.stream_roles plain FOLDER
"""

import os
import sys
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from confluent_kafka import Consumer, Message

from spotify_assets.settings import Settings
from spotify_assets.stream.client import SESSION_MS
from spotify_assets.stream.producer import EventProducer

USERS = 20_000
BETWEEN = timedelta(seconds=60)
"""Between two playbacks of one listener; each takes a minute."""
LATE = timedelta(days=2)
AT_ONCE = 5_000
"""Messages that are asked of the client at a time."""
NOTED_EACH = 20_000
"""Messages between two notes of what was acknowledged."""
LATE_EACH, BROKEN_EACH, NEGATIVE_EACH = 997, 1_009, 1_013
NUMBER = slice(14, 29)
"""Where a message has its number, the broken ones too."""
GROUP = "plain"
GATHER_SECONDS = 1.0
"""How long the plain script, and the consumers beside it, gather messages."""


def event(number: int, day: date) -> tuple[bytes, bytes]:
    """A message and its key; it is known again by its number, which is its `event_id`.

    Playbacks follow each other from the beginning of `day`. One in `LATE_EACH` is two days older, one in
    `BROKEN_EACH` no JSON, one in `NEGATIVE_EACH` was played for a negative time, which the tables refuse.
    """
    key = b"u%05d" % (number % USERS)
    if number % BROKEN_EACH == 0:
        return b'{"event_id": "%015d", "user_id": ' % number, key
    ended_at = _ended_at(number // USERS, day, late=number % LATE_EACH == 0)
    played = -1 if number % NEGATIVE_EACH == 0 else 60_000
    told = (number, key, ended_at, played, number % 5_000)
    return (
        b'{"event_id": "%015d", "user_id": "%b", "ended_at": "%b", "ms_played": %d, "track_id": "%022d", '
        b'"device": "mobile", "country": "DE"}' % told
    ), key


@lru_cache(maxsize=16)
def _ended_at(turn: int, day: date, *, late: bool) -> bytes:
    moment = (
        datetime.combine(day, datetime.min.time(), UTC) + turn * BETWEEN - (LATE if late else timedelta())
    )
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()


def send(first: int, a_second: float, day: date, notes: Path) -> None:
    """Send numbered events, at most so many a second, until killed; note which were all acknowledged."""
    sender, began = EventProducer(Settings()), time.monotonic()
    with notes.open("a", buffering=1) as file:
        for start in range(first, first + 10**12, NOTED_EACH):
            failed = sender.delivery.failed
            for number in range(start, start + NOTED_EACH):
                sender.send(*event(number, day))
            while sender.finish().unknown:
                pass
            if sender.delivery.failed == failed:
                file.write(f"{start} {start + NOTED_EACH}\n")
            ahead = (start + NOTED_EACH - first) / a_second - (time.monotonic() - began)
            time.sleep(max(0.0, ahead))


def plain_consumer(settings: Settings, group: str, **more: object) -> Consumer:
    """The client with its defaults, from the beginning."""
    config = {"bootstrap.servers": settings.kafka_servers, "group.id": group, "auto.offset.reset": "earliest"}
    made: Consumer = Consumer(config | more)
    made.subscribe([settings.kafka_topic])
    return made


def plain(folder: Path) -> None:
    """What a plain script does: append a batch to a file, and let the client commit by its timer."""
    often = {"auto.commit.interval.ms": 1000, "session.timeout.ms": SESSION_MS}
    reader = plain_consumer(Settings(), GROUP, **often)
    held: list[Message] = []
    written = time.monotonic()
    with (folder / f"{os.getpid()}.txt").open("a") as file:
        while True:
            held += [each for each in reader.consume(AT_ONCE, 0.1) if each.error() is None]
            if time.monotonic() - written >= GATHER_SECONDS:
                file.write("".join(f"{message.partition()} {message.offset()}\n" for message in held))
                file.flush()
                held, written = [], time.monotonic()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["send", first, a_second, day, notes]:
            send(int(first), float(a_second), date.fromisoformat(day), Path(notes))
        case ["plain", folder]:
            plain(Path(folder))
        case _:
            sys.exit(__doc__)
