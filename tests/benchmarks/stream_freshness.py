"""How long an acknowledged event of a stream takes to reach the metrics that people read.

    .venv/bin/python -m tests.benchmarks.stream_freshness [--rate 1000] [--minutes 6] [--before 0]

A real Kafka, `stream produce` and `stream consume` as people start them with the settings they have, and the
real webserver and daemon on an installation with a small history. Every few seconds one event is sent with a
track of its own; it is visible when core.daily_track_metrics of the published copy has its track. `--before`
events of the same day are in the topic when the clock begins. With `--folder` the installation is made there,
or the one that is there is used.

Work is what a run takes, from the moment at which the sensor asked for it until what it made is visible; the
rest is waiting: for the batch, for the sensor's tick and for the minute in which today's partition was made
already. CPU is what the installation used a run, the webserver and daemon included.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from spotify_assets.automation.sensors import RAW_FILES
from spotify_assets.settings import Settings
from spotify_assets.stream.producer import EventProducer
from tests.benchmarks.freshness import cpu_seconds, make_history
from tests.benchmarks.reporting import report
from tests.benchmarks.stream import create_topic, settings_of
from tests.e2e.server import Server, environment
from tests.servers import kafka

EACH_SECONDS = 3.0
"""Between two events that are watched."""
LOOK_SECONDS = 0.25
NO_TRACK = "probe"

Run = Mapping[str, float]


@dataclass
class Watched:
    """The events that are watched: when each was acknowledged and when it was seen, as Unix time."""

    published: Path
    day: date
    acknowledged: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)

    def send(self, producer: EventProducer) -> None:
        """Send one more, and wait until it is acknowledged."""
        track = f"{NO_TRACK}{len(self.acknowledged):017d}"
        ended_at = datetime.now(UTC)
        told = {"user_id": "watched", "ended_at": f"{ended_at:%Y-%m-%dT%H:%M:%S}Z", "ms_played": 1_000}
        producer.send(json.dumps(told | {"track_id": track}).encode(), b"watched")
        delivery = producer.finish()
        assert delivery.acknowledged == delivery.sent
        self.acknowledged[track] = time.time()

    def look(self) -> None:
        """Note what is visible now."""
        if not self.published.exists():
            return
        query = "select track_id from core.daily_track_metrics where event_date = ? and track_id like ?"
        with duckdb.connect(str(self.published), read_only=True) as connection:
            found = connection.execute(query, [self.day, f"{NO_TRACK}%"]).fetchall()
        now = time.time()
        for (track,) in found:
            self.seen.setdefault(track, now)


@contextmanager
def command(folder: Path, more: dict[str, str], *words: str) -> Iterator[None]:
    """A command of the product, asked to end when the block ends."""
    program = str(Path(sys.executable).with_name("spotify-assets"))
    process = subprocess.Popen(
        [program, "stream", *words], env=environment(folder, **more), stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def follow(server: Server, settings: Settings, seconds: float) -> tuple[Watched, float]:
    """Send and look for so long; what was watched, and the CPU seconds a minute since the first was seen."""
    watched = Watched(server.folder / "data" / "processed" / "serving.duckdb", datetime.now(UTC).date())
    producer = EventProducer(settings)
    until, due = time.time() + seconds, 0.0
    since: tuple[float, float] | None = None
    while time.time() < until:
        if time.time() >= due:
            watched.send(producer)
            due = time.time() + EACH_SECONDS
        watched.look()
        if since is None and watched.seen:
            since = time.time(), cpu_seconds(server.process.pid)
        time.sleep(LOOK_SECONDS)
    if since is None:
        raise TimeoutError(f"nothing was visible after {seconds:.0f} s")
    return watched, 60 * (cpu_seconds(server.process.pid) - since[1]) / (time.time() - since[0])


def runs_of(server: Server) -> list[Run]:
    """The sensor's runs: when they were asked for, and when they began and ended, where they did."""
    found = server.runs(tags=[{"key": "spotify/requested_by", "value": RAW_FILES}])
    return [
        {"asked": run["creationTime"], "started": run["startTime"], "ended": run["endTime"]} for run in found
    ]


def figures(watched: Watched, runs: list[Run]) -> dict[str, float]:
    """Seconds from acknowledged to visible, and how much of it was work of the run that made it visible.

    What the first run makes visible is left out: it began when there was nothing to wait for.
    """
    first = min(watched.seen.values()) + EACH_SECONDS
    later = {track: at for track, at in watched.seen.items() if at > first}
    took = [seen - watched.acknowledged[track] for track, seen in later.items()]
    works = [seen - max(run["asked"] for run in runs if run["asked"] < seen) for seen in set(later.values())]
    return {
        "events watched": len(took),
        "seconds until visible, median": statistics.median(took),
        "seconds until visible, 95 %": statistics.quantiles(took, n=20)[-1],
        "seconds until visible, most": max(took),
        "of it work, median": statistics.median(works),
        "of it work, most": max(works),
        "seconds of a run, median": statistics.median(
            run["ended"] - run["started"] for run in runs if run["ended"]
        ),
        "runs": len(runs),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=1_000)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--before", type=int, default=0, help="events of the day that are there before")
    parser.add_argument("--history-days", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if (why := kafka.missing()) is not None:
        sys.exit(f"no figures of the stream: {why}")
    with tempfile.TemporaryDirectory() as made, kafka.Kafka(Path(made) / "kafka") as cluster:
        create_topic(cluster)
        folder = given.folder or Path(made) / "installation"
        settings = settings_of(folder / "data", cluster)
        more = {"SPOTIFY_KAFKA_SERVERS": cluster.servers, "SPOTIFY_KAFKA_TOPIC": settings.kafka_topic}
        if not folder.exists():
            folder.mkdir()
            make_history(folder, given.history_days, datetime.now(UTC).date() - timedelta(days=1))
        if given.before:
            program = str(Path(sys.executable).with_name("spotify-assets"))
            count = ["stream", "produce", "--count", str(given.before), "--users", str(given.before // 10)]
            subprocess.run([program, *count], env=environment(folder, **more), check=True)
        server = Server(folder, **more)
        try:
            server.start()
            producing = ("produce", "--rate", str(given.rate))
            with command(folder, more, "consume"), command(folder, more, *producing):
                watched, used = follow(server, settings, given.minutes * 60)
            runs = runs_of(server)
        finally:
            server.stop()
    found = figures(watched, runs)
    found["CPU seconds a minute"] = used
    facts = {"rate": given.rate, "before": given.before, "load": os.getloadavg()[0], "runs": runs}
    rows = [{"what": name, "figure": round(value, 1)} for name, value in found.items()]
    report("stream_freshness", facts, rows)


if __name__ == "__main__":
    main()
