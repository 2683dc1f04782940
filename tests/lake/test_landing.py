"""Landing a catalogue: what is written, what the receipt says, and that it happens once or not at all."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake import layout
from spotify_assets.lake.landing import land_catalogue
from spotify_assets.lake.receipts import read_receipts, rejected_at_landing
from spotify_assets.sources.errors import SourceError
from spotify_assets.tables import RAW_TRACKS
from tests.sources.files import track_id, tracks_dataset_row, write_csv

DAY = date(2026, 11, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A file of three rows that land, one with a cell that says nothing, and one that landing refuses."""
    return write_csv(
        tmp_path / "My tracks (1).csv",
        [
            tracks_dataset_row(1),
            tracks_dataset_row(2, popularity="abc"),
            tracks_dataset_row(3, track_id=""),
            tracks_dataset_row(4),
        ],
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_written(lake, catalogue):
    receipt = land_catalogue(catalogue, lake, DAY)
    sha = receipt.input_sha256[:12]
    part = f"spotify_tracks/snapshot_date=2026-11-01/part-My-tracks-1-{sha}.parquet"
    assert contents(lake).keys() == {
        f"_receipts/{receipt.receipt_id}.json",
        f"_rejected/{receipt.receipt_id}.parquet",
        part,
    }
    rows = pl.read_parquet(lake / part)
    assert rows.schema == RAW_TRACKS.polars_schema
    assert rows["snapshot_date"].unique().to_list() == [DAY]
    assert rows["source_row"].to_list() == [1, 2, 4]
    assert receipt.landed_files == (part,)


def test_the_receipt_adds_up(lake, catalogue):
    before = datetime.now(UTC)
    receipt = land_catalogue(catalogue, lake, DAY)
    assert (receipt.rows_in, receipt.loaded) == (4, 3)
    assert receipt.rejected == {"missing_track_id": 1}
    assert receipt.emptied == {"unparseable_popularity": 1}
    assert receipt.foreseen == {"become tracks": 3}
    assert receipt.reconciles
    assert receipt.input_file == "My tracks (1).csv"
    assert receipt.kind == "catalogue: spotify_tracks_dataset"
    assert receipt.target == "raw.raw_tracks"
    assert receipt.snapshot_date == DAY
    assert receipt.dialect["delimiter"] == ","
    assert not receipt.already_landed
    assert before <= receipt.landed_at <= datetime.now(UTC)
    assert read_receipts(lake) == [receipt]


def test_no_path_of_the_machine_is_stored(lake, catalogue):
    receipt = land_catalogue(catalogue, lake, DAY)
    assert str(catalogue.parent) not in receipt.to_json()


def test_refused_rows_are_kept_with_their_content(lake, catalogue):
    receipt = land_catalogue(catalogue, lake, DAY)
    rejects = rejected_at_landing(read_receipts(lake), lake).sort("source_row")
    assert rejects["reason"].to_list() == ["missing_track_id"]
    assert rejects["source_file"].unique().to_list() == [f"{catalogue.name}@{receipt.input_sha256[:12]}"]
    assert json.loads(rejects["original"][0])["track_name"] == "Track 3"


def test_a_file_without_refused_rows_has_no_file_of_them(lake, tmp_path):
    land_catalogue(write_csv(tmp_path / "a.csv", [tracks_dataset_row(1)]), lake, DAY)
    assert not (lake / "_rejected").exists()
    assert rejected_at_landing(read_receipts(lake), lake).is_empty()


def test_a_file_of_refused_rows_only_is_no_empty_snapshot(lake, tmp_path):
    path = write_csv(tmp_path / "tracks.csv", [tracks_dataset_row(1, track_id="")])
    receipt = land_catalogue(path, lake, DAY)
    assert (receipt.loaded, receipt.landed_files, receipt.reconciles) == (0, (), True)
    assert not (lake / layout.TRACKS).exists()
    assert rejected_at_landing(read_receipts(lake), lake).height == 1
    assert land_catalogue(path, lake, DAY).already_landed


def test_landing_the_same_bytes_again_changes_nothing(lake, catalogue, tmp_path):
    first = land_catalogue(catalogue, lake, DAY)
    before = contents(lake)
    renamed = tmp_path / "renamed.csv"
    renamed.write_bytes(catalogue.read_bytes())
    for path in (catalogue, renamed):
        again = land_catalogue(path, lake, DAY)
        assert again == first
        assert again.already_landed
    assert contents(lake) == before


def test_the_same_bytes_may_be_another_snapshot(lake, catalogue):
    first = land_catalogue(catalogue, lake, DAY)
    second = land_catalogue(catalogue, lake, date(2026, 12, 1))
    assert first.receipt_id != second.receipt_id
    assert len(read_receipts(lake)) == 2


def test_other_bytes_of_the_same_name_land_beside_the_first(lake, tmp_path):
    land_catalogue(write_csv(tmp_path / "tracks.csv", [tracks_dataset_row(1)]), lake, DAY)
    land_catalogue(write_csv(tmp_path / "tracks.csv", [tracks_dataset_row(2)]), lake, DAY)
    files = layout.landed_files(layout.tracks_dir(lake, DAY))
    landed = pl.concat(pl.read_parquet(file, glob=False) for file in files)
    assert landed.schema == RAW_TRACKS.polars_schema
    assert sorted(landed["track_id"]) == [track_id(1), track_id(2)]


def test_a_landing_whose_file_was_removed_is_made_good(lake, catalogue):
    first = land_catalogue(catalogue, lake, DAY)
    (lake / first.landed_files[0]).unlink()
    again = land_catalogue(catalogue, lake, DAY)
    assert not again.already_landed
    assert again.receipt_id == first.receipt_id
    assert (lake / first.landed_files[0]).exists()


def test_the_original_stays_as_it_is(lake, catalogue):
    before = (catalogue.read_bytes(), catalogue.stat().st_mtime_ns)
    land_catalogue(catalogue, lake, DAY)
    assert (catalogue.read_bytes(), catalogue.stat().st_mtime_ns) == before


def test_a_file_that_cannot_be_read_leaves_no_trace(lake, tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text("{}")
    with pytest.raises(SourceError):
        land_catalogue(path, lake, DAY)
    assert not lake.exists()


@pytest.mark.parametrize("fails", ["write_parquet", "write_bytes"])
def test_a_landing_that_fails_midway_leaves_nothing_and_can_be_repeated(lake, catalogue, monkeypatch, fails):
    def no_space(path: Path, _: object) -> Path:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(layout, fails, no_space)
        with pytest.raises(OSError, match="No space left"):
            land_catalogue(catalogue, lake, DAY)
    assert contents(lake) == {}
    assert land_catalogue(catalogue, lake, DAY).reconciles


def test_rows_left_without_a_receipt_by_a_crash_are_not_doubled(lake, catalogue):
    receipt = land_catalogue(catalogue, lake, DAY)
    before = contents(lake)
    (lake / "_receipts" / f"{receipt.receipt_id}.json").unlink()
    land_catalogue(catalogue, lake, DAY)
    assert contents(lake).keys() == before.keys()


def test_a_name_without_any_usable_letter(lake, tmp_path):
    receipt = land_catalogue(write_csv(tmp_path / "音楽.csv", [tracks_dataset_row(1)]), lake, DAY)
    assert receipt.landed_files[0].endswith(f"/part-catalogue-{receipt.input_sha256[:12]}.parquet")
    assert receipt.input_file == "音楽.csv"
