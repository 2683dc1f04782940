"""A song on repeat while offline is as many playbacks as it was played, however its rows arrive."""

import json
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotify_assets.catalog import RAW_EVENTS
from spotify_assets.transforms.offline_sync import with_offline_plays_apart
from tests.transforms.events import at

SYNC = at("2024-03-01T20:00:00")
LENGTH = timedelta(milliseconds=180_500)


def row(number: int, began: datetime | None, **changes: Any) -> dict[str, Any]:
    extra = {"offline": True} | ({"offline_timestamp": f"{began:%Y-%m-%dT%H:%M:%S}.000Z"} if began else {})
    values = {
        "event_id": "copy",
        "user_id": "anna",
        "ended_at": SYNC,
        "started_at": SYNC - LENGTH,
        "event_date": SYNC.date(),
        "ms_played": LENGTH // timedelta(milliseconds=1),
        "action": "play",
        "source": "extended_history",
        "extra": json.dumps(extra, separators=(",", ":")),
        "source_file": "file",
        "source_row": number,
    }
    return values | changes


def ids(rows: list[dict[str, Any]]) -> list[str]:
    raw = pl.DataFrame(rows, schema=RAW_EVENTS.polars_schema)
    found = with_offline_plays_apart(raw)
    assert found.drop("event_id").equals(raw.drop("event_id"))
    return found["event_id"].to_list()


def on_repeat(times: int, copies: int = 1) -> list[dict[str, Any]]:
    begins = [SYNC - timedelta(hours=5) + n * (LENGTH + timedelta(seconds=1)) for n in range(times)]
    return [row(n * copies + k, began) for n, began in enumerate(begins) for k in range(copies)]


def test_each_play_gets_an_id_of_its_own_and_the_first_keeps_the_rows():
    found = ids(on_repeat(4))
    assert len(set(found)) == 4
    assert found[0] == "copy"


def test_copies_that_began_within_one_length_are_one_play():
    begins = [SYNC - timedelta(hours=1) + timedelta(seconds=s) for s in (0, 2, 90, 179)]
    assert ids([row(n, began) for n, began in enumerate(begins)]) == ["copy"] * 4


def test_a_repeat_without_a_pause_counts_though_moments_are_cut_to_the_second():
    began = SYNC - timedelta(hours=1)
    right_after = (began + LENGTH).replace(microsecond=0)
    assert len(set(ids([row(0, began), row(1, right_after)]))) == 2


@pytest.mark.parametrize(
    "began", [None, SYNC - timedelta(days=40), SYNC + timedelta(days=1), at("2015-01-01T00:00:00")]
)
def test_what_is_not_plausible_proves_nothing(began: datetime | None):
    assert ids([row(1, SYNC - timedelta(minutes=4)), row(2, began)]) == ["copy", "copy"]


def test_other_sources_and_other_ids_are_left_alone():
    rows = [each | {"source": "stream"} for each in on_repeat(3)]
    assert ids(rows) == ["copy"] * 3
    apart = [each | {"event_id": f"e{n}"} for n, each in enumerate(on_repeat(3))]
    assert ids(apart) == ["e0", "e1", "e2"]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.data())
def test_order_and_repetition_change_nothing(times: int, data: st.DataObject):
    once = on_repeat(times)
    by_start = {each["extra"]: event_id for each, event_id in zip(once, ids(once), strict=True)}
    assert len(set(by_start.values())) == times
    again = data.draw(st.lists(st.sampled_from(once), max_size=8))
    shuffled = data.draw(st.permutations([*once, *again]))
    assert ids(shuffled) == [by_start[each["extra"]] for each in shuffled]


def test_nothing_played_has_no_length_but_a_second():
    rows = [row(n, SYNC - timedelta(seconds=s), ms_played=0) for n, s in enumerate((0, 0, 30))]
    assert len(set(ids(rows))) == 2
