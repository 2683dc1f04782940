"""Clean tracks: from catalogue rows as they were exported to one judged row per track.

Every rule works within a snapshot date, so a slice may hold one snapshot or many. Which rows are refused and
which cells emptied is said in `track_rules`; a row is refused with the first reason that applies, and the
detail names all of them. Rows of one track are merged: popularity is the highest, genres are those of all
rows, other values come from the first row, in the order of file and row, that has one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.rejects import reject
from spotify_assets.tables import ARTISTS, AUDIO_FEATURES, TRACK_ARTISTS, TRACK_GENRES, TRACKS
from spotify_assets.transforms.track_rules import emptied_cells, refusals, release_date, usable_cells

MERGED_GENRE = "merged_genre"
REPEATED_ROW = "repeated_row"

ARTIST_ID_DIGITS = 16

_TRACK = ["snapshot_date", "track_id"]
_ORDER = [*_TRACK, "source_file", "source_row"]
_OF_ARTIST = ("artist_popularity", "artist_followers")
"""What the rows of a track tell of its first artist."""
_INNER_SEPARATOR = "\x1f"
"""Stands for a `;` inside a name (written `\\;`) while the others are split."""


@dataclass(frozen=True)
class CleanTracks:
    """Clean tracks and what hangs on them, each in exactly the columns of its table in the catalogue.

    `emptied` counts the cells that said nothing, by reason.
    """

    tracks: Cleaned
    artists: pl.DataFrame
    track_artists: pl.DataFrame
    track_genres: pl.DataFrame
    emptied: Mapping[str, int] = field(default_factory=dict)


def clean_tracks(raw: pl.DataFrame) -> CleanTracks:
    """Clean rows of `raw.raw_tracks`, of any number of snapshots.

    The result does not depend on the order of the rows. `tracks.rows_in` is the number of tracks, refused
    rows and duplicates together; a duplicate is `merged_genre` where its row brought another genre of the
    track and `repeated_row` where it did not.
    """
    judged = reject(raw, refusals())
    kept = _prepare(judged.kept).sort(_ORDER)
    merged = _merge(kept)
    genres = _track_genres(kept)
    credits = _credits(merged)
    tracks = merged.join(
        genres.group_by(_TRACK).agg(
            pl.col("genre").min().alias("primary_genre"), pl.len().cast(pl.Int64).alias("genre_count")
        ),
        on=_TRACK,
        how="left",
    ).with_columns(
        pl.col("genre_count").fill_null(0),
        pl.col("artist_list").list.join("; ").alias("artist_names"),
        pl.col("artist_list").list.first().alias("primary_artist_name"),
        pl.col("artist_list").list.len().cast(pl.Int64).alias("artist_count"),
    )
    first_credits = credits.filter(pl.col("position") == 1)
    tracks = tracks.join(
        first_credits.select(*_TRACK, pl.col("artist_id").alias("primary_artist_id")), on=_TRACK, how="left"
    )
    return CleanTracks(
        tracks=Cleaned(
            rows=tracks.select(TRACKS.column_names).cast(TRACKS.polars_schema).sort(TRACKS.key),
            rows_in=raw.height,
            rejected=judged.rejected.sort("source_file", "source_row"),
            duplicates=_duplicates(kept),
        ),
        artists=_artists(credits, merged),
        track_artists=credits.select(TRACK_ARTISTS.column_names)
        .cast(TRACK_ARTISTS.polars_schema)
        .sort(TRACK_ARTISTS.key),
        track_genres=genres.select(TRACK_GENRES.column_names)
        .cast(TRACK_GENRES.polars_schema)
        .sort(TRACK_GENRES.key),
        emptied=emptied_cells(judged.kept),
    )


def artist_id(name: str) -> str:
    """Id of an artist: the first 16 hexadecimal digits of the SHA-256 of the exact name in Unicode NFC."""
    return hashlib.sha256(name.encode()).hexdigest()[:ARTIST_ID_DIGITS]


def _prepare(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with trimmed NFC text, split artists and genres, dates, and null where a cell says nothing."""
    given, day, precision = release_date()
    return rows.with_columns(
        *(_trimmed(pl.col(name)).alias(name) for name in ("track_name", "album_name", "isrc")),
        *usable_cells(),
        _split("artists").alias("artist_list"),
        _split("genre").alias("genre_list"),
        pl.when(given).then(day).alias("release_date"),
        pl.when(given & day.is_not_null()).then(precision).alias("release_precision"),
    )


