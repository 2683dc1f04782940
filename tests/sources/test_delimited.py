"""Property tests: what a CSV writer writes, in any dialect, reads back equal."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spotify_assets.sources.delimited import DELIMITERS, ROW, Delimited, read_delimited
from spotify_assets.sources.text import decode, undo_double_encoding

HEADER = ["track_id", "track_name", "artists"]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")

any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
dirty_text = st.text(st.sampled_from("ab\",;\t|\n\r '\\é東"), max_size=8)
tables = st.lists(st.lists(any_text | dirty_text, min_size=3, max_size=3), min_size=1, max_size=6)


class Dialect(NamedTuple):
    delimiter: str
    line_end: str
    quote_all: bool


dialects = st.builds(Dialect, st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]), st.booleans())


def write(records: list[list[str]], dialect: Dialect) -> str:
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=dialect.delimiter,
        lineterminator=dialect.line_end,
        quoting=csv.QUOTE_ALL if dialect.quote_all else csv.QUOTE_MINIMAL,
    )
    writer.writerows(records)
    return buffer.getvalue()


def read(content: str, delimiter: str, encoding: str = "utf-8") -> Delimited:
    return read_delimited(decode(Path("any.csv"), content.encode(encoding)), delimiter)


def values(result: Delimited) -> list[list[str]]:
    return [list(row) for row in result.rows.select(HEADER).iter_rows()]


def is_unambiguous(table: list[list[str]], dialect: Dialect) -> bool:
    """Python's writer leaves a carriage return unquoted where it is not part of the line end."""
    return dialect.quote_all or dialect.line_end == "\r\n" or not any("\r" in v for row in table for v in row)


@settings(deadline=None)
@given(tables, dialects, st.sampled_from(ENCODINGS), st.booleans())
def test_any_table_in_any_dialect_reads_back_equal(table, dialect, encoding, final_end):
    assume(is_unambiguous(table, dialect))
    content = write([HEADER, *table], dialect)
    if not final_end:
        content = content.removesuffix(dialect.line_end)
    result = read(content, dialect.delimiter, encoding)
    assert values(result) == table
    assert result.rows[ROW].to_list() == list(range(1, len(table) + 1))
    assert result.malformed.is_empty()


@settings(deadline=None)
@given(tables, dialects, st.integers(min_value=0))
def test_a_broken_row_anywhere_costs_only_itself(table, dialect, position):
    assume(is_unambiguous(table, dialect))
    at = position % (len(table) + 1)
    before, after = write([HEADER, *table[:at]], dialect), write(table[at:], dialect)
    result = read(f"{before}broken{dialect.line_end}{after}", dialect.delimiter)
    assert values(result) == table
    assert result.malformed[ROW].to_list() == [at + 1]


@settings(deadline=None)
@given(st.lists(st.lists(st.text('ab"é ', min_size=1, max_size=8), min_size=3, max_size=3), min_size=1))
def test_backslash_escaped_quotes_read_back_equal(table):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\").writerows([HEADER, *table])
    result = read(buffer.getvalue(), ",")
    assert values(result) == table


@given(any_text)
def test_double_encoding_is_undone_exactly(text):
    twice = text.encode().decode("latin-1")
    assert undo_double_encoding(twice) == (None if text.isascii() else text)


@pytest.mark.parametrize("text", ["plain", "Beyoncé", "東京", "CAFÉ", "Ã", "“quoted”"])
def test_text_that_is_not_double_encoded_is_not_touched(text):
    assert undo_double_encoding(text) is None


def test_very_long_records_are_refused_and_not_read_forever():
    content = "track_id,track_name,artists\n" + 'a,"b,c\n' * 200 + "x,y,z\n"
    result = read(content, ",")
    assert values(result)[-1] == ["x", "y", "z"]
    assert result.rows.height + result.malformed.height == 201
