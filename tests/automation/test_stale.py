"""What tables hold that the lake has no longer, and what the lake has that they lack."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from spotify_assets.automation.stale import Stale, noted, stale
from spotify_assets.lake import layout
from spotify_assets.lake.due import owe, owed, settle
from spotify_assets.lake.importing import ImportOptions, import_path
from spotify_assets.lake.receipts import as_found, read_receipts
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.pruning import prune
from tests.automation.raw_tables import load
from tests.lake.events import event_rows
from tests.lake.exports import account_row, plays, write_json
from tests.lake.test_redating import offline
from tests.sources.files import tracks_dataset_row, write_csv
from tests.stream.made import batch

TODAY = date(2026, 11, 20)
JANUARY, FEBRUARY, MARCH = (datetime(2024, month, 20, 8) for month in (1, 2, 3))  # noqa: DTZ001
DAY = date(2024, 3, 25)


@pytest.fixture
def settings(loaded: Path, make_settings: Callable[..., Settings]) -> Settings:
    """A copy of the loaded folder, to be changed."""
    made = make_settings()
    shutil.copytree(loaded, made.data_dir)
    return made


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imports of January to March, a catalogue and a producer's day, all of them in the raw tables."""
    handed_in = tmp_path_factory.mktemp("handed_in")
    made = Settings(data_dir=tmp_path_factory.mktemp("loaded"), _env_file=None)
    for number, start in enumerate((JANUARY, FEBRUARY, MARCH)):
        path = write_json(handed_in / f"{number}.json", plays(start, 5))
        list(import_path(path, made.lake_dir, ImportOptions("anna", TODAY)))
    catalogue = write_csv(handed_in / "tracks.csv", [tracks_dataset_row(1)])
    list(import_path(catalogue, made.lake_dir, ImportOptions("anna", TODAY, date(2024, 2, 1))))
    folder = layout.events_dir(made.lake_dir, DAY)
    for name in ("own name", "another"):
        moment = datetime(2024, 3, 25, 5)  # noqa: DTZ001
        rows = event_rows([moment], user=name).with_columns(source_file=event_rows([moment])["user_id"])
        layout.write_parquet(folder / f"{name}.parquet", rows.with_columns(source_file=rows["user_id"]))
    layout.write_bytes(
        folder / "text.csv",
        b"event_id,user_id,started_at,ended_at,event_date,action,ms_played,source,content_type\n"
        b"t1,carl,2024-03-25T07:00:00,2024-03-25T07:03:00,2024-03-25,play,180000,stream,music\n",
    )
    batch(0, b'{"user_id": "dora", "ended_at": "2024-03-25T08:00:00Z"}').write(made.lake_dir, "gzip")
    load(made)
    return made.data_dir


def of_month(settings: Settings, month: str) -> Path:
    [file] = (settings.lake_dir / layout.EVENTS / f"month={month}").iterdir()
    return file


def agrees(found: Stale) -> bool:
    return not found.gone and not found.new and found.window is None and not found.changed


def test_tables_that_tell_what_the_lake_has_are_not_stale(settings: Settings):
    found = stale(settings)
    assert agrees(found)
    assert found.words is None
    assert found.held == found.landed
    assert found.everything == Window(date(2024, 1, 20), date(2024, 3, 26))


