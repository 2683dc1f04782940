"""What the readers of listening histories share: typed columns from JSON values, times, ids, refused rows.

Here belongs: turning what exporters write for a number, a flag or a moment into that, and rows of
`raw.raw_events` with an account of what was refused. Not here: what a field of one format means.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import attrgetter

import polars as pl

from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.sources.delimited import ROW, Delimited
from spotify_assets.sources.extras import Extras, values_of
from spotify_assets.sources.json_stream import MAX_ORIGINAL, Batch, Malformed
from spotify_assets.sources.kinds import Chunk
from spotify_assets.sources.lenient_json import json_text
from spotify_assets.sources.privacy import is_personal_key, looks_personal, scrub, scrub_text
from spotify_assets.tables import RAW_EVENTS

EARLIEST = datetime(2002, 1, 1)  # noqa: DTZ001  # naive UTC, like every stored time
"""No service recorded what people listened to before (Audioscrobbler began in 2002, Spotify in 2006)."""
LATEST = datetime(2100, 1, 1)  # noqa: DTZ001
"""Times from here on are taken for damage. Not the present: a file must read the same tomorrow."""
MAX_MS_PLAYED = 7 * 24 * 3_600_000
"""One playback of more than a week is taken for damage."""
ID_DIGITS = 32
"""Hexadecimal digits of an event id: 128 bits of a SHA-256."""

NOT_A_PLAY = "not_a_play"
MISSING_TIME = "missing_time"
UNPARSEABLE_TIME = "unparseable_time"
TIME_OUT_OF_RANGE = "time_out_of_range"
MISSING_MS_PLAYED = "missing_ms_played"
UNPARSEABLE_MS_PLAYED = "unparseable_ms_played"
NEGATIVE_MS_PLAYED = "negative_ms_played"
MS_PLAYED_OUT_OF_RANGE = "ms_played_out_of_range"

_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_TEXTS, _INTEGERS, _BOOLEANS = ({kind, type(None)} for kind in (str, int, bool))
_SINGLE = {str, int, float, bool, type(None)}
_LARGEST_EXACT_INTEGER = 2**53
MILLISECONDS_FROM = 100_000_000_000
"""Epoch times from here on are milliseconds: as seconds this is the year 5138."""


def text_of(value: object) -> str | None:
    """A JSON value as text; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT_INTEGER:
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    return json_text(value)


def text_column(name: str, values: list[object]) -> pl.Series:
    """Values as text without space around it, blank ones as null."""
    stripped = _texts(name, values).str.strip_chars()
    return stripped.zip_with(stripped != "", pl.Series(name, [None], dtype=pl.String))


def _texts(name: str, values: Sequence[object]) -> pl.Series:
    """Values as text. Polars sees texts only: it is slow with nested values and fails at large numbers."""
    if not set(map(type, values)) <= _TEXTS:
        values = [value if type(value) is str else text_of(value) for value in values]
    return pl.Series(name, values, dtype=pl.String)


def text_and_flag_columns(
    elements: Sequence[Mapping[str, object]], texts: Sequence[str], flags: Sequence[str]
) -> pl.DataFrame:
    """Fields of JSON objects as text (without space around it, blank ones as null) and as flags."""
    given = _single_values(elements, texts, flags)
    if given is None:
        given = pl.DataFrame(
            [
                *(_texts(name, values_of(elements, name)) for name in texts),
                *(flag_column(name, values_of(elements, name)) for name in flags),
            ]
        )
    return without_blanks(given)


