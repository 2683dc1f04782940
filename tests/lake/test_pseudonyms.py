"""Pseudonyms of any script and sign: each keeps its own listening, all of it inside the data folder."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake.erasing import erase_from_lake
from spotify_assets.lake.importing import ImportOptions, import_path
from spotify_assets.lake.profiles import MAX_USER_ID, Profile, checked_user_id, read_profiles, write_profile
from spotify_assets.report.monthly import _folder_of
from tests.lake.exports import play, write_json

NAMES = (
    "../../etc",
    "/root",
    "a/b\\c",
    "..",
    ".",
    "-rf",
    "--yes",
    'O\'Neil "x"',
    "100%",
    "%2e%2e",
    "my_anna",
    "🎧" * MAX_USER_ID,
    "愛" * MAX_USER_ID,
    "愛" * (MAX_USER_ID - 1) + "情",
    "[music]*?",
    "{{ x }}",
    "=1+1",
)


@pytest.mark.slow
def test_each_keeps_its_own_and_can_be_erased(tmp_path: Path, make_settings):
    settings = make_settings(data_dir=tmp_path / "deep" / "er" / "data")
    for number, name in enumerate(NAMES):
        assert checked_user_id(name) == name
        file = write_json(tmp_path / f"{number}.json", [play(datetime(2024, 5, 1, number))])  # noqa: DTZ001
        list(import_path(file, settings.lake_dir, ImportOptions(name, date(2025, 1, 1))))
        write_profile(settings.lake_dir, Profile(name, "Europe/Berlin"))
    inputs = {tmp_path / f"{number}.json" for number in range(len(NAMES))}
    written = {path for path in tmp_path.rglob("*") if path.is_file()} - inputs
    assert written
    assert all(path.is_relative_to(settings.lake_dir) for path in written)

    for gone, name in enumerate(NAMES, start=1):
        assert Profile(name, "Europe/Berlin") in read_profiles(settings.lake_dir)
        erase_from_lake(settings, name)
        files = (settings.lake_dir / "listening_events").rglob("*.parquet")
        left = [user for path in files for user in pl.read_parquet(path, glob=False)["user_id"]]
        assert sorted(left) == sorted(NAMES[gone:])
        assert name not in {profile.user_id for profile in read_profiles(settings.lake_dir)}


def test_the_folder_of_a_recap_is_one_name_that_a_file_system_takes():
    folders = [_folder_of(name) for name in NAMES]
    assert len(set(folders)) == len(NAMES)
    for folder in folders:
        assert Path(folder).name == folder
        assert len(folder.encode()) <= 255


@pytest.mark.parametrize("name", ["", " ", "x" * (MAX_USER_ID + 1), "a\nb", "a\x00b", "anna@example.org"])
def test_what_is_no_pseudonym_is_refused(name: str):
    with pytest.raises(ValueError, match="--user"):
        checked_user_id(name)
