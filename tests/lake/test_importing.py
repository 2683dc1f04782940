"""Importing what a person hands in: each file to its place, told what came of it, and once."""

import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from spotify_assets.lake import importing, layout
from spotify_assets.lake.importing import (
    Handed,
    ImportOptions,
    Outcome,
    import_path,
    import_paths,
    try_path,
)
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.lake.records import known_marks, mark_of
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.kinds import Kind
from tests.lake.events import contents
from tests.lake.exports import account_row, plays, write_json, write_zip
from tests.sources.files import tracks_dataset_row, write_csv

START = datetime(2021, 5, 1, 8)  # noqa: DTZ001
ANNA = ImportOptions("anna", date(2026, 11, 20))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def do(path: Path, lake: Path, options: ImportOptions = ANNA) -> list[Handed]:
    return list(import_path(path, lake, options))


def outcomes(handed: list[Handed]) -> dict[str, Outcome]:
    return {file.name: file.outcome for each in handed for file in each.files}


def test_a_history_is_landed_for_the_listener(lake, tmp_path):
    [handed] = do(write_json(tmp_path / "endsong_0.json", plays(START, 200)), lake)
    [file] = handed.files
    assert (file.outcome, file.kind) == (Outcome.LANDED, Kind.EXTENDED_HISTORY)
    assert file.receipt is not None
    assert (file.receipt.rows_in, file.receipt.loaded, file.receipt.user_id) == (200, 200, "anna")
    assert read_receipts(lake) == [file.receipt]


def test_a_zip_with_all_that_exports_hold(lake, tmp_path):
    rows = plays(START, 30)
    path = write_zip(
        tmp_path / "my_spotify_data.zip",
        {
            "MyData/": b"",
            "MyData/Streaming_History_Audio_2021_0.json": rows,
            "MyData/StreamingHistory_music_0.json": [account_row(row) for row in rows],
            "MyData/ReadMeFirst.pdf": b"%PDF-1.4 planted",
            "MyData/Userdata.json": b'{"username": "planted", "email": "a@b.c", "country": "DE"}',
            "../outside.json": rows,
        },
    )
    found = outcomes(do(path, lake))
    assert found.pop("my_spotify_data.zip/MyData/Streaming_History_Audio_2021_0.json") is Outcome.LANDED
    assert found.pop("my_spotify_data.zip/MyData/StreamingHistory_music_0.json") is Outcome.LANDED
    assert found.pop("my_spotify_data.zip/MyData/ReadMeFirst.pdf") is Outcome.NOT_DATA
    assert found.pop("my_spotify_data.zip/MyData/Userdata.json") is Outcome.NOT_DATA
    [(name, outcome)] = found.items()
    assert "outside.json" in name
    assert outcome is Outcome.REFUSED
    assert not (tmp_path / "outside.json").exists()


def test_a_folder_with_a_catalogue_and_a_link(lake, tmp_path):
    folder = tmp_path / "drop"
    write_json(folder / "a" / "history.json", plays(START, 3))
    write_csv(folder / "tracks.csv", [tracks_dataset_row(1)])
    (folder / "link.json").symlink_to(folder / "a" / "history.json")
    assert list(outcomes(do(folder, lake)).values()) == [Outcome.LANDED, Outcome.REFUSED, Outcome.LANDED]
    kinds = {receipt.kind.split(":")[0]: receipt for receipt in read_receipts(lake)}
    assert kinds["catalogue"].snapshot_date == date(2026, 11, 20)
    assert kinds["catalogue"].user_id is None


