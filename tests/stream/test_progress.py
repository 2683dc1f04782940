"""How far the lake is behind the stream, as people see it: file, check, alert, page, Prometheus."""

import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import msgspec
import pytest

from spotify_assets.automation.health import look
from spotify_assets.automation.stream_lag import stream_check, stream_problems
from spotify_assets.figures import quality
from spotify_assets.instance.home import instance_of
from spotify_assets.lake.batches import Origin, origins
from spotify_assets.lake.progress import (
    PartitionProgress,
    begin,
    read_progress,
    what_is_wrong,
    write_progress,
)
from spotify_assets.settings import Settings
from spotify_assets.stream.consumer import Progress
from spotify_assets.stream.metrics import Metrics
from tests.servers.ports import free_ports
from tests.stream.made import NOW, ORIGIN, batch, play

NOW_MS = round(NOW.timestamp() * 1000)


def told(in_topic: int = 100, in_lake: int = 0, **changes: object) -> PartitionProgress:
    """A partition as it was told at noon; all was well then."""
    fields = {"told": NOW_MS, "shrank": NOW_MS, **changes}
    return PartitionProgress(ORIGIN, in_lake, in_topic, **fields)  # type: ignore[arg-type]


def watched(*lags: int, last_rows: int = 10) -> PartitionProgress:
    """A partition of which the lag was seen every minute."""
    now = told(0, last_rows=last_rows)
    for minute, lag in enumerate(lags):
        now = now.seen(lag, NOW_MS + minute * 60_000)
    return now


@pytest.mark.parametrize(
    ("lags", "minutes"),
    [
        ((0, 0, 0), 0),
        ((0, 20, 5, 20, 5), 0),  # two batches wait for their turn
        ((0, 100, 200, 300, 400), 4),  # it grows
        ((0, 100, 85, 100, 85), 4),  # up and down by a batch
        ((0, 100, 200, 300, 100), 0),  # it shrinks
        ((0, 100, 200, 100, 200, 300), 2),  # it shrank and grows again
        ((500, 500, 500), 2),
    ],
)
def test_a_lag_that_does_not_shrink_is_measured_in_time(lags: tuple[int, ...], minutes: int) -> None:
    assert watched(*lags).grows_seconds == minutes * 60


def test_a_batch_is_counted_and_timed(lake_dir: Path) -> None:
    progress = told(20)
    batches = (
        batch(0, *(play("a") for _ in range(8)), b"no event", None),
        batch(10, play("b"), b"no event"),
    )
    for made, written in zip(batches, (10_000, 12_000), strict=True):
        manifest = made.write(lake_dir, "gzip")
        assert manifest is not None
        progress = progress.with_batch(msgspec.structs.replace(manifest, written=written))
    assert (progress.lag, progress.rows, progress.refused, progress.rows_per_second) == (8, 12, 3, 1.0)
    assert progress.newest == round(datetime(2026, 11, 29, 10, 30, tzinfo=UTC).timestamp() * 1000)


def test_it_is_read_as_it_was_told_and_nothing_else_takes_it_for_a_batch(lake_dir: Path) -> None:
    batch(0, play("a")).write(lake_dir, "gzip")
    before = told(10, 5, rows=5)
    write_progress(lake_dir, before)
    assert read_progress(lake_dir, ORIGIN.topic) == [before]
    assert origins(lake_dir) == [ORIGIN]
    assert begin(lake_dir, ORIGIN, 7, NOW_MS).rows == 5
    anew = PartitionProgress(Origin(ORIGIN.topic, "anew", 0), 0, 0, told=NOW_MS + 1, shrank=NOW_MS)
    write_progress(lake_dir, anew)
    assert read_progress(lake_dir, ORIGIN.topic) == [anew]
    next(lake_dir.rglob("anew/*.progress")).write_text("half of i")
    assert read_progress(lake_dir, ORIGIN.topic) == [before]
    assert read_progress(lake_dir, "other") == []


