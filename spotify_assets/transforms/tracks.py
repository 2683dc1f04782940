"""Clean tracks: from catalogue rows as they were exported to one judged row per track.

Every rule works within a snapshot date, so a slice may hold one snapshot or many. Rows are refused with one
reason, the first that applies in the order of `_refusals`; the detail names all of them.

- A track id that is none, a missing name, a missing artist and a release date that is no date refuse the
  row.
- A length below five seconds or above a day is no track's, and null (`lengths.SHORTEST_MS`).
- So does a value outside the range that `core.tracks` declares for its column: Spotify's own range, from
  its Web API reference. Storing it would be wrong, and storing nothing would hide it. The exceptions are
  what Spotify writes where its analysis found nothing: tempo 0, time signature 0 and release date 0000
  are null.
- Rows of one track are merged. Popularity is the highest, other values come from the first row, in the
  order of file and row, that has one.
"""

import hashlib
from dataclasses import dataclass

import polars as pl

from spotify_assets.catalog import ARTISTS, AUDIO_FEATURES, TRACK_ARTISTS, TRACK_GENRES, TRACK_ID, TRACKS
from spotify_assets.transforms.cleaned import Cleaned
from spotify_assets.transforms.lengths import plausible
from spotify_assets.transforms.rejects import reject

INVALID_TRACK_ID = "invalid_track_id"
MISSING_NAME = "missing_name"
MISSING_ARTISTS = "missing_artists"
INVALID_RELEASE_DATE = "invalid_release_date"
MERGED_GENRE = "merged_genre"
REPEATED_ROW = "repeated_row"

ARTIST_ID_DIGITS = 16

_TRACK = ["snapshot_date", "track_id"]
_ORDER = [*_TRACK, "source_file", "source_row"]
_NOTHING_FOUND = ("tempo", "time_signature")
"""Features that are 0 where the audio analysis found none."""
_RANGED = ("popularity", *AUDIO_FEATURES)
_UNKNOWN_DATE = r"^0+(?:-0+)*$"
_ISO_DATE = r"^(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?(?:[T ].*|\.0)?$"
_INNER_SEPARATOR = "\x1f"
"""Stands for a `;` inside a name (written `\\;`) while the others are split."""


@dataclass(frozen=True)
class CleanTracks:
    """Clean tracks and what hangs on them, each in exactly the columns of its table in the catalogue."""

    tracks: Cleaned
    artists: pl.DataFrame
    track_artists: pl.DataFrame
    track_genres: pl.DataFrame


def clean_tracks(raw: pl.DataFrame) -> CleanTracks:
    """Clean rows of `raw.raw_tracks`, of any number of snapshots.

    The result does not depend on the order of the rows. `tracks.rows_in` is the number of tracks, refused
    rows and duplicates together; a duplicate is `merged_genre` where its row brought another genre of the
    track and `repeated_row` where it did not.
    """
    judged = reject(raw, _refusals())
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
    )


def artist_id(name: str) -> str:
    """Id of an artist: the first 16 hexadecimal digits of the SHA-256 of the exact name in Unicode NFC."""
    return hashlib.sha256(name.encode()).hexdigest()[:ARTIST_ID_DIGITS]


