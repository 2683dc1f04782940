"""A new published copy is seen at once; the one before is not held open."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from spotify_assets.dashboard.published import ask, version
from spotify_assets.figures.view import known_days
from spotify_assets.settings import Settings
from spotify_assets.warehouse.errors import WarehouseMissingError

FIRST, SECOND = date(2025, 1, 1), date(2025, 2, 2)


def publish(serving: Path, day: date) -> None:
    serving.parent.mkdir(parents=True, exist_ok=True)
    new = serving.with_name("new.duckdb")
    with duckdb.connect(str(new)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.daily_aggregates as select ?::date as event_date", [day])
    new.replace(serving)


@pytest.fixture
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path))
    return Settings().serving_path


def test_answers_are_of_the_copy_that_is_there(serving):
    publish(serving, FIRST)
    before = version()
    found = ask(known_days)
    assert found is not None
    assert found.first == FIRST

    publish(serving, SECOND)

    assert version() != before
    found = ask(known_days)
    assert found is not None
    assert found.first == SECOND


def test_a_file_that_was_asked_is_closed(serving):
    publish(serving, FIRST)
    ask(known_days)
    with duckdb.connect(str(serving)) as connection:  # a writer is refused while a reader has it open
        connection.execute("create table free (n int)")


def test_without_a_copy_there_is_an_error_that_says_so(serving):
    assert version() is None
    with pytest.raises(WarehouseMissingError):
        ask(known_days)
