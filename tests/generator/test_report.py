from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.fidelity import fidelity
from spotify_assets.generator.listeners import generate_days
from spotify_assets.generator.report import deviation_plot, write_report
from spotify_assets.transforms.tracks import clean_tracks

FIRST = date(2025, 3, 3)


@pytest.fixture(scope="module")
def tracks() -> pl.DataFrame:
    raw = generate_catalogue(400, seed=2).with_columns(
        snapshot_date=pl.lit(FIRST), source_file=pl.lit("synthetic")
    )
    return clean_tracks(raw).tracks.rows


def events(config: GeneratorConfig, tracks: pl.DataFrame, days: int) -> pl.DataFrame:
    made = generate_days(config, tracks, FIRST, FIRST + timedelta(days=days - 1))
    return pl.concat(frame for _, frame in made)


def test_the_report_holds_every_figure_and_a_picture(tracks: pl.DataFrame, tmp_path: Path):
    report = fidelity(events(GeneratorConfig(users=60), tracks, 7), tracks)

    picture = write_report(report, tmp_path / "made")

    assert picture.read_bytes().startswith(b"\x89PNG")
    assert pl.read_parquet(tmp_path / "made" / "fidelity.parquet").equals(report)


def test_the_plot_shows_distances_in_tolerances(tracks: pl.DataFrame):
    report = fidelity(events(GeneratorConfig(users=60), tracks, 7), tracks)

    datasets = deviation_plot(report).to_dict()["datasets"].values()
    by_fact = {row["fact"]: row for data in datasets for row in data if "fact" in row}

    for row in report.iter_rows(named=True):
        distance = (row["achieved"] - row["target"]) / row["tolerance"]
        assert by_fact[row["fact"]]["deviation"] == pytest.approx(distance)
        assert (abs(distance) <= 1) == row["within"]


@pytest.mark.parametrize("wanted", [1_000, 3_000])
def test_events_per_day_are_about_what_was_asked_for(tracks: pl.DataFrame, wanted: int):
    config = GeneratorConfig(users=150).with_events_per_day(wanted)

    assert events(config, tracks, 7).height / 7 == pytest.approx(wanted, rel=0.2)


def test_more_events_than_the_users_can_make_are_refused_with_how_many_it_takes():
    with pytest.raises(ValueError, match=r"that takes 41 users"):
        GeneratorConfig(users=10).with_events_per_day(1_000)


def test_without_a_wish_the_configuration_stays():
    config = GeneratorConfig(users=10)
    assert config.with_events_per_day(None) is config
