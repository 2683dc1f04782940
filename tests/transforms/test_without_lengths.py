"""A catalogue without lengths goes all the way: its tracks have recordings and describe what was played."""

import polars as pl
import pytest

from spotify_assets.transforms.identity import recordings

NAMES = ("track_id", "track_name", "artist_names", "album_name", "isrc", "popularity", "duration_ms")
PLAYED = ("track_key", "track_id", "track_name", "artist_name", "album_name")
KINDS = {"popularity": pl.Int64(), "duration_ms": pl.Int64()}


def frame(names: tuple[str, ...], *rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={name: KINDS.get(name, pl.String()) for name in names}, orient="row")


def groups(*lengths: int | None) -> list[str]:
    """The recording of each of some tracks of equal names, known by their ids' letters."""
    rows = (
        (letter * 22, "Song", "Artist", "Album", None, 5, n)
        for letter, n in zip("abcdefgh", lengths, strict=False)
    )
    found = recordings(frame(NAMES, *rows), frame(PLAYED))
    assert found["track_key"].is_unique().all()
    assert found.height == len(lengths)
    return found.sort("track_key")["recording_id"].str.head(1).to_list()


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((None, None), "aa"),
        ((200_000, 600_000, None), "abc"),
        ((None, 200_000, None, 600_000), "abad"),
        ((None, 200_000, 201_000, None), "abba"),
        ((200_000, 201_900, 203_800, None, None), "aacdd"),
    ],
)
def test_a_track_without_a_length_does_not_join_versions_whose_lengths_differ(lengths, expected):
    """Nor does it join one of them: which of them it is nobody knows."""
    assert "".join(groups(*lengths)) == expected


def test_tracks_of_one_name_without_lengths_are_one_recording():
    catalogue = frame(
        NAMES,
        ("a" * 22, "Song", "Artist", "Single", None, 10, None),
        ("b" * 22, "Song", "Artist", "Album", None, 90, None),
        ("c" * 22, "Other", "Artist", "Album", None, 5, None),
        ("d" * 22, "Song", "Artist", "Long", None, 5, 600_000),
    )
    played = frame(PLAYED, ("key", None, "Song", "Artist", None))
    found = recordings(catalogue, played)
    group = dict(found.select("track_key", "recording_id").iter_rows())
    assert group["a" * 22] == group["b" * 22] == group["key"]
    assert len({group["a" * 22], group["c" * 22], group["d" * 22]}) == 3
    assert found["duration_ms"].null_count() == 4
