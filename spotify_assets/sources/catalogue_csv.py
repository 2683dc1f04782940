"""Track catalogues as people download them: one reader for the CSV files on Kaggle and their relatives.

A file is recognised by its columns, never by its name. Four shapes are known by heart, any other file
with a track id, a name and artists is read by the usual column names:

- `spotify_tracks_dataset`: Kaggle "Spotify Tracks Dataset"; one row per track and genre, artists
  separated by `;`;
- `tracks_600k`: Kaggle "Spotify Dataset 1921-2020, 600k+ Tracks" and its larger relatives; artists as
  the text of a Python list;
- `tidytuesday_spotify_songs`: TidyTuesday 2020-01-21; one row per track and playlist, one artist, and
  `NA` where R had no value;
- `spotify_features`: Kaggle "Ultimate Spotify Tracks DB"; keys as `C#`, modes as `Major`, time signatures
  as `4/4`.

Every column is read as text first and cast afterwards, so that an artist called TRUE or 1349 keeps the
name. In the result a `;` separates artists and a `;` inside a name is written `\\;`.

Here belongs: what the columns of such files mean. Not here: whether a well-formed value makes sense
(`transforms.tracks`).
"""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import polars as pl

from spotify_assets.catalog import AUDIO_FEATURES, POLARS_TYPES, RAW_TRACKS, DuckDBType
from spotify_assets.sources.delimited import DELIMITERS, ROW, Delimited, header_of, read_delimited
from spotify_assets.sources.durations import durations
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.text import Text, decode, read_bytes, undo_double_encoding
from spotify_assets.transforms.cleaned import REJECTED_SCHEMA

SHA_DIGITS = 12
MISSING_TRACK_ID = "missing_track_id"
ARTIST_SEPARATOR = ";"
ESCAPED_SEPARATOR = r"\;"

MISSING_VALUES = ("", "na", "n/a", "nan", "null", "none", r"\n")
"""What exporters write for a missing number, in lower case: R, pandas, SQL and MySQL."""

KEY_NAMES: Mapping[str, str] = {
    name: str(pitch)
    for pitch, names in enumerate(
        ("c", "c# db", "d", "d# eb", "e", "f", "f# gb", "g", "g# ab", "a", "a# bb", "b")
    )
    for name in names.split()
}
"""Pitch class by key name. Source: Spotify Web API reference, audio-features, `key`."""
MODE_NAMES: Mapping[str, str] = {"major": "1", "minor": "0"}
BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "0", "0.0"), False),
}

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
_DOUBLE_ENCODED_SAMPLE = 2_000
_MAX_COLUMNS_NAMED = 30

_TRACK_LINK = r"(?:spotify:track:|spotify\.com/(?:[^?#]*/)?tracks?/)([^/?#&\s]+)"
_GROUPING = r"[,' \u{a0}\u{202f}]"
_THOUSANDS = rf"^[+-]?\d{{1,3}}(?:{_GROUPING}\d{{3}})+(?:\.0*)?$"
_LARGEST_EXACT_INTEGER = 2**53
_PLAIN_LIST = r"""^\['[^'"\\]*'(?:, '[^'"\\]*')*\]$"""
_ANY_LIST = r"""^\s*\[\s*(?:['"].*)?\]\s*$"""


@dataclass(frozen=True)
class Shape:
    """A known layout: what its columns are called here, and how it writes artists and missing names."""

    name: str
    needs: frozenset[str]
    columns: Mapping[str, str]
    single_artist: bool = False
    missing_text: tuple[str, ...] = ("",)


_SAME_NAME = {
    name: name for name in ("popularity", "duration_ms", "explicit", "release_date", "isrc", *AUDIO_FEATURES)
}

