"""From the texts of a catalogue, under the canonical names, to typed rows, with an account of every cell.

A row is refused for what a track cannot be without. A cell that does not parse becomes null, its text is kept
in `extra` under `emptied`, and it is counted.

Here belongs: what concerns whole rows, and columns that are judged over the whole input. Not here: what a
cell says (`catalogue_cells`), whether a well-formed value makes sense (`transforms.track_rules`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import polars as pl

from spotify_assets.sources.catalogue_cells import COLUMNS, MISSING_VALUES, cells_of, is_given
from spotify_assets.sources.catalogue_columns import TRACK_LINK, Shape
from spotify_assets.sources.delimited import ROW
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.name_lists import names_of, one_name, split_at_commas
from spotify_assets.sources.sentinels import Sentinels
from spotify_assets.sources.written_dates import release_dates

MISSING_TRACK_ID = "missing_track_id"
UNPARSEABLE_ARTISTS = "unparseable_artists"
EMPTIED = "emptied"

_UNIT_FEATURES = (
    "danceability",
    "energy",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
)
_STANDARDISED_SHARE = 0.2
_STANDARDISED_COLUMNS = 3
"""Features from 0 to 1 that have more than this share of negative values, in at least so many columns, were
standardised: about half of all z-scores are negative."""
_NAMES = ("track_name", "album_name", "artists", "genre")


@dataclass(frozen=True)
class TypedRows:
    """The rows of a catalogue in the types of `raw.raw_tracks`, without `source_file`.

    `emptied` counts the cells that did not parse and the words that stand for no name, `repaired` those
    that are read otherwise than they are written, by reason. `notes` say how, in words.
    """

    rows: pl.DataFrame
    emptied: Mapping[str, int]
    repaired: Mapping[str, int]
    notes: tuple[str, ...]


def placed_rows(canonical: pl.DataFrame, shape: Shape) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that have an id and artists that can be read, and `ROW`, `reason`, `detail` of the others."""
    written = canonical.get_column("artists")
    artists = one_name(written) if shape.single_artist else names_of(written)
    texts = canonical.with_columns(_track_id(), artists.values).with_columns(
        pl.when(~pl.col(name).is_in(shape.missing_text)).then(pl.col(name)).alias(name) for name in _NAMES
    )
    no_id = texts.get_column("track_id").is_null()
    if not (no_id | artists.failed).any():
        return texts, pl.DataFrame(schema={ROW: pl.Int64(), "reason": pl.String(), "detail": pl.String()})
    # One chunk: pl.format panics where a filter left an empty one (Polars issue 25525).
    bad = pl.DataFrame([canonical[ROW], written, no_id.alias("no_id"), artists.failed.alias("failed")])
    bad = bad.filter(pl.col("no_id") | pl.col("failed")).rechunk()
    reason = pl.when("no_id").then(pl.lit(MISSING_TRACK_ID)).otherwise(pl.lit(UNPARSEABLE_ARTISTS))
    details = [
        pl.when("no_id").then(pl.lit("no track id")),
        pl.when("failed").then(pl.format("artists is '{}', not a list of names", "artists")),
    ]
    detail = pl.concat_str(details, separator="; ", ignore_nulls=True)
    return texts.filter(~(no_id | artists.failed)), bad.select(ROW, reason=reason, detail=detail)


