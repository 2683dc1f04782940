"""The file of overrides: what it may say, and what is wrong with it in one line."""

from pathlib import Path

import pytest

from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.recordings_toml import NO_OVERRIDES, Overrides, read_overrides

ONE, TWO, THREE = "4uLU6hMCjMI75M1A2tKUQC", "7GhIk7Il098yCjg4BQjzvb", "0VjIjW4GlUZAMYd2vXMi3b"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recordings.toml"


def test_no_file_overrules_nothing(path: Path):
    assert read_overrides(path) == NO_OVERRIDES


def test_tracks_are_named_by_id_uri_address_or_key(path: Path):
    path.write_text(
        f"""
        same = [["{ONE}", "spotify:track:{TWO}", "https://open.spotify.com/intl-de/track/{THREE}?si=1"]]
        different = [["{ONE}", "name-00ff00ff00ff00ff"]]
        """
    )
    assert read_overrides(path) == Overrides(((ONE, TWO, THREE),), ((ONE, "name-00ff00ff00ff00ff"),))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("same = [[", "no TOML file"),
        ("equal = []", "`equal` means nothing here"),
        ('same = "x"', "`same` is no list of lists"),
        (f'same = ["{ONE}"]', "`same` is no list of lists"),
        (f'same = [["{ONE}"]]', "lists one track"),
        (f'same = [["{ONE}", "{ONE}"]]', "lists one track"),
        (f'different = [["{ONE}", "{TWO}", "{THREE}"]]', "lists 3 tracks"),
        (f'different = [["{ONE}", "My song"]]', "'My song' is no track"),
        (f'different = [["{ONE}", 7]]', "7 is no track"),
    ],
)
def test_what_is_wrong_is_quoted(path: Path, text: str, says: str):
    path.write_text(text)
    with pytest.raises(SourceError, match=says) as raised:
        read_overrides(path)
    assert str(raised.value).startswith("recordings.toml: ")


def test_other_bytes_are_no_toml(path: Path):
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="no TOML file"):
        read_overrides(path)
