"""Digests of the lake: what changes them, what does not, and that they can be remembered."""

import os
import time
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.automation.changes import Change
from spotify_assets.automation.lake_watch import (
    DIGEST_BYTES,
    STREAMS,
    at_most,
    carried_over,
    newest_change,
    next_partition,
    pack,
    ranges,
    scan,
    unpack,
)
from spotify_assets.lake import layout
from spotify_assets.settings import Grain
from tests.stream.made import DAY as BATCH_DAY
from tests.stream.made import batch, play

DAY = date(2025, 3, 1)
OLD_NS = 1_000_000_000
days = st.dates(date(1999, 1, 1), date(2030, 1, 1))


def drop(lake: Path, day: date = DAY, name: str = "a.ndjson", text: str = "{}\n") -> Path:
    return layout.write_bytes(layout.events_dir(lake, day) / name, text.encode())


def digests(lake: Path) -> dict[Change, bytes]:
    return {key: seen.digest for key, seen in scan(lake, "day").items()}


def test_an_empty_lake_has_no_partitions(tmp_path: Path):
    assert scan(tmp_path / "nowhere", "day") == {}


def test_an_untouched_lake_keeps_its_digests(tmp_path: Path):
    drop(tmp_path)
    assert digests(tmp_path) == digests(tmp_path)


@pytest.mark.parametrize("name", ["b.ndjson", "hour=07/b.ndjson", "hour=07/minute=3/b.csv.gz"])
def test_a_new_file_changes_its_partition_alone_however_old_it_is(tmp_path: Path, name: str):
    drop(tmp_path)
    drop(tmp_path, DAY + timedelta(days=1))
    before = digests(tmp_path)
    late = drop(tmp_path, name=name)
    os.utime(late, ns=(OLD_NS, OLD_NS))
    after = digests(tmp_path)
    assert {key for key in after if after[key] != before[key]} == {("events", DAY)}


def test_a_changed_file_and_a_removed_one_change_their_partition(tmp_path: Path):
    file = drop(tmp_path)
    drop(tmp_path, name="b.ndjson")
    first = digests(tmp_path)
    file.write_text("{}\n{}\n")
    second = digests(tmp_path)
    file.unlink()
    third = digests(tmp_path)
    assert len({found["events", DAY] for found in (first, second, third)}) == 3


def test_the_last_file_gone_the_partition_is_gone_and_its_folder_tells_when(tmp_path: Path):
    file = drop(tmp_path)
    before = time.time_ns() - 1_000_000_000
    file.unlink()
    assert scan(tmp_path, "day") == {}
    assert newest_change(tmp_path, "events", DAY, DAY) > before
    file.parent.rmdir()
    assert newest_change(tmp_path, "events", DAY, DAY) > before


@pytest.mark.parametrize("name", [".a.ndjson.1f.tmp", "_SUCCESS", "_a.ndjson", "a.ndjson.tmp", "notes.txt"])
def test_what_is_still_written_or_no_data_changes_nothing(tmp_path: Path, name: str):
    drop(tmp_path)
    before = digests(tmp_path)
    (layout.events_dir(tmp_path, DAY) / name).write_text("x")
    assert digests(tmp_path) == before


def test_the_moment_of_a_change_is_not_turned_back_by_an_old_modification_time(tmp_path: Path):
    before = time.time_ns() - 1_000_000_000
    os.utime(drop(tmp_path), ns=(OLD_NS, OLD_NS))
    assert scan(tmp_path, "day")["events", DAY].changed_ns > before


def test_both_streams_are_seen_and_months_gather_their_days(tmp_path: Path):
    drop(tmp_path, date(2025, 3, 1))
    drop(tmp_path, date(2025, 3, 31))
    layout.write_bytes(layout.tracks_dir(tmp_path, DAY) / "part.csv", b"x")
    assert set(scan(tmp_path, "day")) == {
        ("events", date(2025, 3, 1)),
        ("events", date(2025, 3, 31)),
        ("tracks", DAY),
    }
    assert set(scan(tmp_path, "month")) == {("events", DAY), ("tracks", DAY)}