def test_what_is_wrong_is_told_after_the_patience_of_the_settings() -> None:
    grows = told(told=NOW_MS, shrank=NOW_MS - 300_000)
    assert what_is_wrong([grows], NOW, 301) == []
    [words] = what_is_wrong([grows], NOW, 300)
    assert words.startswith("the lag of partition 3, 100 messages, has not shrunk for 5 minutes")
    assert what_is_wrong([told()], NOW + timedelta(seconds=300), 300) == []
    [words] = what_is_wrong([told()], NOW + timedelta(seconds=301), 300)
    assert words.startswith("no consumer has told anything of partition 3 since 2026-11-29 12:00:00 UTC")


def test_the_check_passes_with_words_without_a_stream(settings: Settings) -> None:
    found = checked(settings)
    assert found.passed
    assert found.description == "No stream is set (SPOTIFY_KAFKA_SERVERS)."
    with_stream = settings.model_copy(update={"kafka_servers": "127.0.0.1:1"})
    assert checked(with_stream).description == "No consumer has told anything yet."
    assert stream_problems(settings) == []


def checked(settings: Settings) -> dg.AssetCheckResult:
    """What the check finds."""
    found = stream_check(settings)()
    assert isinstance(found, dg.AssetCheckResult)
    return found


@pytest.fixture
def streamed(make_settings: Callable[..., Settings]) -> Settings:
    """A lake of which a consumer told a minute ago that its lag grows."""
    settings = make_settings(kafka_servers="127.0.0.1:1", kafka_topic=ORIGIN.topic, stream_lag_seconds=300)
    now = datetime.now(UTC).timestamp() * 1000
    write_progress(
        settings.lake_dir,
        told(
            *(1_100, 100),
            told=round(now) - 60_000,
            shrank=round(now) - 400_000,
            newest=NOW_MS,
            rows=200,
            refused=10,
            rows_per_second=12.34,
        ),
    )
    return settings


def test_check_alert_and_page_tell_the_same(streamed: Settings) -> None:
    found = checked(streamed)
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.WARN
    shown = {name: value.value for name, value in (found.metadata or {}).items()}
    assert shown == {
        "lag": 1_000,
        "lag by partition": {"3": 1_000},
        "newest event (UTC)": "2026-11-29 12:00:00",
        "rows per second": 12.3,
        "refused share": 0.05,
    }
    with instance_of(streamed) as instance:
        [problem] = look(streamed, instance, dg.Definitions().resolve_asset_graph())
    assert (problem.key, problem.blocks) == (f"stream:{ORIGIN.topic}", False)
    assert problem.detail == found.description
    [row] = quality.streamed(streamed.processed_dir).to_dicts()
    assert (row["partition"], row["lag"], row["refused_share"]) == (3, 1_000, 0.05)
    assert row["newest_event"] == NOW.replace(tzinfo=None)


def test_without_a_stream_the_page_has_none(streamed: Settings) -> None:
    stream_problems(streamed)
    assert quality.streamed(streamed.processed_dir).height == 1
    stream_problems(streamed.model_copy(update={"kafka_servers": None}))
    assert quality.streamed(streamed.processed_dir).is_empty()


def test_prometheus_reads_what_a_consumer_did() -> None:
    [port] = free_ports(1)
    metrics = Metrics(port)
    metrics.follow(Progress(rows=7, refused=2, batches=3, lags={0: 5, 1: 0}, newest=NOW_MS, problem="full"))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    for line in (
        "spotify_stream_rows 7.0",
        "spotify_stream_refused_rows 2.0",
        'spotify_stream_lag_rows{partition="0"} 5.0',
        'spotify_stream_lag_rows{partition="1"} 0.0',
        "spotify_stream_lake_failing 1.0",
    ):
        assert line in lines
    [newest] = [line for line in lines if line.startswith("spotify_stream_newest_event_seconds ")]
    assert float(newest.split()[1]) == NOW_MS / 1000
