"""One playback that several exports of the extended history tell differently counts once, and only then."""

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.transforms.events import NEEDED_OF_EARLIER, valid_events
from tests.examples import examples
from tests.transforms.events import Row, at, playback, raw_events, track

OLD, NEW = "old.json@0a", "new.json@1b"


def told(
    event_id: str, file: str = OLD, end: str = "2025-03-01 12:00", number: int = 1, **changes: object
) -> Row:
    """A row of an export: a track by its number, 200.123 s heard."""
    ended_at = at(end)
    started_at = ended_at - timedelta(milliseconds=200_123)
    names = {"track_name": "Song", "artist_name": "Artist", "album_name": "Album", "ms_played": 200_123}
    row = playback(
        event_id, started_at=started_at, ended_at=ended_at, track_id=track(number), source_file=file
    )
    return row | names | changes


def counted(*rows: Row) -> tuple[list[str], dict[str, str]]:
    """Which events stay, and which stands for each that does not."""
    cleaned = valid_events(raw_events(*rows))
    assert cleaned.duplicate_plays is not None
    assert cleaned.rows_in == cleaned.rows.height + sum(cleaned.duplicates.values())
    dropped = dict(cleaned.duplicate_plays.select("event_id", "kept_event_id").iter_rows())
    return sorted(cleaned.rows["event_id"]), dropped


NO_NAMES: Row = {"track_name": None, "artist_name": None, "album_name": None}
ONE: list[tuple[str, Row]] = [
    ("relinked", {"number": 2}),
    ("relinked, spelt otherwise", {"number": 2, "track_name": "SONG - 2011 Remaster"}),
    ("a fraction of a second", {"end": "2025-03-01 12:00:00.250"}),
    ("a fraction and another name", {"end": "2025-03-01 12:00:00.999", "track_name": "Renamed"}),
    ("a fraction and relinked", {"end": "2025-03-01 12:00:00.250", "number": 2}),
    ("a fraction and no name", {"end": "2025-03-01 12:00:00.250", **NO_NAMES}),
    ("relinked and no name", {"number": 2, **NO_NAMES}),
    ("no URI any more", {"track_id": None}),
]


@pytest.mark.parametrize("changes", [changes for _, changes in ONE], ids=[name for name, _ in ONE])
def test_what_two_exports_tell_of_one_moment_is_one_playback(changes: Row):
    kept, dropped = counted(told("a"), told("b", NEW, **changes))
    assert (kept, dropped) == (["a"], {"b": "a"})


TWO: list[tuple[str, Row]] = [
    ("one file", {"file": OLD, "number": 2}),
    ("another second", {"end": "2025-03-01 12:00:01", "number": 2}),
    ("another second of the same track", {"end": "2025-03-01 12:00:01"}),
    ("another length", {"number": 2, "ms_played": 200_124}),
    ("another title", {"number": 2, "track_name": "Other"}),
    ("another artist", {"number": 2, "artist_name": "Other"}),
    ("another listener", {"number": 2, "user_id": "ben"}),
    ("another report", {"number": 2, "reported_at": at("2025-03-02 08:00")}),
    ("another source", {"number": 2, "source": "stream"}),
]


@pytest.mark.parametrize("changes", [changes for _, changes in TWO], ids=[name for name, _ in TWO])
def test_what_differs_otherwise_is_two(changes: Row):
    kept, dropped = counted(told("a"), told("b", **{"file": NEW, **changes}))
    assert (kept, dropped) == (["a", "b"], {})


def test_what_was_told_apart_by_when_it_was_heard_offline_stays_apart_across_files():
    """A song on repeat while offline: one URI, one stamp, one length, once as music and once as video."""
    assert counted(told("a"), told("b", NEW)) == (["a", "b"], {})
    episode: Row = {"track_id": None, "extra": '{"spotify_episode_uri":"spotify:episode:1"}'}
    assert counted(told("a", **episode), told("b", NEW, **episode)) == (["a", "b"], {})
    other = episode | {"extra": '{"spotify_episode_uri":"spotify:episode:2"}'}
    assert counted(told("a", **episode), told("b", NEW, **other))[1] == {"b": "a"}


