"""Plays that the Web API told of, with their start or their end, beside a history that tells of the same."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl
import pytest

from spotify_assets.transforms.overlaps import NEEDED_FOR_OVERLAPS, overlapping
from tests.transforms.events import Row, at, playback, raw_events, track
from tests.transforms.test_overlaps import account, extended, listening, scrobble

SECOND = timedelta(seconds=1)
BEGIN = datetime(2026, 3, 1, 7)  # noqa: DTZ001  # naive UTC, as stored


def told(event_id: str, moment: str, seconds: float = 180, name: str = "Song", **changes: object) -> Row:
    """A play of the Web API: one moment, and the length of the track."""
    return extended(event_id, moment, seconds, name, source="web_api", reason_end=None) | changes


@pytest.mark.parametrize("moment", ["12:00:00", "12:03:00", "12:00:25", "12:03:29", "11:59:35"])
def test_a_moment_at_either_end_is_the_same_playback(moment: str):
    history = extended("e", "2026-03-01 12:03:00")
    assert listening(history, told("w", f"2026-03-01 {moment}"))[1] == {"w": "e"}


@pytest.mark.parametrize("moment", ["12:01:30", "12:04:00", "12:06:00", "11:58:00"])
def test_a_moment_elsewhere_is_another_one(moment: str):
    before = extended("b", "2026-03-01 12:00:00", 60, "Before", track_id=track(2))
    assert listening(before, extended("e", "2026-03-01 12:03:00"), told("w", f"2026-03-01 {moment}"))[1] == {}


@pytest.mark.parametrize(
    "moments", [("12:00", "12:03", "12:06"), ("12:03", "12:06", "12:09"), ("12:00", "12:06", "12:09")]
)
def test_a_song_on_repeat_counts_as_often_as_it_was_heard(moments: tuple[str, ...]):
    history = [extended(f"e{n}", f"2026-03-01 12:0{3 * n}") for n in (1, 2, 3)]
    plays = [told(f"w{n}", f"2026-03-01 {moment}") for n, moment in enumerate(moments)]
    kept, dropped = listening(*history, *plays)
    assert kept == ["e1", "e2", "e3"]
    assert set(dropped) == {"w0", "w1", "w2"}


def test_one_repeat_more_than_the_history_has_stays():
    history = [extended("e1", "2026-03-01 12:03"), extended("e2", "2026-03-01 12:06")]
    plays = [told(f"w{n}", f"2026-03-01 12:0{3 * n}") for n in (1, 2, 3)]
    assert listening(*history, *plays) == (["e1", "e2", "w3"], {"w1": "e1", "w2": "e2"})


def test_what_was_heard_for_a_moment_leaves_the_play_to_the_one_that_is_listed():
    """Begun, begun anew after five seconds: one play is listed."""
    history = [extended("e1", "2026-03-01 12:00:05", 5), extended("e2", "2026-03-01 12:03:05")]
    assert listening(*history, told("w", "2026-03-01 12:00:05"))[1] == {"w": "e2"}


def test_a_start_before_a_pause_is_the_same_playback():
    before = extended("b", "2026-03-01 12:00:00", 60, "Before", track_id=track(2))
    history = extended("e", "2026-03-01 12:13:00")
    assert listening(before, history, told("w", "2026-03-01 12:00:01"))[1] == {"w": "e"}


def test_the_history_wins_and_brings_what_was_heard():
    history = extended("e", "2026-03-01 12:01:10", 70)
    kept, dropped = listening(told("w", "2026-03-01 12:00:00", 180), history)
    assert (kept, dropped) == (["e"], {"w": "e"})


def test_all_that_tell_of_one_playback_count_once():
    rows = [
        extended("e", "2026-03-01 12:03:00"),
        extended("t", "2026-03-01 12:03:00", source="stream"),
        told("w", "2026-03-01 12:00:00"),
        account("a", "2026-03-01 12:03:00"),
        scrobble("s", "2026-03-01 12:00:02"),
    ]
    for left in range(len(rows)):
        kept, dropped = listening(*rows[left:])
        assert kept == [rows[left]["event_id"]]
        assert len(dropped) == len(rows) - left - 1


@pytest.mark.parametrize("moment", ["12:00:00", "12:03:00"])
def test_a_scrobble_beside_a_play_is_the_same_at_either_end(moment: str):
    assert listening(told("w", f"2026-03-01 {moment}"), scrobble("s", "2026-03-01 12:00:00"))[1] == {"s": "w"}
    other = scrobble("s", "2026-03-01 12:09:00")
    assert listening(told("w", f"2026-03-01 {moment}"), other)[1] == {}


def test_another_id_of_the_same_names_is_the_same_playback():
    history = extended("e", "2026-03-01 12:03:00", track_id=track(8))
    assert listening(history, told("w", "2026-03-01 12:00:00"))[1] == {"w": "e"}
    other = extended("e", "2026-03-01 12:03:00", name="Other", track_id=track(8), artist_name="Nobody")
    assert listening(other, told("w", "2026-03-01 12:00:00"))[1] == {}


# --- planted histories ------------

PLAYS = 1_500
LISTED = 30


def heard(seed: int) -> Iterator[tuple[datetime, datetime, float, int]]:
    """What a made-up listener heard: begin, end, seconds heard and track, in the order of time.

    A third is heard again at once, a fifth is left early, some are paused, and nights are silent.
    """
    chance = random.Random(seed)
    moment, song = BEGIN, 0
    for _ in range(PLAYS):
        song = song if chance.random() < 0.33 else chance.randrange(80)
        length = 120 + song * 37 % 180
        seconds = chance.uniform(2, length) if chance.random() < 0.2 else float(length)
        pause = chance.uniform(10, 900) if chance.random() < 0.05 else 0.0
        end = moment + timedelta(seconds=seconds + pause)
        yield moment, end, seconds, song
        silence = chance.choices([0.0, chance.uniform(1, 40), chance.uniform(600, 20_000)], [80, 12, 8])[0]
        moment = end + timedelta(seconds=silence)


def planted(seed: int, starts: float, source: str) -> tuple[list[Row], dict[str, str], set[str]]:
    """Rows of a history and of the Web API, and which row of it is which of the history's.

    Of the plays so many are told with their `starts`. Each side lacks one in fifty that the other has; one in
    thirty has another id. The third are the rows that the history does not have.
    """
    chance = random.Random(seed + 1)
    rows, same, alone, before = [], {}, set(), None
    for number, (begin, end, seconds, song) in enumerate(heard(seed)):
        facts = {"track_id": track(song), "track_name": f"Song {song}", "artist_name": "Artist"}
        ended_at = end.replace(microsecond=0)
        lacks_history = chance.random() < 0.02
        if not lacks_history:
            row = playback(f"e{number}", ended_at=ended_at, started_at=ended_at - timedelta(seconds=seconds))
            rows.append(row | facts | {"source": source, "ms_played": round(seconds * 1_000)})
        if seconds < LISTED or chance.random() < 0.02:
            continue
        moment = (begin if chance.random() < starts else end) + chance.uniform(-3, 3) * SECOND
        since = (moment - before).total_seconds() if before else 10_000
        length = 120 + song * 37 % 180
        played = min(length, since) if since >= LISTED else length
        before = moment
        row = playback(f"w{number}", ended_at=moment, started_at=moment - timedelta(seconds=played))
        other = {"track_id": track(500 + song)} if chance.random() < 1 / 30 else {}
        rows.append(row | facts | {"source": "web_api", "ms_played": round(played * 1_000)} | other)
        if lacks_history:
            alone.add(f"w{number}")
        else:
            same[f"w{number}"] = f"e{number}"
    return rows, same, alone


@pytest.mark.parametrize("source", ["extended_history", "stream"])
@pytest.mark.parametrize("starts", [0.0, 1.0, 0.5, 0.1])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_history_and_what_was_polled_of_it_count_once(seed: int, starts: float, source: str):
    rows, same, alone = planted(seed, starts, source)
    found = overlapping(raw_events(*rows).select(NEEDED_FOR_OVERLAPS))
    dropped = dict(
        found.filter(pl.col("source") == "web_api").select("event_id", "kept_event_id").iter_rows()
    )
    right = sum(play in same for play in dropped)
    assert right / len(dropped) >= 0.995, f"precision {right / len(dropped):.4f}"
    assert right / len(same) >= 0.995, f"recall {right / len(same):.4f}"
    if starts in (0.0, 1.0):
        very = sum(same.get(play) == kept for play, kept in dropped.items())
        assert very / len(dropped) >= 0.98, f"paired with the very playback: {very / len(dropped):.4f}"
    assert len(alone) > 10
    assert at("2026-03-01 07:00") == BEGIN
