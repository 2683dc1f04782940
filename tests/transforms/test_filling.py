"""What a row that stays takes from the rows that it stands for: what it lacks, and nothing else."""

import json
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.transforms.events import listening_events, valid_events
from spotify_assets.transforms.exclusions import Exclusion
from spotify_assets.transforms.filling import FILLED
from tests.examples import examples
from tests.transforms.events import Row, at, raw_events, track
from tests.transforms.test_overlaps import NO_TRACKS, account, extended, scrobble

DAY = timedelta(days=1)
FULL: Row = {
    "track_id": track(7),
    "track_name": "Song",
    "artist_name": "Artist",
    "album_name": "Album",
    "content_type": "music",
    "country": "DE",
    "device": "mobile",
    "reason_start": "clickrow",
    "reason_end": "trackdone",
    "skipped": False,
    "shuffle": True,
}
EMPTY: Row = dict.fromkeys(FULL) | {"country": "ZZ", "content_type": "unknown"}


def events(*rows: Row, tracks: pl.DataFrame = NO_TRACKS, exclusions: tuple[Exclusion, ...] = ()) -> list[Row]:
    """The listening events of one slice."""
    result = listening_events(
        raw_events(*rows), lambda _: raw_events(), tracks, lambda _: raw_events(), exclusions
    )
    return result.rows.to_dicts()


def test_all_that_is_lacked_is_known_here():
    assert set(FULL) == set(FILLED)


@pytest.mark.parametrize("field", FILLED)
def test_a_repeat_gives_what_the_first_row_lacks(field: str):
    first = extended("e", "2025-03-01 12:03", source_file="a.json") | FULL | {field: EMPTY[field]}
    other = extended("e", "2025-03-01 12:03", source_file="b.json") | FULL
    for rows in ([first, other], [other, first]):
        [row] = valid_events(raw_events(*rows)).rows.to_dicts()
        assert {name: row[name] for name in FULL} == FULL
        assert json.loads(row["filled_from"]) == {field: "extended_history"}


def test_what_is_there_stays_and_no_time_is_taken():
    first = extended("e", "2025-03-01 12:03", 100, source_file="a.json") | FULL
    changed = {
        name: not value if isinstance(value, bool) else "XX"
        for name, value in FULL.items()
        if name not in ("track_id", "content_type")
    }
    other = extended("e", "2025-03-01 12:03", 90, source_file="b.json", reported_at=at("2025-03-02 12:00"))
    [row] = valid_events(raw_events(first, other | changed)).rows.to_dicts()
    assert {name: row[name] for name in FULL} == FULL
    assert (row["ms_played"], row["started_at"]) == (100_000, at("2025-03-01 12:01:20"))
    assert (row["reported_at"], row["filled_from"]) == (None, None)


def test_the_first_by_file_and_row_that_has_a_field_gives_it():
    rows = [
        extended("e", "2025-03-01 12:03", source_file="a.json", source_row=1, track_name=None),
        extended("e", "2025-03-01 12:03", source_file="b.json", source_row=2, name="Second"),
        extended("e", "2025-03-01 12:03", source_file="b.json", source_row=1, name="First"),
        extended("e", "2025-03-01 12:03", source_file="c.json", source_row=1, name="Third")
        | {"album_name": "Album"},
    ]
    for given_rows in (rows, rows[::-1]):
        [row] = valid_events(raw_events(*given_rows)).rows.to_dicts()
        assert (row["track_name"], row["album_name"]) == ("First", "Album")


def test_a_repeat_is_trusted_before_another_export():
    first: Row = {"track_id": track(1)}
    other: Row = {"track_id": track(2), "device": "tv"}
    rows = [
        extended("a", "2025-03-01 12:03", source_file="a.json", **first),
        extended("a", "2025-03-01 12:03", source_file="z.json", album_name="Repeat", **first),
        extended("b", "2025-03-01 12:03", source_file="b.json", album_name="Other", **other),
    ]
    [row] = valid_events(raw_events(*rows)).rows.to_dicts()
    assert (row["track_id"], row["album_name"], row["device"]) == (track(1), "Repeat", "tv")


def test_sources_are_trusted_in_the_order_in_which_they_are_believed():
    history = extended("e", "2025-03-01 12:03:20", 200.5, track_name=None, artist_name=None, country="ZZ")
    rows = [
        history,
        extended("t", "2025-03-01 12:03:20", 200.5, "Streamed", source="stream")
        | {"artist_name": None, "country": None},
        account("a", "2025-03-01 12:03:20", 200.5, "Streamed", country=None),
        scrobble("l", "2025-03-01 12:00:00", "Streamed", "listenbrainz", album_name="Listened", country="FR"),
        scrobble("s", "2025-03-01 12:00:00", "Streamed", album_name="Scrobbled", country="AT"),
    ]
    [row] = events(*rows)
    assert (row["event_id"], row["track_name"], row["artist_name"]) == ("e", "Streamed", "Artist")
    assert (row["album_name"], row["country"]) == ("Listened", "FR")
    assert json.loads(row["filled_from"]) == {
        "track_name": "stream",
        "artist_name": "account_data",
        "album_name": "listenbrainz",
        "country": "listenbrainz",
    }