def _prepare(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with trimmed NFC text, split artists, dates, and null where the analysis found nothing."""
    given, day, precision = _release_date()
    return rows.with_columns(
        *(_trimmed(pl.col(name)).alias(name) for name in ("track_name", "album_name", "isrc", "genre")),
        *(_feature(name).alias(name) for name in AUDIO_FEATURES),
        _split_artists().alias("artist_list"),
        plausible(pl.col("duration_ms")).alias("duration_ms"),
        pl.when(given).then(day).alias("release_date"),
        pl.when(given).then(precision).alias("release_precision"),
    )


def _feature(name: str) -> pl.Expr:
    """An audio feature, null where it is not a number or the analysis found none."""
    value = pl.col(name)
    if TRACKS.polars_schema[name] == pl.Float64:
        value = value.fill_nan(None)
    return pl.when(value != 0).then(value) if name in _NOTHING_FOUND else value


def _trimmed(text: pl.Expr) -> pl.Expr:
    clean = text.str.normalize("NFC").str.strip_chars()
    return pl.when(clean != "").then(clean)


def _split_artists() -> pl.Expr:
    """Distinct names in their order; null where there is none. Commas are part of names."""
    names = (
        pl.col("artists")
        .str.normalize("NFC")
        .str.replace_all(r"\;", _INNER_SEPARATOR, literal=True)
        .str.split(";")
        .list.eval(pl.element().str.replace_all(_INNER_SEPARATOR, ";", literal=True).str.strip_chars())
        .list.eval(pl.element().filter(pl.element() != ""))
        .list.unique(maintain_order=True)
    )
    return pl.when(names.list.len() > 0).then(names)


def _release_date() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Whether a release date is given; the date, null where it is none; and what is known of it."""
    text = pl.col("release_date").str.strip_chars()
    given = ((text != "") & ~text.str.contains(_UNKNOWN_DATE)).fill_null(value=False)
    year, month, day = (text.str.extract(_ISO_DATE, group) for group in (1, 2, 3))
    parsed = pl.concat_str(
        year,
        month.fill_null("1").str.zfill(2),
        day.fill_null("1").str.zfill(2),
        separator="-",
    ).str.to_date("%Y-%m-%d", strict=False)
    precision = (
        pl.when(day.is_not_null())
        .then(pl.lit("day"))
        .when(month.is_not_null())
        .then(pl.lit("month"))
        .otherwise(pl.lit("year"))
    )
    return given, parsed, precision


def _refusals() -> dict[str, tuple[pl.Expr, pl.Expr | str]]:
    """Every rule that refuses a row, in their order: reason code, condition and detail."""
    valid_id = pl.col("track_id").str.contains(f"^(?:{TRACK_ID})$").fill_null(value=False)
    date_given, day, _ = _release_date()
    rules: dict[str, tuple[pl.Expr, pl.Expr | str]] = {
        INVALID_TRACK_ID: (
            ~valid_id,
            pl.format("'{}' is no track id (22 letters and digits)", pl.col("track_id").fill_null("")),
        ),
        MISSING_NAME: (~_has("track_name", r"\S"), "the track has no name"),
        MISSING_ARTISTS: (~_has("artists", r"[^;\s]"), "the track has no artist"),
        INVALID_RELEASE_DATE: (
            date_given & day.is_null(),
            pl.format("release_date '{}' is no year, month or day", "release_date"),
        ),
    }
    for column in TRACKS.columns:
        if column.name in _RANGED:
            value = _feature(column.name)
            rules[f"out_of_range_{column.name}"] = (
                (value < column.minimum) | (value > column.maximum),
                pl.format(
                    f"{column.name} is {{}}, outside {column.minimum:g} to {column.maximum:g}", column.name
                ),
            )
    return rules


def _has(name: str, pattern: str) -> pl.Expr:
    return pl.col(name).str.contains(pattern).fill_null(value=False)


def _merge(kept: pl.DataFrame) -> pl.DataFrame:
    """One row per track out of rows in `_ORDER`."""
    dates = ("release_date", "release_precision")
    names = ("track_name", "artist_list", "album_name", "isrc", *dates, "duration_ms", "explicit")
    return kept.group_by(_TRACK, maintain_order=True).agg(
        *(pl.col(name).first(ignore_nulls=True) for name in (*names, *AUDIO_FEATURES)),
        pl.col("popularity").max(),
        (pl.col("popularity").max() - pl.col("popularity").min()).alias("popularity_spread"),
        pl.len().cast(pl.Int64).alias("source_rows"),
    )


def _duplicates(kept: pl.DataFrame) -> dict[str, int]:
    """Rows of `kept`, in `_ORDER`, beyond the first of their track, by reason code."""
    first = pl.struct(_TRACK).is_first_distinct()
    new_genre = pl.col("genre").is_not_null() & pl.struct(*_TRACK, "genre").is_first_distinct()
    merged, repeated = kept.select(
        (~first & new_genre).sum().alias("merged"), (~first & ~new_genre).sum().alias("repeated")
    ).row(0)
    return {code: rows for code, rows in ((MERGED_GENRE, merged), (REPEATED_ROW, repeated)) if rows}


def _track_genres(kept: pl.DataFrame) -> pl.DataFrame:
    genres = kept.select(*_TRACK, "genre").drop_nulls("genre").unique()
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
        credits.join(merged.select(*_TRACK, "popularity"), on=_TRACK, how="left")
        .group_by("snapshot_date", "artist_id", "artist_name")
        .agg(
            pl.len().cast(pl.Int64).alias("track_count"),
            pl.col("popularity").mean().alias("mean_popularity"),
        )
        .select(ARTISTS.column_names)
        .cast(ARTISTS.polars_schema)
        .sort(ARTISTS.key)
    )
