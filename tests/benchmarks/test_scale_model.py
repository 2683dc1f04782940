"""The model of cost finds the line that runs lie on, and foretells what lies on it."""

import pytest

from tests.benchmarks.scale_model import Model, Parts, fitted, forecast

TRUE = Model(Parts(10, 2, 60), Parts(3e-5, 1e-6, 2e-5))


def test_what_lies_on_a_line_is_foretold():
    found = fitted([(events, TRUE.at(events)) for events in (100_000, 500_000, 900_000)])
    predicted = found.at(3_000_000)
    assert predicted.making == pytest.approx(10 + 90)
    assert predicted.committing == pytest.approx(2 + 3)
    assert predicted.total == pytest.approx(100 + 5 + 60 + 60)


def test_a_part_that_shrinks_by_chance_is_none_for_an_event():
    found = fitted([(100, Parts(1, 1, 5)), (200, Parts(2, 2, 4))])
    assert found.of_an_event.rest == 0


def test_one_size_is_no_line():
    with pytest.raises(ValueError, match="two sizes"):
        fitted([(100, Parts(1, 1, 1)), (100, Parts(2, 2, 2))])


def test_workers_shorten_what_they_share_and_nothing_else():
    [*_, billion] = forecast(Model(Parts(0, 0, 0), Parts(3.6e-6, 0, 3.6e-6)), 1)
    assert billion.startswith("1,000,000,000 events a day: 2.0 processor hours, of which 50% on one machine")
    assert "1.5 h with 2, 1.1 h with 20, 1.0 h with 200" in billion