def test_what_a_repeat_and_another_source_gave_stands_together():
    rows = [
        extended("e", "2025-03-01 12:03:20", 200.5, track_name=None, artist_name=None),
        extended("e", "2025-03-01 12:03:20", 200.5, track_name=None, artist_name=None, source_file="b.json")
        | {"album_name": "Album"},
        account("a", "2025-03-01 12:03:20", 200.5, "Told"),
    ]
    [row] = events(*rows)
    assert json.loads(row["filled_from"]) == {
        "album_name": "extended_history",
        "track_name": "account_data",
        "artist_name": "account_data",
    }


def test_an_id_that_was_taken_finds_the_catalogue_and_is_the_track_key():
    lengths = pl.DataFrame(
        {"track_id": [track(7)], "snapshot_date": [date(2025, 1, 1)], "duration_ms": [200_000]}
    )
    listened = scrobble("l", "2025-03-01 12:00:00", source="listenbrainz", track_id=track(7))
    [row] = events(account("a", "2025-03-01 12:03:20", 180), listened, tracks=lengths)
    assert (row["event_id"], row["track_id"], row["track_key"]) == ("a", track(7), track(7))
    assert row["track_duration_ms"] == 200_000


def test_a_rule_excludes_by_a_name_that_was_taken():
    history = extended("e", "2025-03-01 12:03:20", 200.5, track_name=None, artist_name=None)
    told = account("a", "2025-03-01 12:03:20", 200.5, "Told")
    assert events(history, told, exclusions=(Exclusion(track="told"),)) == []
    assert len(events(history, exclusions=(Exclusion(track="told"),))) == 1


def test_nothing_comes_from_a_row_that_is_another_playback():
    history = extended("e", "2025-03-01 12:03:20", 200.5, album_name=None)
    other = extended("t", "2025-03-01 13:03:20", 200.5, source="stream", album_name="Album")
    assert [row["filled_from"] for row in events(history, other)] == [None, None]


# --- any slices ------------


def by_days(rows: list[Row], days_at_once: int) -> pl.DataFrame:
    """Listening events of April 2025, sliced; each slice reads what it asks for and nothing else."""
    raw = raw_events(*rows)
    first = date(2025, 4, 1)
    reported = pl.coalesce("reported_at", "ended_at").dt.date()

    def between(start: date, end: date) -> pl.DataFrame:
        return raw.filter(pl.col("event_date") >= start, pl.col("event_date") < end)

    def on(dates: pl.DataFrame) -> pl.DataFrame:
        return (
            raw.with_columns(reported_date=reported)
            .join(dates, on=dates.columns, how="semi")
            .select(raw.columns)
        )

    found = []
    for start in (first + n * DAY for n in range(0, 40, days_at_once)):
        end = start + days_at_once * DAY
        result = listening_events(
            between(start, end),
            lambda days, start=start: between(start - days * DAY, start),  # type: ignore[misc]
            NO_TRACKS,
            lambda days, end=end: between(end, end + days * DAY),  # type: ignore[misc]
            read_raw_reported=on,
        )
        found.append(result.rows)
    return pl.concat(found).drop("session_id", "session_position").sort("event_id")


@pytest.mark.slow
def test_an_upload_weeks_later_is_no_second_playback_and_gives_its_names_in_any_slices():
    heard = extended(
        "e", "2025-04-02 12:03:20", 200.5, reported_at=at("2025-04-28 08:00:30"), track_name=None
    )
    rows = [heard | {"artist_name": None}, account("a", "2025-04-28 08:00:30", 200.5, "Told")]
    for days in (1, 7, 40):
        [row] = by_days(rows, days).to_dicts()
        assert (row["event_id"], row["track_name"], row["event_date"]) == ("e", "Told", date(2025, 4, 2))
    later = [heard, account("a", "2025-04-28 08:01:30", 200.5, "Told")]
    assert by_days(later, 1).height == by_days(later, 40).height == 2


@st.composite
def uploads(draw: st.DrawFn) -> list[Row]:
    """A few plays by the history, some heard days before the upload that the account data tell of."""
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 8))):
        upload = at("2025-04-25 08:00:30") + timedelta(
            days=draw(st.integers(0, 2)), seconds=draw(st.sampled_from([0, 0, 20, 70]))
        )
        late = draw(st.sampled_from([0, 0, 1, 3, 20]))
        seconds = draw(st.sampled_from([0, 10.5, 10.5, 180]))
        name = draw(st.sampled_from(["One", "Two", None]))
        end = upload - timedelta(days=late, seconds=100 * number if late else 0)
        names: Row = {"artist_name": "Artist" if name else None, "track_id": track(1 if name == "One" else 2)}
        row = extended(f"e{number}", end.isoformat(), seconds, **names) | {"track_name": name}
        rows.append(row | {"reported_at": upload if late else None, "source_file": "e.json"})
        if draw(st.integers(0, 3)):
            told = name or draw(st.sampled_from(["One", "Two", "Gone"]))
            rows.append(account(f"a{number}", upload.isoformat(), seconds, told, source_file="a.json"))
    return [row | {"source_row": n} for n, row in enumerate(rows, 1)]


@pytest.mark.slow
@examples(25)
@given(uploads(), st.randoms(use_true_random=False))
def test_neither_slices_nor_order_change_what_an_upload_is(rows: list[Row], random):
    whole = by_days(rows, 40)
    for days in (1, 7):
        assert by_days(random.sample(rows, len(rows)), days).equals(whole)