def test_the_warehouse_is_opened_once(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    opened: list[Path] = []
    reader = Database.reader

    def counted(self: Database):
        opened.append(self.path)
        return reader(self)

    monkeypatch.setattr(Database, "reader", counted)
    stale(settings)
    assert opened == [settings.warehouse_path]


def delete_file(settings: Settings) -> None:
    of_month(settings, "2024-02").unlink()


def delete_month(settings: Settings) -> None:
    shutil.rmtree(of_month(settings, "2024-02").parent)


def delete_receipt(settings: Settings) -> None:
    layout.receipt_path(settings.lake_dir, of_month(settings, "2024-02").stem).unlink()


@pytest.mark.parametrize("delete", [delete_file, delete_month, delete_receipt])
def test_a_month_that_somebody_deleted_leaves_with_all_that_comes_after(settings: Settings, delete):
    delete(settings)
    found = stale(settings)
    assert {day.month for day in found.gone} == {2}
    assert found.window == Window(min(found.gone) - timedelta(days=1), date(2024, 3, 26))
    assert "Files of 2024-02-20 to 2024-02-21" in str(found.words)
    load(settings)
    assert agrees(stale(settings))


@pytest.mark.parametrize("name", ["own name.parquet", "another.parquet", "text.csv"])
def test_one_of_a_producers_files_of_a_date(settings: Settings, name: str):
    (layout.events_dir(settings.lake_dir, DAY) / name).unlink()
    assert stale(settings).gone == {DAY}


@pytest.mark.parametrize("name", ["kafka~*", "_kafka/*/*/*/*.json"])
def test_a_batch_of_a_stream(settings: Settings, name: str):
    [gone] = settings.lake_dir.rglob(name)
    gone.unlink()
    assert stale(settings).gone == {DAY}


@pytest.mark.slow
def test_the_folder_of_a_producers_date(settings: Settings):
    shutil.rmtree(layout.events_dir(settings.lake_dir, DAY))
    assert stale(settings).gone == {DAY}
    load(settings)
    assert agrees(stale(settings))


def test_the_earliest_catalogue_describes_the_days_before_it(settings: Settings):
    shutil.rmtree(layout.tracks_dir(settings.lake_dir, date(2024, 2, 1)))
    found = stale(settings)
    assert found.gone == {date(2024, 2, 1)}
    assert found.window == Window(date(2024, 1, 20), date(2024, 3, 26))


@pytest.mark.slow
def test_a_deleted_month_that_is_imported_again_is_new(settings: Settings, tmp_path: Path):
    of_month(settings, "2024-02").unlink()
    load(settings)
    again = write_json(tmp_path / "1.json", plays(FEBRUARY, 5))
    list(import_path(again, settings.lake_dir, ImportOptions("anna", TODAY)))
    found = stale(settings)
    assert {day.month for day in found.new} == {2}
    assert found.gone == frozenset()
    assert found.new < found.changed
    load(settings)
    assert agrees(stale(settings))


def test_everything_deleted_leaves_too(settings: Settings):
    shutil.rmtree(settings.lake_dir)
    found = stale(settings)
    assert found.landed == frozenset()
    assert found.gone == found.held
    assert found.window is not None
    assert found.everything == Window(date(2025, 1, 1), date(2025, 1, 2))


def test_nothing_at_all_is_no_window(make_settings: Callable[..., Settings]):
    found = stale(make_settings())
    assert found.everything is None
    assert agrees(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("grain", "start", "early"),
    [
        ("month", date(2024, 2, 1), "2024-01-20 to 2024-01-21 (2 days)"),
        ("day", date(2024, 2, 10), "2024-01-20 to 2024-02-01 (3 days)"),
    ],
)
def test_a_later_start_takes_out_what_is_before_and_an_earlier_one_is_new(
    settings: Settings, make_settings: Callable[..., Settings], grain: str, start: date, early: str
):
    later = make_settings(partition_grain=grain, start_date=start)
    found = stale(later)
    assert found.words == f"Rows of {early}, before {start}, leave the tables."
    assert found.window == Window(start, date(2024, 3, 26))
    prune(Database(settings.warehouse_path), start)
    load(later)
    assert stale(later).window is None
    assert {day.month for day in stale(later).held} == {2, 3}

    back = stale(settings)
    assert {day.month for day in back.new if day.month == 1} == {1}
    load(settings)
    assert agrees(stale(settings))


def test_what_is_due_stays_due_until_a_run_to_the_end_has_done_it(settings: Settings):
    owe(settings.lake_dir, date(2024, 2, 20))
    found = stale(settings)
    assert found.window == Window(date(2024, 2, 19), date(2024, 3, 26))
    assert found.settled_by(Window(date(2024, 2, 19), date(2024, 3, 1))) == []
    assert found.settled_by(Window(date(2024, 2, 21), date(2024, 3, 26))) == []
    owe(settings.lake_dir, date(2024, 3, 1))
    settle(found.settled_by(found.window))
    assert [due.first for due in owed(settings.lake_dir)] == [date(2024, 3, 1)]


@pytest.mark.slow
def test_a_catalogue_after_the_last_events_makes_nothing_longer(settings: Settings, tmp_path: Path):
    catalogue = write_csv(tmp_path / "new.csv", [tracks_dataset_row(2)])
    list(import_path(catalogue, settings.lake_dir, ImportOptions("anna", TODAY, date(2025, 6, 1))))
    load(settings)
    owe(settings.lake_dir, date(2024, 2, 20))
    found = stale(settings)
    assert found.everything == Window(date(2024, 1, 20), date(2025, 6, 2))
    assert found.window == Window(date(2024, 2, 19), date(2024, 3, 26))
    assert [due.first for due in found.settled_by(found.window)] == [date(2024, 2, 20)]
    shutil.rmtree(layout.tracks_dir(settings.lake_dir, date(2025, 6, 1)))
    assert stale(settings).window == Window(date(2024, 2, 19), date(2025, 6, 2))


@pytest.mark.slow
def test_what_is_gone_is_noted_before_the_tables_forget_it(settings: Settings):
    of_month(settings, "2024-02").unlink()
    noted(settings)
    load(settings)
    assert stale(settings).window == Window(date(2024, 2, 19), date(2024, 3, 26))


def test_a_receipt_counts_the_rows_of_files_that_are_gone(settings: Settings):
    of_month(settings, "2024-02").unlink()
    by_file = {
        each.input_file: each for each in as_found(settings.lake_dir, read_receipts(settings.lake_dir))
    }
    assert (by_file["1.json"].loaded, by_file["1.json"].duplicates) == (0, {"file_missing": 5})
    assert (by_file["0.json"].loaded, by_file["0.json"].duplicates) == (5, {})
    assert all(each.reconciles for each in by_file.values())


def test_the_future_is_not_made(settings: Settings):
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    layout.write_bytes(layout.events_dir(settings.lake_dir, tomorrow) / "a.ndjson", b"{}\n")
    assert tomorrow not in stale(settings).changed


HEARD, UPLOADED = datetime(2024, 2, 14, 9), datetime(2024, 3, 6, 20)  # noqa: DTZ001
BURST = [offline(n, HEARD + n * timedelta(minutes=4), UPLOADED) for n in range(4)]


@pytest.mark.slow
def test_what_was_reported_on_a_date_is_new_where_it_was_heard_and_the_reverse(make_settings, tmp_path):
    """The account data tell of the upload alone, so that both dates decide what is one playback."""
    files = (
        write_json(tmp_path / "StreamingHistory_music_0.json", [account_row(row) for row in BURST]),
        write_json(tmp_path / "Streaming_History_Audio_2024.json", BURST),
    )
    for number, in_order in enumerate((files, files[::-1])):
        settings = make_settings(data_dir=tmp_path / str(number))
        for path in in_order:
            list(import_path(path, settings.lake_dir, ImportOptions("anna", TODAY)))
            found = stale(settings)
            load(settings)
        assert found.new == {HEARD.date(), UPLOADED.date()}
        assert agrees(stale(settings))


def test_what_is_gone_reaches_where_it_was_heard(make_settings, tmp_path):
    settings = make_settings()
    account = write_json(tmp_path / "StreamingHistory_music_0.json", [account_row(row) for row in BURST])
    for path in (write_json(tmp_path / "Streaming_History_Audio_2024.json", BURST), account):
        list(import_path(path, settings.lake_dir, ImportOptions("anna", TODAY)))
    load(settings)
    of_month(settings, "2024-03").unlink()
    assert stale(settings).first == HEARD.date()


@pytest.mark.slow
def test_an_earlier_landing_that_another_file_moves_is_due(make_settings, tmp_path):
    """One row alone does not tell that it is late; the upload of the same playback in a later export does."""
    settings = make_settings()
    rows = [*plays(JANUARY, 3), offline(1, HEARD, UPLOADED), *plays(MARCH, 3)]
    again = offline(1, HEARD, UPLOADED + timedelta(days=4))
    list(import_path(write_json(tmp_path / "1.json", rows), settings.lake_dir, ImportOptions("anna", TODAY)))
    load(settings)
    assert agrees(stale(settings))
    list(
        import_path(write_json(tmp_path / "2.json", [again]), settings.lake_dir, ImportOptions("anna", TODAY))
    )
    assert {note.first for note in owed(settings.lake_dir)} == {HEARD.date()}
    found = stale(settings)
    assert found.window == Window(HEARD.date() - timedelta(days=1), found.last + timedelta(days=1))
    assert found.last >= UPLOADED.date()
