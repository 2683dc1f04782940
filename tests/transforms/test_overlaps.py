"""One playback told by several sources counts once: planted matches, look-alikes that stay, any slices."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.tables import DUPLICATE_PLAYS
from spotify_assets.transforms.events import NEEDED_OF_NEIGHBOURS, listening_events
from spotify_assets.transforms.overlaps import SOURCES, may_go_on
from tests.examples import examples
from tests.transforms.events import Row, at, playback, raw_events, track

DAY = timedelta(days=1)
NO_TRACKS = pl.DataFrame(schema={"track_id": pl.String, "snapshot_date": pl.Date, "duration_ms": pl.Int64})


def extended(event_id: str, end: str, seconds: float = 180, name: str = "Song", **changes: object) -> Row:
    """A row of the extended history: the end to the second."""
    ended_at = at(end)
    row = playback(event_id, ended_at=ended_at, started_at=ended_at - timedelta(seconds=seconds))
    names = {"track_name": name, "artist_name": "Artist", "ms_played": round(seconds * 1000)}
    return row | names | changes


def account(event_id: str, end: str, seconds: float = 180, name: str = "Song", **changes: object) -> Row:
    """The account data's row of the same playback: the end cut down to the minute, no id."""
    minute = at(end).replace(second=0, microsecond=0)
    row = extended(event_id, minute.isoformat(), seconds, name)
    return row | {"track_id": None, "source": "account_data", "reason_end": None} | changes


def scrobble(event_id: str, start: str, name: str = "Song", source: str = "lastfm", **changes: object) -> Row:
    """A scrobble: when it started, and nothing else."""
    row = playback(event_id, start, 0, track_id=None, source=source, track_name=name, artist_name="Artist")
    return row | {"reason_end": None} | changes


def listening(*rows: Row) -> tuple[list[str], dict[str, str]]:
    """Which events stay, and for each dropped one the event that stands for it; everything in one slice."""
    result = listening_events(raw_events(*rows), lambda _: raw_events(), NO_TRACKS, lambda _: raw_events())
    assert result.duplicate_plays is not None
    assert result.rows_in == result.rows.height + result.rejected.height + sum(result.duplicates.values())
    assert Counter(result.duplicate_plays["reason"]) == result.duplicates
    dropped = dict(result.duplicate_plays.select("event_id", "kept_event_id").iter_rows())
    return sorted(result.rows["event_id"]), dropped


def test_the_account_data_beside_the_extended_history_count_once_and_the_drop_names_the_winner():
    result = listening_events(
        raw_events(extended("e", "2025-03-01 12:03:41"), account("a", "2025-03-01 12:03:41")),
        lambda _: raw_events(),
        NO_TRACKS,
        lambda _: raw_events(),
    )
    assert result.rows["event_id"].to_list() == ["e"]
    assert result.duplicates == {"same_playback_account_data": 1}
    assert result.duplicate_plays is not None
    assert result.duplicate_plays.schema == DUPLICATE_PLAYS.polars_schema
    assert result.duplicate_plays.to_dicts() == [
        {
            "event_date": date(2025, 3, 1),
            "event_id": "a",
            "kept_event_id": "e",
            "user_id": "anna",
            "reason": "same_playback_account_data",
            "source": "account_data",
            "kept_source": "extended_history",
            "source_file": "a.parquet",
            "source_row": 2,
        }
    ]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_playback_of_the_stream_that_an_export_tells_later_counts_once(turn: int):
    streamed = extended("s", "2025-03-01 12:03:41", source="stream", track_name=None, artist_name=None)
    exported = extended("e", "2025-03-01 12:03:41.400", track_name="Song")
    another = extended("n", "2025-03-01 12:10:00", source="stream")
    rows = [streamed, exported, another][::turn]
    assert listening(*rows) == (["e", "n"], {"s": "e"})
    dropped_later = account("a", "2025-03-01 12:10:00")
    assert listening(*[*rows, dropped_later][::turn]) == (["e", "n"], {"s": "e", "a": "n"})


def test_a_repeat_of_a_dropped_row_is_stood_for_by_the_row_that_stays():
    kept, dropped = listening(
        extended("e", "2025-03-01 12:03:41"),
        account("a", "2025-03-01 12:03:41"),
        account("a", "2025-03-01 12:03:41", source_file="b.parquet"),
    )
    assert (kept, dropped) == (["e"], {"a": "e"})