def test_a_file_of_a_month_touches_the_days_it_has_rows_of(tmp_path: Path):
    month = tmp_path / layout.EVENTS / "month=2025-03"
    first, second = date(2025, 3, 2), date(2025, 3, 9)
    layout.write_parquet(month / "a.parquet", pl.DataFrame({"event_date": [first, second]}))
    before = digests(tmp_path)
    layout.write_parquet(month / "b.parquet", pl.DataFrame({"event_date": [second]}))
    after = digests(tmp_path)
    assert set(before) == {("events", first), ("events", second)}
    assert after["events", first] == before["events", first]
    assert after["events", second] != before["events", second]


def test_a_folder_without_a_date_is_named(tmp_path: Path):
    (tmp_path / layout.EVENTS / "date=yesterday").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"date=yesterday.*is no date"):
        scan(tmp_path, "day")


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(STREAMS), days), st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES)
    )
)
def test_digests_are_remembered_as_they_were(found: dict[Change, bytes]):
    assert unpack(pack(found)) == found


def test_five_thousand_partitions_are_remembered_in_less_than_a_megabyte():
    found = {
        (stream, date(2012, 1, 1) + timedelta(days=n)): os.urandom(8)
        for stream in STREAMS
        for n in range(5_000)
    }
    assert len(pack(found)) < 1_000_000


@pytest.mark.parametrize("text", ["", "x", "a.b", "eJwDAAAAAAE=", '{"v": 1}'])
def test_what_is_no_list_of_digests_is_refused(text: str):
    with pytest.raises(ValueError, match="no list of digests"):
        unpack(text)


@given(st.lists(days, max_size=60), st.sampled_from(["day", "month"]))
def test_ranges_hold_the_days_asked_for_and_no_other(found: list[date], grain: str):
    starts = {day.replace(day=1) if grain == "month" else day for day in found}
    inside = [day for part in ranges(starts, grain) for day in _partitions(part, grain)]  # type: ignore[arg-type]
    assert inside == sorted(starts)


@given(st.lists(days, min_size=1, max_size=60), st.integers(1, 10))
def test_ranges_are_joined_across_the_smallest_gaps(found: list[date], limit: int):
    parted = ranges(found, "day")
    joined = at_most(parted, limit)
    assert len(joined) == min(limit, len(parted))
    assert all(any(start <= day <= end for start, end in joined) for day in found)
    taken_in = sum((end - start).days + 1 for start, end in joined) - len(set(found))
    gaps = sorted((after[0] - before[1]).days - 1 for before, after in pairwise(parted))
    assert taken_in == sum(gaps[: len(parted) - len(joined)])


def _partitions(part: tuple[date, date], grain: str) -> Sequence[date]:
    found, day = [], part[0]
    while day <= part[1]:
        found.append(day)
        day = next_partition(day, grain)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(("was", "now"), [("day", "month"), ("month", "day")])
def test_what_is_remembered_is_carried_over_to_another_grain(tmp_path: Path, was: Grain, now: Grain):
    """But for the months of which something changed: they are looked at anew."""
    april, may = date(2025, 4, 2), date(2025, 5, 3)
    for day in (DAY, DAY + timedelta(days=9), april, may):
        drop(tmp_path, day)
    remembered = {key: seen.digest for key, seen in scan(tmp_path, was).items()}
    drop(tmp_path, april, "late.ndjson")
    drop(tmp_path, may, "a.ndjson").unlink()
    found = carried_over(remembered, scan(tmp_path, was), scan(tmp_path, now))
    assert found == {key: seen.digest for key, seen in scan(tmp_path, now).items() if key[1].month == 3}
    assert found


def test_of_a_stream_only_what_others_wrote_may_be_half_written(tmp_path: Path):
    batch(0, play("a")).write(tmp_path, "gzip")
    [seen] = scan(tmp_path, "day").values()
    assert seen.is_streamed
    assert seen.settling_ns == 0 < seen.changed_ns
    other = drop(tmp_path, BATCH_DAY)
    [seen] = scan(tmp_path, "day").values()
    assert seen.settling_ns == other.stat().st_ctime_ns
    drop(tmp_path)
    assert not scan(tmp_path, "day")["events", DAY].is_streamed