def _trimmed(text: pl.Expr) -> pl.Expr:
    clean = text.str.normalize("NFC").str.strip_chars()
    return pl.when(clean != "").then(clean)


def _split(name: str) -> pl.Expr:
    """Distinct names in their order; null where there is none. Commas are part of names."""
    names = (
        pl.col(name)
        .str.normalize("NFC")
        .str.replace_all(r"\;", _INNER_SEPARATOR, literal=True)
        .str.split(";")
        .list.eval(pl.element().str.replace_all(_INNER_SEPARATOR, ";", literal=True).str.strip_chars())
        .list.eval(pl.element().filter(pl.element() != ""))
        .list.unique(maintain_order=True)
    )
    return pl.when(names.list.len() > 0).then(names)


def _merge(kept: pl.DataFrame) -> pl.DataFrame:
    """One row per track out of rows in `_ORDER`."""
    dates = ("release_date", "release_precision")
    names = ("track_name", "artist_list", "album_name", "isrc", *dates, "duration_ms", "explicit")
    return kept.group_by(_TRACK, maintain_order=True).agg(
        *(pl.col(name).first(ignore_nulls=True) for name in (*names, *AUDIO_FEATURES)),
        pl.col("popularity", *_OF_ARTIST).max(),
        (pl.col("popularity").max() - pl.col("popularity").min()).alias("popularity_spread"),
        pl.len().cast(pl.Int64).alias("source_rows"),
    )


def _duplicates(kept: pl.DataFrame) -> dict[str, int]:
    """Rows of `kept`, in `_ORDER`, beyond the first of their track, by reason code."""
    genres = kept.with_row_index("_at").explode("genre_list").drop_nulls("genre_list")
    new = genres.filter(pl.struct(*_TRACK, "genre_list").is_first_distinct()).get_column("_at").unique()
    later = kept.select(~pl.struct(_TRACK).is_first_distinct()).to_series()
    merged = int(later.gather(new).sum())
    repeated = int(later.sum()) - merged
    return {code: rows for code, rows in ((MERGED_GENRE, merged), (REPEATED_ROW, repeated)) if rows}


def _track_genres(kept: pl.DataFrame) -> pl.DataFrame:
    genres = kept.select(*_TRACK, genre="genre_list").explode("genre").drop_nulls("genre").unique()
    return genres.with_columns((1.0 / pl.len().over(_TRACK)).alias("weight"))


def _credits(merged: pl.DataFrame) -> pl.DataFrame:
    """One row per track and credited artist, with the artist's name and id."""
    credits = (
        merged.select(*_TRACK, pl.col("artist_list").alias("artist_name"))
        .explode("artist_name")
        .with_columns(pl.int_range(1, pl.len() + 1).over(_TRACK).alias("position"))
    )
    names = credits.get_column("artist_name").unique()
    ids = pl.DataFrame(
        {"artist_name": names, "artist_id": [artist_id(name) for name in names]},
        schema={"artist_name": pl.String(), "artist_id": pl.String()},
    )
    return credits.join(ids, on="artist_name", how="left")


def _artists(credits: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    return (
        credits.join(merged.select(*_TRACK, "popularity", *_OF_ARTIST), on=_TRACK, how="left")
        .group_by("snapshot_date", "artist_id", "artist_name")
        .agg(
            pl.len().cast(pl.Int64).alias("track_count"),
            pl.col("popularity").mean().alias("mean_popularity"),
            *(
                pl.col(name).filter(pl.col("position") == 1).max().alias(name.removeprefix("artist_"))
                for name in _OF_ARTIST
            ),
        )
        .select(ARTISTS.column_names)
        .cast(ARTISTS.polars_schema)
        .sort(ARTISTS.key)
    )
