"""exclude add and list say how many published playbacks a rule matches, or that it matches none."""

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.lake.exclusions import read_exclusions
from spotify_assets.settings import Settings
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.transforms.events import interaction, playback, raw_events

NAMED: dict[str, Any] = {"artist_name": "Florence + The Machine", "track_name": "Don’t Stop"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, make_settings: Callable[..., Settings]) -> Settings:
    made = make_settings()
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(made.data_dir))
    return made


@pytest.fixture
def published(settings: Settings) -> Settings:
    """Raw events of two months: three playbacks of one song, one of them in two files, and a pause of it."""
    settings.processed_dir.mkdir(parents=True)
    rows = raw_events(
        playback("1", "2025-03-01 12:00", **NAMED),
        playback("1", "2025-03-01 12:00", **NAMED),
        playback("2", "2025-03-31 12:00", **NAMED),
        playback("3", "2025-05-02 12:00", **NAMED),
        interaction("4", "2025-05-02 12:01", **NAMED),
        playback("5", "2025-05-03 12:00", artist_name="Other", track_name="Don’t Stop Now"),
    )
    with Database(settings.serving_path).transaction() as connection:
        create_table(connection, RAW_EVENTS)
        insert_rows(connection, RAW_EVENTS, rows, EVERYTHING, label="test")
    return settings


def works(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["exclude", *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (["--track", "don't stop"], "It matches 3 playbacks of what is published."),
        (
            ["--artist", "florence + the\u00a0machine", "--from", "2025-05-01"],
            "It matches 1 playback of what",
        ),
        (["--track", "Dont Stop"], "It matches no playback of what is published"),
        (["--user", "ben", "--artist", "Other"], "It matches no playback"),
    ],
)
def test_a_new_rule_says_what_it_matches_and_is_added_whatever_that_is(
    published: Settings, rule: list[str], says: str
):
    assert says in works("add", *rule)
    assert len(read_exclusions(published.exclusions_path)) == 1


@pytest.mark.slow
def test_the_list_counts_the_matches_of_each_rule(published: Settings):
    works("add", "--track", "don't stop")
    works("add", "--artist", "nobody")
    listed = works("list")
    assert "playbacks" in listed
    assert "│ 1 │ all │ don't stop │ │ │ │ │ │ 3 │" in listed
    assert "│ 2 │ all │ │ nobody │ │ │ │ │ 0 │" in listed


def test_before_anything_is_published_it_says_so(settings: Settings):
    assert "Nothing is published yet that it could match." in works("add", "--artist", "Other")
    assert "playbacks" not in works("list")


def test_a_copy_without_raw_events_is_nothing_to_match(settings: Settings):
    settings.processed_dir.mkdir(parents=True)
    with Database(settings.serving_path).transaction() as connection:
        connection.execute("create schema raw")
    assert "Nothing is published yet" in works("add", "--artist", "Other")