STAYS: list[tuple[str, list[Row]]] = [
    ("another user", [extended("e", "2025-03-01 12:03"), account("a", "2025-03-01 12:03", user_id="ben")]),
    ("another track", [extended("e", "2025-03-01 12:03"), account("a", "2025-03-01 12:03", name="Other")]),
    ("another time", [extended("e", "2025-03-01 12:03"), account("a", "2025-03-01 12:08")]),
    ("one after the other", [extended("e", "2025-03-01 12:03:30"), account("a", "2025-03-01 12:06:30")]),
    ("an interaction", [extended("e", "2025-03-01 12:03"), account("a", "2025-03-01 12:03", action="pause")]),
    ("a scrobble of the time before", [extended("e", "2025-03-01 12:03"), scrobble("s", "2025-03-01 11:50")]),
    ("a scrobble right after", [extended("e", "2025-03-01 12:03"), scrobble("s", "2025-03-01 12:04")]),
]


@pytest.mark.parametrize("rows", [rows for _, rows in STAYS], ids=[name for name, _ in STAYS])
def test_what_is_not_the_same_playback_stays(rows: list[Row]):
    kept, dropped = listening(*rows)
    assert len(kept) == 2
    assert dropped == {}


def test_rows_of_one_source_are_never_the_same_playback():
    for make in (extended, account):
        rows = [make(f"{n}", "2025-03-01 12:03:41") for n in range(5)]
        assert listening(*rows, scrobble("s", "2025-03-01 10:00"))[0] == ["0", "1", "2", "3", "4", "s"]


@pytest.mark.parametrize(("more", "fewer"), [(5, 3), (3, 5), (4, 4)])
def test_of_k_rows_at_most_k_are_dropped(more: int, fewer: int):
    rows = [extended(f"e{n}", "2025-03-01 12:03:41", 2) for n in range(more)]
    rows += [account(f"a{n}", "2025-03-01 12:03:41", 2) for n in range(fewer)]
    kept, dropped = listening(*rows)
    assert len(kept) == max(more, fewer)
    assert len(set(dropped.values())) == len(dropped) == min(more, fewer)


def test_a_track_on_repeat_is_matched_play_by_play():
    ends = [at("2025-03-01 12:00:20") + n * timedelta(seconds=200) for n in range(10)]
    rows = [extended(f"e{n}", end.isoformat(), 200) for n, end in enumerate(ends)]
    rows += [account(f"a{n}", end.isoformat(), 200) for n, end in enumerate(ends) if n != 4]
    rows += [
        scrobble(f"s{n}", (end - timedelta(seconds=197)).isoformat()) for n, end in enumerate(ends) if n != 7
    ]
    kept, dropped = listening(*rows)
    assert kept == [f"e{n}" for n in range(10)]
    assert dropped == {r["event_id"]: "e" + r["event_id"][1:] for r in rows if r["event_id"][0] != "e"}


def test_a_burst_after_an_offline_time_stays_whole_beside_the_account_data():
    rows = [
        extended(f"e{n}", "2025-03-01 12:03:41", 100 + n, f"Song {n}", track_id=track(n)) for n in range(60)
    ]
    rows += [account(f"a{n}", "2025-03-01 12:03:41", 100 + n, f"Song {n}") for n in range(60)]
    kept, dropped = listening(*rows)
    assert kept == sorted(f"e{n}" for n in range(60))
    assert dropped == {f"a{n}": f"e{n}" for n in range(60)}


@pytest.mark.parametrize(
    "name", ["SONG", "song (feat. Somebody)", "Sóng", "Ｓｏｎｇ", "Song - 2011 Remaster"]
)
def test_spelling_does_not_tell_playbacks_apart(name: str):
    assert listening(extended("e", "2025-03-01 12:03"), account("a", "2025-03-01 12:03", name=name))[0] == [
        "e"
    ]


def test_the_id_alone_is_enough():
    stream = extended("s", "2025-03-01 12:03:00.7", source="stream", track_name=None, artist_name=None)
    assert listening(extended("e", "2025-03-01 12:03"), stream) == (["e"], {"s": "e"})


def test_a_playback_that_was_paused_is_its_scrobble_where_nothing_was_heard_in_between():
    before = extended("b", "2025-03-01 11:50", 60, "Before", track_id=track(2))
    paused = extended("e", "2025-03-01 12:05")
    assert listening(before, paused, scrobble("s", "2025-03-01 11:51"))[1] == {"s": "e"}
    between = extended("m", "2025-03-01 12:00", 60, "Between", track_id=track(3))
    assert listening(before, between, paused, scrobble("s", "2025-03-01 11:51"))[1] == {}


