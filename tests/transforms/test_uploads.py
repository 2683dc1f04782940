"""Uploads of one playback in several files and slices: it counts once, wherever slices are cut."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.transforms.events import listening_events, valid_events
from spotify_assets.transforms.neighbours import ReadDays
from spotify_assets.transforms.offline_sync import late_uploads, uploaded_together, where_heard, with_stamps
from tests.examples import examples
from tests.transforms.events import at, playback, raw_events, track
from tests.transforms.test_events import TRACKS

DAY = timedelta(days=1)
FIRST = at("2025-03-01 08:00")
Row = dict[str, Any]


def told(number: int, began: Any, ts: Any, **changes: Any) -> Row:
    """A row of the export, as it is read: at its `ts`, with its stamp."""
    length = timedelta(minutes=3)
    stamp = f'{{"offline_timestamp":"{began:%Y-%m-%dT%H:%M:%S}.000Z"}}'
    facts = {"track_id": track(number), "extra": stamp, "ended_at": ts, "started_at": ts - length}
    return playback(f"{number} {ts}", **(facts | changes))


def landed(*files: list[Row]) -> pl.DataFrame:
    """Rows of several files as they are landed one by one."""
    frames = []
    for name, rows in enumerate(files):
        numbered = [{"source_file": f"f{name}", "source_row": n} | row for n, row in enumerate(rows, 1)]
        stamped = with_stamps(raw_events(*numbered))
        frames.append(where_heard(stamped, uploaded_together(late_uploads(stamped))))
    return pl.concat(frames)


def by_slices(raw: pl.DataFrame, starts: list[date], several: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Listening events and duplicates, slice by slice."""

    def between(first: date, until: date) -> pl.DataFrame:
        return raw.filter(pl.col("event_date").is_between(first, until, closed="left"))

    def before(start: date) -> ReadDays:
        return lambda days: between(start - days * DAY, start)

    def after(end: date) -> ReadDays:
        return lambda days: between(end, end + days * DAY)

    kept, dropped = [], []
    for start, end in zip(starts, [*starts[1:], date(2025, 6, 1)], strict=True):
        found = listening_events(between(start, end), before(start), TRACKS, after(end) if several else None)
        rows_in = between(start, end).height
        assert rows_in == found.rows.height + sum(found.duplicates.values())
        assert found.duplicate_plays is not None
        kept.append(found.rows)
        dropped.append(found.duplicate_plays)
    return pl.concat(kept).sort("event_id"), pl.concat(dropped).sort("source_file", "source_row")


def burst(ts: Any, count: int = 3, first: Any = FIRST) -> list[Row]:
    return [told(n, first + n * timedelta(minutes=4), ts) for n in range(1, count + 1)]


def test_the_second_upload_is_dropped_with_a_reason_and_the_books_add_up():
    raw = landed([*burst(FIRST + DAY), burst(FIRST + 4 * DAY)[1]])
    found = valid_events(raw)
    assert found.duplicates == {"uploaded_again": 1}
    assert found.duplicate_plays is not None
    [dropped] = found.duplicate_plays.to_dicts()
    assert (dropped["reason"], dropped["source_row"]) == ("uploaded_again", 4)
    kept = found.rows.filter(event_id=dropped["kept_event_id"])
    assert kept["reported_at"].to_list() == [FIRST + DAY]


def test_a_copy_of_one_upload_is_the_same_event():
    again = landed(burst(FIRST + DAY), burst(FIRST + DAY))
    assert valid_events(again).duplicates == {"same_event": 3}


def test_an_upload_in_another_file_is_dropped_in_a_later_slice():
    raw = landed(burst(FIRST + DAY), [burst(FIRST + 20 * DAY)[1]])
    assert raw["event_date"].n_unique() == 2
    for several in (True, False):
        kept, dropped = by_slices(raw, [date(2025, 3, 1), date(2025, 3, 21)], several)
        assert kept.height == 3
        assert dropped["reason"].to_list() == ["uploaded_again"]
        assert set(dropped["kept_event_id"]) <= set(kept["event_id"])


