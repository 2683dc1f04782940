"""A file is replaced whole or not at all, and what is not finished is taken for no data."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from spotify_assets import places
from spotify_assets.whole_files import replaced


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_text("old")
    with replaced(path) as new:
        new.write_text("half")
        assert path.read_text() == "old"
        assert list(tmp_path.glob("*.parquet")) == [path]
        new.write_text("whole")
    assert path.read_text() == "whole"
    assert names(tmp_path) == ["a.parquet"]


def test_after_an_exception_the_old_file_stays_and_nothing_else(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replaced(path) as new:
        new.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.parquet"]


@pytest.mark.parametrize(
    "write",
    [
        lambda path: places.write(path, b"content"),
        lambda path: places.write_if_absent(path, b"content"),
        lambda path: places.write_parquet(path, pl.DataFrame({"a": [1]})),
        lambda path: places.copy(Path(__file__), path),
    ],
    ids=["write", "write_if_absent", "write_parquet", "copy"],
)
def test_a_place_takes_the_longest_name_in_a_folder_that_is_not_there_yet(
    write: Callable[[Path], object], tmp_path
):
    path = tmp_path / "new" / "folder" / ("n" * 247 + ".parquet")
    write(path)
    assert names(path.parent) == [path.name]
