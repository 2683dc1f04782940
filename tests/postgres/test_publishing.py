"""What is published to Postgres is what the copy has, and only what changed is written."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotify_assets.rows.sql import quoted
from spotify_assets.serving.publishing import missing_rows, publish_published_copy, publish_to_postgres
from spotify_assets.serving.server import PostgresError
from spotify_assets.serving.shape import BESIDE_MARTS
from spotify_assets.settings import PROJECT_ROOT, Settings
from spotify_assets.tables import TABLES
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseMissingError
from tests.postgres.looking import asked, everything, in_copy
from tests.servers.ports import free_ports
from tests.servers.postgres import Postgres

Change = Callable[[str], None]
DBT = PROJECT_ROOT / "dbt_project"
A_DAY = "date '2025-02-03'"


def test_every_mart_and_view_has_the_rows_of_the_copy(settings: Settings, url: str, copied: Path):
    done = publish_published_copy(settings)
    relations = asked(url, "select relation from serving.relations where kind <> 'functions'")
    names = in_copy(
        copied,
        "select table_schema || '.' || table_name as name from information_schema.tables "
        "where table_schema in ('marts', 'bi') and not starts_with(table_name, 'fct_') "
        f"or name in {tuple(BESIDE_MARTS)}",
    )
    assert sorted(relations) == sorted(names)
    for (name,) in names:
        [columns] = in_copy(copied, f"select list(column_name) from (describe {name})")
        rows = "select {} from {}".format(", ".join(map(quoted, columns[0])), name)
        assert sorted(asked(url, rows), key=repr) == sorted(in_copy(copied, rows), key=repr), name
    assert sum(done.rows.values()) == sum(done.written.values()) > 50_000
    assert missing_rows(settings) == {}


def test_types_nulls_keys_indexes_and_comments_are_carried_over(settings: Settings, url: str):
    publish_published_copy(settings)
    columns = asked(
        url,
        "select column_name, data_type, is_nullable, collation_name from information_schema.columns "
        "where table_schema = 'marts' and table_name = 'fact_listens'",
    )
    found = {name: rest for name, *rest in columns}
    assert found["event_id"] == ["text", "NO", "C"]
    assert found["event_date"] == ["date", "NO", None]
    assert found["ended_at"] == ["timestamp without time zone", "NO", None]
    assert found["ms_played"] == ["bigint", "NO", None]
    assert found["is_shuffle"] == ["boolean", "YES", None]
    keys: dict[str, str] = dict(
        asked(
            url,
            "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
            "where contype = 'p' and connamespace = 'marts'::regnamespace",
        )
    )
    assert keys["marts.fact_listens"] == "PRIMARY KEY (event_id)"
    assert keys["marts.fact_user_activity"] == "PRIMARY KEY (user_id, local_date)"
    assert len(keys) > 30
    indexes = [name for (name,) in asked(url, "select indexname from pg_indexes where schemaname = 'marts'")]
    indexed = {"fact_listens_event_date_idx", "fact_listens_user_id_event_date_idx"}
    [(table, column, of_view)] = asked(
        url,
        "select obj_description('marts.dim_user'::regclass), col_description('marts.dim_user'::regclass, 1), "
        "obj_description('bi.listens'::regclass)",
    )
    assert table.startswith("One row per listener") and column
    assert of_view == "one row per playback, of any content"
    of_catalogue = "select obj_description('ml.unusual_listening'::regclass)"
    assert asked(url, of_catalogue) == [(TABLES["ml.unusual_listening"].description,)]
    assert indexed <= set(indexes)


def test_nothing_is_written_where_nothing_changed(settings: Settings, url: str):
    publish_published_copy(settings)
    before = asked(url, "select xmin, ctid, event_id from marts.fact_listens order by event_id")
    again = publish_published_copy(settings)
    assert dict(again.written) == {}
    assert asked(url, "select xmin, ctid, event_id from marts.fact_listens order by event_id") == before
    assert asked(url, "select count(*) from serving.publishings") == [(1,)]


def test_only_the_day_that_changed_is_written(settings: Settings, url: str, copied: Path, change: Change):
    publish_published_copy(settings)
    written_before = "select xmin, event_id from marts.fact_listens where event_date <> " + A_DAY
    before = sorted(asked(url, written_before))
    change(f"update marts.fact_listens set ms_played = ms_played + 1 where event_date = {A_DAY}")
    again = publish_published_copy(settings)
    [(of_day,)] = in_copy(copied, f"select count(*) from marts.fact_listens where event_date = {A_DAY}")
    assert again.written["marts.fact_listens"] == of_day > 0
    assert "marts.dim_track" not in again.written
    assert sorted(asked(url, written_before)) == before
    played = "select sum(ms_played)::bigint from marts.fact_listens"
    assert asked(url, played) == in_copy(copied, played)
    change(f"delete from marts.fact_listens where event_date = {A_DAY}")
    assert publish_published_copy(settings).written["marts.fact_listens"] == 0
    assert asked(url, f"select count(*) from marts.fact_listens where event_date = {A_DAY}") == [(0,)]


def test_rows_and_tables_that_somebody_removed_are_brought_back(settings: Settings, url: str):
    publish_published_copy(settings)
    before = everything(url)
    asked(url, "delete from marts.dim_track", "drop table marts.dim_user cascade")
    assert {"marts.dim_track", "marts.dim_user"} <= missing_rows(settings).keys()
    again = publish_published_copy(settings)
    assert {"marts.dim_track", "marts.dim_user"} <= again.written.keys()
    assert "marts.fact_listens" not in again.written
    assert everything(url) == before
    assert asked(url, "select count(*) > 0 from bi.listeners") == [(True,)]


def test_a_view_of_somebodys_own_stays(settings: Settings, url: str, change: Change):
    publish_published_copy(settings)
    mine = "create view public.mine as select listener, count(*) as plays from bi.listens group by listener"
    asked(url, mine, "create role analyst", "grant select on marts.dim_date to analyst")
    try:
        change("alter table marts.dim_date add column moon varchar; update marts.dim_date set moon = 'new'")
        change(f"delete from marts.fact_listens where event_date = {A_DAY}")
        assert {"marts.dim_date", "marts.fact_listens"} <= publish_published_copy(settings).written.keys()
        assert asked(url, "select distinct moon from marts.dim_date") == [("new",)]
        assert len(asked(url, "select * from public.mine")) > 1
        assert asked(url, "select has_table_privilege('analyst', 'marts.dim_date', 'select')") == [(True,)]
    finally:
        asked(url, "drop owned by analyst", "drop role analyst")


def test_a_change_under_somebodys_view_is_refused_in_words_and_done_without_it(
    settings: Settings, url: str, change: Change
):
    publish_published_copy(settings)
    asked(url, "create view public.mine as select hour_name from marts.dim_time_of_day")
    before = everything(url)
    change("alter table marts.dim_time_of_day drop column hour_name")
    with pytest.raises(PostgresError, match=r"mine.*other views use it") as told:
        publish_published_copy(settings)
    assert "\n" not in str(told.value)
    assert everything(url) == before
    asked(url, "drop view public.mine")
    publish_published_copy(settings)
    assert len(asked(url, "select * from marts.dim_time_of_day")[0]) == 3


def test_another_type_and_a_table_that_is_no_more(settings: Settings, url: str, change: Change):
    publish_published_copy(settings)
    change(
        "alter table marts.dim_time_of_day alter column hour type varchar; drop table marts.daily_skip_flags"
    )
    publish_published_copy(settings)
    assert asked(url, "select max(hour) from marts.dim_time_of_day") == [("9",)]
    assert asked(url, "select to_regclass('marts.daily_skip_flags')") == [(None,)]
    assert asked(url, "select count(*) > 0 from bi.tracks") == [(True,)]


def test_a_table_that_is_not_ours_is_left_alone(settings: Settings, url: str):
    asked(url, "create schema marts", "create table marts.dim_user (mine text)")
    with pytest.raises(PostgresError, match=r"marts\.dim_user is there and was not published by us"):
        publish_published_copy(settings)
    assert asked(url, "select to_regclass('marts.dim_track'), to_regnamespace('serving')") == [(None, None)]


def test_a_key_that_is_not_unique_is_refused_in_words(settings: Settings, url: str, change: Change):
    publish_published_copy(settings)
    change("insert into marts.dim_device select * from marts.dim_device limit 1")
    with pytest.raises(PostgresError, match="dim_device_pkey"):
        publish_published_copy(settings)
    assert asked(url, "select count(*) = count(distinct device) from marts.dim_device") == [(True,)]


def test_a_type_that_postgres_lacks_is_refused_in_words(settings: Settings, change: Change):
    change("create table marts.odd as select [1, 2] as numbers")
    with pytest.raises(Exception, match=r"marts\.odd: column numbers is"):
        publish_published_copy(settings)


def test_what_cannot_be_reached_is_one_line_without_the_password(copied: Path, server: Postgres):
    [port] = free_ports(1)
    for address, says in (
        (f"postgresql://me:geheim@127.0.0.1:{port}/marts", "Connection refused"),
        (server.url(password="geheim"), "password authentication failed"),
        (server.url(database="nowhere"), "does not exist"),
        ("five apples", "SPOTIFY_SERVING_POSTGRES_URL"),
    ):
        with pytest.raises(PostgresError, match=says) as told:
            publish_to_postgres(Database(copied), address, DBT)
        assert "\n" not in str(told.value)
        assert "geheim" not in str(told.value)


def test_without_a_published_copy_the_error_says_what_to_do(url: str, tmp_path: Path):
    with pytest.raises(WarehouseMissingError, match="run spotify-assets materialize"):
        publish_to_postgres(Database(tmp_path / "serving.duckdb"), url, DBT)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.lists(
    st.tuples(
        st.none() | st.dates(date(2024, 12, 30), date(2025, 1, 2)),
        st.none() | TEXTS,
        st.none() | st.floats(),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.booleans(),
        st.none()
        | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda moment: moment.replace(fold=0)),  # noqa: DTZ001 - naive UTC
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def odd_url(server: Postgres) -> str:
    """The address of a database that all examples share: each is published over the one before."""
    asked(server.url(), "create database odd")
    return server.url(database="odd")


@given(ROWS)
@settings(max_examples=40)
def test_any_rows_arrive_as_they_are_whatever_was_there_before(
    tmp_path_factory: pytest.TempPathFactory, odd_url: str, rows: list[tuple[object, ...]]
):
    copy = tmp_path_factory.mktemp("odd") / "serving.duckdb"
    with duckdb.connect(str(copy)) as connection:
        connection.execute("create schema marts; create schema bi")
        connection.execute(
            'create table marts.odd (event_date date, "Odd ""name" varchar, number double, whole bigint, '
            "flag boolean, moment timestamp)"
        )
        if rows:
            connection.executemany("insert into marts.odd values (?, ?, ?, ?, ?, ?)", rows)
    publish_to_postgres(Database(copy), odd_url, DBT)
    wanted = [
        tuple(
            each.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(each, str) else each for each in row
        )
        for row in rows
    ]
    assert sorted(map(repr, asked(odd_url, "select * from marts.odd"))) == sorted(map(repr, wanted))
