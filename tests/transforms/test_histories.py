"""Counting ends in spans, against counting each span by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.transforms.histories import Spans

NOON = datetime.fromisoformat("2024-05-01T12:00:00")
moments = st.integers(0, 6).map(lambda hours: NOON + timedelta(hours=hours))
keys = st.sampled_from([None, 0, 1, 2**31, 2**62])
spans = st.tuples(moments, moments, keys).map(lambda span: (min(span[:2]), max(span[:2]), span[2]))
ends = st.tuples(moments, st.integers(0, 3), st.integers(0, 3), keys)


def counted(
    spans_: Sequence[tuple[Any, ...]], ends_: Sequence[tuple[Any, ...]]
) -> list[list[tuple[Any, ...]]]:
    asked = pl.DataFrame(
        [span[:2] for span in spans_],
        schema={"since": pl.Datetime("us"), "until": pl.Datetime("us")},
        orient="row",
    )
    over = pl.DataFrame(
        [end[:3] for end in ends_],
        schema={"at": pl.Datetime("us"), "plays": pl.Int64, "skips": pl.Int64},
        orient="row",
    )
    of_kind = pl.Series([each[-1] for each in (*spans_, *ends_)], dtype=pl.Int64)
    return [frame.rows() for frame in Spans(asked, over).counted([of_kind, of_kind])]


@given(spans_=st.lists(spans, max_size=8), ends_=st.lists(ends, max_size=12))
def test_a_span_counts_the_ends_of_its_key_from_its_first_moment_to_before_its_last(spans_, ends_):
    expected = []
    for since, until, key in spans_:
        within = [end for end in ends_ if since <= end[0] < until and end[3] == key is not None]
        expected.append((sum(end[1] for end in within), sum(end[2] for end in within)))
    assert counted(spans_, ends_) == [expected, expected]


def test_what_ends_at_the_very_moment_is_not_over_before_it():
    at_both_ends = [(NOON, 1, 0, 7), (NOON + timedelta(hours=1), 10, 1, 7)]
    assert counted([(NOON, NOON + timedelta(hours=1), 7)], at_both_ends)[0] == [(1, 0)]
