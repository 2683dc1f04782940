"""What a stamp proves, worked out by hand at its bounds: one second more or less changes the answer."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from spotify_assets.lake.receipts import Receipt
from spotify_assets.transforms.offline_sync import (
    LATEST,
    STAMP,
    VERSION,
    Moved,
    days_to_look_back,
    late_uploads,
    uploaded_again,
    uploaded_together,
    where_heard,
    with_stamps,
)
from tests.transforms.events import at, track
from tests.transforms.test_offline_sync import frame, row

Row = dict[str, Any]
SYNC = at("2024-03-01T20:00:00")
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
THREE_MINUTES = 180_000
UNNAMED: Row = {"track_id": None, "track_name": None}


def song(number: int, before: timedelta, ms_played: int = THREE_MINUTES, **changes: Any) -> Row:
    """A song whose stamp lies so long before its `ts`."""
    ts = changes.get("ts", SYNC)
    return row(number, ts - before, ms_played=ms_played, **changes)


def alone(*rows: Mapping[str, Any]) -> list[Row]:
    """The rows of one file where they were heard, by what this file proves."""
    return where_heard(with_stamps(frame(*rows))).to_dicts()


def moved(*rows: Mapping[str, Any]) -> list[bool]:
    """Which rows stand elsewhere; the others are what they were."""
    found = alone(*rows)
    for each, before in zip(found, frame(*rows).to_dicts(), strict=True):
        assert each == before or each["reported_at"] is not None
    return [each["reported_at"] is not None for each in found]


def proven(*rows: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Track and stamp of the playbacks that all files together prove to be late."""
    found = uploaded_together(late_uploads(with_stamps(frame(*rows))))
    return sorted(found.select("what", STAMP).rows())