def test_sources_are_believed_in_their_order():
    rows = [
        extended("0", "2025-03-01 12:03"),
        extended("1", "2025-03-01 12:03:00.3", source="stream"),
        account("2", "2025-03-01 12:03"),
        scrobble("3", "2025-03-01 12:00:04", source="listenbrainz"),
        scrobble("4", "2025-03-01 12:00:02"),
    ]
    for first in range(len(rows)):
        kept, dropped = listening(*reversed(rows[first:]))
        assert kept == [str(first)]
        assert dropped == {row["event_id"]: str(first) for row in rows[first + 1 :]}


def test_sources_have_distinct_names_and_the_extended_history_comes_first():
    names = [source.source for source in SOURCES]
    assert len(set(names)) == len(names)
    assert names[0] == "extended_history"


# --- any slices, any order ---------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """One listening, told by some sources each of which lacks some of it, mostly around midnight."""
    rows: list[Row] = []
    now = at("2025-02-27 21:00")
    sources = draw(st.lists(st.sampled_from(["e", "t", "a", "s", "l"]), min_size=2, max_size=4, unique=True))
    for number in range(draw(st.integers(0, 14))):
        gap = draw(st.sampled_from([0, 0, 0, 1, 45, 600, 7_000, 30_000]))
        seconds = draw(st.sampled_from([0, 3, 3, 170, 170, 240, 4_000, 30_000]))
        name = draw(st.sampled_from(["One", "One", "Two"]))
        start = now + timedelta(seconds=gap)
        now = start + timedelta(seconds=seconds, milliseconds=draw(st.integers(0, 999)))
        of_track = {"track_id": track(1 if name == "One" else 2)}
        for source in sources:
            if draw(st.integers(0, 9)) == 0:
                continue
            key = f"{source}{number:02d}"
            if source == "e":
                rows.append(extended(key, now.replace(microsecond=0).isoformat(), seconds, name, **of_track))
            elif source == "t":
                rows.append(extended(key, now.isoformat(), seconds, name, source="stream", **of_track))
            elif source == "a":
                rows.append(account(key, now.isoformat(), seconds, name))
            else:
                site = "lastfm" if source == "s" else "listenbrainz"
                shift = timedelta(seconds=draw(st.integers(-4, 4)))
                rows.append(scrobble(key, (start + shift).isoformat(), name, site))
    return draw(st.permutations(rows))