SHAPES = (
    Shape(
        "spotify_tracks_dataset",
        frozenset({"track_id", "artists", "album_name", "track_name", "track_genre"}),
        {
            **{name: name for name in ("track_id", "artists", "album_name", "track_name")},
            "track_genre": "genre",
            **_SAME_NAME,
        },
    ),
    Shape(
        "tracks_600k",
        frozenset({"id", "name", "artists"}),
        {
            "id": "track_id",
            "name": "track_name",
            "artists": "artists",
            "album": "album_name",
            **_SAME_NAME,
            "year": "release_date",
        },
    ),
    Shape(
        "tidytuesday_spotify_songs",
        frozenset({"track_id", "track_name", "track_artist", "track_popularity"}),
        {
            "track_id": "track_id",
            "track_name": "track_name",
            "track_artist": "artists",
            "track_popularity": "popularity",
            "track_album_name": "album_name",
            "track_album_release_date": "release_date",
            "playlist_genre": "genre",
            **_SAME_NAME,
        },
        single_artist=True,
        missing_text=("", "NA"),
    ),
    Shape(
        "spotify_features",
        frozenset({"genre", "artist_name", "track_name", "track_id"}),
        {
            "track_id": "track_id",
            "track_name": "track_name",
            "artist_name": "artists",
            "genre": "genre",
            **_SAME_NAME,
        },
        single_artist=True,
    ),
)

OTHER_SHAPE = "other"
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "track_id": (
        "track_id",
        "spotify_track_id",
        "spotify_id",
        "track_uri",
        "spotify_track_uri",
        "uri",
        "id",
        "track_url",
        "track_href",
        "url",
    ),
    "track_name": ("track_name", "name", "title", "song_name", "song", "track"),
    "artists": (
        "artists",
        "artist_names",
        "artist_name(s)",
        "artist_name",
        "track_artist",
        "artist",
        "artist(s)_name",
    ),
    "album_name": ("album_name", "track_album_name", "album"),
    "release_date": ("release_date", "album_release_date", "track_album_release_date", "year"),
    "popularity": ("popularity", "track_popularity"),
    "duration_ms": ("duration_ms", "track_duration_ms", "duration_(ms)", "track_duration_(ms)"),
    "genre": ("genre", "track_genre", "playlist_genre"),
    **{name: (name,) for name in ("isrc", "explicit", *AUDIO_FEATURES)},
}
_NEEDED = ("track_id", "track_name", "artists")


@dataclass(frozen=True)
class Dialect:
    """How a file was written, for the receipt."""

    encoding: str
    bom: bool
    delimiter: str
    line_ends: str
    quoting: str
    shape: str
    unknown_columns: tuple[str, ...]
    double_encoded: bool = False
    parts: int = 1
    duration_unit: str | None = None
    notes: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The same as plain JSON values."""
        values = {**asdict(self), "unknown_columns": list(self.unknown_columns)}
        return values if self.notes else {name: value for name, value in values.items() if name != "notes"}


@dataclass(frozen=True)
class CatalogueRead:
    """What a catalogue file holds.

    `rows` has the columns of `raw.raw_tracks` without `snapshot_date`, one row per record that can be
    placed; `rejected` the records that cannot, with the reason. `rows_in` is the number of both.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    rows_in: int
    dialect: Dialect
    sha256: str


_EXPECTED: Mapping[str, str] = {"BIGINT": "a whole number", "DOUBLE": "a number", "BOOLEAN": "true or false"}
_CASTS: Mapping[str, DuckDBType] = {
    c.name: c.type for c in RAW_TRACKS.columns if c.type in _EXPECTED and c.name != "source_row"
}

ROWS_SCHEMA = pl.Schema(
    {c.name: POLARS_TYPES[c.type] for c in RAW_TRACKS.columns if c.name != RAW_TRACKS.partition_column}
)
"""Columns of `CatalogueRead.rows`."""


