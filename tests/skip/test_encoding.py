"""Encoding: what is learnt from training rows is applied to others, and says what it stands for."""

import json
import math

import numpy as np
import polars as pl
import pytest

from spotify_assets.skip.encoding import Encoding
from spotify_assets.skip.registry import FEATURES


def encoded(rows: pl.DataFrame, *names: str) -> Encoding:
    return Encoding.learn(rows, [FEATURES[name] for name in names])


def test_numbers_stand_as_they_are_and_unknown_ones_at_the_mean_with_a_column_that_says_so():
    train = pl.DataFrame({"tempo": [100.0, 120.0, None, math.inf]})
    encoding = encoded(train, "tempo")
    assert encoding.columns == ["tempo", "tempo is unknown"]
    np.testing.assert_allclose(encoding.linear(train), [[100, 0], [120, 0], [110, 1], [110, 1]])
    np.testing.assert_array_equal(encoding.trees(train)[:, 0], [100, 120, math.nan, math.nan])


def test_counts_enter_by_their_logarithm_and_stay_themselves_for_trees():
    train = pl.DataFrame({"user_plays": [0, 1, 9]})
    encoding = encoded(train, "user_plays")
    np.testing.assert_allclose(encoding.linear(train)[:, 0], np.log([1, 2, 10]), rtol=1e-6)
    np.testing.assert_array_equal(encoding.trees(train)[:, 0], [0, 1, 9])


def test_hours_are_an_angle_so_that_midnight_is_close_to_eleven_at_night():
    rows = pl.DataFrame({"hour_utc": [0, 6, 23]})
    at = encoded(rows, "hour_utc").linear(rows)
    np.testing.assert_allclose(at[:2], [[0, 1], [1, 0]], atol=1e-6)
    assert np.linalg.norm(at[0] - at[2]) < 0.3


def test_the_most_frequent_value_is_the_reference_and_rare_ones_are_pooled():
    train = pl.DataFrame({"device": ["mobile"] * 100 + ["desktop"] * 50 + ["tv"] * 20 + ["car"] * 15})
    encoding = encoded(train, "device")
    assert encoding.columns == ["device = desktop", "device = rare"]
    rows = pl.DataFrame({"device": ["mobile", "desktop", "tv", "never seen"]})
    np.testing.assert_array_equal(encoding.linear(rows), [[0, 0], [1, 0], [0, 1], [0, 1]])
    np.testing.assert_array_equal(encoding.trees(rows)[:, 0], [0, 1, 2, 2])


def test_an_unknown_category_is_a_value_like_others():
    train = pl.DataFrame({"device": ["mobile"] * 60 + [None] * 40})
    assert encoded(train, "device").columns == ["device = unknown"]


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [None, None, None]])
def test_a_feature_with_one_value_is_left_out(values):
    assert encoded(pl.DataFrame({"energy": pl.Series(values, dtype=pl.Float64)}), "energy").columns == []


def test_an_encoding_comes_back_from_json_as_it_was():
    train = pl.DataFrame({"tempo": [1.5, None, 2.5], "hour_utc": [1, 2, 3], "user_plays": [1, 2, 3]})
    encoding = encoded(train, "tempo", "hour_utc", "user_plays")
    assert Encoding.from_json(json.loads(json.dumps(encoding.to_json()))) == encoding
