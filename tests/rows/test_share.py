"""A share of a slice holds every text that is the same without its blanks, and each text is in one share."""

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.rows.share import Share

OF = 3
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"


def shares_of(texts: list[str | None]) -> list[list[int]]:
    """The numbers of the shares that hold each text."""
    with duckdb.connect() as connection:
        connection.register("texts", pl.DataFrame({"t": texts}, schema={"t": pl.String}))
        columns = ", ".join(Share(number, OF).holds("t") for number in range(OF))
        rows = connection.execute(f"select {columns} from texts").fetchall()
    return [[number for number, holds in enumerate(row) if holds] for row in rows]


@given(st.text(max_size=6), st.text(BLANKS, max_size=2), st.text(BLANKS, max_size=2))
def test_blanks_around_a_text_do_not_change_its_share(text: str, before: str, after: str):
    [bare, padded] = shares_of([text, before + text + after])
    assert len(bare) == 1
    assert padded == bare


@pytest.mark.parametrize("text", ["", "!", "~", "~x", "é", "a\u0301", "listener-1"])
def test_each_text_is_in_the_share_of_its_hash(text: str):
    with duckdb.connect() as connection:
        [number] = connection.execute("select hash(?::varchar) % ?", [text, OF]).fetchall()[0]
    assert shares_of([text, f" {text} "]) == [[number], [number]]


def test_no_text_is_in_the_share_of_an_empty_one():
    [null, empty] = shares_of([None, ""])
    assert null == empty