def test_nothing_heard_and_no_name_tell_nothing():
    silent: Row = {"ms_played": 0, "number": 2} | NO_NAMES
    assert counted(told("a", ms_played=0), told("b", NEW, **silent)) == (["a", "b"], {})
    assert counted(told("a", ms_played=1), told("b", NEW, **silent | {"ms_played": 1}))[1] == {"b": "a"}


def test_the_smallest_id_stays_whichever_file_it_is_in_and_whatever_stands_for_it_is_told():
    rows = [told("b", OLD, number=2), told("b", "older.json@2c", number=2), told("a", NEW, number=1)]
    cleaned = valid_events(raw_events(*rows))
    assert cleaned.rows["track_id"].to_list() == [track(1)]
    assert cleaned.duplicates == {"same_event": 1, "same_playback_extended_history": 1}
    assert cleaned.duplicate_plays is not None
    told_of = cleaned.duplicate_plays.select("event_id", "kept_event_id", "kept_source", "source_file").rows()
    assert sorted(told_of) == [
        ("b", "a", "extended_history", OLD),
        ("b", "a", "extended_history", "older.json@2c"),
    ]


def test_of_one_track_the_earlier_moment_stays():
    late, early = told("a", end="2025-03-01 12:00:00.250"), told("b", NEW)
    assert counted(late, early) == (["b"], {"a": "b"})


def test_plays_of_one_moment_are_counted_as_often_as_an_export_has_them():
    """Sixty songs made offline carry one stamp; the newer export knows half of them by another id."""
    names = [{"track_name": f"Song {n}"} for n in range(60)]
    old = [told(f"a{n:02d}", number=n, **names[n]) for n in range(60)]
    new = [told(f"b{n:02d}", NEW, number=100 + n, **names[n]) for n in range(30)]
    new += [told(f"a{n:02d}", NEW, number=n, **names[n]) for n in range(30, 60)]
    kept, dropped = counted(*old, *new)
    assert kept == [f"a{n:02d}" for n in range(60)]
    assert {lost: won for lost, won in dropped.items() if lost != won} == {
        f"b{n:02d}": f"a{n:02d}" for n in range(30)
    }


def test_a_repeat_within_an_export_is_the_repeat_within_the_other():
    rows = [told("a"), told("b", number=2), told("c", NEW, number=3), told("d", NEW, number=4)]
    assert counted(*rows) == (["a", "b"], {"c": "a", "d": "b"})
    same = [told("a"), told("b", number=2), told("b", NEW, number=2), told("c", NEW, number=3)]
    assert counted(*same) == (["a", "b"], {"b": "b", "c": "a"})


def test_the_id_speaks_louder_than_the_names():
    rows = [
        told("a"),
        told("b", number=2),
        told("c", NEW, "2025-03-01 12:00:00.250", number=2),
        told("d", NEW, "2025-03-01 12:00:00.250", number=3),
    ]
    assert counted(*rows) == (["a", "b"], {"c": "b", "d": "a"})


@examples(40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"), st.integers(1, 3), st.sampled_from(["Song", "Other", None]), st.booleans()
        ),
        max_size=10,
    ),
    st.randoms(use_true_random=False),
)
def test_no_order_of_rows_changes_it_and_no_export_loses_a_play(tellings, random):
    rows = []
    for export, number, name, fraction in tellings:
        end = "2025-03-01 12:00:00.25" if fraction else "2025-03-01 12:00"
        key = f"{number}{'f' if fraction else ''}"
        rows.append(told(key, export, end, number, track_name=name))
    numbered = [row | {"source_row": n} for n, row in enumerate(rows, 1)]
    whole = valid_events(raw_events(*numbered))
    again = valid_events(raw_events(*random.sample(numbered, len(numbered))))
    assert_frame_equal(again.rows, whole.rows, check_row_order=False)
    assert whole.duplicates == again.duplicates
    earlier = valid_events(raw_events(*numbered).select(NEEDED_OF_EARLIER))
    assert sorted(earlier.rows["event_id"]) == sorted(whole.rows["event_id"])
    most = max(
        (len({row["event_id"] for row in rows if row["source_file"] == export}) for export in "ABC"),
        default=0,
    )
    assert whole.rows.height >= most
    assert whole.rows.filter(pl.col("event_id").is_duplicated()).is_empty()
