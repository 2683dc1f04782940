"""Account data: rows to the minute without ids, of which equal ones are not the same."""

import json
from typing import Any

import polars as pl
import pytest

from spotify_assets.sources import json_stream
from spotify_assets.sources.event_rows import Occurrences
from spotify_assets.sources.imports import Kind
from spotify_assets.tables import RAW_EVENTS
from tests.sources.inputs import account_row, as_json, kind_of, read, reasons, row_of
from tests.transforms.events import at

PODCAST = {"endTime": "2024-03-01 12:00", "podcastName": "Show", "episodeName": "Episode", "msPlayed": 60_000}
AUDIOBOOK = {
    "endTime": "2024-03-01 12:00",
    "audiobookTitle": "Book",
    "chapterName": "Chapter 1",
    "authorName": "Author",
    "msPlayed": 60_000,
}


def test_a_row_ended_in_the_minute_it_names():
    row = row_of(as_json([account_row(endTime="2024-03-01 00:00", msPlayed=90_000)]))
    assert (row["started_at"], row["ended_at"]) == (at("2024-02-29T23:58:30"), at("2024-03-01T00:00:00"))
    assert (row["event_date"], row["ms_played"]) == (at("2024-03-01T00:00:00").date(), 90_000)
    assert (row["source"], row["action"], row["user_id"]) == ("account_data", "play", "anna")
    assert (row["track_name"], row["artist_name"], row["track_id"]) == ("Song 1", "Artist", None)
    assert json.loads(row["extra"]) == {"precision": "minute"}


@pytest.mark.parametrize(
    ("row", "kind", "content_type", "names"),
    [
        (account_row(), Kind.ACCOUNT_MUSIC, "music", ("Song 1", "Artist")),
        (PODCAST, Kind.ACCOUNT_PODCAST, "podcast", ("Episode", "Show")),
        (AUDIOBOOK, Kind.ACCOUNT_AUDIOBOOK, "audiobook", ("Chapter 1", "Book")),
        (
            account_row(artistName="Unknown Artist", trackName="Unknown Track"),
            Kind.ACCOUNT_MUSIC,
            "unknown",
            (None, None),
        ),
    ],
)
def test_what_was_played(row: dict[str, Any], kind: Kind, content_type: str, names: tuple[str, str]):
    content = as_json([row])
    assert kind_of(content) is kind
    found = row_of(content)
    assert (found["content_type"], (found["track_name"], found["artist_name"])) == (content_type, names)


def test_a_trailing_comma_is_tolerated_and_reported():
    found = read(as_json([account_row(1), account_row(2)])[:-1] + b",\n]")
    assert (found.rows.height, found.rejected.height, found.notes) == (2, 0, {"trailing_comma": 1})


def test_rows_are_those_of_the_table():
    assert read(as_json([account_row()])).rows.schema == RAW_EVENTS.polars_schema


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"endTime": ...}, "missing_time"),
        ({"endTime": "12:00"}, "unparseable_time"),
        ({"endTime": "1970-01-01 00:00"}, "time_out_of_range"),
        ({"msPlayed": None}, "missing_ms_played"),
        ({"msPlayed": -5}, "negative_ms_played"),
        ({"endTime": ..., "msPlayed": ...}, "not_a_play"),
    ],
)
def test_a_row_that_cannot_be_a_playback_is_refused(changes: dict[str, Any], reason: str):
    found = read(as_json([account_row(1), account_row(2, **changes)]))
    assert (found.rows.height, reasons(found)) == (1, {2: reason})


def ids(*rows: dict[str, Any]) -> list[str]:
    return read(as_json(rows)).rows["event_id"].to_list()


def test_the_same_row_twice_is_two_playbacks():
    assert len(set(ids(account_row(1), account_row(1), account_row(1)))) == 3


def test_exports_that_overlap_give_the_same_ids():
    old = ids(account_row(1), account_row(2), account_row(2), account_row(3))
    new = ids(account_row(2), account_row(2), account_row(3), account_row(4))
    assert old[1:] == new[:3]
    assert new[3] not in old


def test_the_id_is_not_one_of_another_source_or_user():
    content = as_json([account_row()])
    assert read(content).rows["event_id"][0] != read(content, user="ben").rows["event_id"][0]


@pytest.mark.slow
def test_repeats_are_numbered_over_the_whole_file(monkeypatch: pytest.MonkeyPatch):
    """It is read by several windows, and in several batches."""
    monkeypatch.setattr(json_stream, "BATCH_ROWS", 500)
    rows = [account_row(2, filler="x" * 1_000) for _ in range(2_000)]
    content = as_json([account_row(1), *rows])
    assert len(content) > 3 * json_stream.WINDOW_BYTES
    found = read(content + as_json([account_row(1)]))
    assert found.rows.height == 2_002
    assert found.rows["event_id"].n_unique() == 2_002


def test_numbering_forgets_only_what_is_long_past(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Occurrences, "_REMEMBERED", 2)
    occurrences = Occurrences()
    assert occurrences.number(["a", "a", "b"]) == [1, 2, 1]
    assert occurrences.number(["c", "b"]) == [1, 2]
    assert occurrences.number(["a"]) == [1]


def test_unplanned_fields_are_kept_unless_personal():
    found = read(as_json([account_row(1, mood="calm", ipAddress="93.184.216.34")]))
    assert json.loads(found.rows["extra"][0]) == {"mood": "calm", "precision": "minute"}
    assert found.rows.select(pl.col("extra").str.contains("93.184")).item() is False
