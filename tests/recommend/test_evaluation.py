"""Measures of lists, counted by hand and again by another way."""

import math

import numpy as np
import pytest

from spotify_assets.recommend.evaluation import judge_lists, top
from spotify_assets.recommend.listening import Listening, cells, ones
from spotify_assets.recommend.requests import Requests
from tests.recommend.rows import NOON, listening_of, plays_of


def listening() -> Listening:
    """Two listeners, thirty tracks; the first is played four times by both together."""
    plays = [("u", [0, 0, 0, 1], NOON), ("v", [0, *range(1, 30)], NOON)]
    return listening_of(plays_of(plays))


def requests(played: list[list[int]], user: list[int], unknown: int = 0) -> Requests:
    row = np.repeat(np.arange(len(played)), [len(tracks) for tracks in played])
    matrix = ones(cells(row, np.array([track for tracks in played for track in tracks]), (len(played), 30)))
    wanted = np.array([len(tracks) + unknown for tracks in played])
    return Requests(np.array(user), matrix, matrix, wanted)


def test_a_list_is_in_the_order_of_scores_and_equal_ones_in_that_of_tracks():
    scores = np.array([[1.0, 3.0, 3.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0, 9.0]], np.float32)
    assert top(scores, 3).tolist() == [[1, 2, 4], [4, 0, 1]]
    assert top(scores, 20).tolist() == [[1, 2, 4, 0, 3], [4, 0, 1, 2, 3]]


def test_measures_of_two_lists_counted_by_hand():
    lists = np.array([list(range(20)), list(range(20))])
    # The first listener went on to play the tracks at ranks 1, 3 and 15 and one more; the second none.
    found = judge_lists(lists, requests([[0, 2, 14, 25], [28, 29]], [0, 1]), listening())
    assert found["recall_10"].value == pytest.approx((2 / 4 + 0) / 2)
    assert found["recall_20"].value == pytest.approx((3 / 4 + 0) / 2)
    best = sum(1 / math.log2(rank + 1) for rank in (1, 2, 3, 4))
    assert found["ndcg_10"].value == pytest.approx((1 + 1 / math.log2(4)) / best / 2)
    assert found["mrr"].value == pytest.approx((1 + 0) / 2)
    assert found["coverage"].value == pytest.approx(10 / 30)


def test_what_nobody_could_have_known_counts_as_missed():
    lists = np.array([list(range(20))])
    known = judge_lists(lists, requests([[0]], [0]), listening())
    missed = judge_lists(lists, requests([[0]], [0], unknown=1), listening())
    assert (known["recall_20"].value, missed["recall_20"].value) == (1.0, 0.5)
    assert missed["ndcg_10"].value < known["ndcg_10"].value == pytest.approx(1.0)


def test_novelty_is_the_surprise_in_bits_and_the_bias_how_much_less_it_is_than_usual():
    made = listening()
    found = judge_lists(np.array([[0], [5]]), requests([[0], [5]], [0, 1]), made)
    plays = made.popularity.sum()
    bits = [-math.log2(4 / plays), -math.log2(1 / plays)]
    assert found["novelty"].value == pytest.approx(sum(bits) / 2)
    of_first = (3 * bits[0] + -math.log2(2 / plays)) / 4
    of_second = float(np.mean([-math.log2(made.popularity[track] / plays) for track in range(30)]))
    expected = (of_first - bits[0] + of_second - bits[1]) / 2
    assert found["popularity_bias"].value == pytest.approx(expected, abs=1e-3)


def test_intervals_draw_listeners_and_there_is_none_of_a_single_one():
    lists = np.array([[0], [1]] * 20)
    alone = judge_lists(lists, requests([[0], [9]] * 20, [1] * 40), listening())["mrr"]
    assert (alone.value, alone.low, alone.high) == (0.5, None, None)
    both = judge_lists(lists, requests([[0], [9]] * 20, [0, 1] * 20), listening())["mrr"]
    # One listener always hit and one never: of two that are drawn, none, one or both may be the first.
    assert (both.value, both.low, both.high) == (0.5, 0.0, 1.0)
