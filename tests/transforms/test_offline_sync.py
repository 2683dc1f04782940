"""What is heard offline stands where it was heard, once, however its rows arrive; nothing else moves."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.tables import RAW_EVENTS
from spotify_assets.transforms.offline_sync import (
    STAMP,
    Moved,
    days_to_look_back,
    late_uploads,
    uploaded_again,
    uploaded_together,
    where_heard,
    with_stamps,
)
from tests.examples import examples
from tests.transforms.events import at, track

SYNC = at("2024-03-01T20:00:00")
LENGTH = timedelta(milliseconds=180_500)
HOUR = timedelta(hours=1)


def row(number: int, began: datetime | None, ts: datetime = SYNC, **changes: Any) -> dict[str, Any]:
    """A row of the export as it was read; `began` is its stamp. Its id is of user, track, `ts` and length."""
    extra = {"offline": True} | (
        {"offline_timestamp": f"{began:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"} if began else {}
    )
    values: dict[str, Any] = {
        "user_id": "anna",
        "track_id": track(number),
        "track_name": f"Song {number}",
        "ended_at": ts,
        "ms_played": LENGTH // timedelta(milliseconds=1),
        "action": "play",
        "source": "extended_history",
        "content_type": "music",
        "extra": json.dumps(extra, separators=(",", ":")),
        "source_file": "file",
        "source_row": number,
    } | changes
    end, length = values["ended_at"], timedelta(milliseconds=values["ms_played"])
    what = values["track_id"] or values["track_name"]
    facts = f"{values['user_id']} {what} {end} {values['ms_played']}"
    derived = {"started_at": end - length, "event_date": end.date(), "event_id": facts}
    return values | {name: value for name, value in derived.items() if name not in changes}


def frame(*rows: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RAW_EVENTS.polars_schema)


def placed(*rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of one file where they were heard."""
    raw = frame(*rows)
    stamped = with_stamps(raw)
    found = where_heard(stamped, uploaded_together(late_uploads(stamped)))
    assert found.schema == raw.schema
    times = ["event_id", "started_at", "ended_at", "reported_at", "event_date"]
    assert found.drop(times).equals(raw.drop(times))
    assert (found["ended_at"].dt.date() == found["event_date"]).all()
    return found.to_dicts()


def starts(*rows: Mapping[str, Any]) -> list[datetime]:
    return [each["started_at"] for each in placed(*rows)]


def burst(count: int, first: datetime = SYNC - 5 * HOUR, **changes: Any) -> list[dict[str, Any]]:
    """Songs heard one after the other and uploaded together."""
    return [row(n, first + n * (LENGTH + timedelta(seconds=1)), **changes) for n in range(count)]


def at_ts(*rows: Mapping[str, Any]) -> bool:
    """Whether nothing was moved."""
    return [each["event_id"] for each in placed(*rows)] == [each["event_id"] for each in rows]


