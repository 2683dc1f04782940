"""Texts that are the same without their blanks are in one share, and so are those that are to be together."""

from collections.abc import Sequence

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.rows.share import HashedShares

OF = 3
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"


def shares_of(texts: Sequence[str | None], together: Sequence[str] = ()) -> list[int]:
    """The number of the share that each text is in."""
    with duckdb.connect() as connection:
        connection.register("texts", pl.DataFrame({"t": texts}, schema={"t": pl.String}))
        rows = connection.execute(f"select {HashedShares('t', OF, together).number} from texts").fetchall()
    return [number for (number,) in rows]


@pytest.mark.slow
@given(st.text(max_size=6), st.text(BLANKS, max_size=2), st.text(BLANKS, max_size=2))
def test_blanks_around_a_text_do_not_change_its_share(text: str, before: str, after: str):
    [bare, padded] = shares_of([text, before + text + after])
    assert bare in range(OF)
    assert padded == bare


@pytest.mark.parametrize("text", ["", "!", "~", "~x", "é", "a\u0301", "listener-1"])
def test_each_text_is_in_the_share_of_its_hash(text: str):
    with duckdb.connect() as connection:
        [number] = connection.execute("select hash(?::varchar) % ?", [text, OF]).fetchall()[0]
    assert shares_of([text, f" {text} "]) == [number, number]


def test_no_text_is_in_the_share_of_an_empty_one():
    [null, empty] = shares_of([None, ""])
    assert null == empty


@pytest.mark.slow
@given(st.lists(st.text(max_size=4), min_size=1, max_size=4), st.text(BLANKS, max_size=2))
def test_texts_that_are_to_be_together_are_in_the_first_share(texts: list[str], blanks: str):
    together = [text.strip(BLANKS) for text in texts]
    assert set(shares_of([blanks + text + blanks for text in together], together)) == {0}
    others = ["it's another", *map(str, range(9))]
    apart = [text for text in others if text not in together]
    assert shares_of(apart, together) == shares_of(apart)
