"""The coefficient plot shows what the coefficients say, and draws without the network."""

import json
import socket

import polars as pl
import pytest

from spotify_assets.charts.skips import HIGHER, LOWER, UNCLEAR, coefficient_plot
from spotify_assets.charts.theme import to_png, to_vega_lite
from spotify_assets.tables import SKIP_MODEL_COEFFICIENTS
from tests.skip.simulation import CUTOFF


@pytest.fixture
def coefficients() -> pl.DataFrame:
    rows = [
        ("intercept", 0.7, 0.6, 0.8, None),
        ("energy", 1.3, 1.1, 1.6, 0.2),
        ("danceability", 0.8, 0.7, 0.9, 0.17),
        ("tempo", 1.01, 0.9, 1.1, 29.4),
    ]
    names = ("term", "odds_ratio", "odds_ratio_low", "odds_ratio_high", "feature_sd")
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        cutoff_date=pl.lit(CUTOFF), coefficient=pl.col("odds_ratio").log()
    )
    others = [
        pl.lit(0.0).alias(name) for name in SKIP_MODEL_COEFFICIENTS.column_names if name not in frame.columns
    ]
    return (
        frame.with_columns(others)
        .select(SKIP_MODEL_COEFFICIENTS.column_names)
        .cast(SKIP_MODEL_COEFFICIENTS.polars_schema)
    )


def test_features_are_drawn_lowest_first_with_what_their_interval_says(coefficients):
    specification = json.loads(to_vega_lite(coefficient_plot(coefficients, "Skips")))
    [points] = [rows for rows in specification["datasets"].values() if len(rows) == 3]

    assert specification["title"] == "Skips"
    assert [(row["label"], row["says"]) for row in points] == [
        ("danceability (SD 0.17)", LOWER),
        ("tempo (SD 29)", UNCLEAR),
        ("energy (SD 0.2)", HIGHER),
    ]
    assert [(row["low"], row["ratio"], row["high"]) for row in points] == [
        (0.7, 0.8, 0.9),
        (0.9, 1.01, 1.1),
        (1.1, 1.3, 1.6),
    ]


def test_the_reference_line_is_at_one_and_the_axis_holds_every_interval(coefficients):
    specification = json.loads(to_vega_lite(coefficient_plot(coefficients, "Skips")))
    assert [{"ratio": 1.0}] in specification["datasets"].values()
    low, high = specification["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < 0.7
    assert high > 1.6


def test_the_same_coefficients_give_the_same_text(coefficients):
    first, second = (to_vega_lite(coefficient_plot(coefficients, "Skips")) for _ in range(2))
    assert first == second


def test_the_png_is_drawn_without_the_network(coefficients, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(socket, "socket", refuse)
    png = to_png(coefficient_plot(coefficients, "Skips"))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20]) > 800