def typed_rows(texts: pl.DataFrame, delimiter: str, *, many_genres: bool) -> TypedRows:
    """The rows of the whole input with their catalogued types, and an account of the cells."""
    cells = {name: cells_of(texts.get_column(name), delimiter) for name in COLUMNS}
    stripped = texts.select(_stripped("release_date"), _stripped("isrc"))
    dates = release_dates(stripped["release_date"])
    genres = names_of(texts["genre"])
    lost = {name: _lost(texts.get_column(name), column.values) for name, column in cells.items()}
    lost["genre"] = genres.failed
    split = split_at_commas(genres.values, many=many_genres).replace("", None)
    named, nothing = _without_sentinels(texts.with_columns(split))
    repaired: Counter[str] = Counter(dates.repaired)
    for column in cells.values():
        repaired.update(column.repaired)
    rows = named.select(
        pl.col(ROW).alias("source_row"),
        *("track_id", *_NAMES),
        *(dates.values, stripped["isrc"], *(column.values for column in cells.values())),
        _with_emptied(texts, {**lost, "release_date": dates.is_cut}),
    )
    implausible = {name: column.implausible for name, column in cells.items()}
    emptied = {
        f"unparseable_{name}": int(where.sum()) - implausible.get(name, 0) for name, where in lost.items()
    } | {f"implausible_{name}": count for name, count in implausible.items()}
    words = {name: column.words for name, column in cells.items()} | {"release_date": dates.words}
    return TypedRows(
        rows=rows,
        emptied={reason: cells for reason, cells in sorted((emptied | nothing).items()) if cells},
        repaired=dict(sorted(repaired.items())),
        notes=tuple(f"{name}: {said}" for name, said in words.items() if said),
    )


def refuse_standardised(path: Path, rows: pl.DataFrame) -> None:
    """Refuse a catalogue whose audio features are z-scores.

    Raises:
        SourceError: they are.
    """
    negative = rows.select((pl.col(name) < 0).mean() for name in _UNIT_FEATURES).row(0)
    standardised = [
        f"{name} {share:.0%}"
        for name, share in zip(_UNIT_FEATURES, negative, strict=True)
        if share is not None and share > _STANDARDISED_SHARE
    ]
    if len(standardised) >= _STANDARDISED_COLUMNS:
        raise SourceError(
            path,
            "the audio features were standardised: of the rows, values from 0 to 1 are negative in "
            + ", ".join(standardised),
            "Hand in the file from before z-scoring; the original values cannot be computed from this one",
        )


def _track_id() -> pl.Expr:
    value = pl.col("track_id").str.strip_chars()
    given = ~value.str.to_lowercase().is_in(MISSING_VALUES)
    return pl.when(given).then(pl.coalesce(value.str.extract(TRACK_LINK, 1), value)).alias("track_id")


def _stripped(name: str) -> pl.Expr:
    value = pl.col(name).str.strip_chars()
    return pl.when(~value.str.to_lowercase().is_in(MISSING_VALUES)).then(value).alias(name)


def _lost(written: pl.Series, values: pl.Series) -> pl.Series:
    """Where something is written that does not parse."""
    null = values.is_null() & written.is_not_null()
    return null & is_given(written) if null.any() else null


def _without_sentinels(texts: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows without words that stand for no name in this file, and how many cells that empties."""
    sentinels = Sentinels()
    sentinels.add(texts["artists"], texts["track_name"], texts["album_name"])
    words = {
        "album_name": [*sentinels.albums, *sentinels.names],
        "artists": sentinels.names,
        "track_name": sentinels.names,
    }
    nothing = {f"no_{name}": int(texts[name].is_in(each).sum()) for name, each in words.items() if each}
    columns = [texts[name].set(texts[name].is_in(each), None) for name, each in words.items() if each]
    return texts.with_columns(columns), nothing


def _with_emptied(texts: pl.DataFrame, emptied: Mapping[str, pl.Series]) -> pl.Series:
    """The column `extra`, with the texts of emptied cells under `emptied`."""
    extra = texts["extra"]
    kept: dict[int, dict[str, str]] = {}
    for name, where in emptied.items():
        at = where.fill_null(value=False).arg_true()
        for row, text in zip(at, texts[name].gather(at), strict=True):
            kept.setdefault(row, {})[name] = text
    if not kept:
        return extra
    added = []
    for before, cells in zip(extra.gather(list(kept)), kept.values(), strict=True):
        members = {EMPTIED: cells, **(orjson.loads(before) if before else {})}
        added.append(orjson.dumps(members).decode())
    return extra.scatter(list(kept), added)
