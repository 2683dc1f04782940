"""The lake in a store as the sensor sees it: every change, with as few listings as can be."""

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from spotify_assets import places
from spotify_assets.automation import lake_watch, store_watch
from spotify_assets.automation.changes import Change
from spotify_assets.lake import layout
from spotify_assets.places import StorePlace
from tests.lake.exports import plays, write_json
from tests.lake.test_in_store import do

TODAY = datetime.now(UTC).date()
OLD = TODAY - timedelta(days=400)


@pytest.fixture
def lake() -> StorePlace:
    return StorePlace.of(f"memory://{uuid4().hex}") / "raw"


def drop(lake: StorePlace, day: date, name: str = "a.ndjson", text: str = "{}\n") -> StorePlace:
    return places.write(layout.events_dir(lake, day) / name, text.encode())


def digests(lake: StorePlace) -> dict[Change, bytes]:
    return {key: seen.digest for key, seen in lake_watch.scan(lake, "day").items()}


def listed(lake: StorePlace) -> int:
    """How many folders a tick lists."""
    before = store_watch._watches[lake].listed
    lake_watch.scan(lake, "day")
    return store_watch._watches[lake].listed - before


def test_when_nothing_changed_only_open_dates_are_listed(lake: StorePlace):
    for days in range(50):
        drop(lake, OLD + timedelta(days=days))
    drop(lake, TODAY)
    assert len(digests(lake)) == 51
    assert listed(lake) == 1


def test_months_that_are_listed_as_one_have_what_each_of_their_dates_has(lake: StorePlace):
    of_two_months = [OLD.replace(day=1) + timedelta(days=days) for days in range(40)]
    for day in [*of_two_months, TODAY]:
        drop(lake, day)
        drop(lake, day, "hour=03/b.ndjson")
        drop(lake, day, "_SUCCESS.json")
    drop(lake, OLD.replace(day=1) - timedelta(days=1), ".unfinished.ndjson")
    root = lake / layout.EVENTS
    each = {folder: layout.landed_files(folder) for folder in places.folders(root)}
    assert dict(store_watch.finished_files(lake, layout.EVENTS)) == each
    assert [len(files) for files in each.values()] == [0, *[2] * 41]


def test_new_dates_and_files_of_open_ones_are_seen_at_once(lake: StorePlace):
    drop(lake, TODAY)
    drop(lake, OLD)
    before = digests(lake)
    drop(lake, TODAY, "b.ndjson")
    drop(lake, OLD + timedelta(days=1))
    after = digests(lake)
    assert {key for key in after if after[key] != before.get(key)} == {
        ("events", TODAY),
        ("events", OLD + timedelta(days=1)),
    }


def test_an_old_date_is_listed_again_in_time(lake: StorePlace, monkeypatch: pytest.MonkeyPatch):
    drop(lake, OLD)
    before = digests(lake)
    drop(lake, OLD, "b.ndjson")
    assert digests(lake) == before
    later = time.monotonic() + store_watch.LISTED_AGAIN_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert digests(lake) != before


def test_a_file_that_is_replaced_or_gone_changes_its_date(lake: StorePlace):
    drop(lake, TODAY, "a.ndjson", "1\n")
    kept = drop(lake, TODAY, "b.ndjson")
    first = digests(lake)
    drop(lake, TODAY, "a.ndjson", "2\n")
    second = digests(lake)
    kept.unlink()
    third = digests(lake)
    assert len({each["events", TODAY] for each in (first, second, third)}) == 3
    (layout.events_dir(lake, TODAY) / "a.ndjson").unlink()
    assert digests(lake) == {}


def test_imports_are_seen_when_their_receipt_is_there(lake: StorePlace, tmp_path: Path):
    assert digests(lake) == {}
    begin = datetime(2024, 2, 1, 8)  # noqa: DTZ001
    do([write_json(tmp_path / "one.json", plays(begin, 3, hours=30))], lake)
    first = digests(lake)
    assert set(first) == {("events", date(2024, 2, day)) for day in (1, 2, 3)}
    places.write(layout.imported_path(lake, date(2024, 2, 1), "events-nobody-own"), b"cut short")
    assert digests(lake) == first


def test_what_changed_counts_from_when_it_was_noticed(lake: StorePlace):
    drop(lake, TODAY)
    kept = drop(lake, TODAY, "b.ndjson")
    seen = lake_watch.scan(lake, "day")
    kept.unlink()
    now = lake_watch.scan(lake, "day")
    [key] = now
    noticed = lake_watch.as_noticed(lake, now, [key])
    assert noticed[key].changed_ns > seen[key].changed_ns
    assert lake_watch.as_noticed(lake, now, [key]) == noticed
