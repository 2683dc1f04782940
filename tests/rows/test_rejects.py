"""Refusing rows: one reason each, words for all that apply, and the row itself."""

import json
from datetime import date, datetime
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.rows.rejects import reject
from tests.examples import examples
from tests.transforms.events import at

REASONS: dict[str, tuple[pl.Expr, pl.Expr | str]] = {
    "negative": (pl.col("x") < 0, "x is below 0"),
    "odd": (pl.col("x") % 2 == 1, pl.format("x {} is odd", "x")),
    "no_name": (pl.col("name").is_null(), "name is empty"),
}
SCHEMA = {"source_file": pl.String, "source_row": pl.Int64, "x": pl.Int64, "name": pl.String}


def rows_of(*values: tuple[int | None, str | None]) -> pl.DataFrame:
    rows = [("f.csv", number, x, name) for number, (x, name) in enumerate(values, start=1)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_the_reason_is_the_first_that_applies_and_the_detail_names_all():
    judged = reject(rows_of((-1, None), (3, None), (2, None), (2, "ok")), REASONS)
    assert judged.rejected.select("source_row", "reason", "detail").rows() == [
        (1, "negative", "x is below 0; x -1 is odd; name is empty"),
        (2, "odd", "x 3 is odd; name is empty"),
        (3, "no_name", "name is empty"),
    ]
    assert judged.kept["source_row"].to_list() == [4]


def test_a_condition_that_is_null_does_not_apply():
    judged = reject(rows_of((None, "ok")), REASONS)
    assert judged.kept.height == 1
    assert judged.rejected.is_empty()


def test_kept_rows_keep_their_columns_and_order():
    rows = rows_of((4, "a"), (-1, "b"), (2, "c"), (0, "d"))
    assert_frame_equal(
        reject(rows, REASONS).kept, rows_of((4, "a"), (-1, "b"), (2, "c"), (0, "d"))[[0, 2, 3]]
    )


def test_refused_rows_have_the_declared_schema_with_and_without_any():
    assert reject(rows_of((2, "ok")), REASONS).rejected.schema == REJECTED_SCHEMA
    assert reject(rows_of((-2, "ok")), REASONS).rejected.schema == REJECTED_SCHEMA
    assert reject(rows_of(), REASONS).rejected.schema == REJECTED_SCHEMA


ORIGINALS = st.fixed_dictionaries(
    {
        "name": st.none() | st.text(max_size=20),
        "x": st.none() | st.integers(-(2**63), 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.none() | st.booleans(),
        "moment": st.none() | st.datetimes(at("1900-01-01"), at("2200-01-01")),
        "day": st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    }
)


@examples(100)
@given(st.lists(ORIGINALS, min_size=1, max_size=4))
def test_the_original_is_json_that_gives_the_row_back(rows):
    schema: dict[str, Any] = {
        "source_file": pl.String,
        "source_row": pl.Int64,
        "name": pl.String,
        "x": pl.Int64,
        "share": pl.Float64,
        "flag": pl.Boolean,
        "moment": pl.Datetime("us"),
        "day": pl.Date,
    }
    frame = pl.DataFrame(
        [{"source_file": "f.csv", "source_row": n} | row for n, row in enumerate(rows, start=1)],
        schema=schema,
    )
    rejected = reject(frame, {"any": (pl.lit(value=True), "refused")}).rejected
    originals = [json.loads(original) for original in rejected["original"]]
    for original in originals:
        original["moment"] = original["moment"] and datetime.fromisoformat(original["moment"])
        original["day"] = original["day"] and date.fromisoformat(original["day"])
    assert originals == frame.to_dicts()
