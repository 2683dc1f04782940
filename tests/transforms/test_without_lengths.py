"""A catalogue without lengths goes all the way: its tracks have recordings and describe what was played."""

import polars as pl

from spotify_assets.transforms.identity import recordings

NAMES = ("track_id", "track_name", "artist_names", "album_name", "isrc", "popularity", "duration_ms")
PLAYED = ("track_key", "track_id", "track_name", "artist_name", "album_name")
KINDS = {"popularity": pl.Int64(), "duration_ms": pl.Int64()}


def frame(names: tuple[str, ...], *rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={name: KINDS.get(name, pl.String()) for name in names}, orient="row")


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
