"""Track catalogues as people download them: one reader for the CSV files on Kaggle and their relatives.

A file is recognised by its columns, never by its name. Four shapes are known by heart, any other file
with track ids, names and artists is read by the usual column names:

- `spotify_tracks_dataset`: Kaggle "Spotify Tracks Dataset"; one row per track and genre, artists
  separated by `;`;
- `tracks_600k`: Kaggle "Spotify Dataset 1921-2020, 600k+ Tracks" and its larger relatives; artists as
  the text of a Python list;
- `tidytuesday_spotify_songs`: TidyTuesday 2020-01-21; one row per track and playlist, one artist, and
  `NA` where R had no value;
- `spotify_features`: Kaggle "Ultimate Spotify Tracks DB"; keys as `C#`, modes as `Major`, time signatures
  as `4/4`.

Every column is read as text first and cast afterwards, so that an artist called TRUE or 1349 keeps the
name. In the result a `;` separates artists, and genres, and a `;` inside a name is written `\\;`.

Here belongs: the files of a catalogue and their records. Not here: what columns are called
(`catalogue_columns`), what rows and cells say (`catalogue_rows`, `catalogue_cells`), whether a well-formed
value makes sense (`transforms.track_rules`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import polars as pl

from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.sources.catalogue_columns import id_column, known_names, normal, recognise_columns
from spotify_assets.sources.catalogue_rows import placed_rows, refuse_standardised, typed_rows
from spotify_assets.sources.delimited import DELIMITERS, ROW, Delimited, header_of, read_delimited
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.text import Text, decode, read_bytes, undo_double_encoding
from spotify_assets.tables import POLARS_TYPES, RAW_TRACKS

SHA_DIGITS = 12
_DOUBLE_ENCODED_SAMPLE = 2_000
_PLURAL = ("s", "(s)")


@dataclass(frozen=True)
class Dialect:
    """How a file was written, for the receipt. `notes` say in words what a person may want to know of it."""

    encoding: str
    bom: bool
    delimiter: str
    line_ends: str
    quoting: str
    shape: str
    unknown_columns: tuple[str, ...]
    double_encoded: bool = False
    parts: int = 1
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The same as plain JSON values."""
        return {**asdict(self), "unknown_columns": list(self.unknown_columns), "notes": list(self.notes)}


