"""Undoing an import: nothing of it is left in the lake, everything of others is, and it stays out."""

import fcntl
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.lake import layout, undoing
from spotify_assets.lake.due import owe, owed
from spotify_assets.lake.erasing import erase_from_lake
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.importing import ImportOptions, Outcome, import_path
from spotify_assets.lake.inbox import import_inbox, pending
from spotify_assets.lake.kept_out import Why, keep_out, why_kept_out
from spotify_assets.lake.receipts import read_receipts, read_undone, rejected_path
from spotify_assets.lake.undoing import choose, undo_in_lake
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from tests.lake.events import contents
from tests.lake.exports import plays, write_json, write_zip
from tests.sources.files import tracks_dataset_row, write_csv

JANUARY, FEBRUARY = datetime(2021, 1, 20, 8), datetime(2021, 2, 5, 8)  # noqa: DTZ001
EVERYTHING = Window(date(2021, 1, 1), date(2022, 1, 1))
TODAY = date(2026, 11, 20)
REFUSED = {"ts": "never", "ms_played": 1}


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    made = make_settings()
    made.inbox_dir.mkdir(parents=True)
    return made


def hand_in(settings: Settings, path: Path, user: str = "anna", **options: object) -> list[Outcome]:
    handed = import_path(path, settings.lake_dir, ImportOptions(user, TODAY, **options))  # type: ignore[arg-type]
    return [file.outcome for each in handed for file in each.files]


def undo(settings: Settings, *words: str) -> date | None:
    return undo_in_lake(settings.lake_dir, choose(settings.lake_dir, words).receipts)


def read(settings: Settings) -> tuple[int, int]:
    """Rows and refused rows that a run would read."""
    found = EventLake(settings.lake_dir).read(EVERYTHING)
    return found.rows.height, found.rejected.height


def data_of(settings: Settings) -> set[str]:
    """The data files of the lake, refused rows and receipts among them."""
    notes = ("_undone", "_kept_out", "_imports", "_due")
    return {name for name in contents(settings.lake_dir) if not name.startswith(notes)}


def test_one_import_leaves_and_the_others_stay_as_they_are(settings: Settings, tmp_path: Path):
    hand_in(settings, write_json(tmp_path / "bert.json", plays(FEBRUARY, 5)), "bert")
    before = contents(settings.lake_dir)
    hand_in(settings, write_json(tmp_path / "anna.json", [*plays(JANUARY, 100), REFUSED]))
    assert read(settings) == (105, 1)

    assert undo(settings, "anna.json") == JANUARY.date()

    assert read(settings) == (5, 0)
    assert data_of(settings) == {name for name in before if not name.startswith("_imports")}
    assert {name: contents(settings.lake_dir)[name] for name in before} == before
    assert not (settings.lake_dir / layout.EVENTS / "month=2021-01").exists()
    [undone] = read_undone(settings.lake_dir)
    assert (undone.receipt.input_file, undone.receipt.rows_in) == ("anna.json", 101)
    assert [due.first for due in owed(settings.lake_dir)] == [JANUARY.date()]


def test_the_same_file_by_its_path_is_imported_anew(settings: Settings, tmp_path: Path):
    path = write_json(tmp_path / "anna.json", [*plays(JANUARY, 3), REFUSED])
    hand_in(settings, path)
    undo(settings, "anna.json")
    assert hand_in(settings, path) == [Outcome.LANDED]
    assert read(settings) == (3, 1)
    assert read_undone(settings.lake_dir) == []
    assert hand_in(settings, path) == [Outcome.LANDED_BEFORE]
    undo(settings, "anna.json")
    assert read(settings) == (0, 0)


