"""The command about unusual listening: it lists, sums up with and without, and writes exclusion rules."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.lake.exclusions import read_exclusions
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import LISTENING_EVENTS, UNUSUAL_LISTENING
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.insight.test_unusual import find, one_after_another, varied
from tests.transforms.events import listening_events

LOOP = one_after_another("2025-03-01 22:00", 81, track_name="Rain", artist_name="Noise")
EVENTS = listening_events(*varied("2025-03-01 12:00", 20), *LOOP)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, make_settings: Callable[..., Settings]) -> Iterator[Settings]:
    """A published copy: an hour of listening, and a track over a night."""
    settings = make_settings()
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(settings.data_dir))
    settings.processed_dir.mkdir(parents=True)
    found = find(EVENTS, Window(date(2025, 3, 1), date(2025, 3, 3)))
    with Database(settings.serving_path).transaction() as connection:
        for table, rows in ((LISTENING_EVENTS, EVENTS), (UNUSUAL_LISTENING, found)):
            create_table(connection, table)
            insert_rows(connection, table, rows, EVERYTHING, label="test")
    yield settings


def works(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["unusual", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_episodes_are_listed_and_totals_stand_side_by_side(published: Settings):
    listed = works()
    [row] = [line.split() for line in listed.splitlines() if "sleep_loop" in line]
    assert row[1:6] == ["sleep_loop", "anna", "2025-03-01", "22:00", "4.0"]
    # 101 playbacks of three minutes, 81 of them in the loop.
    [totals] = [line.split() for line in listed.splitlines() if line.split()[:1] == ["anna"]]
    assert totals[1:] == ["101", "20", "101", "20", "5.0", "1.0"]


def test_one_command_keeps_an_episode_out(published: Settings):
    [row] = [line.split() for line in works().splitlines() if "sleep_loop" in line]
    said = works("--exclude", row[0])
    assert "for 81 playbacks" in said
    [rule] = read_exclusions(published.exclusions_path)
    assert set(EVENTS.filter(rule.matches())["event_id"]) == {row["event_id"] for row in LOOP}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--exclude", "none"], "no episode has the id none"),
        (["--kind", "sleep"], "--kind sleep is none of sleep_loop"),
        (["--from", "2025-03-02", "--to", "2025-03-01"], "swap them"),
    ],
)
def test_what_cannot_be_is_one_line(published: Settings, arguments: list[str], says: str):
    result = CliRunner().invoke(app, ["unusual", *arguments])
    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert read_exclusions(published.exclusions_path) == []


@pytest.mark.parametrize(
    "arguments",
    [["--user", "ben"], ["--kind", "source_gap"], ["--to", "2025-02-28"], ["--from", "2025-03-03"]],
)
def test_only_what_is_asked_for_is_listed(published: Settings, arguments: list[str]):
    assert works(*arguments) == "Nothing unusual was found.\n"