def by_slices(rows: list[Row], starts: list[date]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Listening events and duplicates, slice by slice, each with what lies around it."""
    raw = raw_events(*rows)
    kept, dropped = [], []
    for start, end in pairwise([*starts, date(2026, 1, 1)]):

        def between(first: date, until: date) -> pl.DataFrame:
            return raw.filter(pl.col("event_date") >= first, pl.col("event_date") < until)

        result = listening_events(
            between(start, end),
            lambda days, start=start: between(start - days * DAY, start).select(NEEDED_OF_NEIGHBOURS),  # type: ignore[misc]
            NO_TRACKS,
            lambda days, end=end: between(end, end + days * DAY).select(NEEDED_OF_NEIGHBOURS),  # type: ignore[misc]
        )
        assert result.duplicate_plays is not None
        assert result.rows_in == result.rows.height + sum(result.duplicates.values())
        kept.append(result.rows)
        dropped.append(result.duplicate_plays)
    return pl.concat(kept).sort("event_id"), pl.concat(dropped).sort("event_id")


def test_a_scrobble_before_midnight_is_the_playback_that_ended_after_it():
    rows = [extended("e", "2025-03-02 00:02"), scrobble("s", "2025-03-01 23:59:03")]
    kept, dropped = by_slices(rows, [date(2025, 3, 1), date(2025, 3, 2)])
    assert kept["event_id"].to_list() == ["e"]
    assert dropped.select("event_id", "kept_event_id", "event_date").rows() == [("s", "e", date(2025, 3, 1))]


def test_sessions_count_each_playback_of_the_day_before_once():
    rows = [
        extended("e", "2025-03-01 23:50:10"),
        account("a", "2025-03-01 23:50:10"),
        extended("n", "2025-03-02 00:02", name="Next", track_id=track(2)),
    ]
    kept, _ = by_slices(rows, [date(2025, 3, 1), date(2025, 3, 2)])
    assert kept.select("event_id", "session_position").rows() == [("e", 1), ("n", 2)]


@pytest.mark.parametrize(
    ("begin", "end", "goes_on"),
    [
        ("2025-03-01 00:02:01", "2025-03-03 11:27:59", False),
        ("2025-03-01 00:02:00.999", "2025-03-03 11:27:59", True),
        ("2025-03-01 00:02:01", "2025-03-03 11:27:59.001", True),
    ],
)
def test_a_chain_goes_on_where_what_was_not_read_may_lie_in_it(begin: str, end: str, goes_on: bool):
    """A day is read on each side of the 2nd. A source is unsure of 2 minutes at most, and what ended later
    may have begun 12 hours before, after half an hour's pause."""
    moments = [
        begin,
        "2025-03-01 12:00",
        "2025-03-01 23:30",
        "2025-03-02 11:00",
        "2025-03-02 22:30",
        "2025-03-03 05:00",
        end,
    ]
    rows = [
        extended(f"e{n}", ended, (at(ended) - at(began)).total_seconds() + 1)
        for n, (began, ended) in enumerate(pairwise(moments), 1)
    ]
    rows[0] = extended("e1", moments[1], (at(moments[1]) - at(begin)).total_seconds())
    day = date(2025, 3, 2)
    assert may_go_on(raw_events(*rows), day, day, 1) is goes_on
    assert may_go_on(raw_events(rows[0], rows[-1]), day, day, 1) is False


@pytest.mark.slow
def test_a_chain_of_overlaps_over_days_is_followed_to_its_end():
    """Each scrobble lies between two plays of a song on repeat, a little nearer to the second, and nearer to
    it than the next one: what the first takes depends on the last of them, two days later."""
    first = at("2025-03-01 12:00")
    rows = [extended("before", "2025-03-01 11:00", 60, "Before", track_id=track(2))]
    rows.append(scrobble("s-first", "2025-03-01 11:50"))
    begin, steps = first, 1_000
    for step in range(steps + 1):
        after, until_next = (timedelta(milliseconds=91_000 - 2 * step - less) for less in (0, 1))
        if step < steps:
            rows.append(scrobble(f"s{step:04d}", (begin + after).isoformat()))
        end = begin + after + until_next
        length = (end - begin).total_seconds()
        rows.append(extended(f"e{step:04d}", end.isoformat(), length))
        begin = end
    whole = by_slices(rows, [date(2025, 3, 1)])
    assert dict(whole[1].select("event_id", "kept_event_id").iter_rows())["s-first"] == "e0000"
    daily = by_slices(rows, [date(2025, 3, 1) + n * DAY for n in range(4)])
    assert_frame_equal(daily[0], whole[0])
    assert_frame_equal(daily[1], whole[1])


@pytest.mark.slow
@examples(60)
@given(histories(), st.sets(st.integers(1, 8), max_size=3), st.randoms(use_true_random=False))
def test_order_repetition_and_slices_change_nothing(rows: list[Row], cuts: set[int], random):
    first = date(2025, 2, 26)
    numbered = [
        row | {"source_file": f"{row['source']}.json", "source_row": n} for n, row in enumerate(rows, 1)
    ]
    whole = by_slices(numbered, [first])

    shuffled = random.sample(numbered, len(numbered))
    again = [
        row | {"source_file": f"z-{row['source_file']}"}
        for row in random.sample(numbered, len(numbered) // 2)
    ]
    daily = [first + n * DAY for n in range(8)]
    for other, starts in (
        (numbered, daily),
        (numbered, [first, *(first + n * DAY for n in sorted(cuts))]),
        (shuffled, daily),
    ):
        kept, dropped = by_slices(other, starts)
        assert_frame_equal(kept, whole[0])
        assert_frame_equal(dropped, whole[1])
    kept, dropped = by_slices([*shuffled, *again], daily)
    assert_frame_equal(kept, whole[0])
    assert dropped.height == whole[1].height + len(again)


@pytest.mark.slow
@examples(60)
@given(histories())
def test_a_playback_is_dropped_only_for_one_of_another_source_and_each_takes_one_of_a_source(rows: list[Row]):
    kept, dropped = by_slices(rows, [date(2025, 2, 26)])
    assert set(dropped["kept_event_id"]) <= set(kept["event_id"])
    assert (dropped["source"] != dropped["kept_source"]).all()
    assert dropped.select("kept_event_id", "source").is_duplicated().sum() == 0
    ranks = {source.source: rank for rank, source in enumerate(SOURCES)}
    assert all(
        ranks[kept] < ranks[lost] for kept, lost in dropped.select("kept_source", "source").iter_rows()
    )
    names = pl.concat(
        [kept.select("event_id", "track_name"), raw_events(*rows).select("event_id", "track_name")]
    )
    named = dict(names.iter_rows())
    assert all(named[a] == named[b] for a, b in dropped.select("event_id", "kept_event_id").iter_rows())
