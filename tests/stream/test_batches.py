"""Batches of a stream in the lake: which files count, where a consumer goes on, what is read of them."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spotify_assets.automation.lake_watch import scan
from spotify_assets.lake import batches, layout
from spotify_assets.lake.batches import BatchName, Manifest, Origin
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.holes import Hole, OffsetsGoneError, holes, next_hole
from spotify_assets.lake.layout import events_dir, landed_files
from spotify_assets.rows.window import Window
from spotify_assets.sources.errors import SourceError
from spotify_assets.stream.batching import Compression, OpenBatch
from tests.stream.made import DAY, ORIGIN, batch, play, read


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_events_lie_in_the_hour_of_their_own_time(lake_dir: Path, compression: Compression) -> None:
    late = json.dumps({"user_id": "c", "ended_at": "2026-11-28T23:59:59.999Z", "ms_played": 5}).encode()
    manifest = batch(7, play("a"), play("b", 11), late, play("d"), b"no event").write(lake_dir, compression)
    assert manifest is not None
    assert {Path(file.path).parent.as_posix(): file.offsets for file in manifest.files} == {
        "listening_events/date=2026-11-28/hour=23": ((9, 1),),
        "listening_events/date=2026-11-29/hour=10": ((7, 1), (10, 1)),
        "listening_events/date=2026-11-29/hour=11": ((8, 1),),
        "listening_events/date=2026-11-29/hour=12": ((11, 1),),
    }
    rows = read(lake_dir).sort("source_row")
    assert rows.select("user_id", "source_row").rows() == [("a", 8), ("b", 9), ("c", 10), ("d", 11)]
    assert set(rows["source_file"]) == {"kafka/listening/Topic-Id_1/3"}
    assert rows["started_at"].to_list()[2] == datetime(2026, 11, 28, 23, 59, 59, 994_000)  # noqa: DTZ001


def test_a_refused_message_is_told_with_its_place_and_reason(lake_dir: Path) -> None:
    batch(0, play("a"), b"no event", None).write(lake_dir, "gzip")
    cleaned = EventLake(lake_dir).read(Window(DAY, DAY + timedelta(days=1)))
    assert cleaned.rows_in == 3
    assert cleaned.rejected.select("source_file", "source_row", "reason").rows() == [
        (ORIGIN.source_file, 2, "malformed_json"),
        (ORIGIN.source_file, 3, "tombstone"),
    ]


def test_a_day_of_small_messages_is_known_to_be_large_before_it_is_read(lake_dir: Path) -> None:
    """Compressed they take next to nothing: the names of the batches tell how many there are."""
    batch(0, *[play("a")] * 3_000).write(lake_dir, "gzip")
    batch(3_000, *[play("b", hour=hour) for hour in (9, 10)] * 1_000).write(lake_dir, "gzip")
    next_day = DAY + timedelta(days=1)
    assert EventLake(lake_dir).expected_rows(Window(DAY, next_day + timedelta(days=1))) == {
        DAY: 5_000,
        next_day: 0,
    }


def test_fields_nobody_planned_travel_in_extra_and_defaults_are_filled(lake_dir: Path) -> None:
    batch(0, play("a", mood="happy", schema_version=1), play("b")).write(lake_dir, "gzip")
    first, second = read(lake_dir).sort("source_row").to_dicts()
    assert json.loads(first["extra"]) == {"mood": "happy"}
    assert second["extra"] is None
    assert (second["action"], second["ms_played"], second["source"], second["content_type"]) == (
        *("play", 0),
        *("stream", "music"),
    )
    assert first["event_id"] != second["event_id"]


def test_files_count_once_their_manifest_is_there(lake_dir: Path) -> None:
    manifest = batch(0, play("a")).write(lake_dir, "gzip")
    assert manifest is not None
    where = batches.manifest_path(lake_dir, ORIGIN, 0)
    content = where.read_bytes()
    seen = scan(lake_dir, "day")
    where.unlink()
    assert landed_files(events_dir(lake_dir, DAY)) == []
    assert scan(lake_dir, "day") == {}
    assert read(lake_dir).is_empty()
    where.write_bytes(content)
    assert len(landed_files(events_dir(lake_dir, DAY))) == 1
    assert {key: found.digest for key, found in scan(lake_dir, "day").items()} == {
        key: found.digest for key, found in seen.items()
    }


def test_of_two_writers_of_the_same_offsets_one_wins(lake_dir: Path) -> None:
    assert batch(0, play("a"), play("b")).write(lake_dir, "gzip") is not None
    assert batch(0, play("a"), play("b"), play("c")).write(lake_dir, "gzip") is None
    assert read(lake_dir)["user_id"].sort().to_list() == ["a", "b"]
    assert len(list(lake_dir.rglob("kafka~*"))) == 1
    assert next_hole(lake_dir, ORIGIN, 0, 3) == Hole(2)


def test_a_batch_that_cannot_be_written_leaves_nothing_and_is_written_later(
    lake_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = batch(0, play("a"), play("b", 11), b"no event")

    really = layout.write_bytes

    def full(path: Path, content: bytes) -> Path:
        if "hour=11" in path.as_posix():
            raise OSError(28, "No space left on device")
        return really(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(layout, "write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            made.write(lake_dir, "gzip")
    assert [path for path in lake_dir.rglob("*") if path.is_file()] == []
    manifest = made.write(lake_dir, "gzip")
    assert manifest is not None
    assert (manifest.rows, read(lake_dir).height) == (3, 2)


def test_a_consumer_goes_on_where_the_lake_ends(lake_dir: Path) -> None:
    assert next_hole(lake_dir, ORIGIN, 5, 9) == Hole(5)
    batch(5, play("a"), play("b")).write(lake_dir, "gzip")
    assert next_hole(lake_dir, ORIGIN, 0, 9) == Hole(7)
    assert next_hole(lake_dir, ORIGIN, 8, 9) == Hole(8, lost_before=7)
    with pytest.raises(OffsetsGoneError, match="partition 3: the lake has messages until offset 7"):
        next_hole(lake_dir, ORIGIN, 0, 6)


def test_what_the_lake_lost_is_found(lake_dir: Path) -> None:
    for start in (0, 2, 4, 6):
        batch(start, play("a"), play("b")).write(lake_dir, "gzip")
    assert holes(lake_dir, ORIGIN, 0, 0) == [Hole(8)]
    next(lake_dir.rglob("kafka~*~2-4~*")).unlink()
    batches.manifest_path(lake_dir, ORIGIN, 0).unlink()
    assert holes(lake_dir, ORIGIN, 0, 3) == [Hole(2, 4), Hole(8)]
    assert holes(lake_dir, ORIGIN, 1, 0) == [Hole(1, 4), Hole(8)]


def test_what_is_left_of_a_batch_stays_where_the_topic_has_not_all_of_it(lake_dir: Path) -> None:
    batch(0, play("a"), play("b", 11), play("c", 11)).write(lake_dir, "gzip")
    next(lake_dir.rglob("hour=10/kafka~*")).unlink()
    assert holes(lake_dir, ORIGIN, 1, 0) == [Hole(3)]
    assert read(lake_dir)["user_id"].to_list() == ["b", "c"]
    assert holes(lake_dir, ORIGIN, 0, 0) == [Hole(0)]
    assert read(lake_dir).is_empty()


def test_offsets_without_a_message_are_covered(lake_dir: Path) -> None:
    opened = batch(0)
    opened.end = 4
    manifest = opened.write(lake_dir, "gzip")
    assert manifest is not None
    assert manifest.files == ()
    assert next_hole(lake_dir, ORIGIN, 0, 4) == Hole(4)
    assert holes(lake_dir, ORIGIN, 0, 0) == [Hole(4)]


def test_only_what_lost_its_place_is_removed(lake_dir: Path) -> None:
    batch(0, play("a")).write(lake_dir, "gzip")
    hour = events_dir(lake_dir, DAY) / "hour=10"
    lost, young = (hour / str(BatchName(ORIGIN, 0, 9, who)) for who in ("lost", "young"))
    other = hour / str(BatchName(Origin("listening", "Topic-Id_1", 4), 0, 9, "other"))
    for path in (lost, young, other):
        path.write_bytes(b"")
    for path in (lost, other):
        os.utime(path, (0, 0))
    assert batches.remove_unfinished(lake_dir, {ORIGIN}) == 1
    assert not lost.exists()
    assert young.exists() and other.exists()
    assert batches.remove_unfinished(lake_dir) == 1
    assert read(lake_dir).height == 1


def test_a_file_that_lost_a_line_is_named(lake_dir: Path) -> None:
    batch(0, play("a"), play("b")).write(lake_dir, "gzip")
    path = next(lake_dir.rglob("kafka~*"))
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="the compressed file is empty"):
        read(lake_dir)
    other = batch(0, play("a"), origin=Origin("listening", "other", 0)).write(lake_dir, "gzip")
    assert other is not None
    path.write_bytes((lake_dir / other.files[0].path).read_bytes())
    with pytest.raises(SourceError, match="has 1 lines, its manifest says 2"):
        read(lake_dir)


def test_a_damaged_manifest_is_named(lake_dir: Path) -> None:
    batch(0, play("a")).write(lake_dir, "gzip")
    where = batches.manifest_path(lake_dir, ORIGIN, 0)
    where.unlink()
    where.write_text("{}")
    with pytest.raises(ValueError, match="no manifest of a batch"):
        read(lake_dir)


@given(
    st.from_regex(r"[A-Za-z0-9._-]{1,30}", fullmatch=True),
    st.integers(0, 10**6),
    st.integers(0, 2**62),
    st.booleans(),
    st.sampled_from([".jsonl.gz", ".jsonl.zst"]),
)
def test_names_are_read_as_they_are_written(
    topic: str, partition: int, start: int, refused: bool, suffix: str
) -> None:
    name = BatchName(Origin(topic, "a_-b", partition), start, start + 1, "w", refused=refused, suffix=suffix)
    assert BatchName.parse(str(name)) == name


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.booleans()), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_writers_that_race_leave_every_offset_once(
    tmp_path_factory: pytest.TempPathFactory, attempts: list[tuple[int, int, bool]]
) -> None:
    lake_dir = tmp_path_factory.mktemp("lake")
    stale: list[OpenBatch] = []
    for _, length, is_slow in attempts:
        start = next_hole(lake_dir, ORIGIN, 0, 10**9).start
        made = batch(start, *(play(f"u{start + n}") for n in range(length)))
        if is_slow:
            stale.append(made)
        else:
            made.write(lake_dir, "gzip")
            for late in stale:
                late.write(lake_dir, "gzip")
            stale.clear()
    end = next_hole(lake_dir, ORIGIN, 0, 10**9).start
    assert read(lake_dir)["source_row"].sort().to_list() == list(range(1, end + 1))
    found: list[Manifest] = list(batches.manifests(lake_dir, ORIGIN))
    assert [each.start for each in found] == [0, *(each.end for each in found)][: len(found)]