class TestBursts:
    @pytest.mark.parametrize("count", [2, 10])
    def test_each_play_stands_at_its_stamp_and_says_when_it_was_reported(self, count):
        first = SYNC - 5 * HOUR
        found = placed(*burst(count, first))
        step = LENGTH + timedelta(seconds=1)
        assert [each["started_at"] for each in found] == [
            (first + n * step).replace(microsecond=0) for n in range(count)
        ]
        assert {each["ended_at"] - each["started_at"] for each in found} == {LENGTH}
        assert {each["reported_at"] for each in found} == {SYNC}
        assert len({each["event_id"] for each in found}) == count

    @pytest.mark.parametrize(
        ("sync", "began", "day"),
        [
            ("2024-03-01T00:10:00", "2024-02-29T22:00:00", "2024-02-29"),
            ("2024-01-01T06:00:00", "2023-12-31T23:00:00", "2023-12-31"),
            ("2024-01-01T06:00:00", "2023-12-31T23:59:00", "2024-01-01"),
        ],
    )
    def test_a_play_belongs_to_the_date_on_which_it_ended(self, sync, began, day):
        found = placed(*(row(n, at(began), ms_played=120_000 * n, ts=at(sync)) for n in range(2)))
        assert str(found[1]["event_date"]) == day
        assert found[1]["reported_at"] == at(sync)

    def test_nobody_is_heard_twice_at_once_without_stamps_one_stays_where_it_was_reported(self):
        with_one_null = [*burst(3), row(7, None)]
        found = placed(*with_one_null)
        assert [each["reported_at"] for each in found] == [SYNC, SYNC, SYNC, None]
        assert found[3]["ended_at"] == SYNC

    def test_the_last_song_of_a_burst_may_end_with_the_upload(self):
        began = SYNC.replace(microsecond=0) - timedelta(seconds=181)
        found = placed(*burst(2), row(9, began))
        assert (found[2]["started_at"], found[2]["ended_at"]) == (began, began + LENGTH)
        ahead = placed(*burst(2), row(9, began + timedelta(seconds=30)))
        assert (ahead[2]["ended_at"], ahead[2]["reported_at"]) == (SYNC, None)

    @pytest.mark.parametrize("content", ["podcast", "video", "unknown"])
    def test_of_any_content(self, content):
        kinds = [each | {"content_type": content, "track_id": None} for each in burst(3)]
        assert all(each["reported_at"] == SYNC for each in placed(*kinds))

    def test_what_was_not_heard_at_all_goes_along(self):
        skipped = row(5, SYNC - 4 * HOUR, ms_played=0)
        found = placed(*burst(3), skipped)
        assert found[3]["started_at"] == found[3]["ended_at"] == SYNC - 4 * HOUR
        alone = placed(row(1, SYNC - 4 * HOUR), row(2, SYNC - 4 * HOUR + LENGTH, ms_played=0))
        assert [each["reported_at"] for each in alone] == [SYNC, SYNC]

    def test_listeners_do_not_make_a_burst_together(self):
        assert at_ts(row(1, SYNC - HOUR, user_id="anna"), row(2, SYNC - 2 * HOUR, user_id="berta"))


class TestSongsOnRepeat:
    def on_repeat(self, times: int) -> list[dict[str, Any]]:
        return [each | {"track_id": track(1), "event_id": "one"} for each in burst(times)]

    def test_each_play_is_one_at_its_own_time(self):
        found = placed(*self.on_repeat(4))
        assert len({each["event_id"] for each in found}) == 4
        assert len({each["started_at"] for each in found}) == 4

    def test_a_repeat_without_a_pause_counts_though_stamps_are_cut_to_the_second(self):
        first = SYNC - HOUR
        again = [row(1, first), row(1, (first + LENGTH).replace(microsecond=0))]
        assert len({each["event_id"] for each in placed(*again)}) == 2

    def test_copies_that_began_within_one_length_are_one_play(self):
        copies = [row(1, SYNC - HOUR + timedelta(seconds=s)) for s in (0, 2, 90, 179)]
        assert at_ts(*copies)
        found = placed(*copies, *burst(3, SYNC - 3 * HOUR))
        assert {each["started_at"] for each in found[:4]} == {SYNC - HOUR}
        assert len({each["event_id"] for each in found[:4]}) == 1

    def test_a_copy_without_a_stamp_goes_with_the_first_play(self):
        *songs, last = self.on_repeat(3)
        copy = last | {"extra": "{}"}
        found = placed(*songs, last, copy)
        assert found[3]["event_id"] == found[0]["event_id"]
        assert found[3]["started_at"] == found[0]["started_at"]

    def test_nothing_played_has_no_length_but_a_second(self):
        rows = [row(1, SYNC - HOUR - timedelta(seconds=s), ms_played=0) for s in (0, 0, 30)]
        assert len({each["event_id"] for each in placed(*rows)}) == 2


