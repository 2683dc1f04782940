"""The commands about the weather: who is where, by the search's contract, and what was found."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.settings import Settings
from spotify_assets.tables import WEATHER_EFFECTS
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from spotify_assets.weather.declared import read_places
from tests.servers.open_meteo import open_meteo


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, make_settings: Callable[..., Settings]) -> Iterator[Settings]:
    made = make_settings()
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(made.data_dir))
    with open_meteo() as server:
        monkeypatch.setenv("SPOTIFY_GEOCODING_URL", server.url)
        yield made


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["weather", *arguments])


def answer(condition: str, measure: str, **changes: Any) -> dict[str, Any]:
    usual = {"user_id": "me", "compares": "wet hours less dry ones", "hours": 900, "blocks": 20, "mean": 0.5}
    usual |= {"estimate": -0.1, "ci_low": -0.2, "ci_high": -0.05, "p_value": 0.001, "adjusted_p_value": 0.015}
    found = {"condition": condition, "measure": measure, "is_positive": True, "rule_version": "weather-v2"}
    return usual | found | changes


def test_a_town_is_found_and_a_country_has_its_own(settings: Settings):
    assert "me is in Hamburg (53.55,9.99)" in call("declare", "--user", "me", "--city", "Hamburg").stdout
    assert "Paris for France" in call("declare", "--user", "ben", "--country", "fr").stdout
    assert [place.user_id for place in read_places(settings.places_path)] == ["me", "ben"]
    assert "too little listening" in call("list").stdout
    assert "forgotten" in call("declare", "--user", "me", "--forget").stdout
    assert [place.user_id for place in read_places(settings.places_path)] == ["ben"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give one of"),
        (["--city", "Hamburg", "--country", "DE"], "give one of"),
        (["--city", "Atlantis"], "no town is called Atlantis"),
        (["--country", "XX"], "country XX is none"),
    ],
)
def test_what_cannot_be_declared_is_one_line(settings: Settings, arguments: list[str], says: str):
    result = call("declare", "--user", "me", *arguments)
    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert read_places(settings.places_path) == []


def test_answers_are_listed_with_how_many_are_more_than_chance(settings: Settings):
    assert "Nobody has declared a place" in call("list").stdout
    call("declare", "--user", "me", "--country", "DE")
    settings.processed_dir.mkdir(parents=True)
    rows = pl.DataFrame(
        [
            answer("rain", "valence"),
            answer("rain", "minutes", is_positive=False, adjusted_p_value=0.6),
            answer("season", "tempo", estimate=None, is_positive=False, adjusted_p_value=None),
        ],
        schema=WEATHER_EFFECTS.polars_schema,
    )
    with Database(settings.serving_path).transaction() as connection:
        create_table(connection, WEATHER_EFFECTS)
        insert_rows(connection, WEATHER_EFFECTS, rows, EVERYTHING, label="test")
    listed = call("list").stdout
    assert "me: Berlin for Germany" in listed
    assert "1 of 2 answers are more than chance" in listed
    assert "season" not in listed
