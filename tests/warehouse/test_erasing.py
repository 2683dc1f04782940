"""Erasing a listener from the tables, and from the bytes of the file."""

from datetime import date
from pathlib import Path

import pytest

from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.erasing import erase_rows, event_dates

GONE = "gone-listener-3f1c"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "ware'house.duckdb")
    with database.writer() as connection:
        connection.execute("create schema raw; create schema core; create schema ops; create schema marts")
        connection.execute(
            f"""
            create table raw.raw_events as
            select if(i % 2 = 0, '{GONE}', 'other') as user_id, date '2025-03-01' + i::int as event_date
            from range(10) as r (i);
            insert into raw.raw_events values (' {GONE} ', date '2025-04-01'), (null, date '2025-04-02');
            create table core.tracks as select 1 as track;
            create table marts.listeners as select distinct user_id from raw.raw_events;
            create view marts.days as select event_date, count(*) as plays from raw.raw_events group by all;
            create table ops.rejected_rows as
            select * from (values
                ('a.json@1', '{{"user_id": "{GONE}"}}'),
                ('b.json@2', '{{"ts": 1}}'),
                ('c.json@3', '{{"user_id": "other"}}'),
                ('kafka/t/i/0', '{{"message": "[\\"{GONE}\\""}}'),
                ('kafka/t/i/1', '{{"message": "[\\"other\\""}}')
            ) as v (source_file, original)
            """
        )
    return database


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.reader() as connection:
        return connection.execute(query).fetchall()


def test_their_rows_go_from_every_table_and_the_others_stay(database):
    gone = erase_rows(database, GONE, {"b.json@2"})
    assert gone == {"marts.listeners": 2, "raw.raw_events": 6, "ops.rejected_rows": 3}
    assert rows(database, "select count(*) from raw.raw_events") == [(6,)]
    assert rows(database, "select source_file from ops.rejected_rows") == [("c.json@3",), ("kafka/t/i/1",)]
    assert erase_rows(database, GONE, {"b.json@2"}) == {}


def test_the_dates_of_their_events_and_the_newest_of_all(database):
    theirs, newest = event_dates(database, GONE)
    assert theirs == [*(date(2025, 3, day) for day in (1, 3, 5, 7, 9)), date(2025, 4, 1)]
    assert newest == date(2025, 4, 2)


def test_no_tables_no_dates(tmp_path):
    database = Database(tmp_path / "new.duckdb")
    with database.writer():
        pass
    assert event_dates(database, GONE) == ([], None)
    assert erase_rows(database, GONE, set()) == {}


def test_the_bytes_of_erased_rows_leave_the_file_and_tables_and_views_stay(database):
    erase_rows(database, GONE, {"a.json@1", "b.json@2"})
    before = rows(database, "from marts.days order by all")

    database.compact()

    assert GONE.encode() not in database.path.read_bytes()
    assert rows(database, "from marts.days order by all") == before
    assert rows(database, "select track from core.tracks") == [(1,)]
    assert [path.name for path in database.path.parent.iterdir()] == [database.path.name]
    with database.writer() as connection:
        connection.execute("insert into core.tracks values (2)")
    assert rows(database, "select count(*) from core.tracks") == [(2,)]
