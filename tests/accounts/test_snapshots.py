"""Snapshots: each track, album and artist asked for once, and landed as a catalogue of its date."""

import csv
import gzip
import io
import json
from collections import Counter, deque
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from spotify_assets import places
from spotify_assets.accounts import snapshots
from spotify_assets.accounts.catalogue import COLUMNS, REMOVED
from spotify_assets.accounts.snapshots import Snapshotted, snapshot
from spotify_assets.lake import layout
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.tables import RAW_TRACKS
from tests.accounts.conftest import World
from tests.servers.spotify_api.world import id_of

MARCH_1 = date(2026, 3, 1)


def taken(world: World, *tracks: int, **settings: object) -> Snapshotted:
    heard = [id_of("track", number) for number in tracks]
    return snapshot(world.settings(**settings), heard, world.clock.timing)


def catalogue(world: World) -> pl.DataFrame:
    """The rows of raw.raw_tracks that the lake holds."""
    lake = world.settings().lake
    paths = [path for path in places.below(lake / layout.TRACKS) if layout.is_data(path.name)]
    return places.scan_parquet(sorted(paths)).collect().select(RAW_TRACKS.column_names)


def csv_rows(world: World, day: date = MARCH_1) -> list[dict[str, str]]:
    folder = layout.answers_dir(world.settings().lake_dir, "spotify", "catalogue", day)
    return [row for path in sorted(folder.iterdir()) for row in csv.DictReader(io.StringIO(path.read_text()))]


def test_what_was_heard_becomes_a_catalogue_of_the_day(world: World):
    world.connect("anna")
    done = taken(world, 6, 7)
    rows = catalogue(world).sort("track_id")
    assert rows["track_name"].to_list() == ["Song 6", "Song 7"]
    assert rows["artists"][0] == 'Artist 6\\; "the 6th";Artist 7\\; "the 7th"'
    assert rows["genre"].to_list() == ["made folk;made jazz", "made jazz"]
    assert rows["isrc"][1] == "QZMAD2500007"
    assert set(rows["snapshot_date"]) == {MARCH_1}
    assert done.landed == {MARCH_1: 2}
    assert done.answered == {"tracks": 2, "albums": 2, "artists": 2}
    assert done.calls == len(world.calls()) == 6
    assert [receipt.loaded for receipt in read_receipts(world.settings().lake)] == [2]


def test_raw_answers_are_kept_with_their_date(world: World):
    world.connect("anna")
    taken(world, 6)
    for kind in ("tracks", "albums", "artists"):
        folder = layout.answers_dir(world.settings().lake_dir, "spotify", kind, MARCH_1)
        (path,) = folder.iterdir()
        first = json.loads(gzip.decompress(path.read_bytes()).splitlines()[0])
        assert first["answer"]["id"] == first["id"]
    (row,) = csv_rows(world)
    assert tuple(row) == COLUMNS
    assert row["album_id"] == id_of("album", 6)


def test_fields_that_were_removed_are_said_to_be_absent_and_flow_where_they_are(world: World):
    world.connect("anna")
    done = taken(world, 6)
    assert done.absent == dict.fromkeys(REMOVED, 1)
    assert catalogue(world)["popularity"].to_list() == [None]
    world.api.extended = True
    done = taken(world, 8)
    assert done.absent == {}
    row = catalogue(world).row(by_predicate=pl.col("track_name") == "Song 8", named=True)
    assert row["popularity"] == 8
    extra = json.loads(row["extra"])
    assert (row["artist_followers"], row["artist_popularity"], extra["label"]) == (8_007, 8, "Label 1")


def test_nothing_is_asked_for_twice_until_it_is_old(world: World):
    world.connect("anna")
    taken(world, 6, 7, 8)
    again = taken(world, 6, 7, 8)
    assert (again.calls, again.saved, again.landed) == (0, 3, {})
    world.clock.seconds += 29 * 86_400
    assert taken(world, 6).calls == 0
    world.clock.seconds += 2 * 86_400
    third = taken(world, 6)
    assert third.calls == 4
    assert third.landed == {date(2026, 4, 1): 1}