@dataclass(frozen=True)
class CatalogueRead:
    """What a catalogue file holds.

    `rows` has the columns of `raw.raw_tracks` without `snapshot_date`, one row per record that can be
    placed; `rejected` the records that cannot, with the reason. `rows_in` is the number of both. `emptied`
    counts the cells of `rows` that did not parse, `repaired` those that are read otherwise than they are
    written, by reason.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    rows_in: int
    dialect: Dialect
    sha256: str
    emptied: Mapping[str, int] = field(default_factory=dict)
    repaired: Mapping[str, int] = field(default_factory=dict)


ROWS_SCHEMA = pl.Schema(
    {c.name: POLARS_TYPES[c.type] for c in RAW_TRACKS.columns if c.name != RAW_TRACKS.partition_column}
)
"""Columns of `CatalogueRead.rows`."""
_TEXTS = tuple(name for name in ROWS_SCHEMA.names() if name not in ("source_file", "source_row", "extra"))


def read_catalogue(path: Path) -> CatalogueRead:
    """Read a catalogue: a CSV file, or a folder of part files as Spark writes it.

    Rows are numbered from 1 over the whole input, the header not counted; the parts of a folder are read
    in the order of their names. Refused rows are those without a track id (`missing_track_id`), with artists
    that begin a list and are none (`unparseable_artists`), with the wrong number of fields or an unclosed
    quote (`malformed_row`), in another encoding than the rest (`undecodable_row`), and a last row that the
    end of the file cuts off (`truncated_row`).

    Raises:
        SourceError: there is nothing to read (missing, unreadable, no rows, not text), or it is no
            catalogue: the columns that are needed are not there, no column holds track ids, or its audio
            features were standardised. The original values cannot be had from z-scores, and storing them as
            features would be wrong.
    """
    digest = hashlib.sha256()
    parts: list[_Part] = []
    offset = 0
    for part in _parts(path):
        content = read_bytes(part)
        digest.update(content)
        parts.append(_read_part(part, content, offset))
        offset += parts[-1].texts.height + parts[-1].rejected.height
    if not offset:
        raise SourceError(path, "the file has a header but no rows", "Export or download it again")
    sha256 = digest.hexdigest()
    source_file = pl.lit(f"{path.name}@{sha256[:SHA_DIGITS]}").alias("source_file")
    typed = typed_rows(
        pl.concat([part.texts for part in parts]),
        parts[0].dialect.delimiter,
        many_genres=any(part.many_genres for part in parts),
    )
    refuse_standardised(path, typed.rows)
    rejected = pl.concat([part.rejected for part in parts]).with_columns(source_file)
    unknown = dict.fromkeys(name for part in parts for name in part.dialect.unknown_columns)
    notes = dict.fromkeys([*(note for part in parts for note in part.dialect.notes), *typed.notes])
    return CatalogueRead(
        rows=typed.rows.with_columns(source_file).select(ROWS_SCHEMA.names()).cast(ROWS_SCHEMA),
        rejected=rejected.select(REJECTED_SCHEMA.names()).cast(REJECTED_SCHEMA).sort("source_row"),
        rows_in=offset,
        dialect=replace(
            parts[0].dialect, unknown_columns=tuple(unknown), parts=len(parts), notes=tuple(notes)
        ),
        sha256=sha256,
        emptied=typed.emptied,
        repaired=typed.repaired,
    )


@dataclass(frozen=True)
class _Part:
    """A file: the rows that can be placed, as texts under the canonical names, `ROW` and `extra` with them.

    `many_genres` says that its column of genres is named for several.
    """

    texts: pl.DataFrame
    many_genres: bool
    rejected: pl.DataFrame
    dialect: Dialect


def _parts(path: Path) -> list[Path]:
    if path.name.startswith("._"):
        raise SourceError(
            path,
            "this is a macOS companion file without data",
            f"Hand in {path.name.removeprefix('._')} instead",
        )
    if not path.is_dir():
        return [path]
    try:
        members = list(path.iterdir())
    except PermissionError:
        raise SourceError(
            path, "the folder may not be read", "Give this user permission, e.g. `chmod u+rx`"
        ) from None
    parts = sorted(
        part
        for part in members
        if part.is_file()
        and not part.name.startswith((".", "_"))
        and (part.name.startswith("part-") or part.suffix == ".csv")
        and part.stat().st_size
    )
    if not parts:
        raise SourceError(
            path, "the folder has no part files with rows", "Hand in the CSV file, or Spark's output folder"
        )
    return parts


def _read_part(path: Path, content: bytes, offset: int) -> _Part:
    text = decode(path, content)
    delimiter = _delimiter(text)
    header, _ = header_of(text, delimiter)
    read: list[Delimited] = []

    def delimited() -> Delimited:
        if not read:
            read.append(read_delimited(text, delimiter))
        return read[0]

    shape, columns = recognise_columns(path, header, lambda: delimited().rows)
    found = delimited()
    named = columns["track_id"]
    columns["track_id"] = id_column(path, found.rows, named)
    unknown = tuple(name for name in header if name not in columns.values())
    frame, double_encoded = _undo_double_encoding(found.rows, columns, unknown)
    frame = frame.with_columns(pl.col(ROW) + offset)
    canonical = frame.select(
        ROW,
        *(
            (pl.col(columns[name]) if name in columns else pl.lit(None, pl.String)).alias(name)
            for name in _TEXTS
        ),
        _extra(unknown),
    )
    texts, bad = placed_rows(canonical, shape)
    return _Part(
        texts=texts,
        many_genres=normal(columns.get("genre", "")).endswith(_PLURAL),
        rejected=_rejected(bad, frame, header, found, offset),
        dialect=Dialect(
            encoding=text.encoding,
            bom=text.bom,
            delimiter=delimiter,
            line_ends=found.line_ends,
            quoting=found.quoting,
            shape=shape.name,
            unknown_columns=unknown,
            double_encoded=double_encoded,
            notes=_notes(columns, named),
        ),
    )


def _notes(columns: Mapping[str, str], named: str) -> tuple[str, ...]:
    """What a person may want to know of the columns of a file; `named` is the one that is named for ids."""
    notes = []
    if columns["track_id"] != named:
        notes.append(f"the track ids are those of the column {columns['track_id']}")
    if "duration_ms" not in columns:
        notes.append("there is no column for duration_ms, so its tracks have no length")
    return tuple(notes)


def _delimiter(text: Text) -> str:
    """The delimiter under which the header has the most columns that are known."""
    known = known_names()

    def recognised(delimiter: str) -> int:
        header, _ = header_of(text, delimiter)
        return len(known & {normal(name) for name in header})

    return max(DELIMITERS, key=recognised)


def _extra(unknown: tuple[str, ...]) -> pl.Expr:
    if not unknown:
        return pl.lit(None, pl.String).alias("extra")
    fields = [pl.col(name).replace("", None) for name in unknown]
    return pl.struct(fields).struct.json_encode().alias("extra")


def _undo_double_encoding(
    frame: pl.DataFrame, columns: Mapping[str, str], unknown: tuple[str, ...]
) -> tuple[pl.DataFrame, bool]:
    """Undo double encoding where the file as a whole has it.

    A single value proves nothing: “CAFÉ…” is also the double encoding of something. So values are changed
    only where most of those beyond ASCII read as doubly encoded.
    """
    texts = [columns[name] for name in ("track_name", "artists", "album_name", "genre") if name in columns]
    suspects: dict[str, list[str]] = {}
    for name in (*texts, *unknown):
        values = frame.get_column(name)
        beyond_ascii = values.filter(values.str.len_bytes() != values.str.len_chars())
        if beyond_ascii.len():
            suspects[name] = beyond_ascii.unique(maintain_order=True).to_list()
    sample = [value for values in suspects.values() for value in values[:_DOUBLE_ENCODED_SAMPLE]]
    if 2 * sum(undo_double_encoding(value) is not None for value in sample) <= len(sample):
        return frame, False
    undone = [
        pl.col(name).replace({value: undo_double_encoding(value) or value for value in values})
        for name, values in suspects.items()
    ]
    return frame.with_columns(undone), True


def _rejected(
    bad: pl.DataFrame, frame: pl.DataFrame, header: list[str], delimited: Delimited, offset: int
) -> pl.DataFrame:
    unplaced = bad.join(frame, on=ROW, how="left").select(
        ROW, "reason", "detail", pl.struct(header).struct.json_encode().alias("original")
    )
    malformed = delimited.malformed.with_columns(pl.col(ROW) + offset)
    return pl.concat([unplaced, malformed]).rename({ROW: "source_row"})