def read_catalogue(path: Path) -> CatalogueRead:
    """Read a catalogue: a CSV file, or a folder of part files as Spark writes it.

    Rows are numbered from 1 over the whole input, the header not counted; the parts of a folder are read
    in the order of their names. Refused rows are those without a track id (`missing_track_id`), with a
    value that its column cannot hold (`unparseable_<column>`), with the wrong number of fields or an
    unclosed quote (`malformed_row`), in another encoding than the rest (`undecodable_row`), and a last row
    that the end of the file cuts off (`truncated_row`).

    Raises:
        SourceError: there is nothing to read (missing, unreadable, no rows, not text), or it is no
            catalogue: the columns that are needed are not there, or its audio features were standardised.
            The original values cannot be had from z-scores, and storing them as features would be wrong.
    """
    digest = hashlib.sha256()
    reads: list[_PartRead] = []
    offset = 0
    for part in _parts(path):
        content = read_bytes(part)
        digest.update(content)
        read = _read_part(part, content, offset)
        offset += read.rows.height + read.rejected.height
        reads.append(read)
    if not offset:
        raise SourceError(path, "the file has a header but no rows", "Export or download it again")
    sha256 = digest.hexdigest()
    source_file = pl.lit(f"{path.name}@{sha256[:SHA_DIGITS]}").alias("source_file")
    rows = pl.concat([read.rows for read in reads]).with_columns(source_file)
    rejected = pl.concat([read.rejected for read in reads]).with_columns(source_file)
    unknown = dict.fromkeys(name for read in reads for name in read.dialect.unknown_columns)
    return CatalogueRead(
        rows=rows.select(ROWS_SCHEMA.names()).cast(ROWS_SCHEMA),
        rejected=rejected.select(REJECTED_SCHEMA.names()).cast(REJECTED_SCHEMA).sort("source_row"),
        rows_in=offset,
        dialect=replace(
            reads[0].dialect, unknown_columns=tuple(unknown), parts=len(reads), notes=_notes(reads)
        ),
        sha256=sha256,
    )


@dataclass(frozen=True)
class _PartRead:
    rows: pl.DataFrame
    rejected: pl.DataFrame
    dialect: Dialect


def _notes(reads: Iterable[_PartRead]) -> dict[str, int]:
    """What was noted of how many rows of all parts."""
    counted: Counter[str] = Counter()
    for read in reads:
        counted.update(read.dialect.notes)
    return dict(counted)


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


def _read_part(path: Path, content: bytes, offset: int) -> _PartRead:
    text = decode(path, content)
    delimiter = _delimiter(text)
    header, _ = header_of(text, delimiter)
    shape, columns = _recognise(path, header)
    delimited = read_delimited(text, delimiter)
    unknown = tuple(name for name in header if name not in columns.values())
    frame, double_encoded = _undo_double_encoding(delimited.rows, columns, unknown)
    frame = frame.with_columns(pl.col(ROW) + offset)
    canonical = frame.select(
        ROW,
        *(
            (pl.col(columns[name]) if name in columns else pl.lit(None, pl.String)).alias(name)
            for name in _canonical_names()
        ),
        _extra(unknown),
    )
    lengths = durations(canonical.get_column("duration_ms"), MISSING_VALUES)
    parsed = _parse(canonical, shape, delimiter).with_columns(lengths.values.alias(_parsed("duration_ms")))
    _refuse_standardised(path, parsed)
    bad = _unparseable(parsed)
    return _PartRead(
        rows=_typed(parsed.join(bad, on=ROW, how="anti", maintain_order="left"), shape),
        rejected=_rejected(bad, frame, header, delimited, offset),
        dialect=Dialect(
            encoding=text.encoding,
            bom=text.bom,
            delimiter=delimiter,
            line_ends=delimited.line_ends,
            quoting=delimited.quoting,
            shape=shape.name,
            unknown_columns=unknown,
            double_encoded=double_encoded,
            duration_unit=lengths.unit,
            notes=lengths.notes(),
        ),
    )


def _canonical_names() -> list[str]:
    return [name for name in ROWS_SCHEMA.names() if name not in ("source_file", "source_row", "extra")]


def _delimiter(text: Text) -> str:
    """The delimiter under which the header has the most columns that are known."""
    known = {alias for aliases in _ALIASES.values() for alias in aliases}

    def recognised(delimiter: str) -> int:
        header, _ = header_of(text, delimiter)
        return len(known & {_normal(name) for name in header})

    return max(DELIMITERS, key=recognised)