@pytest.mark.parametrize("word", ["id", "prefix", "name", "path"])
def test_an_import_is_called_by_its_receipt_or_its_file(settings: Settings, tmp_path: Path, word: str):
    path = write_json(tmp_path / "anna.json", plays(JANUARY, 3))
    hand_in(settings, path)
    hand_in(settings, write_json(tmp_path / "bert.json", plays(JANUARY, 4)), "bert")
    [receipt] = [each for each in read_receipts(settings.lake_dir) if each.user_id == "anna"]
    called = {"id": receipt.receipt_id, "prefix": receipt.receipt_id[:12], "name": path.name}
    assert choose(settings.lake_dir, [called.get(word, str(path))]).receipts == (receipt,)


def test_a_name_of_several_is_refused_and_names_them(settings: Settings, tmp_path: Path):
    for user, count in (("anna", 2), ("bert", 3)):
        hand_in(settings, write_json(tmp_path / user / "endsong_0.json", plays(JANUARY, count)), user)
    ids = [receipt.receipt_id for receipt in read_receipts(settings.lake_dir)]
    with pytest.raises(ValueError, match="any of 2 imports") as told:
        choose(settings.lake_dir, ["endsong_0.json"])
    assert all(each in str(told.value) for each in ids)
    with pytest.raises(ValueError, match="any of 2 imports"):
        choose(settings.lake_dir, ["events-"])


@pytest.mark.parametrize("word", ["nothing.json", "", " ", "/"])
def test_what_nobody_imported_is_one_line(settings: Settings, tmp_path: Path, word: str):
    hand_in(settings, write_json(tmp_path / "anna.json", plays(JANUARY, 2)))
    with pytest.raises(ValueError, match="see spotify-assets receipt"):
        choose(settings.lake_dir, [word])


def test_the_name_of_a_zip_stands_for_all_that_it_brought(settings: Settings, tmp_path: Path):
    members = {f"Streaming_History_Audio_{n}.json": plays(JANUARY, n + 2) for n in range(3)}
    path = write_zip(tmp_path / "my_spotify_data.zip", members)
    hand_in(settings, path)
    hand_in(settings, write_json(tmp_path / "other.json", plays(FEBRUARY, 1)))
    undo(settings, "my_spotify_data.zip")
    assert read(settings) == (1, 0)
    assert hand_in(settings, path) == [Outcome.LANDED] * 3


def test_two_zips_of_one_name_are_not_one_import(settings: Settings, tmp_path: Path):
    for user in ("anna", "bert"):
        rows = plays(JANUARY, len(user) if user == "anna" else 9)
        write_zip(tmp_path / user / "data.zip", {"a.json": rows, "b.json": rows[1:]})
        hand_in(settings, tmp_path / user / "data.zip", user)
    with pytest.raises(ValueError, match="any of 4 imports"):
        choose(settings.lake_dir, ["data.zip"])


def test_what_was_undone_before_is_told_and_changes_nothing(settings: Settings, tmp_path: Path):
    hand_in(settings, write_json(tmp_path / "anna.json", plays(JANUARY, 2)))
    undo(settings, "anna.json")
    before = contents(settings.lake_dir)
    chosen = choose(settings.lake_dir, ["anna.json"])
    assert chosen.receipts == ()
    assert [each.receipt.input_file for each in chosen.before] == ["anna.json"]
    assert undo_in_lake(settings.lake_dir, chosen.receipts) is None
    assert contents(settings.lake_dir) == before


def test_while_an_import_is_under_way_nothing_is_undone(settings: Settings, tmp_path: Path):
    hand_in(settings, write_json(tmp_path / "anna.json", plays(JANUARY, 2)))
    before = contents(settings.lake_dir)
    with (settings.lake_dir / ".importing").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="an import is under way"):
            undo(settings, "anna.json")
    assert contents(settings.lake_dir) == before


class Killed(BaseException):
    """As if the process were killed."""


