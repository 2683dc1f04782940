"""A view and its address are the same thing, and no address is a traceback."""

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.dashboard import address
from spotify_assets.figures.view import Choices, Filters, Period

KNOWN = Period(date(2024, 1, 1), date(2025, 6, 30))
CHOICES = Choices(
    user_id={"me": "me", "you": "you"},
    genre={"pop": "pop", "hip-hop": "hip-hop"},
    artist_id={"a1": "Ada", "b2": "Ben & Co"},
    country={"DE": "Germany", "ZZ": "unknown"},
    device={"mobile": "Phone"},
)
DAYS = st.integers(0, KNOWN.days - 1).map(lambda number: KNOWN.first + timedelta(days=number))
PERIODS = st.tuples(DAYS, DAYS).map(lambda pair: Period(min(pair), max(pair)))


def optional(values: dict[str, str]) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *values])


VALUES = st.fixed_dictionaries(
    {field: optional(dict(getattr(CHOICES, field))) for field in address.VALUES.values()}
)


@given(PERIODS, st.sampled_from([*get_args(address.Comparison), "own"]), PERIODS, VALUES)
def test_what_a_view_writes_is_read_as_the_same_view(period, comparison, own, values):
    text = str(own) if comparison == "own" else comparison
    compared = address.compared_with(text, period)
    filters = Filters(period, compared if compared and compared.first >= KNOWN.first else None, **values)

    written = address.written(filters, text, KNOWN)

    assert address.read(written, KNOWN, CHOICES) == (filters, [])


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*address.NAMES, "of", "id"]), st.text(max_size=30)))
def test_no_address_is_an_error_and_everything_that_is_not_followed_is_told(parameters):
    filters, complaints = address.read(parameters, KNOWN, CHOICES)

    assert KNOWN.first <= filters.period.first <= filters.period.last <= KNOWN.last
    for name, field in address.VALUES.items():
        if name in parameters and parameters[name] not in getattr(CHOICES, field):
            assert any(f"{name}={parameters[name]}" in complaint for complaint in complaints)
            assert getattr(filters, field) is None


def test_an_empty_address_is_the_default_view():
    filters, complaints = address.read({}, KNOWN, CHOICES)
    assert complaints == []
    assert filters.period == Period(date(2025, 6, 3), date(2025, 6, 30))
    assert filters.compared == Period(date(2025, 5, 6), date(2025, 6, 2))
    assert address.written(filters, "before", KNOWN) == {}


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"from": "yesterday"}, "yesterday"),
        ({"from": "2025-06-30", "to": "2025-06-01"}, "ends before it begins"),
        ({"from": "1999-01-01", "to": "1999-02-01"}, "no listening from 1999-01-01"),
        ({"compare": "9999-12-31..9999-01-01"}, "compare="),
        ({"user": "<script>"}, "user=<script>"),
    ],
)
def test_a_wrong_address_is_told(parameters, word):
    _, complaints = address.read(parameters, KNOWN, CHOICES)
    assert len(complaints) == 1
    assert word in complaints[0]


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "nan"},
        {"from": "2025-02-30"},
        {"to": ""},
        {"from": "9999-12-31"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
        {"compare": "nan"},
        {"compare": "2025-02-30..2025-03-01"},
        {"user": "nobody"},
        {"user": "me' or 1=1"},
        {"artist": "nan"},
        {"device": ""},
    ],
)
def test_nonsense_alone_gives_the_default_view_and_one_sentence(parameters: dict[str, str]):
    filters, complaints = address.read(parameters, KNOWN, CHOICES)
    assert filters == address.read({}, KNOWN, CHOICES)[0]
    [sentence] = complaints
    assert next(iter(parameters.values())) in sentence
    assert sentence.endswith(".")


def test_a_period_beyond_the_data_is_cut_to_it():
    filters, complaints = address.read({"from": "2020-01-01", "to": "2024-01-31"}, KNOWN, CHOICES)
    assert filters.period == Period(date(2024, 1, 1), date(2024, 1, 31))
    assert complaints == []


def test_half_of_a_period_is_not_compared_with():
    filters, _ = address.read({"from": "2024-01-10", "to": "2024-02-10"}, KNOWN, CHOICES)
    assert filters.compared is None
