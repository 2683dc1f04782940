"""From delimited text to a frame of strings, one row per record, and the records that are broken.

Here belongs: delimiters, quotes, line ends, records of the wrong width. Not here: encodings (`text`) and
what a column means (`catalogue_csv`).

Well-formed text is read by Polars. Polars trusts its input, so whether the text is well-formed is checked
around it: every quote stands at the edge of a field, and no delimiter is missing. Anything else is read
record by record with Python's csv module, where a broken record costs itself and not its neighbours.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from spotify_assets.sources.text import Text

ROW = "__row__"
"""Column with the number of the record, from 1, the header not counted."""

DELIMITERS = (",", ";", "\t", "|")
MAX_LINES_PER_RECORD = 50
"""Lines that one record may span; an unclosed quote gives up after them."""

MALFORMED_ROW = "malformed_row"
TRUNCATED_ROW = "truncated_row"
UNDECODABLE_ROW = "undecodable_row"

MALFORMED_SCHEMA = pl.Schema(
    {ROW: pl.Int64(), "reason": pl.String(), "detail": pl.String(), "original": pl.String()}
)

_HEADER_BYTES = 1 << 20
"""Bytes from the start of a file among which its header is looked for."""

_ESCAPE = re.compile(r'\\([\\"])')
_QUOTE, _LF, _CR = 0x22, 0x0A, 0x0D


@dataclass(frozen=True)
class Delimited:
    """A delimited file as strings: `rows` has `ROW` and then the columns of `header`."""

    header: list[str]
    rows: pl.DataFrame
    malformed: pl.DataFrame
    line_ends: str
    quoting: str


class _Record(NamedTuple):
    fields: list[str]
    lines: int
    escaped: bool


def header_of(text: Text, delimiter: str) -> tuple[list[str], int]:
    """The names in the first record, made unique, and how many lines the header takes."""
    first = _split_lines(text.content[:_HEADER_BYTES])
    skipped = next((n for n, line in enumerate(first) if line.strip("\r")), 0)
    record = _record(first, skipped, delimiter, width=None)
    names = [name.strip() for name in record.fields] if record else first[skipped].split(delimiter)
    return _unique(names), skipped + (record.lines if record else 1)


def read_delimited(text: Text, delimiter: str) -> Delimited:
    """The records of a delimited text; those of another width than the header are in `malformed`."""
    header, header_lines = header_of(text, delimiter)
    ends = _line_ends(text.content)
    if not text.cut and not text.guessed_lines and ends != "cr":
        rows = _read_well_formed(text.content, delimiter, header, header_lines)
        if rows is not None:
            quoting = "standard" if b'"' in text.content else "none"
            return Delimited(header, rows, pl.DataFrame(schema=MALFORMED_SCHEMA), ends, quoting)
    return _read_record_by_record(text, delimiter, header, header_lines, ends)


def _read_well_formed(
    content: bytes, delimiter: str, header: list[str], header_lines: int
) -> pl.DataFrame | None:
    """The records as Polars reads them, or None where the text is not what Polars takes it for."""
    body = content.rstrip(b"\r\n") + b"\n"
    start = _offset_of_line(body, header_lines)
    if start >= len(body):
        return pl.DataFrame(schema={ROW: pl.Int64(), **_strings(header)})
    if not _quotes_at_field_edges(body, delimiter):
        return None
    try:
        rows = pl.read_csv(
            io.BytesIO(body),
            separator=delimiter,
            has_header=False,
            skip_lines=header_lines,
            schema=_strings(header),
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None
    between = (len(header) - 1) * rows.height
    inside = rows.select(pl.sum_horizontal(pl.all().str.count_matches(delimiter, literal=True).sum())).item()
    if body.count(delimiter.encode(), start) != between + inside:
        return None
    return rows.with_row_index(ROW, offset=1).cast({ROW: pl.Int64})


def _offset_of_line(content: bytes, number: int) -> int:
    offset = 0
    for _ in range(number):
        offset = content.find(b"\n", offset) + 1
        if not offset:
            return len(content)
    return offset


def _quotes_at_field_edges(content: bytes, delimiter: str) -> bool:
    """Whether every quote opens a field, closes one or is doubled inside one."""
    import numpy as np  # noqa: PLC0415  # starts threads of its own, and JSON needs none of it

    data = np.frombuffer(content, dtype=np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    if not quotes.size:
        return True
    if quotes.size % 2 or quotes[-1] == len(data) - 1:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = data[np.maximum(opening - 1, 0)]
    after = data[closing + 1]
    edges = [_QUOTE, _LF, ord(delimiter)]
    opens = np.isin(before, edges) | (opening == 0)
    closes = np.isin(after, [*edges, _CR])
    return bool(opens.all() and closes.all())


def _read_record_by_record(
    text: Text, delimiter: str, header: list[str], header_lines: int, ends: str
) -> Delimited:
    lines = _split_lines(text.content)
    while lines and not lines[-1].strip("\r"):
        lines.pop()
    width = len(header)
    plain: dict[int, str] = {}
    records: dict[int, list[str]] = {}
    malformed: list[tuple[int, str, str, str]] = []
    escaped = False
    at, number = header_lines, 0
    while at < len(lines):
        line = lines[at]
        if not line.strip("\r"):
            at += 1
            continue
        number += 1
        uncertain = at in text.guessed_lines or (text.cut and at == len(lines) - 1)
        if '"' not in line and line.count(delimiter) == width - 1 and not uncertain:
            plain[number] = line
            at += 1
            continue
        record = _record(lines, at, delimiter, width)
        start, at = at, at + (record.lines if record else 1)
        original, is_last = lines[start:at], at >= len(lines)
        if not text.guessed_lines.isdisjoint(range(start, at)):
            malformed.append(_refused(number, UNDECODABLE_ROW, f"the row is not {text.encoding}", original))
        elif is_last and text.cut:
            detail = "the file ends in the middle of a character"
            malformed.append(_refused(number, TRUNCATED_ROW, detail, original))
        elif record is None:
            malformed.append(_broken(number, original, delimiter, width, is_last))
        else:
            records[number] = record.fields
            escaped = escaped or record.escaped
    rows = pl.concat([_plain_rows(plain, delimiter, header), _parsed_rows(records, header)]).sort(ROW)
    refused = pl.DataFrame(malformed, schema=MALFORMED_SCHEMA, orient="row")
    return Delimited(header, rows, refused, ends, "backslash" if escaped else "standard")


def _plain_rows(lines: dict[int, str], delimiter: str, header: list[str]) -> pl.DataFrame:
    """Rows of numbered lines that have the right number of fields and no quotes."""
    numbers = pl.Series(ROW, list(lines), pl.Int64)
    if not lines:
        return pl.DataFrame(schema={ROW: pl.Int64(), **_strings(header)})
    rows = pl.read_csv(
        io.BytesIO("\n".join(lines.values()).encode()),
        separator=delimiter,
        has_header=False,
        quote_char=None,
        schema=_strings(header),
        empty_string_is_null=False,
    )
    return rows.select(numbers, pl.all())


def _parsed_rows(records: dict[int, list[str]], header: list[str]) -> pl.DataFrame:
    columns = zip(*records.values(), strict=True) if records else ([] for _ in header)
    return pl.DataFrame(
        {ROW: list(records), **{name: list(values) for name, values in zip(header, columns, strict=True)}},
        schema={ROW: pl.Int64(), **_strings(header)},
    )


def _strings(header: list[str]) -> dict[str, pl.DataType]:
    return dict.fromkeys(header, pl.String())


def _broken(
    number: int, lines: list[str], delimiter: str, width: int, is_last: bool
) -> tuple[int, str, str, str]:
    try:
        found = len(next(csv.reader(lines, delimiter=delimiter), []))
    except csv.Error as error:
        return _refused(number, MALFORMED_ROW, f"the row cannot be split into fields: {error}", lines)
    if is_last and found < width:
        detail = f"the file ends in the middle of a row: {found} of {width} fields"
        return _refused(number, TRUNCATED_ROW, detail, lines)
    detail = f"{found} fields instead of {width}" if found != width else "a quote is not closed"
    return _refused(number, MALFORMED_ROW, detail, lines)


def _refused(number: int, reason: str, detail: str, lines: list[str]) -> tuple[int, str, str, str]:
    return number, reason, detail, json.dumps({"text": "\n".join(lines)}, ensure_ascii=False)


def _split_lines(content: bytes) -> list[str]:
    """The lines of UTF-8 text; a character that the end of `content` cuts is left out."""
    text = content.decode(errors="ignore")
    if _line_ends(content) == "cr":
        text = text.replace("\r", "\n")
    return text.split("\n")


def _line_ends(content: bytes) -> str:
    lf, crlf = content.count(b"\n"), content.count(b"\r\n")
    if not lf:
        return "cr" if b"\r" in content else "lf"
    if crlf == lf:
        return "crlf"
    return "mixed" if crlf else "lf"


def _unique(names: list[str]) -> list[str]:
    """Names of which none is empty or repeated; an unnamed first column is pandas' index."""
    unique: list[str] = []
    for position, name in enumerate(names, start=1):
        base = name or ("index" if position == 1 else f"column_{position}")
        candidate, suffix = base, 1
        while candidate in unique or candidate == ROW:
            suffix += 1
            candidate = f"{base}_{suffix}"
        unique.append(candidate)
    return unique