@pytest.mark.parametrize("moment", range(8))
@pytest.mark.parametrize("kind", ["events", "catalogue"])
def test_killed_at_any_moment_it_is_finished_by_doing_it_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int, kind: str
):
    path = write_json(tmp_path / "in.json", [*plays(JANUARY, 100), REFUSED])
    if kind == "catalogue":
        path = write_csv(tmp_path / "in.csv", [tracks_dataset_row(n) for n in range(3)])
    hand_in(settings, path, snapshot_date=TODAY)
    [receipt] = read_receipts(settings.lake_dir)
    steps = iter(range(100))

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: object, **named: object) -> Any:
            if next(steps) == moment:
                raise Killed
            return act(*arguments, **named)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dying(Path.unlink))
        patch.setattr(undoing, "keep_out", dying(keep_out))
        patch.setattr(undoing, "owe", dying(owe))
        try:
            undo(settings, receipt.receipt_id)
        except Killed:
            assert kind == "catalogue" or read(settings) in ((100, 1), (0, 0))
    undo(settings, receipt.receipt_id)

    assert data_of(settings) == set()
    assert len(read_undone(settings.lake_dir)) == 1
    assert owed(settings.lake_dir)
    assert why_kept_out(settings.lake_dir, receipt.input_sha256) is Why.UNDONE


def touched(path: Path) -> None:
    os.utime(path, (1, 1))


def copied(path: Path) -> None:
    shutil.copyfile(path, path.with_name("copy of it.json"))


def renamed(path: Path) -> None:
    path.rename(path.with_name("renamed.json"))


def moved_to_another(path: Path) -> None:
    (path.parent.parent / "carl").mkdir()
    path.rename(path.parent.parent / "carl" / path.name)


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_STORED) as archive:
        archive.write(path, "somewhere/else.json")
    path.unlink()


CHANGES = [touched, copied, renamed, moved_to_another, zipped]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_undone_does_not_come_back_from_the_inbox_by_itself(settings: Settings, change):
    path = write_json(settings.inbox_dir / "bert" / "endsong_0.json", plays(JANUARY, 3))
    list(import_inbox(settings, ImportOptions("me", TODAY)))
    undo(settings, "endsong_0.json")
    assert pending(settings) == []
    change(path)
    assert_stays_out(settings, Why.UNDONE)
    [named] = [path for path in settings.inbox_dir.rglob("*") if path.is_file()][-1:]
    assert hand_in(settings, named, "bert") == [Outcome.LANDED]
    assert read(settings) == (3, 0)


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_erased_does_not_come_back_from_the_inbox(settings: Settings, change):
    path = write_json(settings.inbox_dir / "bert" / "endsong_0.json", plays(JANUARY, 3))
    list(import_inbox(settings, ImportOptions("me", TODAY)))
    erase_from_lake(settings, "bert")
    change(path)
    assert_stays_out(settings, Why.ERASED)
    [named] = [path for path in settings.inbox_dir.rglob("*") if path.is_file()][-1:]
    assert hand_in(settings, named, "bert") == [Outcome.KEPT_OUT]
    assert hand_in(settings, named, "bert", lets_in=frozenset(Why)) == [Outcome.LANDED]
    assert hand_in(settings, named, "bert") == [Outcome.LANDED_BEFORE]


def test_a_moved_data_folder_brings_nobody_back(settings: Settings, make_settings, tmp_path: Path):
    write_json(settings.inbox_dir / "bert" / "endsong_0.json", plays(JANUARY, 3))
    write_zip(
        settings.inbox_dir / "bert" / "all.zip", {"endsong_1.json": plays(JANUARY, 5), "ReadMe.pdf": b"%PDF"}
    )
    write_json(settings.inbox_dir / "anna" / "endsong_0.json", plays(JANUARY, 4))
    list(import_inbox(settings, ImportOptions("me", TODAY)))
    erase_from_lake(settings, "bert")
    shutil.move(settings.data_dir, tmp_path / "elsewhere")
    moved = make_settings(data_dir=tmp_path / "elsewhere")
    handed = list(import_inbox(moved, ImportOptions("me", TODAY)))
    assert sorted(file.outcome for each in handed for file in each.files) == [
        Outcome.KEPT_OUT,
        Outcome.KEPT_OUT,
        Outcome.LANDED_BEFORE,
        Outcome.NOT_DATA,
    ]
    assert read(moved) == (4, 0)
    assert pending(moved) == []
    assert all(each.path.exists() for each in handed)