def playbacks(*rows: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The same of rows."""
    stamps = with_stamps(frame(*rows))[STAMP]
    return sorted((each["track_id"], stamp) for each, stamp in zip(rows, stamps, strict=True))


class TestWhatIsAStamp:
    @pytest.mark.parametrize(
        ("before", "plausible"),
        [
            (timedelta(days=30), True),
            (timedelta(days=30) + SECOND, False),
            (2 * MINUTE, True),
            (2 * MINUTE - SECOND, False),
        ],
    )
    def test_it_lies_in_the_thirty_days_before_and_leaves_room_for_the_length_but_for_a_minute(
        self, before: timedelta, plausible: bool
    ):
        [stamp] = with_stamps(frame(song(1, before)))[STAMP]
        assert stamp == (SYNC - before if plausible else None)

    def test_what_is_no_moment_is_none(self):
        texts = ["", "soon", "2024-03-01"]
        rows = [row(n, None, extra=f'{{"offline_timestamp":"{text}"}}') for n, text in enumerate(texts)]
        assert with_stamps(frame(*rows))[STAMP].to_list() == [None, None, None]

    def test_only_the_export_has_them(self):
        rows = [song(1, HOUR), song(1, HOUR, source="stream")]
        assert with_stamps(frame(*rows))[STAMP].to_list() == [SYNC - HOUR, None]
        assert with_stamps(frame(rows[1]))[STAMP].to_list() == [None]

    def test_a_playback_is_late_that_ended_more_than_a_minute_before(self):
        rows = [song(1, 4 * MINUTE), song(2, 4 * MINUTE + SECOND)]
        found = late_uploads(with_stamps(frame(*rows)))
        assert found["what"].to_list() == [track(2)]


class TestWhatOneFileProves:
    @pytest.mark.parametrize(("ms_played", "burst"), [(1_000, False), (1_001, True)])
    def test_songs_that_sounded_at_once_for_more_than_a_second(self, ms_played: int, burst: bool):
        on_time = song(2, timedelta(milliseconds=ms_played), ms_played)
        assert moved(song(1, 5 * HOUR), on_time)[0] is burst

    @pytest.mark.parametrize(
        ("before", "burst"), [(4 * MINUTE + SECOND, True), (4 * MINUTE, False), (3 * MINUTE, False)]
    )
    def test_or_two_that_ended_more_than_a_minute_before(self, before: timedelta, burst: bool):
        """The second was heard so shortly that both can have ended at once."""
        rows = [song(1, before), song(2, 2 * HOUR, 400)]
        assert moved(*rows) == [burst, burst]
        assert moved(song(1, before), song(2, 401 * SECOND / 1000, 400)) == [False, False]

    def test_the_length_counts_before_it_is_late(self):
        assert moved(song(1, MINUTE, 400), song(2, MINUTE, 800)) == [False, False]
        assert moved(song(1, MINUTE + SECOND, 400), song(2, MINUTE + SECOND, 800)) == [True, True]

    @pytest.mark.parametrize(("ms_played", "believed"), [(1_000, True), (1_001, False)])
    def test_a_stamp_of_two_is_one_where_they_sounded_at_once_for_a_second_at_most(
        self, ms_played: int, believed: bool
    ):
        rows = [song(1, 5 * HOUR), song(2, 5 * HOUR, ms_played), song(3, 3 * HOUR)]
        assert moved(*rows) == [believed, believed, True]

    def test_stamps_that_are_none_prove_nothing_of_others(self):
        at_once = [song(n, 5 * HOUR, 900) for n in (1, 2, 3)]
        assert moved(*at_once, song(4, 3 * HOUR)) == [False, False, False, True]

    def test_of_each_moment_and_listener_by_itself(self):
        def twice(number: int, **changes: Any) -> list[Row]:
            return [song(number, 5 * HOUR, **changes)] * 2

        assert not any(moved(*twice(1), *twice(2, ts=SYNC + HOUR), *twice(3, user_id="ben")))
        assert not any(moved(*twice(1), song(2, 5 * HOUR, ts=SYNC + HOUR)))

    def test_the_rows_that_another_source_or_an_earlier_landing_placed_are_in_no_burst(self):
        stream = song(2, 3 * HOUR, source="stream")
        assert moved(song(1, 5 * HOUR), stream) == [False, False]
        before = song(2, 3 * HOUR, reported_at=SYNC + HOUR)
        found = alone(song(1, 5 * HOUR), before)
        assert [each["reported_at"] for each in found] == [None, SYNC + HOUR]

    def test_none_ends_after_it_was_reported_by_whichever_clock(self):
        """By its stamp the second ended half a minute after its `ts`."""
        found = alone(song(1, 5 * HOUR), song(2, 150 * SECOND))
        assert [each["ended_at"] for each in found] == [SYNC - 5 * HOUR + 3 * MINUTE, SYNC]
        assert found[1]["started_at"] == SYNC - 3 * MINUTE
        assert [each["reported_at"] for each in found] == [SYNC, None]


class TestRepeatsInOneUpload:
    @pytest.mark.parametrize(
        ("apart", "ms_played", "playbacks"),
        [
            (179, THREE_MINUTES, 2),
            (178, THREE_MINUTES, 1),
            (1, 0, 2),
            (1, 1_900, 2),
            (2, 3_000, 2),
            (1, 3_000, 1),
        ],
    )
    def test_two_began_a_length_apart_but_for_a_second(self, apart: int, ms_played: int, playbacks: int):
        first = song(1, 3 * HOUR, ms_played)
        second = song(1, 3 * HOUR - apart * SECOND, ms_played)
        other = [song(2, 5 * HOUR), song(3, 6 * HOUR)]
        found = alone(second, first, *other)
        assert all(each["reported_at"] == SYNC for each in found)
        assert len({each["event_id"] for each in found[:2]}) == playbacks
        begun = [SYNC - 3 * HOUR + (apart * SECOND if playbacks == 2 else timedelta()), SYNC - 3 * HOUR]
        assert [each["started_at"] for each in found[:2]] == begun

    def test_each_is_told_from_the_first_of_the_one_before(self):
        """Three minutes long; the third row is of the first playback, the fourth of the second."""
        rows = [song(1, 3 * HOUR - s * SECOND) for s in (0, 200, 100, 300, 379)]
        found = alone(*rows, song(2, 5 * HOUR))
        begun = [(each["started_at"] - SYNC + 3 * HOUR) // SECOND for each in found[:5]]
        assert begun == [0, 200, 0, 200, 379]

    def test_a_row_without_a_stamp_goes_with_the_first_of_its_song(self):
        rows = [song(1, 2 * HOUR), song(1, 3 * HOUR), song(1, HOUR, extra="{}"), song(2, 5 * HOUR)]
        found = alone(*rows)
        assert found[2]["started_at"] == SYNC - 3 * HOUR
        assert found[2]["event_id"] == found[1]["event_id"] != found[0]["event_id"]


class TestWhatAllFilesProve:
    def test_two_different_songs_of_one_upload(self):
        rows = [song(1, 5 * HOUR), song(2, 3 * HOUR)]
        assert proven(*rows) == playbacks(*rows)
        assert proven(*rows, *rows) == playbacks(*rows)

    def test_one_proves_nothing_of_another_upload_or_listener(self):
        one = song(1, 5 * HOUR)
        assert proven(one) == []
        assert proven(one, song(2, 5 * HOUR, ts=SYNC + HOUR), song(3, HOUR, user_id="ben")) == []
        assert proven(one, song(1, 3 * HOUR, ts=SYNC + HOUR)) == []

    @pytest.mark.parametrize(("ms_played", "together"), [(1_000, True), (1_001, False)])
    def test_not_by_stamps_of_songs_that_sounded_at_once(self, ms_played: int, together: bool):
        at_once = [song(1, 5 * HOUR), song(2, 5 * HOUR, ms_played)]
        assert proven(*at_once) == (playbacks(*at_once) if together else [])
        third = song(3, 3 * HOUR)
        assert proven(*at_once, third) == (playbacks(*at_once, third) if together else [])
        more = [third, song(4, 2 * HOUR)]
        assert proven(*at_once, *more) == playbacks(*(at_once if together else []), *more)

    @pytest.mark.parametrize(
        ("apart", "ms_played", "two"),
        [(179, THREE_MINUTES, True), (178, THREE_MINUTES, False), (1, 500, True), (1, 3_000, False)],
    )
    def test_one_song_twice_that_began_a_length_apart(self, apart: int, ms_played: int, two: bool):
        rows = [song(1, 5 * HOUR, ms_played), song(1, 5 * HOUR - apart * SECOND, ms_played)]
        assert proven(*rows) == (playbacks(*rows) if two else [])

    def test_a_song_that_was_uploaded_twice(self):
        first, later = song(1, 5 * HOUR), song(1, 9 * HOUR, ts=SYNC + 4 * HOUR)
        assert proven(first, later) == playbacks(first)
        assert proven(first, song(1, 5 * HOUR, extra="{}"), first) == []

    def test_what_has_no_name_proves_nothing(self):
        unnamed = [song(1, 5 * HOUR, **UNNAMED), song(2, 3 * HOUR, 90_000, **UNNAMED)]
        assert proven(*unnamed, song(3, 2 * HOUR)) == []
        uri = [
            each | {"extra": each["extra"][:-1] + f',"spotify_episode_uri":"spotify:episode:{n}"}}'}
            for n, each in enumerate(unnamed)
        ]
        assert [what for what, _ in proven(*uri)] == ["spotify:episode:0", "spotify:episode:1"]

    def test_a_file_with_one_row_of_it_is_moved_and_its_copies_too(self):
        here, elsewhere = song(1, 5 * HOUR), song(2, 3 * HOUR)
        found = uploaded_together(late_uploads(with_stamps(frame(here, elsewhere))))
        file = with_stamps(frame(song(3, 2 * HOUR, ts=SYNC + HOUR), here, here | {"extra": "{}"}))
        told = where_heard(file, found)["reported_at"].to_list()
        assert told == [None, SYNC, SYNC]
        assert where_heard(file, found.clear())["reported_at"].to_list() == [None] * 3

    def test_an_upload_within_a_minute_of_the_end_stays_though_later_ones_are_late(self):
        first = song(1, 3 * MINUTE + 30 * SECOND)
        later = [song(1, 3 * MINUTE + 30 * SECOND + n * HOUR, ts=SYNC + n * HOUR) for n in (1, 2)]
        stamped = with_stamps(frame(first, *later))
        found = where_heard(stamped, uploaded_together(late_uploads(stamped)))
        assert found["ended_at"].to_list() == [SYNC, SYNC - 30 * SECOND, SYNC - 30 * SECOND]
        assert found["reported_at"].to_list() == [None, SYNC + HOUR, SYNC + 2 * HOUR]


class TestIds:
    def test_an_id_is_made_of_listener_track_start_and_length(self):
        found = alone(song(1, 5 * HOUR), song(2, 3 * HOUR))
        for number, before in ((1, 5), (2, 3)):
            start = int((SYNC - before * HOUR).replace(tzinfo=UTC).timestamp())
            facts = ("heard offline", "anna", track(number), str(start), str(THREE_MINUTES))
            digest = sha256("\x1f".join(facts).encode()).hexdigest()
            assert found[number - 1]["event_id"] == digest[:32]

    def test_without_an_id_it_is_made_of_the_names_that_are_known(self):
        names: list[Row] = [
            {"track_name": "One", "artist_name": "Artist", "album_name": None},
            {"track_name": "Two", "artist_name": "Artist", "album_name": None},
            {"track_name": "Two", "artist_name": None, "album_name": "Artist"},
        ]
        rows = [song(1, n * HOUR, track_id=None, **each) for n, each in enumerate(names, 2)]
        start = int((SYNC - 2 * HOUR).replace(tzinfo=UTC).timestamp())
        facts = ("heard offline", "anna", "One\x1eArtist", str(start), str(THREE_MINUTES))
        digest = sha256("\x1f".join(facts).encode()).hexdigest()
        found = alone(*rows)
        assert found[0]["event_id"] == digest[:32]
        assert len({each["event_id"] for each in found}) == 3


class TestLookingBack:
    """Two seconds before a minute after midnight the clocks may say the day before."""

    @pytest.mark.parametrize(
        ("stamp", "days"),
        [
            ("2024-02-29T23:57:59", 1),
            ("2024-02-29T23:58:00", 0),
            ("2024-02-27T12:00:00", 3),
            ("2024-02-26T23:57:59", 4),
        ],
    )
    def test_to_the_day_on_which_it_ended_with_the_error_of_the_clocks(self, stamp: str, days: int):
        assert days_to_look_back(frame(row(1, at(stamp), ms_played=THREE_MINUTES))) == days

    def test_from_the_first_day_to_the_earliest_end(self):
        rows = [song(1, timedelta(days=2)), song(2, timedelta(days=9)), song(3, HOUR, ts=SYNC + 9 * HOUR)]
        assert days_to_look_back(frame(*rows)) == 9

    def test_nothing_where_another_source_has_the_day_before_or_nothing_has_a_stamp(self):
        earlier = song(2, HOUR, ts=SYNC - timedelta(days=20), source="stream")
        assert days_to_look_back(frame(song(1, HOUR), earlier)) == 0
        assert days_to_look_back(frame(row(1, None))) == 0
        assert days_to_look_back(frame()) == 0

    def test_of_what_was_moved_the_day_of_its_own_end_counts(self):
        found = frame(*alone(song(1, 50 * HOUR), song(2, 40 * HOUR)))
        assert days_to_look_back(found) == 0


class TestUploadedAgain:
    def test_each_playback_stands_for_its_own_uploads_and_nothing_else(self):
        first = [song(n, (4 + n) * HOUR) for n in (1, 2)]
        later = [song(n, (13 + n) * HOUR, ts=SYNC + 9 * HOUR) for n in (1, 2)]
        other = [song(1, 5 * HOUR, 90_000), song(3, 5 * HOUR), song(1, 5 * HOUR, user_id="ben")]
        found = uploaded_again(frame(*later, *other, *first)).sort("event_id")
        assert found.to_dicts() == [
            {
                "event_id": again["event_id"],
                "kept_event_id": kept["event_id"],
                "source": "extended_history",
                "kept_source": "extended_history",
            }
            for again, kept in zip(later, first, strict=True)
        ]

    def test_what_nobody_reported_late_is_no_upload_again(self):
        on_time = [song(1, 3 * MINUTE + s * SECOND, ts=SYNC + s * SECOND) for s in (0, 30)]
        assert uploaded_again(frame(*on_time)).is_empty()

    def test_what_was_moved_is_known_by_its_start(self):
        found = alone(song(1, 5 * HOUR), song(2, 3 * HOUR))
        began = found[0]["started_at"]
        at_once = row(1, began, ts=began + 3 * MINUTE, ms_played=THREE_MINUTES)
        dropped = uploaded_again(frame(at_once, *found))
        assert dropped.height == 1
        assert {*dropped.row(0)} >= {at_once["event_id"], found[0]["event_id"]}

    def test_what_another_source_tells_is_no_upload(self):
        late = song(1, 5 * HOUR)
        stream = late | {"source": "stream", "event_id": "s", "reported_at": SYNC + HOUR}
        stream |= {"started_at": SYNC - 5 * HOUR, "ended_at": SYNC - 5 * HOUR + 3 * MINUTE}
        assert uploaded_again(frame(late, stream)).is_empty()

    def test_what_has_no_name_is_not_the_same(self):
        rows = [song(1, 5 * HOUR, **UNNAMED), song(2, 9 * HOUR, ts=SYNC + 4 * HOUR, **UNNAMED)]
        assert uploaded_again(frame(*rows)).is_empty()


def test_a_receipt_that_says_nothing_of_the_rule_is_older_than_it():
    [of_receipt] = [field.default for field in fields(Receipt) if field.name == "time_rule"]
    assert (of_receipt, VERSION) == (1, 2)


class TestHowMuchWasMoved:
    def of(self, *late: timedelta, ended_at: datetime = SYNC) -> Moved:
        ends = [row(n, None, ts=ended_at, reported_at=ended_at + each) for n, each in enumerate(late)]
        return Moved.of(frame(*ends, row(99, None)))

    def test_more_than_ten_minutes_another_date_and_the_longest(self):
        ten = 10 * MINUTE
        assert self.of(ten, ten + timedelta(milliseconds=1)) == Moved(
            2, 1, 0, ten + timedelta(milliseconds=1)
        )
        assert self.of(4 * HOUR - SECOND, 4 * HOUR) == Moved(2, 2, 1, 4 * HOUR)
        assert self.of() == Moved(0, 0, 0, timedelta()) == Moved()

    def test_a_receipt_tells_it(self):
        notes = Moved(3, 2, 1, timedelta(seconds=90, milliseconds=700)).notes()
        assert notes == {"heard_before_reported": 3, "heard_on_another_date": 1, LATEST: 90}
        assert Moved().notes() == {}

    def test_it_adds_up(self):
        assert Moved(3, 2, 1, HOUR) + Moved(30, 20, 10, 2 * HOUR) == Moved(33, 22, 11, 2 * HOUR)
        assert (Moved(longest=2 * HOUR) + Moved(longest=HOUR)).longest == 2 * HOUR