def record_columns(records: Sequence[object], kinds: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Fields of records of a shape, as `text_and_flag_columns` gives them; whole numbers stay numbers."""
    return without_blanks(
        pl.DataFrame(
            [
                pl.Series(name, list(map(attrgetter(name), records)), dtype=kind)
                for name, kind in kinds.items()
            ]
        )
    )


def without_blanks(given: pl.DataFrame) -> pl.DataFrame:
    """Texts without space around them, blank ones as null."""
    stripped = given.with_columns(pl.col(pl.String).str.strip_chars())
    return stripped.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


def _single_values(
    elements: Sequence[Mapping[str, object]], texts: Sequence[str], flags: Sequence[str]
) -> pl.DataFrame | None:
    """The fields where nothing in the objects is nested, which is the quick way; else None.

    Polars looks at nested values whole, which takes gigabytes for what is nested deeply.
    """
    if not set(map(type, chain.from_iterable(map(dict.values, elements)))) <= _SINGLE:  # type: ignore[arg-type]
        return None
    schema = {name: pl.String() for name in texts} | {name: pl.Boolean() for name in flags}
    try:
        return pl.DataFrame(elements, schema=schema)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return None


@dataclass(frozen=True)
class Parsed:
    """A column in its type, and the texts that were given but did not parse (null elsewhere)."""

    values: pl.Series
    failed: pl.Series | None = None


def int_column(name: str, values: list[object]) -> Parsed:
    """Whole numbers, also from texts as `12345`, `12345.0` or `1.2e5`; fractions are rounded."""
    if set(map(type, values)) <= _INTEGERS:
        with suppress(TypeError, OverflowError):  # beyond 64 bit
            return Parsed(pl.Series(name, values, dtype=pl.Int64))
    return ints_of(_texts(name, values).str.strip_chars())


def ints_of(texts: pl.Series) -> Parsed:
    """Texts without space around them as whole numbers, as `int_column` reads them."""
    number = texts.cast(pl.Int64, strict=False)
    if number.null_count() == texts.null_count():
        return Parsed(number)
    approximate = texts.cast(pl.Float64, strict=False).round()
    exact = approximate.is_finite() & (approximate.abs() < _LARGEST_EXACT_INTEGER)
    rounded = approximate.zip_with(exact.fill_null(value=False), pl.Series([None], dtype=pl.Float64))
    found = number.zip_with(number.is_not_null(), rounded.cast(pl.Int64))
    return Parsed(found.alias(texts.name), _failures(texts, found))


def flag_column(name: str, values: list[object]) -> pl.Series:
    """True, false or unknown, also from texts and numbers."""
    if set(map(type, values)) <= _BOOLEANS:
        return pl.Series(name, values, dtype=pl.Boolean)
    lower = _texts(name, values).str.strip_chars().str.to_lowercase()
    return lower.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean).alias(name)


def time_column(name: str, values: list[object], shapes: Sequence[str] = ()) -> Parsed:
    """Moments as naive UTC.

    ISO 8601 with `T` or a space, with or without seconds, fractions and an offset (UTC without one, `UTC`
    is one); epoch seconds or milliseconds; and the `shapes`, in strftime notation.
    """
    return times_of(text_column(name, values), shapes)


def times_of(texts: pl.Series, shapes: Sequence[str] = ()) -> Parsed:
    """Texts without space around them as moments, as `time_column` reads them."""
    found = texts.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False)
    if found.null_count() > texts.null_count():
        rest = texts.filter(found.is_null() & texts.is_not_null()).unique()
        closer = rest.to_frame("text").select("text", time=_moment(pl.col("text"), shapes)).drop_nulls()
        replaced = texts.replace_strict(
            closer["text"], closer["time"], default=None, return_dtype=pl.Datetime("us")
        )
        found = found.zip_with(found.is_not_null(), replaced)
    return Parsed(found, _failures(texts, found))


def _failures(texts: pl.Series, found: pl.Series) -> pl.Series | None:
    failed = found.is_null() & texts.is_not_null() & (texts != "")
    return texts.zip_with(failed, pl.Series([None], dtype=pl.String)) if failed.any() else None


def _moment(text: pl.Expr, shapes: Sequence[str]) -> pl.Expr:
    upper = text.str.strip_chars().str.to_uppercase().str.replace(r"\s*(?:UTC|GMT|Z)$", "+00:00")
    iso = upper.str.replace(r"^(\d{4}-\d{2}-\d{2}) +", "${1}T")
    to_second = iso.str.replace(r"T(\d{2}:\d{2})($|[+-])", "T${1}:00${2}")
    zoned = pl.when(to_second.str.contains(r"T\d{2}:\d{2}:\d{2}(?:\.\d+)?$")).then(to_second + "+00:00")
    moment = (
        zoned.otherwise(to_second)
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", strict=False)
        .dt.replace_time_zone(None)
    )
    others = [text.str.strip_chars().str.to_datetime(shape, time_unit="us", strict=False) for shape in shapes]
    return pl.coalesce(moment, *others, _epoch(text.str.strip_chars()))


def _epoch(text: pl.Expr) -> pl.Expr:
    number = pl.when(text.str.contains(r"^\d{9,14}(?:\.\d+)?$")).then(text.cast(pl.Float64, strict=False))
    milliseconds = pl.when(number < MILLISECONDS_FROM).then(number * 1000).otherwise(number)
    return pl.from_epoch(milliseconds.round().cast(pl.Int64), "ms").cast(pl.Datetime("us"))


def event_ids(kind: str, facts: pl.DataFrame) -> pl.Series:
    """Ids from the facts that make a playback: the same facts, the same id, in every version of everything.

    The first 32 digits of the SHA-256 of the kind and the columns as text, separated by U+001F.
    """
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in facts.columns]
    joined = facts.select(pl.concat_str([pl.lit(kind), *parts], separator="\x1f")).to_series()
    sha256 = hashlib.sha256
    digests = [sha256(text).digest() for text in joined.cast(pl.Binary).to_list()]
    return pl.Series("event_id", digests, dtype=pl.Binary).bin.slice(0, ID_DIGITS // 2).bin.encode("hex")


def started_at(ended_at: pl.Expr, ms_played: pl.Expr) -> pl.Expr:
    """When a playback began; null where the time played makes no sense."""
    usable = pl.when(ms_played.is_between(0, MAX_MS_PLAYED)).then(ms_played)
    return ended_at - pl.duration(milliseconds=usable)


def country(code: pl.Expr) -> pl.Expr:
    """An ISO 3166-1 alpha-2 code; `ZZ`, Spotify's own code for an unknown country, for any other text."""
    upper = code.str.strip_chars().str.to_uppercase()
    known = pl.when(upper.str.contains("^[A-Z]{2}$")).then(upper)
    return known.when(upper != "").then(pl.lit("ZZ"))


class Occurrences:
    """Numbers the repeats of a key: 1, 2, 3 … in the order in which they come.

    The newest `_REMEMBERED` keys are remembered: more than a year of account data has rows.
    """

    _REMEMBERED = 1_000_000

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def number(self, keys: Iterable[str]) -> list[int]:
        """The occurrence of each key, counted from the first call on."""
        seen, numbers = self._seen, []
        for key in keys:
            count = seen.get(key, 0) + 1
            seen[key] = count
            numbers.append(count)
        while len(seen) > self._REMEMBERED:
            del seen[next(iter(seen))]
        return numbers


def time_reasons(parsed: Parsed, field_name: str) -> list[tuple[str, pl.Expr, pl.Expr | str]]:
    """Why a row's time is refused; the frame holds the time under the parsed column's name."""
    time = pl.col(parsed.values.name)
    failed = parsed.failed if parsed.failed is not None else pl.Series([None], dtype=pl.String)
    text = pl.lit(failed.alias("failed"))
    return [
        (
            UNPARSEABLE_TIME,
            text.is_not_null(),
            pl.format(f"{field_name} '{{}}' is no time", text.str.slice(0, _QUOTED)),
        ),
        (MISSING_TIME, time.is_null() & text.is_null(), f"{field_name} is empty"),
        (
            TIME_OUT_OF_RANGE,
            (time < EARLIEST) | (time >= LATEST),
            pl.format(f"{field_name} {{}} is not between {EARLIEST.year} and {LATEST.year}", time),
        ),
    ]


def ms_reasons(parsed: Parsed, field_name: str) -> list[tuple[str, pl.Expr, pl.Expr | str]]:
    """Why a row's time played is refused; the frame holds it under the parsed column's name."""
    value = pl.col(parsed.values.name)
    failed = parsed.failed if parsed.failed is not None else pl.Series([None], dtype=pl.String)
    text = pl.lit(failed.alias("failed"))
    return [
        (
            UNPARSEABLE_MS_PLAYED,
            text.is_not_null(),
            pl.format(f"{field_name} '{{}}' is no number", text.str.slice(0, _QUOTED)),
        ),
        (MISSING_MS_PLAYED, value.is_null() & text.is_null(), f"{field_name} is empty"),
        (NEGATIVE_MS_PLAYED, value < 0, pl.format(f"{field_name} {{}} is below 0", value)),
        (
            MS_PLAYED_OUT_OF_RANGE,
            value > MAX_MS_PLAYED,
            pl.format(f"{field_name} {{}} is more than a week", value),
        ),
    ]


_QUOTED = 80
"""Characters of a value that a refusal quotes."""


def chunk(
    rows: pl.DataFrame,
    batch: Batch,
    source_file: str,
    reasons: Sequence[tuple[str, pl.Expr, pl.Expr | str]],
    extras: Extras,
) -> Chunk:
    """The rows of a batch judged. `rows` has one row per element, in order, and what the reasons need."""
    applies = [condition.fill_null(value=False) for _, condition, _ in reasons]
    reason = pl.coalesce(
        *(
            pl.when(condition).then(pl.lit(code))
            for (code, _, _), condition in zip(reasons, applies, strict=True)
        ),
        pl.lit(None, pl.String),
    )
    marked = rows.with_columns(source_row=pl.Series(batch.rows, dtype=pl.Int64), _reason=reason)
    kept, refused = marked, []
    if marked.get_column("_reason").null_count() < marked.height:
        detail = pl.concat_str(
            [
                pl.when(condition).then(words if isinstance(words, pl.Expr) else pl.lit(words))
                for (_, _, words), condition in zip(reasons, applies, strict=True)
            ],
            separator="; ",
            ignore_nulls=True,
        )
        judged = marked.with_columns(_detail=detail).with_row_index("_at")
        bad = judged.filter(pl.col("_reason").is_not_null())
        batch.unfold()
        refused = [
            (source_file, row, code, scrub_text(words), original_of(batch.elements[at]))
            for at, row, code, words in bad.select("_at", "source_row", "_reason", "_detail").iter_rows()
        ]
        kept = marked.filter(pl.col("_reason").is_null())
    refused += [refused_element(each, source_file) for each in batch.malformed]
    notes = dict(batch.notes)
    if extras.dropped:
        notes["personal_fields_dropped"] = len(extras.dropped)
    schema = RAW_EVENTS.polars_schema
    given = kept.with_columns(source_file=pl.lit(source_file))
    return Chunk(
        rows=given.select(
            pl.col(name).cast(kind) if name in given.columns else pl.lit(None, dtype=kind).alias(name)
            for name, kind in schema.items()
        ),
        rows_in=len(batch.rows) + len(batch.malformed),
        rejected=pl.DataFrame(refused, schema=REJECTED_SCHEMA, orient="row").sort("source_row"),
        notes=notes,
    )


def refused_element(malformed: Malformed, source_file: str) -> tuple[str, int, str, str, str]:
    """A row of `REJECTED_SCHEMA` for what was no object."""
    original = json.dumps({"text": scrub_text(malformed.text)}, ensure_ascii=False)
    return source_file, malformed.row, malformed.reason, malformed.detail, original


def malformed_records(block: Delimited) -> list[Malformed]:
    """The broken records of a block of CSV; without their text where a column is personal.

    Which part of a broken record belongs to which column cannot be told.
    """
    is_personal = any(is_personal_key(name) and name not in RAW_EVENTS.column_names for name in block.header)
    columns = block.malformed.select(ROW, "reason", "detail", "original").iter_rows()
    return [
        Malformed(row, reason, detail, "" if is_personal else str(json.loads(original)["text"]))
        for row, reason, detail, original in columns
    ]


def original_of(element: Mapping[str, object]) -> str:
    """A refused row as JSON, without personal fields."""
    kept = {
        key: scrubbed
        for key, value in element.items()
        if not is_personal_key(key) and not looks_personal(key) and key != "platform"
        if (scrubbed := scrub(value)) is not None
    }
    text = json.dumps(kept, ensure_ascii=False, default=str)
    return (
        text if len(text) <= MAX_ORIGINAL else json.dumps({"text": text[:MAX_ORIGINAL]}, ensure_ascii=False)
    )
