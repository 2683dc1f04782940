"""The commands about definitions, over a published copy of a few playbacks."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.settings import Settings
from spotify_assets.tables import LISTENING_EVENTS, LISTENING_HOURS, RECORDINGS, USER_PROFILES
from spotify_assets.transforms.hours import NEEDED_FOR_HOURS, listening_hours
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.transforms.events import listening_events, playback, track
from tests.transforms.test_identity import found, heard, known

MADE: dict[str, Any] = {"session_id": "s", "is_stream": True, "outcome": "complete"}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, make_settings: Callable[..., Settings]) -> Iterator[Settings]:
    """A published copy: two playbacks of anna, one of them forwarded, and one of ben."""
    settings = make_settings()
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(settings.data_dir))
    settings.processed_dir.mkdir(parents=True)
    events = listening_events(
        playback("1", "2025-03-01 12:00", 3_600, track_key=track(1), **MADE),
        playback("2", "2025-03-02 12:00", 60, reason_end="fwdbtn", track_key="name-1", track_id=None, **MADE),
        playback("3", "2025-03-02 12:00", 60, user_id="ben", track_key=track(2), **MADE),
    )
    hours = listening_hours(events.select(NEEDED_FOR_HOURS), events.clear(), USER_PROFILES.empty(), "UTC")
    identities = found(known(track(1)), heard("name-1"), heard(track(2), "Nowhere"))
    with Database(settings.serving_path).transaction() as connection:
        for table, rows in ((LISTENING_EVENTS, events), (LISTENING_HOURS, hours), (RECORDINGS, identities)):
            create_table(connection, table)
            insert_rows(connection, table, rows, EVERYTHING, label="test")
    yield settings


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def cells(result: Result, name: str) -> list[list[str]]:
    """The cells of the lines that begin with a name."""
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines() if line.strip().startswith(name)]
    return [line[len(name.split()) :] for line in lines]


def test_rules_are_listed_with_those_in_use_marked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPOTIFY_SKIP_RULE", "flag-v1")
    listed = call("rules").stdout
    assert "stream-v1 *" in listed
    assert "flag-v1 *" in listed
    assert "outcome-v2 *" not in listed


def test_a_history_under_each_rule_in_counts_and_hours(published: Settings):
    result = call("rules", "compare")
    assert cells(result, "stream-v1") == [["3", "1.0", "1.0"]]
    assert cells(result, "trackdone-v1") == [["2", "0.667", "1.0"]]
    assert cells(result, "outcome-v2") == [["1", "0.333", "2", "0", "0", "0.017"]]
    assert cells(result, "session-v1")[0][0] == "3"
    assert cells(result, "on the clock: each moment once (here)") == [["1.0"]]


def test_of_one_listener_and_some_days(published: Settings):
    result = call("rules", "compare", "--user", "anna", "--from", "2025-03-02", "--to", "2025-03-02")
    assert cells(result, "every-row-v1") == [["1", "1.0", "0.017"]]


def test_the_match_rate_of_a_listener(published: Settings):
    result = call("recordings", "--user", "anna")
    assert cells(result, "plays in the catalogue by id or identity") == [["100.0"]]
    assert ["50.0"] in cells(result, "plays in the catalogue by id")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--user", "nobody"], "there is no listener 'nobody'; there is anna, ben"),
        (["--user", "Anna"], "did you mean anna?"),
        (["--user", "ben", "--from", "2025-03-03"], "no rows of ben"),
        (["--from", "2025-03-02", "--to", "2025-03-01"], "swap them"),
    ],
)
def test_nothing_to_compare_is_one_clear_line(published: Settings, arguments: list[str], says: str):
    result = call("rules", "compare", *arguments)
    assert result.exit_code == 1
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_without_a_published_copy_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, make_settings: Callable[..., Settings]
):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(make_settings().data_dir))
    result = call("rules", "compare")
    assert result.exit_code == 1
    assert "spotify-assets materialize" in result.stderr
