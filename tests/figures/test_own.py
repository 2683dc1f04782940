"""A listener's view of the published copy has their listening, whole, and nobody else's."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.figures import opening, personal, view
from spotify_assets.figures.own import OF_NOBODY, own_rows
from spotify_assets.settings import Settings
from spotify_assets.warehouse.connection import OUTDATED_COPY, Connection
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseMissingError
from tests.figures.one_listener import BEFORE, DECLARED
from tests.figures.recount import FEBRUARY

TRICKY = "x' or user_id <> 'x"


@pytest.fixture
def copy(published: Path) -> Database:
    return Database(Settings(data_dir=published, _env_file=None).serving_path)


@pytest.fixture
def own(copy: Database) -> Iterator[Connection]:
    with own_rows(copy, DECLARED) as connection:
        yield connection


def seen(connection: Connection) -> dict[str, list[str]]:
    """The tables that stand beside the copy, with their columns."""
    found = connection.execute(
        "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() "
        "where database_name = 'memory' and not internal group by all"
    ).fetchall()
    return {name: columns for name, columns in found if name != "main.own_recordings"}


def test_rows_that_are_somebodys_are_the_listeners(own):
    tables = [name for name, columns in seen(own).items() if "user_id" in columns]
    assert {"marts.fact_listens", "marts.dim_user", "marts.first_listens", "core.listening_events"} <= {
        *tables
    }
    for name in tables:
        whose = own.execute(f"select distinct user_id from {name}").fetchall()
        assert whose in ([(DECLARED,)], []), name
        assert (
            own.execute(f"select count(*) from {name}").fetchall()
            == own.execute(f"select count(*) from everybody.{name} where user_id = ?", [DECLARED]).fetchall()
        )


def test_of_all_other_tables_only_those_without_listening_have_rows(own):
    others = {name for name, columns in seen(own).items() if "user_id" not in columns}
    full = {name for name in others if own.execute(f"select 1 from {name} limit 1").fetchall()}
    assert full == {f"marts.{name}" for name in (*OF_NOBODY, "daily_aggregates", "dim_track")}
    for name in ("marts.daily_active_users", "marts.track_totals", "ml.skip_predictions", "bi.listens"):
        with pytest.raises(OUTDATED_COPY):
            own.execute(f"select * from {name}")


def test_tracks_from_outside_the_catalogue_are_those_that_the_listener_played(copy, own):
    outside = "select distinct recording_id from marts.dim_track where not is_in_catalogue"
    played = f"{outside} and track_id in (select track_id from marts.fact_listens where user_id = ?)"
    with copy.reader() as connection:
        theirs = connection.execute(played, [DECLARED]).fetchall()
        assert connection.execute(outside).fetchall()
    assert sorted(own.execute(outside).fetchall()) == sorted(theirs)
    with own_rows(copy, "nobody") as connection:
        assert connection.execute(outside).fetchall() == []


@pytest.mark.slow
def test_the_listeners_figures_are_those_of_the_whole_copy(copy, own):
    narrow = personal.personal_figures(own, DECLARED, FEBRUARY, BEFORE)
    with copy.reader() as connection:
        wide = personal.personal_figures(connection, DECLARED, FEBRUARY, BEFORE)
        months = opening.listened_months(connection, DECLARED)
        opens = opening.opening_period(connection, DECLARED)
    assert narrow.frames.keys() == wide.frames.keys()
    for name, frame in wide.frames.items():
        assert_frame_equal(narrow[name], frame, check_row_order=False)
    assert opening.listened_months(own, DECLARED) == months
    assert opening.opening_period(own, DECLARED) == opens


def test_days_and_choices_are_the_listeners(copy, own):
    with copy.reader() as connection:
        first, last = connection.execute(
            "select min(event_date), max(event_date) from marts.fact_listens where is_music and user_id = ?",
            [DECLARED],
        ).fetchall()[0]
    assert view.known_days(own) == view.Period(first, last)
    choices = view.choices(own)
    assert list(choices.user_id) == [DECLARED]
    assert not any((choices.genre, choices.artist_id, choices.country, choices.device))


@pytest.mark.parametrize("user_id", ["nobody", "", TRICKY, "%", 'u" --'])
def test_a_name_that_is_no_listeners_sees_nothing(copy, user_id):
    with own_rows(copy, user_id) as connection:
        assert view.known_days(connection) is None
        assert personal.listeners(connection).is_empty()
        assert isinstance(connection.sql("from marts.fact_listens").pl(), pl.DataFrame)
        assert connection.sql("from marts.fact_listens").pl().is_empty()


def test_the_error_about_another_listener_names_nobody(own):
    with pytest.raises(ValueError, match="somebody") as caught:
        personal.find_listener(own, "somebody")
    assert DECLARED in str(caught.value)
    assert str(caught.value).count("user") <= str(caught.value).count(DECLARED) + 1


def test_the_copy_cannot_be_written(own):
    with pytest.raises(Exception, match="read-only"):
        own.execute("delete from everybody.marts.dim_user")


def test_without_a_copy_there_is_an_error_that_says_so(tmp_path):
    with pytest.raises(WarehouseMissingError), own_rows(Database(tmp_path / "no.duckdb"), DECLARED):
        pass
