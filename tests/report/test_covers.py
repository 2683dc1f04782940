"""Cover art: only from a folder that the listener gave, and in the page itself."""

import re
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.view import Period
from spotify_assets.report.covers import MOST_BYTES, cover, covers_of
from spotify_assets.report.page import rendered
from spotify_assets.report.sections import figures_of
from spotify_assets.warehouse.database import Database
from tests.report import listeners as world


@pytest.fixture(scope="module")
def figures(listeners: Database) -> PersonalFigures:
    with listeners.reader() as connection:
        return figures_of(connection, world.MONTH, Period(date(2025, 11, 1), date(2025, 11, 30)))


def write(folder: Path, name: str) -> Path:
    Image.new("RGB", (8, 8), "red").save(folder / name)
    return folder / name


@pytest.mark.slow
def test_albums_of_the_page_have_the_covers_of_the_folder(figures, tmp_path):
    write(tmp_path, "SINGER 3 - album.png")
    pictures = re.findall(r'<img class="cover" src="([^"]+)" alt="">', rendered(figures, covers=tmp_path))
    assert len(pictures) == 1
    assert pictures[0].startswith("data:image/png;base64,")


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_without_a_folder_there_is_no_picture(figures, folder):
    assert "<img" not in rendered(figures, covers=folder)


def test_names_that_no_file_can_have_are_found(tmp_path):
    write(tmp_path, "AC_DC - Who Made Who_.png")
    with covers_of(tmp_path):
        assert cover("AC/DC", "Who Made Who?")
        assert cover("AC/DC", None) is None
    assert cover("AC/DC", "Who Made Who?") is None


def test_what_is_no_picture_or_too_large_is_left_out(tmp_path):
    (tmp_path / "A - B.txt").write_text("no picture")
    (tmp_path / "C - D.jpg").write_bytes(b"0" * (MOST_BYTES + 1))
    with covers_of(tmp_path):
        assert cover("A", "B") is None
        assert cover("C", "D") is None
