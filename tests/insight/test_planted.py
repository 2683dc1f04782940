"""Unusual listening that the generator planted is found, and nothing else is."""

from datetime import timedelta

import polars as pl
import pytest

from spotify_assets.rows.window import Window
from spotify_assets.tables.insight import UNUSUAL_KINDS
from tests.insight.planted import Heard, agreement, heard

USERS, DAYS = 24, 84


@pytest.fixture(scope="module")
def planted() -> Heard:
    return heard(1, users=USERS, days=DAYS)


def check(agreed: pl.DataFrame) -> None:
    """Of each kind, and of all: precision at least .95, recall at least .90."""
    assert set(agreed["kind"]) == set(UNUSUAL_KINDS)
    for kind, cases, recalled, rows, right in agreed.iter_rows():
        assert recalled >= 0.90 * cases, (kind, agreed)
        assert right >= 0.95 * rows, (kind, agreed)


def test_every_kind_is_planted_and_found(planted: Heard):
    check(agreement(planted.find(), planted.key))


@pytest.mark.slow
def test_each_day_alone_finds_what_all_days_together_find(planted: Heard):
    days = Window(planted.days.start + timedelta(days=40), planted.days.start + timedelta(days=54))
    alone = pl.concat(planted.find(Window(day, day + timedelta(days=1))) for day in days.days())
    assert alone.height > 10
    assert alone.equals(planted.find(days))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_where_nothing_is_planted_one_alarm_per_listener_and_year_is_the_most(seed: int):
    found = heard(seed, users=USERS, days=DAYS, unusual=False).find()
    assert found.height <= USERS * DAYS / 365


@pytest.mark.slow
def test_twenty_seeds_agree_with_their_answer_keys():
    every = [heard(seed, users=USERS, days=DAYS) for seed in range(1, 21)]
    agreed = pl.concat(agreement(one.find(), one.key) for one in every)
    check(agreed.group_by("kind").sum().sort("kind"))


@pytest.mark.slow
def test_twenty_seeds_without_a_plant_alarm_less_than_once_per_listener_and_year():
    alarms = sum(heard(seed, users=USERS, days=DAYS, unusual=False).find().height for seed in range(1, 21))
    assert alarms <= 20 * USERS * DAYS / 365