def assert_stays_out(settings: Settings, why: Why) -> None:
    """Nothing lands however often the inbox is imported, nothing is moved, and it is told once."""
    before = contents(settings.inbox_dir)
    handed = list(import_inbox(settings, ImportOptions("me", TODAY)))
    assert {file.kept_out for each in handed for file in each.files} == {why}
    assert contents(settings.inbox_dir) == before
    assert pending(settings) == []
    assert list(import_inbox(settings, ImportOptions("me", TODAY))) == []
    assert read(settings) == (0, 0)
    assert read_receipts(settings.lake_dir) == []


def test_new_plays_of_an_erased_listener_are_another_content(settings: Settings):
    path = write_json(settings.inbox_dir / "bert" / "endsong_0.json", plays(JANUARY, 3))
    list(import_inbox(settings, ImportOptions("me", TODAY)))
    erase_from_lake(settings, "bert")
    write_json(path, plays(JANUARY, 4))
    [handed] = import_inbox(settings, ImportOptions("me", TODAY))
    assert handed.files[0].outcome is Outcome.LANDED


def test_what_is_kept_of_an_erased_listener_tells_nothing(settings: Settings, tmp_path: Path):
    name = "bert-of-the-hill"
    path = write_json(settings.inbox_dir / name / f"{name}.json", plays(JANUARY, 3))
    undone = write_json(tmp_path / f"{name}-undone.json", plays(JANUARY, 5))
    list(import_inbox(settings, ImportOptions("me", TODAY)))
    hand_in(settings, undone, name)
    digest = next((settings.lake_dir / "_imports").iterdir()).stem.split("-")[1]
    undo(settings, undone.name)
    erase_from_lake(settings, name)
    touched(path)
    list(import_inbox(settings, ImportOptions("me", TODAY)))
    everything = "\n".join(f"{file}\n{content!r}" for file, content in contents(settings.lake_dir).items())
    assert name not in everything
    assert digest not in everything
    assert hand_in(settings, undone, name) == [Outcome.KEPT_OUT]


def test_a_catalogue_is_undone_and_the_days_before_the_earliest_with_it(settings: Settings, tmp_path: Path):
    hand_in(settings, write_json(tmp_path / "anna.json", plays(JANUARY, 3)))
    for day, count in ((date(2021, 3, 1), 2), (date(2021, 4, 1), 3)):
        path = write_csv(tmp_path / f"{day}.csv", [tracks_dataset_row(n) for n in range(count)])
        hand_in(settings, path, snapshot_date=day)
    assert undo(settings, "2021-04-01.csv") == date(2021, 4, 1)
    assert layout.landed_snapshots(settings.lake_dir) == [date(2021, 3, 1)]
    assert undo(settings, "2021-03-01.csv") == JANUARY.date()
    assert layout.landed_snapshots(settings.lake_dir) == []
    assert hand_in(settings, tmp_path / "2021-03-01.csv", snapshot_date=date(2021, 3, 1)) == [Outcome.LANDED]


def test_refused_rows_leave_with_their_import(settings: Settings, tmp_path: Path):
    hand_in(settings, write_json(tmp_path / "a.json", [REFUSED, REFUSED, *plays(FEBRUARY, 1)]))
    [receipt] = read_receipts(settings.lake_dir)
    assert rejected_path(settings.lake_dir, receipt.receipt_id).exists()
    undo(settings, receipt.receipt_id)
    assert read(settings) == (0, 0)
    assert not rejected_path(settings.lake_dir, receipt.receipt_id).exists()
