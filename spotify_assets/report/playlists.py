"""Lists of tracks as playlists: M3U8, which players open, and CSV of URIs, which services import."""

import re
from collections.abc import Mapping

import polars as pl

from spotify_assets.figures.personal import PersonalFigures

_ID = re.compile(r"[0-9A-Za-z]{22}")
_NO_LISTS = ("lives", "beside_names")
"""Figures of tracks in no order that anybody would listen in."""
MOST = 100
"""Tracks of a playlist."""


def playlists(figures: PersonalFigures) -> Mapping[str, tuple[str, pl.DataFrame]]:
    """The M3U8 and the table of URIs of each figure that is a list of tracks with Spotify's ids, by name."""
    found = {}
    for name, frame in figures.frames.items():
        tracks = playable(frame)
        if tracks.height and name not in _NO_LISTS:
            found[name] = m3u8(tracks), tracks
    return found


def playable(frame: pl.DataFrame) -> pl.DataFrame:
    """Tracks that a player can find, each once, in their order: `uri`, `track_name`, `artist_name`."""
    return (
        _tracks_of(frame)
        .filter(pl.col("track_id").cast(pl.String).str.contains(f"^{_ID.pattern}$"))
        .unique("track_id", keep="first", maintain_order=True)
        .head(MOST)
        .select(pl.format("spotify:track:{}", "track_id").alias("uri"), "track_name", "artist_name")
    )


def _tracks_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The tracks that rows tell of, whatever they call them; none where they tell of something else."""
    if {"kind", "id", "track_name"} <= set(frame.columns):
        frame = frame.filter(pl.col("kind") == "track").rename({"id": "track_id"})
    if {"first_track_id", "first_track_name"} <= set(frame.columns):
        frame = frame.rename({"first_track_id": "track_id", "first_track_name": "track_name"})
    wanted = ("track_id", "track_name", "artist_name")
    is_of_tracks = set(wanted) <= set(frame.columns)
    return frame.select(wanted) if is_of_tracks else pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))


def m3u8(tracks: pl.DataFrame) -> str:
    """Tracks as an extended M3U playlist in UTF-8; their lengths are not told."""
    lines = ["#EXTM3U"]
    for uri, track, artist in tracks.iter_rows():
        lines += [f"#EXTINF:-1,{_one_line(artist)} - {_one_line(track)}", uri]
    return "\n".join([*lines, ""])


def _one_line(name: str | None) -> str:
    return " ".join((name or "–").split())
