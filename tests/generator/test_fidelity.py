"""The default population reproduces the published figures, and the comparison itself is right."""

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.fidelity import FIGURES, default_population, fidelity, gini, zipf_exponent
from spotify_assets.generator.listeners import generate_day
from spotify_assets.tables import RAW_EVENTS
from tests.generator.worlds import default_month, small_catalogue


def test_the_default_population_is_within_tolerance_of_every_figure():
    report = fidelity(*default_month())
    assert report["fact"].to_list() == [figure.fact for figure in FIGURES]
    missed = report.filter(~pl.col("within")).select("fact", "target", "achieved", "tolerance")
    assert missed.is_empty(), missed.rows()


def kaggle_file(tracks: int) -> pl.DataFrame:
    """A catalogue as the Kaggle file is: real hits are of any length, and its first hits are long."""
    frame = generate_catalogue(tracks, seed=3)
    longer = pl.when(pl.col("popularity") > 70).then(pl.col("duration_ms") * 6 // 5).otherwise("duration_ms")
    return frame.with_columns(duration_ms=longer).select(
        *("track_id", "artists", "album_name", "track_name", "popularity", "duration_ms", "danceability"),
        *("energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence", "tempo"),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "first", "catalogue"),
    [
        (1, date(2025, 1, 1), lambda: generate_catalogue(5_000, seed=1)),
        (13, date(2027, 6, 30), lambda: kaggle_file(10_000)),
        (5, date(2026, 10, 31), lambda: generate_catalogue(5_000, seed=5)),
        (6, date(2024, 2, 10), lambda: kaggle_file(10_000)),
    ],
)
def test_other_seeds_dates_and_catalogues_are_within_tolerance_too(
    seed: int, first: date, catalogue: Callable[[], pl.DataFrame]
):
    missed = default_population(seed, catalogue(), first).remove("within")
    assert missed.is_empty(), missed.select("fact", "target", "achieved", "tolerance").rows()


def test_figures_of_four_playbacks_counted_by_hand():
    track = small_catalogue().filter(pl.col("duration_ms") > 0)["track_id"][0]
    extra = '{"subscription": "premium", "time_zone": "Asia/Tokyo"}'
    rows = [
        # 22:00 UTC is 07:00 in Tokyo.
        ("play", "22:00", 60_000, "desktop", True),
        ("skip", "22:02", 4_000, "mobile", True),
        ("skip", "22:03", 9_000, "mobile", False),
        ("play", "22:04", 107_000, "mobile", False),
    ]
    events = pl.DataFrame(
        [
            {
                "action": action,
                "started_at": f"2026-01-01 {start}",
                "ms_played": ms,
                "device": device,
                "shuffle": shuffle,
                "user_id": "u",
                "session_id": "s",
                "track_id": track,
                "content_type": "music",
                "extra": extra,
            }
            for action, start, ms, device, shuffle in rows
        ]
    ).with_columns(pl.col("started_at").str.to_datetime("%Y-%m-%d %H:%M"))
    report = fidelity(events, small_catalogue())
    achieved = dict(report.select("fact", "achieved").iter_rows())
    assert achieved["skipped within 5 s"] == 25
    assert achieved["skipped within 10 s"] == 50
    assert achieved["skipped before the end"] == 50
    assert achieved["skips per listening hour"] == pytest.approx(2 / (180 / 3600))
    assert achieved["skip rate on mobile"] == pytest.approx(200 / 3)
    assert achieved["skip rate on desktop"] == 0
    assert achieved["skip rate at position 2"] == 100
    assert achieved["skip rate at position 8"] is None
    assert achieved["same outcome as the previous track"] == pytest.approx(100 / 3)
    assert achieved["shuffle on"] == 50
    assert achieved["premium sessions"] == 100
    assert achieved["mean hour of play"] == 7
    assert achieved["repeat share of plays"] == 75
    assert achieved["listening time on desktops"] == pytest.approx(100 / 3)
    tracks = small_catalogue().filter(pl.col("duration_ms") > 0)["track_id"].n_unique()
    assert achieved["catalogue never played"] == pytest.approx(100 * (1 - 1 / tracks))
    assert not report.filter(pl.col("achieved").is_null())["within"].any()


def test_zipf_exponent_of_an_exact_power_law():
    assert zipf_exponent(1e9 * np.arange(1, 5_001, dtype=np.float64) ** -1.3) == pytest.approx(1.3, abs=1e-6)


def test_gini_of_known_distributions():
    assert gini(np.ones(100)) == pytest.approx(0)
    assert gini(np.array([0.0, 0.0, 0.0, 5.0])) == pytest.approx(0.75)
    assert gini(np.array([1.0, 3.0])) == pytest.approx(0.25)


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="no playback"):
        fidelity(RAW_EVENTS.empty(), small_catalogue())


def test_events_without_a_time_zone_are_an_error():
    events = generate_day(GeneratorConfig(users=20), small_catalogue(), date(2026, 10, 1))
    with pytest.raises(ValueError, match="time_zone"):
        fidelity(events.with_columns(extra=pl.lit("{}")), small_catalogue())
    with pytest.raises(ValueError, match="time_zone"):
        fidelity(events.with_columns(extra=pl.lit(None, pl.String)), small_catalogue())
