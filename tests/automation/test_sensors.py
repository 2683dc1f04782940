"""The sensor on raw files and the daily schedule, with real runs on a real instance."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import dagster as dg
import pytest

from spotify_assets.automation import changes
from spotify_assets.instance.home import instance_of
from spotify_assets.settings import Settings
from tests.automation.lake_world import START, World, keys
from tests.stream.made import batch

D = date(2025, 3, 10)


def day(offset: int) -> date:
    return D + timedelta(days=offset)


@pytest.fixture
def world(make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(changes, "SETTLE_SECONDS", 0)
    settings = make_settings(start_date=START)
    with instance_of(settings) as instance:
        yield World(settings, instance)


def spans(requests: list[dg.RunRequest]) -> list[tuple[str, str]]:
    return [keys(request) for request in requests]


def test_dropped_files_end_in_one_run_per_range_and_rest_then(world: World):
    world.drop(D, day(1), day(2), day(7))
    requests = world.tick()
    assert spans(requests) == [("2025-03-10", "2025-03-12"), ("2025-03-17", "2025-03-17")]
    assert all(world.run(request) for request in requests)
    assert world.tick() == []
    assert world.tick() == []
    assert world.said == "Nothing changed in the lake."


def test_a_failed_run_is_asked_for_at_the_next_tick_under_another_key(world: World):
    world.drop(D)
    world.broken.touch()
    [first] = world.tick()
    assert not world.run(first)
    [second] = world.tick()
    assert keys(second) == keys(first)
    assert second.run_key != first.run_key
    world.broken.unlink()
    assert world.run(second)
    assert world.tick() == []


def test_a_request_that_never_became_a_run_is_asked_for_again(world: World):
    world.drop(D)
    assert spans(world.tick()) == spans(world.tick()) == [("2025-03-10", "2025-03-10")]


def test_a_sensor_that_forgot_everything_finds_what_was_done(world: World):
    world.drop(D, day(1))
    [request] = world.tick()
    assert world.run(request)
    world.cursor = None
    assert world.tick() == []
    world.cursor = "of another sensor"
    assert world.tick() == []


def test_a_run_by_hand_counts_and_a_file_dropped_after_it_does_not(world: World):
    world.drop(D)
    by_hand = dg.RunRequest(partition_key=D.isoformat())
    assert world.run(by_hand, job="everything")
    assert world.tick() == []
    world.drop(D, name="late.ndjson")
    assert spans(world.tick()) == [("2025-03-10", "2025-03-10")]


def test_a_file_with_an_old_date_of_its_own_is_not_skipped(world: World):
    world.drop(D)
    assert world.run(world.tick()[0])
    assert world.tick() == []
    [copied] = world.drop(D, name="copied.ndjson")
    os.utime(copied, (0, 0))
    assert spans(world.tick()) == [("2025-03-10", "2025-03-10")]


def test_a_deleted_file_is_noticed_once(world: World):
    [file] = world.drop(D)
    assert world.run(world.tick()[0])
    assert world.tick() == []
    file.unlink()
    [request] = world.tick()
    assert keys(request) == ("2025-03-10", "2025-03-10")
    assert world.run(request)
    assert world.tick() == []


def test_a_half_written_file_waits(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changes, "SETTLE_SECONDS", 60)
    world.drop(D)
    assert world.tick() == []
    assert "still being written" in world.said


def test_runs_of_the_newest_days_go_first(make_settings: Callable[..., Settings], world: World):
    from datetime import UTC, datetime

    today = datetime.now(UTC).date()
    world.drop(D, today)
    old, new = world.tick()
    assert "dagster/priority" not in old.tags
    assert int(new.tags["dagster/priority"]) > 0


def test_a_file_before_the_partitions_is_told_and_stops_nothing(world: World):
    world.drop(START - timedelta(days=1), D)
    [request] = world.tick()
    assert world.run(request)
    assert world.tick() == []
    assert "events of 2024-12-31 outside the partitions" in world.said


@pytest.mark.slow
def test_sensor_schedule_and_another_run_never_do_the_same_twice(world: World):
    world.drop(D)
    waiting = world.queue(day(-5), day(5))
    assert world.tick() == []
    assert "in hand by a run" in world.said
    assert world.daily(D) is None
    world.instance.report_run_failed(waiting)
    [request] = world.tick()
    assert world.run(request)
    assert world.tick() == []
    assert world.daily(D) is None


def test_the_schedule_asks_for_a_day_that_nobody_has_done(world: World):
    world.drop(day(1))
    request = world.daily(D)
    assert request is not None
    assert keys(request) == ("2025-03-10", "2025-03-10")
    assert world.run(request)
    assert world.daily(D) is None


@pytest.mark.slow
def test_a_thousand_files_in_a_hundred_partitions_end_in_few_runs(world: World):
    scattered = [START + timedelta(days=2 * number) for number in range(100)]
    for number in range(10):
        world.drop(*scattered, name=f"part-{number}.ndjson")
    requests = world.tick()
    assert len(requests) <= 10
    assert all(world.run(request) for request in requests)
    assert world.tick() == []


@pytest.mark.slow
def test_a_stream_is_one_run_for_all_its_files_and_the_next_one_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(changes, "SETTLE_SECONDS", 60)

    def write(start: int, *days: date) -> None:
        messages = [json.dumps({"user_id": "u", "ended_at": f"{each}T10:00:00Z"}).encode() for each in days]
        assert batch(start, *messages).write(world.settings.lake_dir, "gzip") is not None

    for start in range(0, 20, 2):
        write(start, D, day(1))
    [request] = world.tick()
    assert keys(request) == ("2025-03-10", "2025-03-11")
    assert world.run(request)
    assert world.tick() == []
    write(20, D)
    assert world.tick() == []
    assert "written by a stream" in world.said
    monkeypatch.setattr(changes, "STREAM_SECONDS", 0)
    [request] = world.tick()
    assert keys(request) == ("2025-03-10", "2025-03-11")
    assert world.run(request)
    assert world.tick() == []
