"""What the cells of a catalogue column say: numbers, keys, modes, beats, flags, as exporters write them.

A column is read whole, so that what is written in one way in one cell may be judged by the others. A cell
that says nothing becomes null and is counted; it never costs its row.

Here belongs: from a text to a value. Not here: which column is what (`catalogue_columns`), whether a
well-formed value makes sense (`transforms.track_rules`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from spotify_assets.sources.durations import MILLISECONDS, durations
from spotify_assets.sources.written_dates import month_number
from spotify_assets.tables import POLARS_TYPES, RAW_TRACKS, DuckDBType

MISSING_VALUES = ("", "na", "n/a", "nan", "null", "none", r"\n")
"""What exporters write for a missing number, in lower case: R, pandas, SQL and MySQL."""

_PITCHES = ("c b#", "c# db", "d", "d# eb", "e fb", "f e#", "f# gb", "g", "g# ab", "a", "a# bb", "b cb")
KEY_NAMES: Mapping[str, str] = {
    written: str(pitch)
    for pitch, names in enumerate(_PITCHES)
    for written in (*names.split(), names.replace(" ", "/"))
}
"""Pitch class by key name. Source: Spotify Web API reference, audio-features, `key`."""
MODE_NAMES: Mapping[str, str] = {"major": "1", "minor": "0", "maj": "1", "min": "0"}
BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0", "wahr", "vrai", "verdadero", "vero", "waar"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0", "falsch", "faux", "falso", "onwaar"), False),
}
"""Flags as programs write them, and as spreadsheets do in their languages."""

COLUMNS: Mapping[str, DuckDBType] = {
    c.name: c.type
    for c in RAW_TRACKS.columns
    if c.type in ("BIGINT", "DOUBLE", "BOOLEAN") and c.name != "source_row"
}
"""The columns that are no text, with their types."""
BEATS_AS_DATE = "time_signature_from_date"

_GROUPING = r"[,' \u{a0}\u{202f}]"
_THOUSANDS = rf"^[+-]?\d{{1,3}}(?:{_GROUPING}\d{{3}})+(?:\.0*)?$"
_LARGEST_EXACT_INTEGER = 2**53
_QUARTERS = 4
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[. -]*([^\W\d_]{3,9})\.?$")
_MONTH_AND_DAY = re.compile(r"([^\W\d_]{3,9})[. -]*(\d{1,2})$")
_ISO_DAY = re.compile(r"\d{4}-(\d{2})-(\d{2})(?:[ T].*)?$")
_SLASHED_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./]\d{2,4}$")


@dataclass(frozen=True)
class Cells:
    """A column in its type, null where a cell is missing or says nothing; and repaired cells by reason.

    `implausible` counts cells that are read and cannot be true. `words` say how the column is read, where a
    person may want to know.
    """

    values: pl.Series
    repaired: Mapping[str, int] = field(default_factory=dict)
    implausible: int = 0
    words: str = ""


def is_given(texts: pl.Series) -> pl.Series:
    """Whether there is anything in a cell of a column that is no text."""
    return ~texts.str.strip_chars().str.to_lowercase().is_in(MISSING_VALUES).fill_null(value=True)


def cells_of(texts: pl.Series, delimiter: str) -> Cells:
    """A column of a catalogue, named as in `COLUMNS`, in its type."""
    if texts.name == "duration_ms":
        return lengths(texts)
    kind = COLUMNS[texts.name]
    if kind == "BOOLEAN":
        lower = texts.str.strip_chars().str.to_lowercase()
        return Cells(lower.replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean))
    if texts.name == "time_signature":
        return _beats(texts)
    return Cells(_cast(texts, kind, delimiter))


def lengths(texts: pl.Series) -> Cells:
    """The column `duration_ms` of a whole file, in milliseconds, whatever unit its values show."""
    found = durations(texts, MISSING_VALUES)
    words = "" if found.unit in (None, MILLISECONDS) else f"read as {found.unit}"
    return Cells(found.values, implausible=found.implausible, words=words)


def _cast(texts: pl.Series, kind: DuckDBType, delimiter: str) -> pl.Series:
    """Polars' own cast comes first; only what it leaves is looked at more closely, which is slower."""
    result = texts.cast(POLARS_TYPES[kind], strict=False)
    if kind == "DOUBLE":
        result = result.set(~result.is_finite(), None)
    left = (result.is_null() & texts.is_not_null()).arg_true()
    if left.len():
        decimal_comma = delimiter != "," or not texts.str.contains(".", literal=True).any()
        closer = (
            _number(texts.name, decimal_comma=decimal_comma)
            if kind == "DOUBLE"
            else _whole_number(texts.name)
        )
        result = result.scatter(left, texts.gather(left).to_frame().select(closer).to_series())
    return result


def _number(name: str, *, decimal_comma: bool) -> pl.Expr:
    """A number; a comma is its decimal mark where it separates no columns or no other cell has a point."""
    value = pl.col(name).str.strip_chars()
    if decimal_comma:
        value = value.str.replace(",", ".", literal=True)
    number = value.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _whole_number(name: str) -> pl.Expr:
    """A whole number, also as 1,234 or 1234.0 or 5,0 or 1e5, and keys and modes by name."""
    value = pl.col(name).str.strip_chars()
    if name == "key":
        value = value.str.to_lowercase().str.replace("♯", "#").str.replace("♭", "b").replace(KEY_NAMES)
    elif name == "mode":
        value = value.str.to_lowercase().replace(MODE_NAMES)
    ungrouped = value.str.replace_all(_GROUPING, "")
    value = (
        pl.when(value.str.contains(_THOUSANDS))
        .then(ungrouped)
        .otherwise(value.str.replace(r"^([+-]?\d+),0{1,2}$", "$1"))
    )
    number = value.cast(pl.Float64, strict=False)
    whole = number.is_finite() & (number == number.floor()) & (number.abs() < _LARGEST_EXACT_INTEGER)
    return pl.when(whole).then(number).cast(pl.Int64)


def _beats(texts: pl.Series) -> Cells:
    """Beats per bar, also as 3/4, and as the date that a spreadsheet makes of 3/4."""
    plain = texts.cast(pl.Int64, strict=False)
    if plain.null_count() == texts.null_count():
        return Cells(plain)
    quarters = texts.str.strip_chars().str.replace(r"^(\d+)/4$", "$1")
    dates = {text: beats for text in quarters.unique().drop_nulls() if (beats := _beats_in_date(text))}
    repaired = int(quarters.is_in(list(dates)).sum())
    written = quarters.replace({text: str(beats) for text, beats in dates.items()})
    return Cells(_cast(written, "BIGINT", ","), {BEATS_AS_DATE: repaired} if repaired else {})


def _beats_in_date(text: str) -> int | None:
    """The 3 of a 3/4 that became the fourth of March or the third of April; None for any other text.

    All are quarters, so one of day and month is 4 and the other is the beats, whichever comes first.
    """
    if match := _DAY_AND_MONTH.match(text):
        numbers = (int(match[1]), month_number(match[2]))
    elif match := _MONTH_AND_DAY.match(text):
        numbers = (int(match[2]), month_number(match[1]))
    elif match := _ISO_DAY.match(text) or _SLASHED_DAY.match(text):
        numbers = (int(match[1]), int(match[2]))
    else:
        return None
    if None in numbers or _QUARTERS not in numbers:
        return None
    return sum(number or 0 for number in numbers) - _QUARTERS