def _normal(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _recognise(path: Path, header: list[str]) -> tuple[Shape, dict[str, str]]:
    """The shape of a file, and the column of the file for each canonical column that it has."""
    written = {_normal(name): name for name in reversed(header)}
    for shape in SHAPES:
        if shape.needs <= written.keys():
            return shape, _columns(shape.columns.items(), written)
    other = Shape(
        OTHER_SHAPE,
        frozenset(),
        {alias: name for name, aliases in _ALIASES.items() for alias in aliases},
    )
    columns = _columns(other.columns.items(), written)
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        named = ", ".join(header[:_MAX_COLUMNS_NAMED])
        more = f" and {len(header) - _MAX_COLUMNS_NAMED} more" if len(header) > _MAX_COLUMNS_NAMED else ""
        needed = "; ".join(f"{name} (or {', '.join(_ALIASES[name][1:4])})" for name in missing)
        raise SourceError(
            path,
            f"no column for {', '.join(missing)} among the columns found: {named}{more}",
            f"A track catalogue needs one row per track with the columns {needed}",
        )
    return other, columns


def catalogue_shape(header: list[str]) -> str | None:
    """The name of the shape that a header has, `other` for what else is a catalogue; None elsewhere."""
    try:
        shape, _ = _recognise(Path("header"), header)
    except SourceError:
        return None
    return shape.name


def _columns(names: Iterable[tuple[str, str]], written: Mapping[str, str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, canonical in names:
        if name in written:
            columns.setdefault(canonical, written[name])
    return columns


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


def _parse(canonical: pl.DataFrame, shape: Shape, delimiter: str) -> pl.DataFrame:
    """The columns as text, and beside them (`_parsed`) what they say; null where that is nothing."""
    return canonical.with_columns(
        *(_cast(canonical.get_column(name), kind, delimiter) for name, kind in _CASTS.items()),
        *_artists(canonical, shape),
        _track_id().alias(_parsed("track_id")),
    )


def _typed(parsed: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """The rows with their catalogued types."""
    return parsed.select(
        pl.col(ROW).alias("source_row"),
        pl.col(_parsed("track_id")).alias("track_id"),
        *(_text(name, shape.missing_text).alias(name) for name in ("track_name", "album_name", "genre")),
        _text(_parsed("artists"), shape.missing_text).alias("artists"),
        *(pl.when(_given(name)).then(pl.col(name).str.strip_chars()) for name in ("release_date", "isrc")),
        *(pl.col(_parsed(name)).alias(name) for name in _CASTS),
        "extra",
    )


def _refuse_standardised(path: Path, parsed: pl.DataFrame) -> None:
    negative = parsed.select((pl.col(_parsed(name)) < 0).mean() for name in _UNIT_FEATURES).row(0)
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


def _parsed(name: str) -> str:
    return f"{name}:parsed"


def _unparseable(parsed: pl.DataFrame) -> pl.DataFrame:
    """`ROW`, `reason` and `detail` of the rows without a track id or with a value that did not parse."""
    no_id = pl.col(_parsed("track_id")).is_null()
    cast = [name for name in _CASTS if name != "duration_ms"]
    lost = {name: pl.col(name).is_not_null() & pl.col(_parsed(name)).is_null() for name in cast}
    # One chunk: pl.format panics where a filter left an empty one (Polars issue 25525).
    suspects = parsed.filter(pl.any_horizontal(no_id, "artists:failed", *lost.values())).rechunk()
    failed = {name: lost[name] & _given(name) for name in cast} | {"artists": pl.col("artists:failed")}
    reasons = [pl.when(no_id).then(pl.lit(MISSING_TRACK_ID))]
    details = [pl.when(no_id).then(pl.lit("no track id"))]
    for name, has_failed in failed.items():
        expected = _EXPECTED[_CASTS[name]] if name in _CASTS else "a list of names"
        reasons.append(pl.when(has_failed).then(pl.lit(f"unparseable_{name}")))
        details.append(pl.when(has_failed).then(pl.format(f"{name} is '{{}}', not {expected}", name)))
    return suspects.select(
        ROW,
        pl.coalesce(reasons).alias("reason"),
        pl.concat_str(details, separator="; ", ignore_nulls=True).alias("detail"),
    ).drop_nulls("reason")


def _cast(values: pl.Series, kind: DuckDBType, delimiter: str) -> pl.Series:
    """A column in its type, null where a value is missing or does not parse.

    Polars' own cast comes first; only what it leaves is looked at more closely, which is slower.
    """
    closer = _closer(values.name, kind, delimiter)
    if kind == "BOOLEAN":
        return values.to_frame().select(closer.alias(_parsed(values.name))).to_series()
    result = values.cast(POLARS_TYPES[kind], strict=False)
    if kind == "DOUBLE":
        result = result.set(~result.is_finite(), None)
    left = (result.is_null() & values.is_not_null()).arg_true()
    if left.len():
        result = result.scatter(left, values.gather(left).to_frame().select(closer).to_series())
    return result.alias(_parsed(values.name))


def _closer(name: str, kind: DuckDBType, delimiter: str) -> pl.Expr:
    value = pl.col(name).str.strip_chars()
    if kind == "BOOLEAN":
        return value.str.to_lowercase().replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean)
    if kind == "DOUBLE":
        return _number(value, delimiter)
    return _whole_number(name, value)


def _given(name: str) -> pl.Expr:
    """Whether a value of a column that is not text is there."""
    return ~pl.col(name).str.strip_chars().str.to_lowercase().is_in(MISSING_VALUES).fill_null(value=True)


def _text(name: str, missing: tuple[str, ...]) -> pl.Expr:
    return pl.when(~pl.col(name).is_in(missing)).then(pl.col(name)).alias(name)


def _track_id() -> pl.Expr:
    link = pl.col("track_id").str.extract(_TRACK_LINK, 1)
    return pl.when(_given("track_id")).then(pl.coalesce(link, pl.col("track_id").str.strip_chars()))


def _number(value: pl.Expr, delimiter: str) -> pl.Expr:
    """A number; a comma is its decimal mark where commas do not separate the columns."""
    if delimiter != ",":
        value = value.str.replace(",", ".", literal=True)
    number = value.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _whole_number(name: str, value: pl.Expr) -> pl.Expr:
    """A whole number, also as 1,234 or 1234.0 or 1e5, and keys, modes and time signatures by name."""
    if name == "key":
        value = value.str.to_lowercase().str.replace("♯", "#").str.replace("♭", "b").replace(KEY_NAMES)
    elif name == "mode":
        value = value.str.to_lowercase().replace(MODE_NAMES)
    elif name == "time_signature":
        value = value.str.replace(r"^(\d+)/4$", "$1")
    ungrouped = value.str.replace_all(_GROUPING, "")
    value = pl.when(value.str.contains(_THOUSANDS)).then(ungrouped).otherwise(value)
    number = value.cast(pl.Float64, strict=False)
    whole = number.is_finite() & (number == number.floor()) & (number.abs() < _LARGEST_EXACT_INTEGER)
    return pl.when(whole).then(number).cast(pl.Int64)


def _artists(canonical: pl.DataFrame, shape: Shape) -> list[pl.Expr]:
    """`artists:parsed`, with `;` between names, and `artists:failed`."""
    value = pl.col("artists")
    escaped = value.str.replace_all(ARTIST_SEPARATOR, ESCAPED_SEPARATOR, literal=True)
    if shape.single_artist:
        return [escaped.alias("artists:parsed"), pl.lit(value=False).alias("artists:failed")]
    plain = value.str.contains(_PLAIN_LIST)
    is_list = value.str.contains("(?s)" + _ANY_LIST)
    lists = canonical.lazy().select(value).filter(is_list & ~plain).unique().collect().to_series().to_list()
    literal = {text: _from_list_literal(text) for text in lists}
    from_plain = escaped.str.slice(2).str.strip_suffix("']").str.replace_all("', '", ARTIST_SEPARATOR)
    from_literal = value.replace_strict(literal, default=None, return_dtype=pl.String)
    parsed = pl.when(plain).then(from_plain).when(is_list).then(from_literal).otherwise(value)
    failed = is_list & ~plain & from_literal.is_null()
    return [parsed.alias("artists:parsed"), failed.fill_null(value=False).alias("artists:failed")]


def _from_list_literal(text: str) -> str | None:
    """The names in the text of a Python or JSON list, joined; None where it is not a list of names."""
    try:
        names = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return ARTIST_SEPARATOR.join(name.replace(ARTIST_SEPARATOR, ESCAPED_SEPARATOR) for name in names)


def _rejected(
    bad: pl.DataFrame, frame: pl.DataFrame, header: list[str], delimited: Delimited, offset: int
) -> pl.DataFrame:
    unplaced = bad.join(frame, on=ROW, how="left").select(
        ROW, "reason", "detail", pl.struct(header).struct.json_encode().alias("original")
    )
    malformed = delimited.malformed.with_columns(pl.col(ROW) + offset)
    return pl.concat([unplaced, malformed]).rename({ROW: "source_row"})
