"""The popularity model against planted coefficients and a computation of its own."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from statsmodels.discrete.discrete_model import MNLogit

from spotify_assets.skip.popularity import (
    BUCKETS,
    NEEDED,
    Multinomial,
    PopularityModel,
    TooFewTracks,
    train_popularity_model,
)
from spotify_assets.tables import TRACKS
from tests.skip.rows import ends

FEATURES = ("danceability", "energy", "valence")


def catalogue(seed: int, rows: int = 2_000, *, effect: float = 0.8) -> pl.DataFrame:
    """Tracks whose popularity rises with danceability."""
    random = np.random.default_rng(seed)
    values = {name: random.uniform(0, 1, rows) for name in FEATURES}
    standard = (values["danceability"] - 0.5) / np.sqrt(1 / 12)
    popularity = np.clip(50 + 12 * (effect * standard + random.logistic(size=rows)), 0, 100).round()
    known = pl.DataFrame(
        {
            "snapshot_date": [date(2025, 1, 1)] * rows,
            "track_id": [f"{number:022d}" for number in range(rows)],
            "primary_artist_id": [f"artist {number}" for number in random.integers(0, 300, rows)],
            "popularity": popularity.astype(int),
            **values,
        }
    )
    unused = [pl.lit(None).alias(name) for name in NEEDED if name not in known.columns]
    schema = {name: TRACKS.polars_schema[name] for name in NEEDED}
    return known.with_columns(unused).select(NEEDED).cast(schema)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model() -> PopularityModel:
    return train_popularity_model(catalogue(1), most_tracks=10_000)


def test_what_was_planted_is_found_and_nothing_else(model):
    high = {term.term: term for term in model.terms["high"]}
    assert high["danceability"].ci_low > 0.5
    assert high["danceability"].coefficient > next(
        term.coefficient for term in model.terms["middle"] if term.term == "danceability"
    )
    for name in ("energy", "valence"):
        assert abs(high[name].coefficient) < 4 * high[name].standard_error
        assert abs(high[name].coefficient) < 0.25


def test_its_likelihood_is_that_of_statsmodels(model):
    tracks = catalogue(1)
    train = tracks.join(model.test, on="track_id", how="anti").sort("track_id")
    x = train.select(FEATURES).to_numpy()
    x = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)])
    y = (train["popularity"] > model.cuts[0]).cast(int) + (train["popularity"] > model.cuts[1]).cast(int)
    reference = MNLogit(y.to_numpy(), x).fit(disp=False)
    found = np.array([[term.coefficient for term in model.terms[bucket]] for bucket in BUCKETS[1:]])
    # The prior behind the penalty moves them a little.
    np.testing.assert_allclose(found, np.asarray(reference.params).T, atol=0.01)
    assert model.train_rows == train.height


def test_no_artist_is_on_both_sides(model):
    tracks = catalogue(1)
    learnt = tracks.join(model.test, on="track_id", how="anti")
    assert not set(learnt["primary_artist_id"]) & set(model.test["primary_artist_id"])
    assert 0.15 < model.test_rows / tracks.height < 0.35


def test_it_beats_the_base_rate_only_where_there_is_something_to_learn(model):
    logistic, base = model.measures["logistic"], model.measures["constant"]
    assert logistic["log_loss"].value < base["log_loss"].value
    assert ends(logistic["auc"])[0] > 0.5
    nothing = train_popularity_model(catalogue(2, effect=0), most_tracks=10_000).measures["logistic"]
    low, high = ends(nothing["auc"])
    assert low < 0.5 < high + 0.02


def test_the_buckets_are_terciles_of_the_training_tracks(model):
    share = np.bincount(model.buckets, minlength=3) / model.buckets.size
    assert (abs(share - 1 / 3) < 0.08).all()


def test_it_comes_back_from_text_and_predicts_the_same(model):
    again = Multinomial.from_json(model.logit.to_json())
    np.testing.assert_array_equal(again.predict(model.test), model.logit.predict(model.test))
    assert model.judge(again) == model.measures["logistic"]


def test_only_the_newest_snapshot_and_so_many_tracks_are_used():
    tracks = catalogue(3, 1_000)
    older = tracks.with_columns(snapshot_date=pl.lit(date(2024, 1, 1)), popularity=pl.lit(7, pl.Int64))
    one, both = (
        train_popularity_model(rows, most_tracks=900) for rows in (tracks, pl.concat([older, tracks]))
    )
    assert one.measures == both.measures
    assert one.train_rows + one.test_rows == 900


@pytest.mark.parametrize(
    ("tracks", "said"),
    [
        (catalogue(4, 299), "299 tracks with a known popularity.*300"),
        (catalogue(5, 400).with_columns(popularity=pl.lit(0, pl.Int64)), "fewer than 3 buckets"),
    ],
)
def test_what_is_lacking_is_said(tracks, said):
    with pytest.raises(TooFewTracks, match=said):
        train_popularity_model(tracks, most_tracks=1_000)
