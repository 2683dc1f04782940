"""What a row of a catalogue must have to become a track, and which of its cells say nothing.

Import counts by these rules what will become of the rows, cleaning applies them; so the receipt of a file
and the tables made of it cannot disagree.

- A row without a track id, a name or an artist is refused.
- A cell outside the range that `core.tracks` or `core.artists` declares for its column (Spotify's own range,
  from its Web API reference), a length below five seconds or above a day (`sources.durations`) and a release
  date that is no date are emptied; the track stays.
- What Spotify writes where its analysis found nothing is no error: tempo 0, time signature 0 and release
  date 0000 are null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from spotify_assets.sources.date_shapes import ISO_DATE, UNKNOWN_DATE
from spotify_assets.tables import ARTISTS, AUDIO_FEATURES, TRACK_ID, TRACKS
from spotify_assets.transforms.lengths import plausible

INVALID_TRACK_ID = "invalid_track_id"
MISSING_NAME = "missing_name"
MISSING_ARTISTS = "missing_artists"
INVALID_DURATION = "invalid_duration_ms"
INVALID_RELEASE_DATE = "invalid_release_date"

_VALID_ID = f"^(?:{TRACK_ID})$"
_NOTHING_FOUND = ("tempo", "time_signature")
"""Features that are 0 where the audio analysis found none."""
_RANGED = {column.name: column for column in TRACKS.columns if column.name in ("popularity", *AUDIO_FEATURES)}
_RANGED |= {
    f"artist_{column.name}": column
    for column in ARTISTS.columns
    if column.name in ("popularity", "followers")
}
_JUDGED = ("duration_ms", "release_date", *_RANGED)


@dataclass(frozen=True)
class Outlook:
    """What cleaning makes of rows of `raw.raw_tracks` of one snapshot: rows = tracks + repeats + refused.

    `repeats` are rows of a track beyond its first; `refused` and `emptied` count rows and cells by reason.
    """

    tracks: int
    repeats: int
    refused: Mapping[str, int] = field(default_factory=dict)
    emptied: Mapping[str, int] = field(default_factory=dict)


def outlook(rows: pl.DataFrame) -> Outlook:
    """What `transforms.tracks.clean_tracks` would make of the rows, without making it."""
    reason = pl.coalesce(pl.when(condition).then(pl.lit(code)) for code, (condition, _) in refusals().items())
    reasons = rows.select(reason).to_series()
    kept = rows.select("track_id", *_JUDGED).filter(reasons.is_null())
    tracks = kept.get_column("track_id").n_unique()
    counts = reasons.drop_nulls().alias("reason").value_counts().sort("reason")
    return Outlook(
        tracks=tracks,
        repeats=kept.height - tracks,
        refused=dict(counts.iter_rows()),
        emptied=emptied_cells(kept),
    )


def refusals() -> dict[str, tuple[pl.Expr, pl.Expr | str]]:
    """Every rule that refuses a row, in their order: reason code, condition and detail."""
    return {
        INVALID_TRACK_ID: (
            ~_has("track_id", _VALID_ID),
            pl.format("'{}' is no track id (22 letters and digits)", pl.col("track_id").fill_null("")),
        ),
        MISSING_NAME: (~_has("track_name", r"\S"), "the track has no name"),
        MISSING_ARTISTS: (~_has("artists", r"[^;\s]"), "the track has no artist"),
    }


def emptied_cells(rows: pl.DataFrame) -> dict[str, int]:
    """How many cells of the rows say nothing, by reason; without those that are null in the first place."""
    bad = {f"out_of_range_{name}": ~_in_range(name) for name in _RANGED}
    length = pl.col("duration_ms")
    bad[INVALID_DURATION] = length.is_not_null() & plausible(length).is_null()
    if rows.get_column("release_date").null_count() < rows.height:
        given, day, _ = release_date()
        bad[INVALID_RELEASE_DATE] = given & day.is_null()
    counts = rows.select(condition.sum().alias(code) for code, condition in bad.items()).row(0, named=True)
    return {code: count for code, count in sorted(counts.items()) if count}


def usable_cells() -> list[pl.Expr]:
    """Length, popularity, followers and audio features, null where the cell says nothing."""
    features = [pl.when(_in_range(name)).then(_found(name)).alias(name) for name in _RANGED]
    return [plausible(pl.col("duration_ms")).alias("duration_ms"), *features]


def release_date() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Whether a release date is given; the date, null where it is none; and what is known of it."""
    text = pl.col("release_date").str.strip_chars()
    given = ((text != "") & ~text.str.contains(UNKNOWN_DATE)).fill_null(value=False)
    year, month, day = (text.str.extract(ISO_DATE, group) for group in (1, 2, 3))
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


def _found(name: str) -> pl.Expr:
    """A value, null where it is not a number or the analysis found none."""
    value = pl.col(name)
    if _RANGED[name].type == "DOUBLE":
        value = value.fill_nan(None)
    return pl.when(value != 0).then(value) if name in _NOTHING_FOUND else value


def _in_range(name: str) -> pl.Expr:
    column = _RANGED[name]
    above = _found(name) >= column.minimum
    return above if column.maximum is None else above & (_found(name) <= column.maximum)


def _has(name: str, pattern: str) -> pl.Expr:
    return pl.col(name).str.contains(pattern).fill_null(value=False)
