"""Where the sun stands, and what is found about the weather: nothing by chance, and what is planted."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from spotify_assets.insight.weather.effects import weather_effects, with_adjusted
from spotify_assets.insight.weather.hours import listened_hours, with_light
from spotify_assets.insight.weather.sun import RISEN, elevation
from tests.insight.planted import weather_year


@pytest.mark.parametrize(
    ("moment", "latitude", "longitude"),
    [  # sunrises and sunsets that almanacs give, to the minute (timeanddate.com)
        ("2025-06-21T02:43", 52.52, 13.41),
        ("2025-06-21T19:33", 52.52, 13.41),
        ("2025-12-21T07:15", 52.52, 13.41),
        ("2025-12-21T14:54", 52.52, 13.41),
        ("2025-12-21T18:41", -33.87, 151.21),
        ("2025-03-20T10:59", 40.71, -74.01),
    ],
)
def test_the_sun_rises_and_sets_as_almanacs_say(moment: str, latitude: float, longitude: float):
    about = pl.datetime_range(
        datetime.fromisoformat(moment) - timedelta(minutes=3),
        datetime.fromisoformat(moment) + timedelta(minutes=3),
        "1m",
        eager=True,
    )
    height = pl.DataFrame({"at": about}).select(elevation(pl.col("at"), pl.lit(latitude), pl.lit(longitude)))
    assert height.to_series().min() < RISEN < height.to_series().max()  # type: ignore[operator]


def test_at_noon_of_the_equinox_the_sun_stands_as_high_as_the_equator_is_far():
    noon = pl.DataFrame({"at": [datetime(2025, 3, 20, 12, 7)]})  # noqa: DTZ001 - naive UTC
    [height] = noon.select(elevation(pl.col("at"), pl.lit(50.0), pl.lit(0.0))).to_series()
    assert height == pytest.approx(40.0, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_by_chance_at_most_one_answer_in_twenty_is_positive(seed: int):
    answers = weather_effects(weather_year(seed, users=12))
    known = answers.filter(pl.col("estimate").is_not_null())
    assert known.height == 12 * 15  # a year says nothing about seasons
    assert known["is_positive"].sum() <= 0.05 * known.height
    # Unadjusted p-values are as spread as chance makes them: of 180 no more than 16 below 0.05.
    assert (known["p_value"] < 0.05).sum() <= 0.09 * known.height


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_effect_is_found_and_no_other(seed: int):
    answers = weather_effects(weather_year(seed, users=8, planted=True))
    planted = (pl.col("condition") == "rain") & (pl.col("measure") == "valence")
    rain = answers.filter(planted)
    assert rain["is_positive"].mean() >= 0.85  # type: ignore[operator]
    assert (rain.filter("is_positive")["ci_high"] < 0).all()
    # Sad songs have less energy too, and are skipped otherwise: what goes along with rain goes with it alone.
    others = answers.filter(pl.col("condition") != "rain", pl.col("estimate").is_not_null())
    assert others["is_positive"].sum() <= 0.05 * others.height


@pytest.mark.slow
def test_over_ten_seeds_chance_stays_chance():
    answers = pl.concat(weather_effects(weather_year(seed, users=12)) for seed in range(1, 11))
    known = answers.filter(pl.col("estimate").is_not_null())
    assert known["is_positive"].sum() <= 0.05 * known.height
    assert (known["p_value"] < 0.05).sum() <= 0.07 * known.height


def hours_of_seasons(years: int) -> pl.DataFrame:
    """Noons of some years in which summers are gayer by 0.2, beside noise."""
    rng = np.random.default_rng(1)
    days = [date(2015, 1, 1) + timedelta(days=n) for n in range(365 * years)]
    month = np.array([day.month for day in days])
    return pl.DataFrame(
        {
            "user_id": "anna",
            "local_date": days,
            "local_hour": 12,
            "season_month": month,
            "valence": 0.5 + 0.2 * ((month >= 4) & (month <= 9)) + 0.05 * rng.normal(size=len(days)),
            "sounding": 3,
            "minutes": 9.0,
            "decided": 0,
            "skips": 0,
            "energy": None,
            "tempo": None,
            "rain_mm": 0.0,
            "temperature_c": 10.0,
            "is_daylight": True,
        },
        strict=False,
    )


def test_seasons_are_compared_where_there_are_enough_of_them():
    def season(years: int) -> dict[str, object]:
        answers = weather_effects(hours_of_seasons(years))
        is_season = (pl.col("condition") == "season") & (pl.col("measure") == "valence")
        return answers.row(by_predicate=is_season, named=True)

    four = season(4)
    assert four["estimate"] == pytest.approx(0.2, abs=0.02)
    assert four["blocks"] == 16
    assert four["is_positive"]
    assert season(1)["estimate"] is None
    assert not season(1)["is_positive"]


def test_an_answer_is_adjusted_for_the_number_of_questions():
    p = [0.001, 0.02, 0.03, 0.5, None]
    adjusted = with_adjusted(pl.DataFrame({"p_value": p}))["adjusted_p_value"].to_list()
    # Benjamini and Hochberg by hand: p times 4 over the rank, none above the next.
    assert adjusted[:4] == pytest.approx([0.004, 0.04, 0.04, 0.5])
    assert adjusted[4] is None


def test_the_southern_half_has_its_summer_in_january():
    hour = datetime(2024, 1, 15, 12, tzinfo=UTC).replace(tzinfo=None)
    here = with_light(
        pl.DataFrame({"hour": [hour], "temperature_c": [20.0], "rain_mm": [0.0]}), -33.87, 151.21
    )
    heard = {"user_id": "anna", "started_at": hour, "action": "play", "content_type": "music"}
    heard |= {"ms_played": 120_000, "outcome": "complete", "track_id": "t", "country": "AU"}
    sound = pl.DataFrame({"track_id": ["t"], "valence": [0.3], "energy": [0.4], "tempo": [100.0]})
    [row] = listened_hours(pl.DataFrame([heard]), here, sound, "Australia/Sydney", -33.87).iter_rows(
        named=True
    )
    assert row["season_month"] == 7
    assert (row["local_date"], row["local_hour"]) == (date(2024, 1, 15), 23)
    assert (row["minutes"], row["valence"], row["decided"], row["skips"]) == (2.0, 0.3, 1, 0)
    assert not row["is_daylight"]


def test_what_only_describes_the_asset_loads_no_statistics():
    """Every process that knows the graph imports it; scipy takes a second of a processor."""
    program = "import sys, spotify_assets.assets.weather; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
