"""No input crashes the importer or leaves anything half landed: a short run; `make fuzz` is the long one."""

import pytest

from tests.fuzz.harness import run
from tests.fuzz.mutate import fuzzed
from tests.fuzz.seeds import seeds


@pytest.mark.slow
def test_seeds_cover_every_kind_of_input():
    assert {seed.kind for seed in seeds()} >= {
        "extended_history", "account_music", "account_podcast", "account_audiobook", "lastfm", "listenbrainz",
        "events", "catalogue", "zip", "not_data", "unknown",
    }  # fmt: skip


def test_an_input_can_be_made_again():
    assert [fuzzed(1, number) for number in range(20)] == [fuzzed(1, number) for number in range(20)]
    assert fuzzed(1, 0) != fuzzed(2, 0)


@pytest.mark.parametrize("count", [30, pytest.param(300, marks=pytest.mark.slow)])
def test_fuzzed_inputs_neither_crash_the_import_nor_leave_anything_half_landed(count: int):
    found = list(run(seed=20_260_101, first=0, count=count))
    assert len(found) == count
    failures = [(each.number, each.kind, each.mutation, each.failure) for each in found if each.failure]
    assert failures == []
    # Enough of them are still read for the run to mean something.
    assert sum("landed" in each.outcome for each in found) > count / 5