def _record(lines: Sequence[str], at: int, delimiter: str, width: int | None) -> _Record | None:
    """The record that starts at a line, by the first reading that gives it its width.

    One line comes before several. Doubled quotes come before backslash-escaped ones, unless a backslash
    before a quote leaves quotes in the middle of a field.
    """
    several = lines[at : at + MAX_LINES_PER_RECORD] if '"' in lines[at] else []
    for block in (lines[at : at + 1], several):
        for escaped in _readings(block, delimiter):
            parsed = _parse(block, delimiter, escaped)
            if parsed and _fits(parsed[0], width):
                return _Record(*parsed, escaped)
    return None


def _readings(block: Sequence[str], delimiter: str) -> tuple[bool, ...]:
    """Whether quotes are escaped by a backslash, the likelier answer first."""
    text = "\n".join(block)
    if '\\"' not in text:
        return (False,)
    return (False, True) if _quotes_at_field_edges(f"{text}\n".encode(), delimiter) else (True, False)


def _parse(block: Sequence[str], delimiter: str, escaped: bool) -> tuple[list[str], int] | None:
    """The first record of some lines and how many of them it takes; None where its quotes do not close."""
    lines = [_ESCAPE.sub(_unescape, line) for line in block] if escaped else block
    reader = csv.reader([line + "\n" for line in lines], delimiter=delimiter, strict=True)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration):
        return None


def _fits(fields: list[str], width: int | None) -> bool:
    return width is None or len(fields) == width


def _unescape(match: re.Match[str]) -> str:
    return '""' if match[1] == '"' else "\\"