def test_an_album_or_artist_of_several_tracks_is_asked_for_once(world: World):
    world.connect("anna")
    taken(world, 7, 97, 187, 407)
    counted = Counter(world.calls())
    assert set(counted.values()) == {1}
    assert counted[f"/v1/artists/{id_of('artist', 7)}"] == 1


def test_the_most_heard_come_first_and_the_rest_tomorrow(world: World):
    world.connect("anna")
    done = taken(world, 11, 12, 13, snapshot_calls_per_day=4)
    assert done.left is not None
    assert done.left.startswith("1 tracks are still to be asked for")
    assert "2026-03-02 00:00:00 UTC" in done.left
    assert world.calls("/v1/tracks") == [f"/v1/tracks/{id_of('track', n)}" for n in (11, 12)]
    world.clock.seconds += 86_400
    assert taken(world, 11, 12, 13, snapshot_calls_per_day=4).left is None
    assert Counter(world.calls("/v1/tracks")).most_common(1)[0][1] == 1


def test_what_is_not_there_is_asked_for_once_and_an_error_says_nothing_of_that(world: World):
    world.connect("anna")
    done = taken(world, 7, 200_000)
    assert (done.not_there, done.landed) == (1, {MARCH_1: 1})
    assert taken(world, 200_000).calls == 0
    path = f"/v1/tracks/{id_of('track', 9)}"
    world.api.faults[path] = deque(["500"] * 6)
    assert taken(world, 9).answered == {}
    assert taken(world, 9).landed == {MARCH_1: 1}


def test_a_service_that_is_down_is_left_alone_and_what_was_answered_is_landed(world: World):
    world.connect("anna")
    world.api.faults[f"/v1/tracks/{id_of('track', 2)}"[:-2]] = deque(
        ["slow", *["503"] * 6 * snapshots.MOST_UNANSWERED]
    )
    done = taken(world, *range(1, 40))
    assert done.left is not None
    assert "503" in done.left
    assert done.landed == {MARCH_1: 1}


def test_an_app_with_batches_asks_for_many_at_once(world: World):
    world.api.extended = True
    world.connect("anna")
    done = taken(world, *range(120), 200_000, api_batches=True)
    assert done.landed == {MARCH_1: 120}
    assert done.not_there == 1
    assert len(world.calls()) == done.calls < 20


def test_a_batch_that_dev_mode_refuses_is_no_answer(world: World):
    world.connect("anna")
    done = taken(world, *range(400), api_batches=True)
    assert done.left is not None
    assert "403" in done.left
    assert (done.answered, done.not_there) == ({}, 0)


@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_what_was_answered_is_landed_by_the_next_run_where_this_one_dies(
    world: World, monkeypatch: pytest.MonkeyPatch, dies_at: int
):
    world.connect("anna")
    original = layout.write_bytes
    landings: list[places.Place] = []

    def dies(path: Path, content: bytes) -> Path:
        landings.append(path)
        if len(landings) == dies_at:
            raise KeyboardInterrupt
        return original(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(layout, "write_bytes", dies)
        with pytest.raises(KeyboardInterrupt):
            taken(world, 6, 7)
    calls = len(world.calls())
    assert taken(world, 6, 7).calls == 0
    assert len(world.calls()) == calls
    assert catalogue(world).height == 2


def test_what_the_api_tells_nobody_any_more_is_as_earlier_catalogues_told_it(world: World):
    """Without that, tracks would lose their audio features the day they are first asked for."""
    world.connect("anna")
    asked: list[list[str]] = []

    def known(ids: Sequence[str]) -> dict[str, dict[str, object]]:
        asked.append(list(ids))
        return {id_of("track", 6): {"danceability": 0.25, "tempo": 120.5, "genre": "waltz"}}

    snapshot(world.settings(), [id_of("track", n) for n in (6, 7, 5)], world.clock.timing, known)
    rows = {row["track_name"]: row for row in catalogue(world).to_dicts()}
    assert (rows["Song 6"]["danceability"], rows["Song 6"]["tempo"]) == (0.25, 120.5)
    assert rows["Song 6"]["genre"] == "made folk;made jazz"  # told, so not carried
    assert rows["Song 7"]["danceability"] is None
    assert asked == [[id_of("track", n) for n in (5, 6, 7)]]


def test_without_accounts_nothing_is_called(world: World):
    assert taken(world, 6) == Snapshotted()
    assert world.api.calls == []
