"""A lake in an object store: the same files make the same receipts and rows as in a folder, and what is
undone, erased, copied or cut short leaves nothing that is read."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.copying import copy_lake
from spotify_assets.lake.erasing import erase_from_lake
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.importing import Handed, ImportOptions, Outcome, import_paths
from spotify_assets.lake.receipts import read_receipts, read_undone, rejected_at_landing
from spotify_assets.lake.undoing import undo_in_lake
from spotify_assets.places import Place, StorePlace
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from tests.lake.exports import play, plays, write_json

ANNA = ImportOptions("anna", date(2025, 6, 1))
BEGIN = datetime(2024, 11, 3, 8)  # noqa: DTZ001
YEARS = Window(date(2024, 1, 1), date(2026, 1, 1))


def in_store() -> StorePlace:
    return StorePlace.of(f"memory://{uuid4().hex}") / "raw"


def do(paths: list[Path], lake: Place) -> list[Handed]:
    return list(import_paths(paths, lake, ANNA))


def rows(lake: Place) -> pl.DataFrame:
    return EventLake(lake).read(YEARS).rows.sort("ended_at", "source_row")


def told(lake: Place) -> list[dict[str, object]]:
    """What receipts tell but for the time and the names of files."""
    return [
        {
            "id": each.receipt_id,
            "in": each.rows_in,
            "loaded": each.loaded,
            "rejected": dict(each.rejected),
            "months": [name.rpartition("/")[0] for name in each.landed_files],
            "dates": (each.first_date, each.last_date),
        }
        for each in sorted(read_receipts(lake), key=lambda each: each.receipt_id)
    ]


@pytest.fixture
def history(tmp_path: Path) -> list[Path]:
    dirty: list[dict[str, object]] = [
        *plays(BEGIN, 150),
        {"ts": "not a time"},
        play(datetime(2025, 3, 1, 9), 7),  # noqa: DTZ001
    ]
    return [
        write_json(tmp_path / "in" / "one.json", dirty),
        write_json(tmp_path / "in" / "two.json", plays(datetime(2025, 1, 30, 8), 40)),  # noqa: DTZ001
    ]


def test_a_store_has_the_rows_and_receipts_that_a_folder_has(tmp_path: Path, history: list[Path]):
    local, store = tmp_path / "raw", in_store()
    for lake in (local, store):
        assert [file.outcome for each in do(history, lake) for file in each.files] == [Outcome.LANDED] * 2
    assert rows(local).height > 180
    assert rows(store).equals(rows(local))
    assert told(store) == told(local)
    refused = [rejected_at_landing(read_receipts(lake), lake) for lake in (local, store)]
    assert refused[0].equals(refused[1])
    assert layout.landed_dates(store) == layout.landed_dates(local)
    assert layout.first_date(store) == layout.first_date(local)
    assert layout.last_date(store) == layout.last_date(local)


def test_the_same_again_is_landed_before(history: list[Path]):
    lake = in_store()
    do(history, lake)
    before = sorted(map(str, places.below(lake)))
    [one, two] = do(history, lake)
    assert {file.outcome for each in (one, two) for file in each.files} == {Outcome.LANDED_BEFORE}
    assert [name for name in sorted(map(str, places.below(lake))) if ".importing" not in name] == [
        name for name in before if ".importing" not in name
    ]


class Stopped(BaseException):
    """Stands for a kill: nothing that the process still does comes after it."""


@pytest.mark.parametrize("number", range(1, 12))
def test_an_import_that_ends_at_any_write_leaves_nothing_to_read_and_is_made_good(
    history: list[Path], monkeypatch: pytest.MonkeyPatch, number: int
):
    whole, lake = in_store(), in_store()
    do(history, whole)
    puts = iter(range(1, 1_000))

    def stops(original: Callable[..., object]) -> Callable[..., object]:
        def put(place: StorePlace, content: object) -> object:
            if place.root == lake.root and next(puts) >= number:
                raise Stopped
            return original(place, content)

        return put

    with monkeypatch.context() as patched:
        patched.setattr(StorePlace, "put", stops(StorePlace.put))
        patched.setattr(StorePlace, "create", stops(StorePlace.create))
        patched.setattr(places, "remove", lambda _: None)
        patched.setattr("spotify_assets.places.lock._Hold.release", lambda hold: hold._ended.set())
        with pytest.raises(Stopped):
            do(history, lake)
    for receipt in read_receipts(lake):
        assert len(places.existing(lake / name for name in receipt.landed_files)) == len(receipt.landed_files)
    assert rows(lake).height == sum(receipt.loaded for receipt in read_receipts(lake))
    for locked in places.files(lake / layout.LOCK):
        locked.unlink()
    do(history, lake)
    assert rows(lake).equals(rows(whole))
    named = {name for receipt in read_receipts(lake) for name in receipt.landed_files}
    there = {places.within(each, lake) for each in places.below(lake / layout.EVENTS)}
    assert there == named


def test_of_two_that_land_the_same_at_once_one_wins(history: list[Path], monkeypatch: pytest.MonkeyPatch):
    lake = in_store()
    create = StorePlace.create
    raced: list[StorePlace] = []

    def create_after_another(place: StorePlace, content: bytes) -> bool:
        if place.parent.name == layout.RECEIPTS and not raced:
            raced.append(place)
            # Another importer that does not know of this one's lock lands the same bytes first.
            for held in places.files(lake / layout.LOCK):
                held.unlink()
            do(history[:1], lake)
        return create(place, content)

    with monkeypatch.context() as patched:
        patched.setattr(StorePlace, "create", create_after_another)
        patched.setattr("spotify_assets.places.lock.must_be_held", lambda _: None)
        [handed] = do(history[:1], lake)
    assert [file.outcome for file in handed.files] == [Outcome.LANDED_BEFORE]
    [receipt] = read_receipts(lake)
    assert rows(lake).height == receipt.loaded
    assert len(list(places.below(lake / layout.EVENTS))) == len(receipt.landed_files)


def test_what_is_undone_is_read_no_more(history: list[Path]):
    lake = in_store()
    do(history, lake)
    [first, second] = read_receipts(lake)
    assert undo_in_lake(lake, [first]) == first.books_date
    assert rows(lake)["source_file"].unique().to_list() == [second.source_file]
    assert [each.receipt.receipt_id for each in read_undone(lake)] == [first.receipt_id]


def test_an_erased_listener_leaves_no_object_that_tells_of_them(tmp_path: Path, history: list[Path]):
    url = f"memory://{uuid4().hex}"
    settings = Settings(data_dir=tmp_path / "data", lake_url=url, _env_file=None)
    do(history, settings.lake)
    erased = erase_from_lake(settings, "anna")
    assert erased.rows["imported events"] > 180
    assert rows(settings.lake).is_empty()
    left = {places.within(each, settings.lake).split("/")[0] for each in places.below(settings.lake)}
    assert left <= {"_kept_out", "_imports", ".importing", "_kafka"}


def test_a_lake_is_copied_there_and_back(tmp_path: Path, history: list[Path]):
    local, store, back = tmp_path / "raw", in_store(), tmp_path / "back"
    do(history, local)
    there = copy_lake(local, store)
    assert there.files > 5 and there.there_before == 0
    assert copy_lake(local, store).there_before == there.files
    assert copy_lake(store, back) == there
    contents = [
        {p.relative_to(lake): p.read_bytes() for p in lake.rglob("*") if p.is_file() and p.name[0] != "."}
        for lake in (local, back)
    ]
    assert contents[0] == contents[1]
    assert rows(back).equals(rows(store))


def test_a_copy_does_not_mix_two_lakes(tmp_path: Path, history: list[Path]):
    local, store = tmp_path / "raw", in_store()
    do(history[:1], local)
    do(history[1:], store)
    with pytest.raises(ValueError, match="--remove-others"):
        copy_lake(local, store)
    copy_lake(local, store, remove_others=True)
    assert rows(store).equals(rows(local))


def test_a_copy_that_arrives_changed_is_told(tmp_path: Path, history: list[Path], monkeypatch):
    local, store = tmp_path / "raw", in_store()
    do(history, local)
    put = StorePlace.put
    monkeypatch.setattr(StorePlace, "put", lambda place, content: put(place, content[:-1] + b"?"))
    with pytest.raises(OSError, match="did not arrive"):
        copy_lake(local, store)