def test_what_is_unknown_and_what_is_missing(lake, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk")
    [handed] = do(path, lake)
    assert handed.is_unknown
    assert handed.files[0].outcome is Outcome.UNKNOWN
    assert path.exists()
    with pytest.raises(SourceError, match="no such file"):
        do(tmp_path / "nothing.json", lake)


def test_handing_in_the_same_again_changes_nothing(lake, tmp_path):
    rows = plays(START, 30)
    zipped = write_zip(tmp_path / "a.zip", {"endsong_0.json": rows, "read.pdf": b"%PDF-1.4"})
    do(zipped, lake)
    before = contents(lake)
    renamed = tmp_path / "b.zip"
    renamed.write_bytes(zipped.read_bytes())

    assert set(outcomes(do(zipped, lake)).values()) == {Outcome.LANDED_BEFORE, Outcome.NOT_DATA}
    assert contents(lake) == before
    assert Outcome.LANDED not in outcomes(do(renamed, lake)).values()
    loose = write_json(tmp_path / "endsong_0.json", rows)
    assert list(outcomes(do(loose, lake)).values()) == [Outcome.LANDED_BEFORE]
    data = {name: content for name, content in contents(lake).items() if "_imports" not in name}
    assert data == {name: content for name, content in before.items() if "_imports" not in name}


def test_the_second_time_the_bytes_are_not_read_apart(lake, tmp_path, monkeypatch):
    path = write_zip(tmp_path / "a.zip", {"endsong_0.json": plays(START, 30)})
    do(path, lake)
    monkeypatch.setattr(importing, "recognise", lambda file: pytest.fail("it was read again"))
    assert list(outcomes(do(path, lake)).values()) == [Outcome.LANDED_BEFORE]


def test_a_landing_that_was_lost_is_made_good(lake, tmp_path):
    path = write_json(tmp_path / "endsong_0.json", plays(START, 30))
    do(path, lake)
    [receipt] = read_receipts(lake)
    (lake / receipt.landed_files[0]).unlink()
    assert list(outcomes(do(path, lake)).values()) == [Outcome.LANDED]
    assert (lake / receipt.landed_files[0]).exists()


def test_the_same_history_for_another_listener_is_refused(lake, tmp_path):
    path = write_json(tmp_path / "endsong_0.json", plays(START, 3))
    do(path, lake)
    [handed] = do(path, lake, ImportOptions("ben", ANNA.today))
    assert handed.files[0].outcome is Outcome.REFUSED
    assert "imported for listener anna" in handed.files[0].words


def test_only_what_was_asked_for(lake, tmp_path):
    path = write_json(tmp_path / "endsong_0.json", plays(START, 3))
    [handed] = do(path, lake, ImportOptions("anna", ANNA.today, only=frozenset({Kind.CATALOGUE})))
    assert handed.files[0].outcome is Outcome.REFUSED
    assert read_receipts(lake) == []
    assert list(outcomes(do(path, lake)).values()) == [Outcome.LANDED]


def test_events_of_our_own_keep_their_listeners(lake, tmp_path):
    rows = [
        {
            "event_id": f"e{n}", "user_id": user, "started_at": "2025-03-01T12:00:00", "action": "play",
            "ended_at": "2025-03-01T12:03:00", "event_date": "2025-03-01", "ms_played": 180_000,
            "source": "stream", "content_type": "music",
        }
        for n, user in enumerate(("ben", "cleo"))
    ]  # fmt: skip
    path = tmp_path / "events.ndjson"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    [handed] = do(path, lake)
    assert handed.files[0].kind is Kind.EVENTS
    receipt = handed.files[0].receipt
    assert receipt is not None
    assert (receipt.loaded, receipt.user_id) == (2, None)
    [again] = do(path, lake, ImportOptions("somebody-else", ANNA.today))
    assert again.files[0].outcome is Outcome.LANDED_BEFORE


class TestTrying:
    def test_it_tells_the_receipt_and_writes_nothing(self, lake, tmp_path):
        path = write_json(tmp_path / "endsong_0.json", [*plays(START, 3), {"ts": "never", "ms_played": 1}])
        [tried] = try_path(path, lake, ANNA)
        receipt = tried.files[0].receipt
        assert receipt is not None
        assert (receipt.rows_in, receipt.loaded, sum(receipt.rejected.values())) == (4, 3, 1)
        assert not lake.exists()

    def test_it_knows_what_was_landed(self, lake, tmp_path):
        path = write_json(tmp_path / "endsong_0.json", plays(START, 3))
        tracks = write_csv(tmp_path / "tracks.csv", [tracks_dataset_row(1)])
        do(path, lake)
        do(tracks, lake)
        before = contents(lake)
        for file in (path, tracks):
            [tried] = try_path(file, lake, ANNA)
            assert tried.files[0].outcome is Outcome.LANDED_BEFORE
        assert contents(lake) == before


def test_no_path_of_the_machine_is_stored(lake, tmp_path):
    do(write_json(tmp_path / "in" / "endsong_0.json", plays(START, 3)), lake)
    assert not [name for name, content in contents(lake).items() if str(tmp_path).encode() in content]


def test_a_file_that_changed_has_another_mark(lake, tmp_path):
    path = write_json(tmp_path / "endsong_0.json", plays(START, 3))
    do(path, lake)
    assert mark_of(path) in known_marks(lake)
    write_json(path, plays(START, 4))
    assert mark_of(path) not in known_marks(lake)


@pytest.mark.slow
def test_an_import_that_is_killed_leaves_no_row_to_read_and_can_be_repeated(lake, tmp_path):
    path = write_json(tmp_path / "endsong_0.json", plays(START, 400))
    script = (
        "import os, sys\n"
        "from datetime import date\n"
        "from pathlib import Path\n"
        "from spotify_assets.lake import layout\n"
        "from spotify_assets.lake.importing import ImportOptions, import_path\n"
        "layout.write_bytes = lambda *_: os._exit(9)\n"
        "list(import_path(Path(sys.argv[1]), Path(sys.argv[2]), ImportOptions('anna', date(2026, 11, 20))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(lake)], check=False, env=dict(os.environ)
    )
    assert done.returncode == 9
    assert read_receipts(lake) == []
    from spotify_assets.lake.events import EventLake
    from spotify_assets.rows.window import Window

    everything = Window(date(2021, 1, 1), date(2022, 1, 1))
    assert EventLake(lake).read(everything).rows_in == 0
    do(path, lake)
    assert EventLake(lake).read(everything).rows_in == 400
    assert not list(lake.glob(".landing-*"))


class TestSideBySide:
    """Files are landed two at a time; nobody is to see it but by the clock."""

    def test_of_the_same_bytes_twice_the_first_is_what_lands(self, lake, tmp_path):
        large, small = plays(START, 3_000), plays(START, 3)
        members = {
            "a/endsong_0.json": large,
            "b/again.json": large,
            "c/endsong_1.json": small,
            "d/again.json": small,
            "e/once more.json": large,
        }
        path = write_zip(
            tmp_path / "export.zip", {name: json.dumps(rows).encode() for name, rows in members.items()}
        )
        [handed] = do(path, lake)
        assert [file.outcome for file in handed.files] == [
            Outcome.LANDED,
            Outcome.LANDED_BEFORE,
            Outcome.LANDED,
            Outcome.LANDED_BEFORE,
            Outcome.LANDED_BEFORE,
        ]
        receipts = {receipt.input_file: receipt.rows_in for receipt in read_receipts(lake)}
        assert receipts == {"export.zip/a/endsong_0.json": 3_000, "export.zip/c/endsong_1.json": 3}

    @pytest.mark.slow
    def test_files_of_a_folder_are_told_in_the_order_of_their_names(self, lake, tmp_path):
        sizes = {f"{n:02d}.json": (2_000 if n % 3 == 0 else 2) + n for n in range(12)}
        for name, size in sizes.items():
            write_json(tmp_path / "in" / name, plays(START, size))
        (tmp_path / "in" / "05b.pdf").write_bytes(b"%PDF-1.4")
        handed = do(tmp_path / "in", lake)
        assert [each.path.name for each in handed] == sorted([*sizes, "05b.pdf"])
        rows = [file.receipt.rows_in for each in handed for file in each.files if file.receipt]
        assert rows == list(sizes.values())
        assert len(known_marks(lake)) == 13

    def test_a_disk_that_fails_ends_the_import_with_whole_files_only(self, lake, tmp_path, monkeypatch):
        for n in range(6):
            write_json(tmp_path / "in" / f"{n}.json", plays(START, 300 + n))
        written = layout.write_bytes

        def fails_at_one(path: Path, content: bytes) -> Path:
            if b'"rows_in": 302' in content:
                raise OSError(28, "No space left on device")
            return written(path, content)

        monkeypatch.setattr(layout, "write_bytes", fails_at_one)
        with pytest.raises(OSError, match="No space left"):
            do(tmp_path / "in", lake)
        receipts = read_receipts(lake)
        assert 302 not in {receipt.rows_in for receipt in receipts}
        assert {receipt.rows_in for receipt in receipts} >= {300, 301}
        files = {path.relative_to(lake).as_posix() for path in lake.glob("listening_events/*/*.parquet")}
        assert files == {file for receipt in receipts for file in receipt.landed_files}
        monkeypatch.undo()
        do(tmp_path / "in", lake)
        assert sorted(receipt.rows_in for receipt in read_receipts(lake)) == [*range(300, 306)]

    def test_an_import_that_nobody_waits_for_stops(self, lake, tmp_path):
        for n in range(8):
            write_json(tmp_path / "in" / f"{n}.json", plays(START, 200 + n))
        begun = import_path(tmp_path / "in", lake, ANNA)
        next(begun)
        del begun  # which closes it
        receipts = read_receipts(lake)
        assert 1 <= len(receipts) < 8
        files = {path.relative_to(lake).as_posix() for path in lake.glob("listening_events/*/*.parquet")}
        assert files == {file for receipt in receipts for file in receipt.landed_files}
        assert not list(lake.glob(".landing-*"))

    def test_several_things_are_handed_in_together_or_not_at_all(self, lake, tmp_path):
        first = write_json(tmp_path / "endsong_0.json", plays(START, 30))
        second = write_zip(tmp_path / "b.zip", {"x.json": json.dumps(plays(START, 31)).encode()})
        with pytest.raises(SourceError, match="there is no such file"):
            list(import_paths([first, tmp_path / "gone.json", second], lake, ANNA))
        assert read_receipts(lake) == []
        handed = list(import_paths([first, second], lake, ANNA))
        assert [each.path for each in handed] == [first, second]
        assert {receipt.rows_in for receipt in read_receipts(lake)} == {30, 31}
