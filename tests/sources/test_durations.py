"""Lengths as people write them: the unit by the file, and what can be no length."""

from collections.abc import Callable, Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.sources.durations import Durations, durations
from tests.examples import examples

MISSING = ("", "na", "nan")


def read(*written: str | None) -> Durations:
    """The lengths of a file with these values in their order."""
    return durations(pl.Series("duration_ms", written, dtype=pl.String), MISSING)


@pytest.mark.parametrize(
    ("written", "unit", "lengths"),
    [
        (("215000", "180500"), "milliseconds", [215_000, 180_500]),
        (("215.000", "180.500"), "milliseconds", [215_000, 180_500]),
        (("215,000", "180,500"), "milliseconds", [215_000, 180_500]),
        (("215 000", "180'500", "1\u00a0215\u202f000"), "milliseconds", [215_000, 180_500, 1_215_000]),
        (("1.215.000", "180.500"), "milliseconds", [1_215_000, 180_500]),
        (("1,215,000", "180,500", "99000"), "milliseconds", [1_215_000, 180_500, 99_000]),
        (("1,215,000.0", "180500.0", "2.15e5"), "milliseconds", [1_215_000, 180_500, 215_000]),
        (("1.215.000,0", "180.500"), "milliseconds", [1_215_000, 180_500]),
        (("215", "180", "200"), "seconds", [215_000, 180_000, 200_000]),
        (("215.4", "180.25", "200.125"), "seconds", [215_400, 180_250, 200_125]),
        (("215,4", "180,25", "200,125"), "seconds", [215_400, 180_250, 200_125]),
        (("215.000", "180.5", "3600.001"), "seconds", [215_000, 180_500, 3_600_001]),
        (("3:35", "0:59.5", "1:03:35"), "minutes:seconds", [215_000, 59_500, 3_815_000]),
        (("3:35", "215000", "180000"), "milliseconds", [215_000, 215_000, 180_000]),
        (("10800000", "215000", "180000"), "milliseconds", [10_800_000, 215_000, 180_000]),
        (("10800", "215", "180"), "seconds", [10_800_000, 215_000, 180_000]),
        ((" 215000 ", "+180500"), "milliseconds", [215_000, 180_500]),
        (("5000",), "milliseconds", [5_000]),
        (("4999",), "seconds", [4_999_000]),
        (("5",), "seconds", [5_000]),
        (("86400000",), "milliseconds", [86_400_000]),
    ],
)
def test_the_unit_is_that_in_which_the_file_has_lengths(written, unit, lengths):
    found = read(*written)
    assert (found.values.to_list(), found.unit, found.notes()) == (lengths, unit, {})
    assert found.values.dtype == pl.Int64
    assert found.values.name == "duration_ms"


@pytest.mark.parametrize(
    ("written", "lengths", "notes"),
    [
        (("215000", "215", "180000"), [215_000, None, 180_000], {"implausible_duration": 1}),
        (("215", "215000", "180"), [215_000, None, 180_000], {"implausible_duration": 1}),
        (("215000", "0", "-5"), [215_000, None, None], {"implausible_duration": 2}),
        (("215000", "86400001", "180000"), [215_000, None, 180_000], {"implausible_duration": 1}),
        (("215000", "0:04", "24:00:01"), [215_000, None, None], {"implausible_duration": 2}),
        (("215000", "long", "3:61"), [215_000, None, None], {"unreadable_duration": 2}),
        (("215000", "1_000", "inf", "--1"), [215_000, None, None, None], {"unreadable_duration": 3}),
        (("215000", "", "NA", None), [215_000, None, None, None], {}),
        (
            ("215000", "x", "12"),
            [215_000, None, None],
            {"unreadable_duration": 1, "implausible_duration": 1},
        ),
    ],
)
def test_what_can_be_no_length_in_the_files_unit_is_none_and_counted(written, lengths, notes):
    found = read(*written)
    assert (found.values.to_list(), found.notes()) == (lengths, notes)


@pytest.mark.parametrize("written", [("3.58", "4.1"), ("215000000", "215000000"), ("1", "2", "3")])
def test_a_file_whose_numbers_are_lengths_in_no_unit_has_none(written):
    found = read(*written)
    assert found.unit == "unknown"
    assert found.values.null_count() == found.implausible == len(written)


@pytest.mark.parametrize("written", [(), (None, ""), ("long",), ("0",)])
def test_without_a_number_there_is_no_unit(written):
    assert read(*written).unit is None


LENGTHS = st.lists(st.integers(60_000, 900_000), min_size=3, max_size=30)


def _grouped(value: int, mark: str) -> str:
    return f"{value:,}".replace(",", mark)


@pytest.mark.slow
@examples(100)
@given(LENGTHS, st.randoms(use_true_random=False))
def test_the_same_lengths_are_read_from_every_way_to_write_them(lengths: Sequence[int], random):
    ways: tuple[Callable[[int], str], ...] = (
        str,
        lambda ms: f"{ms}.0",
        *(lambda ms, m=m: _grouped(ms, m) for m in ".,' "),
    )
    for write in ways:
        assert read(*map(write, lengths)).values.to_list() == lengths
    seconds = [str(ms // 1_000) for ms in lengths]
    assert read(*seconds).values.to_list() == [ms // 1_000 * 1_000 for ms in lengths]
    exact = [f"{ms / 1_000:.3f}" for ms in lengths]
    assert read(*exact).values.to_list() == lengths
    order = list(range(len(lengths)))
    random.shuffle(order)
    shuffled = read(*(exact[at].rstrip("0").rstrip(".") for at in order))
    assert shuffled.values.to_list() == [lengths[at] for at in order]
