"""Planted weather: hours that follow from seed and date, and sad songs in the rain, nowhere else."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Behaviour
from spotify_assets.generator.weather import CHANCE, LATITUDE, LONGITUDE, key_path, made_hours, rain_mood
from spotify_assets.generator.world import World
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.weather.declared import read_places
from spotify_assets.weather.kept import folder_of, kept_hours

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 28)


def test_hours_are_the_same_in_any_range():
    whole = made_hours(7, FIRST, LAST)
    part = made_hours(7, FIRST + timedelta(days=9), FIRST + timedelta(days=11))
    assert whole.height == 28 * 24
    assert part.equals(whole.filter(pl.col("hour").is_in(part["hour"].implode())))
    assert 0.05 < (whole["rain_mm"] > 0).mean() < 0.5  # type: ignore[operator]
    assert not made_hours(8, FIRST, LAST).equals(whole)


def test_sad_songs_are_played_in_the_rain_and_nothing_else_is_changed():
    tracks = generate_catalogue(800, seed=3).unique("track_id", keep="first", maintain_order=True)
    hours = made_hours(3, FIRST, LAST)
    config = GeneratorConfig(users=60, seed=3)
    begin = (FIRST - date(1970, 1, 1)).days * 86_400_000
    span = begin, begin + 28 * 86_400_000
    usual = World.build(config, tracks).between(*span, source_file="-")
    moody = World.build(config, tracks, Behaviour(mood=rain_mood(hours))).between(*span, source_file="-")
    begun = pl.col("started_at").min().over("session_id").dt.truncate("1h")
    wet = begun.is_in(hours.filter(pl.col("rain_mm") > 0)["hour"].implode())

    def plays(events: pl.DataFrame) -> pl.DataFrame:
        # A session that reaches into the first day began before the hours that are known.
        found = events.with_columns(wet=wet).filter(
            pl.col("action").is_in(["play", "skip"]),
            pl.col("started_at").min().over("session_id").dt.date() > FIRST,
        )
        return found.drop("source_row").join(
            tracks.select("track_id", "valence"), on="track_id", maintain_order="left"
        )

    before, after = plays(usual), plays(moody)
    assert before.filter(~pl.col("wet")).equals(after.filter(~pl.col("wet")))
    least = np.quantile(tracks["valence"].drop_nulls().to_numpy(), 0.08)
    sad = pl.col("valence") <= least
    usually, in_rain = (each.filter("wet").select(sad.mean()).item() for each in (before, after))
    assert in_rain == pytest.approx(CHANCE + (1 - CHANCE) * usually, abs=0.04)


def test_the_command_plants_weather_that_nobody_is_asked_for(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    settings = make_settings()
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    asked = [
        "generate",
        "--users",
        "5",
        "--days",
        "3",
        "--tracks",
        "60",
        "--until",
        "2026-03-03",
        "--weather",
    ]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    assert "5 listeners declare that they live in Made-up Haven" in " ".join(result.stdout.split())
    places = read_places(settings.places_path)
    assert [place.user_id for place in places] == [f"synthetic-7-{number:07d}" for number in range(5)]
    assert {(place.latitude, place.longitude) for place in places} == {(LATITUDE, LONGITUDE)}
    window = Window(date(2026, 3, 1), date(2026, 3, 4))
    hours = kept_hours(folder_of(settings.lake, places[0].place_id), window, _nobody, date(2026, 6, 1))
    assert hours.height == 3 * 24
    key = pl.read_parquet(key_path(settings.lake_dir, 7), glob=False)
    assert key.rows() == [("rain", "valence", -1)]


def _nobody(first: date, last: date) -> pl.DataFrame:
    raise AssertionError(f"{first} to {last} is asked for")