def test_account_data_tells_of_the_upload_at_its_minute():
    ts = FIRST + 5 * DAY
    minute = {
        "source": "account_data",
        "extra": None,
        "track_id": None,
        "track_name": "S",
        "artist_name": "A",
    }
    names = {"track_name": "S", "artist_name": "A"}
    account = [told(n, FIRST, ts, **minute) | {"event_id": f"a{n}"} for n in (1, 2, 3)]
    longer = [row | {"ms_played": 180_000 + n} for n, row in enumerate(account)]
    raw = landed([row | names | {"ms_played": 180_000 + n} for n, row in enumerate(burst(ts))], longer)
    kept, dropped = by_slices(raw, [date(2025, 3, 1) + n * DAY for n in range(8)], several=True)
    assert kept["source"].to_list() == ["extended_history"] * 3
    assert dropped["reason"].to_list() == ["same_playback_account_data"] * 3
    assert sorted(dropped["kept_event_id"]) == kept["event_id"].to_list()


@pytest.mark.slow
def test_account_data_of_both_uploads_goes_to_the_one_playback():
    both = [*burst(FIRST + DAY), burst(FIRST + 9 * DAY)[0]]
    account = [
        row | {"source": "account_data", "extra": None, "event_id": f"a{n}"} for n, row in enumerate(both)
    ]
    raw = landed(both, account)
    kept, dropped = by_slices(raw, [date(2025, 3, 1) + n * DAY for n in range(12)], several=True)
    assert kept.height == 3
    assert sorted(dropped["reason"]) == ["same_playback_account_data"] * 4 + ["uploaded_again"]
    assert set(dropped["kept_event_id"]) <= set(kept["event_id"])


UPLOADS = [FIRST + timedelta(hours=h) for h in (2, 15, 16, 40, 24 * 9)]
ROWS = st.builds(
    lambda n, minutes, ts: told(n, FIRST + timedelta(minutes=minutes), ts),
    st.integers(1, 3),
    st.sampled_from([0, 4, 8, 60]),
    st.sampled_from(UPLOADS),
)


@pytest.mark.slow
@examples(60)
@given(
    st.lists(st.lists(ROWS, max_size=6), min_size=1, max_size=3),
    st.sets(st.integers(1, 12), max_size=5),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_slices_and_order_change_nothing(files: list[list[Row]], cuts: set[int], several: bool, random: Any):
    raw = landed(*files)
    first = date(2025, 3, 1)
    kept, dropped = by_slices(raw, [first], several)
    assert kept["event_id"].is_unique().all()
    starts = [first, *(first + n * DAY for n in sorted(cuts))]
    shuffled = raw.sample(fraction=1, shuffle=True, seed=random.randint(0, 9))
    columns = ["event_id", "started_at", "session_id", "session_position"]
    again, dropped_again = by_slices(shuffled, starts, several)
    assert again.select(columns).equals(kept.select(columns))
    assert dropped_again.select("source_file", "source_row", "reason", "kept_event_id").equals(
        dropped.select("source_file", "source_row", "reason", "kept_event_id")
    )


@pytest.mark.slow
@examples(60)
@given(st.lists(ROWS, min_size=1, max_size=10), st.data())
def test_how_an_export_is_cut_into_files_changes_no_count(rows: list[Row], data: st.DataObject):
    """With what files prove together, one file and several tell the same playbacks."""
    whole, _ = by_slices(landed(rows), [date(2025, 3, 1)], several=False)
    cut = data.draw(st.integers(0, len(rows)))
    parts, _ = by_slices(settled(rows[:cut], rows[cut:]), [date(2025, 3, 1)], several=False)
    heard: list[str] = ["track_id", "started_at"]
    proven = whole.filter(pl.col("reported_at").is_not_null()).select(heard)
    assert proven.join(parts, on=heard, how="anti").is_empty()


def settled(*files: list[Row]) -> pl.DataFrame:
    """Rows of files after an import, which compares what may be late in all of them."""
    frames = [with_stamps(landed(rows)) for rows in files]
    first = [with_stamps(raw_events(*_numbered(rows))) for rows in files]
    proven = uploaded_together(pl.concat(late_uploads(frame) for frame in first))
    return pl.concat(where_heard(frame, proven) for frame in frames)


def _numbered(rows: list[Row]) -> list[Mapping[str, Any]]:
    return [{"source_file": "f", "source_row": n} | row for n, row in enumerate(rows, 1)]
