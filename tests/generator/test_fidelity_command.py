"""`spotify-assets generate --fidelity`: what it prints for one seed and for several, and its exit code."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.generator import fidelity
from tests.generator.worlds import small_catalogue


@pytest.fixture(autouse=True)
def few_listeners(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """So few that they are nowhere near the published figures; returns the data folder."""
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fidelity, "USERS", 30)
    monkeypatch.setattr(fidelity, "DAYS", 3)
    return tmp_path / "data"


def compare(*options: str) -> Result:
    tracks = str(small_catalogue()["track_id"].n_unique())
    return CliRunner().invoke(app, ["generate", "--fidelity", "--tracks", tracks, *options])


@pytest.mark.slow
def test_a_figure_outside_its_tolerance_is_named_and_the_exit_code_is_1(few_listeners: Path):
    result = compare("--until", "2026-10-28")
    assert result.exit_code == 1, result.output
    assert "of 30 figures within tolerance, not " in result.stdout
    assert "catalogue never played" in result.stdout.splitlines()[-2]
    assert (few_listeners / "processed" / "fidelity.png").exists()
    assert not (few_listeners / "raw").exists()


def test_where_every_figure_of_every_seed_is_within_the_exit_code_is_0(monkeypatch: pytest.MonkeyPatch):
    generous = tuple(replace(figure, tolerance=1_000) for figure in fidelity.FIGURES)
    monkeypatch.setattr(fidelity, "FIGURES", generous)
    result = compare("--seeds", "3", "--seed", "5", "--until", "2026-10-28")
    assert result.exit_code == 0, result.output
    for seed in (5, 6, 7):
        assert f"Seed {seed}: 30 of 30 figures within tolerance." in result.stdout
    assert "3 of 3 seeds from 2026-10-01 on are within tolerance of every figure." in result.stdout


@pytest.mark.slow
def test_one_seed_that_misses_among_several_is_enough_for_exit_code_1(monkeypatch: pytest.MonkeyPatch):
    real = fidelity.default_population

    def sixth_misses(seed: int, tracks: pl.DataFrame, first: date) -> pl.DataFrame:
        return real(seed, tracks, first).with_columns(within=pl.lit(seed != 6))

    monkeypatch.setattr(fidelity, "default_population", sixth_misses)
    result = compare("--seeds", "2", "--seed", "5", "--until", "2026-10-28")
    assert result.exit_code == 1
    assert "1 of 2 seeds" in result.stdout