class TestStampsThatAreNone:
    @pytest.mark.parametrize(
        "stamp",
        [None, SYNC - timedelta(days=31), SYNC + timedelta(days=1), at("2015-01-01T00:00:00"), SYNC],
    )
    def test_implausible_ones_move_nothing(self, stamp):
        found = placed(row(1, stamp), *burst(2, SYNC - 2 * HOUR)[1:])
        assert (found[0]["ended_at"], found[0]["reported_at"]) == (SYNC, None)

    def test_one_stamp_for_songs_that_cannot_have_begun_at_once(self):
        assert at_ts(*(row(n, SYNC - 6 * HOUR) for n in range(4)))
        mixed = placed(*(row(n, SYNC - 6 * HOUR) for n in range(2)), *burst(4)[2:])
        assert [each["reported_at"] for each in mixed] == [None, None, SYNC, SYNC]

    def test_alone_a_stamp_proves_nothing(self):
        assert at_ts(row(1, SYNC - 6 * HOUR))
        assert at_ts(row(1, SYNC - 6 * HOUR), row(1, SYNC - 6 * HOUR))

    def test_songs_that_can_have_ended_in_one_second_are_no_burst(self):
        skipped = row(2, SYNC, ms_played=400)
        assert at_ts(row(1, SYNC - timedelta(days=5)), skipped)

    def test_other_sources_are_left_alone(self):
        assert at_ts(*(each | {"source": "stream"} for each in burst(3)))

    def test_what_was_moved_before_stays(self):
        once = placed(*burst(3))
        assert placed(*once) == once


@pytest.mark.parametrize(
    ("extra", "stamp"),
    [
        ('{"offline_timestamp":"2024-02-29T21:00:00.250Z"}', at("2024-02-29T21:00:00")),
        ('{"a":"ü€𝄞","offline_timestamp":"2024-02-29T21:00:00.999Z","b":1}', at("2024-02-29T21:00:00")),
        ('{"offline_timestamp":"2024-02-29T21:00:00Z"}', at("2024-02-29T21:00:00")),
        ('{"offline_timestamp":"2024-02-29T21:00:00.123456Z"}', at("2024-02-29T21:00:00")),
        ('{"offline_timestamp":"2024-02-29T21:00:00.250Z and more"}', None),
        ('{"offline_timestamp":"2024-02-30T21:00:00.250Z"}', None),
        ('{"offline_timestamp":"ü2024-02-29T21:00:00.25"}', None),
        ('{"offline_timestamp":""}', None),
        ('{"offline_timestamp":1709240400}', None),
        ('{"offline_timestamp_unit":"ms"}', None),
        ('{"offline_timestamp":"', None),
        ("", None),
        (None, None),
    ],
)
def test_a_stamp_is_read_wherever_it_stands_and_however_it_is_written(extra, stamp):
    rows = frame({**row(1, None), "extra": extra}, row(2, SYNC - 2 * HOUR))
    assert with_stamps(rows)[STAMP].to_list() == [stamp, SYNC - 2 * HOUR]


class TestUploadedTwice:
    def test_both_stand_where_the_playback_was_heard_and_are_one(self):
        began = SYNC - 6 * HOUR + timedelta(milliseconds=412)
        found = placed(row(1, began), row(1, began, ts=SYNC + timedelta(days=4)))
        assert {each["started_at"] for each in found} == {began.replace(microsecond=0)}
        assert len({each["event_id"] for each in found}) == 1
        assert [each["reported_at"] for each in found] == [SYNC, SYNC + timedelta(days=4)]

    def test_once_alone_and_once_in_a_burst(self):
        *songs, last = burst(3)
        later = last | {"ended_at": SYNC + 30 * HOUR}
        alone = row(2, SYNC - 5 * HOUR + 2 * (LENGTH + timedelta(seconds=1)), ts=SYNC + 30 * HOUR)
        assert later["track_id"] == alone["track_id"]
        found = placed(*songs, last, alone)
        assert found[2]["event_id"] == found[3]["event_id"]

    @pytest.mark.parametrize(
        "other",
        [
            {"ms_played": 180_501},
            {"track_id": track(2)},
            {"user_id": "berta"},
            {"began": SYNC - 6 * HOUR + timedelta(seconds=1)},
        ],
    )
    def test_what_differs_in_anything_is_another_playback(self, other):
        began = other.pop("began", SYNC - 6 * HOUR)
        assert at_ts(row(1, SYNC - 6 * HOUR), row(1, began, ts=SYNC + HOUR, **other))

    def test_a_newer_export_writes_the_stamp_in_seconds(self):
        began = SYNC - 6 * HOUR
        old = placed(row(1, began + timedelta(milliseconds=412)), row(2, began - HOUR))
        new = placed(row(1, began), row(2, began - HOUR))
        times = ("event_id", "started_at", "ended_at", "reported_at", "event_date")
        assert [[each[t] for t in times] for each in old] == [[each[t] for t in times] for each in new]

    def test_in_different_files_the_later_upload_is_found_by_its_stamp(self):
        began = SYNC - 6 * HOUR
        first, later = row(1, began), row(1, began, ts=SYNC + timedelta(days=9))
        assert at_ts(first) and at_ts(later)
        [dropped] = uploaded_again(frame(later, first)).to_dicts()
        assert (dropped["event_id"], dropped["kept_event_id"]) == (later["event_id"], first["event_id"])
        assert days_to_look_back(frame(later)) == 9

    def test_what_was_moved_in_one_file_stands_for_what_another_file_left_at_its_ts(self):
        songs = burst(3, SYNC - timedelta(days=20))
        moved = placed(*songs)
        [dropped] = uploaded_again(frame(*moved, songs[1])).to_dicts()
        assert (dropped["event_id"], dropped["kept_event_id"]) == (
            songs[1]["event_id"],
            moved[1]["event_id"],
        )
        assert days_to_look_back(frame(songs[1])) == 20

    def test_what_came_at_once_is_the_one_that_a_late_upload_repeats(self):
        began = SYNC - timedelta(seconds=181)
        at_once = row(1, began)
        late = placed(*burst(2, SYNC - HOUR, ts=SYNC + HOUR), row(1, began, ts=SYNC + HOUR))
        found = uploaded_again(frame(at_once, *late))
        assert found["event_id"].len() == 1
        assert set(found.row(0)) >= {at_once["event_id"], late[2]["event_id"]}

    def test_rows_that_ended_at_their_ts_are_nothing_to_look_for(self):
        on_time = [row(n, SYNC + n * HOUR - LENGTH, ts=SYNC + n * HOUR) for n in range(3)]
        assert uploaded_again(frame(*on_time)).is_empty()
        assert days_to_look_back(frame(*on_time)) == 0


def test_how_much_was_moved():
    late = placed(*burst(2, SYNC - 30 * HOUR), row(8, SYNC - timedelta(minutes=5)), row(9, None))
    found = Moved.of(frame(*late))
    assert (found.rows, found.over_ten_minutes, found.other_date) == (3, 2, 2)
    assert found.longest == 30 * HOUR - LENGTH
    assert (found + Moved(1, longest=100 * HOUR)).longest == 100 * HOUR
    assert Moved.of(frame()).notes() == {}


STAMPS = st.one_of(
    st.none(),
    st.integers(0, 40 * 24 * 3600).map(lambda s: SYNC - timedelta(seconds=s)),
    st.sampled_from([SYNC - HOUR, SYNC - 2 * HOUR, SYNC + HOUR]),
)
ROWS = st.builds(
    lambda n, stamp, ts, ms: row(n, stamp, ts=SYNC + ts * HOUR, ms_played=ms),
    st.integers(0, 3),
    STAMPS,
    st.sampled_from([0, 1, 30]),
    st.sampled_from([0, 500, 60_000, 180_500]),
)


@pytest.mark.slow
@examples(150)
@given(st.lists(ROWS, max_size=12), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(rows, random):
    def known(each: Mapping[str, Any]) -> tuple[object, ...]:
        return (each["track_id"], each["ms_played"], each["extra"], each["_ts"])

    once = {known(e | {"_ts": r["ended_at"]}): e for r, e in zip(rows, placed(*rows), strict=True)}
    again = [*rows, *random.choices(rows, k=4)] if rows else []
    random.shuffle(again)
    for given_row, found in zip(again, placed(*again), strict=True):
        assert found == once[known(found | {"_ts": given_row["ended_at"]})] | {
            name: found[name] for name in ("source_row", "source_file")
        }
        assert found["started_at"] <= given_row["started_at"] + timedelta(seconds=1)
        assert found["ended_at"] - found["started_at"] == timedelta(milliseconds=found["ms_played"])
        assert found["reported_at"] in (None, given_row["ended_at"])
