"""What every warehouse promises, kept by the one in Postgres and files."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from spotify_assets.rows.window import Window
from spotify_assets.tables import RUN_COSTS
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.costs import write_costs
from spotify_assets.warehouse.erasing import erase_rows
from spotify_assets.warehouse.errors import WarehouseError, WarehouseLockedError, WarehouseMissingError
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.migrate import migrate, plan, stored_table
from spotify_assets.warehouse.publish import publish
from spotify_assets.warehouse.store import Predicate, create_table, delete_rows, insert_rows, read_rows
from spotify_assets.warehouse.upkeep import look_after
from spotify_assets.warehouse.write_lock import WriteLock
from tests.cluster import lakes
from tests.cluster.driver import write
from tests.servers.postgres import Postgres
from tests.warehouse.plays import PLAYS, plays

pytestmark = pytest.mark.cluster
FIRST = Window(date(2025, 1, 1), date(2025, 1, 2))
SLICE = Predicate.window("event_date", FIRST)
GONE = "gone-listener-3f1c"


def store(lakehouse: Lakehouse, rows: pl.DataFrame) -> None:
    """Replace the first day, as the IO manager does."""
    with lakehouse.transaction() as connection:
        create_table(connection, PLAYS)
        delete_rows(connection, PLAYS, SLICE)
        insert_rows(connection, PLAYS, rows, SLICE, label="test")


def stored(lakehouse: Lakehouse) -> list[tuple[object, ...]]:
    with lakehouse.reader() as connection:
        return read_rows(connection, PLAYS).sort(pl.all()).rows()


def test_nothing_is_there_until_something_is_written(lakehouse: Lakehouse):
    assert not lakehouse.exists()
    with pytest.raises(WarehouseMissingError, match="does not exist yet"), lakehouse.reader():
        pass
    assert not Path(lakehouse.data).exists()
    store(lakehouse, plays([(1, "a", 5, 1)]))
    assert lakehouse.exists()


def test_a_slice_is_replaced_and_an_empty_one_is_empty(lakehouse: Lakehouse):
    for rows in ([(1, "a", 5, 1), (1, "b", 6, 2)], [(1, "a", 7, None)], []):
        frame = plays(rows)
        store(lakehouse, frame)
        assert stored(lakehouse) == frame.sort(pl.all()).rows()


def test_after_an_error_nothing_of_a_transaction_is_there(lakehouse: Lakehouse):
    store(lakehouse, plays([(1, "a", 5, 1)]))
    before = stored(lakehouse)
    with pytest.raises(WarehouseError, match="lie outside"):
        store(lakehouse, plays([(1, "a", 9, 0), (2, "b", 6, 2)]))
    with pytest.raises(ZeroDivisionError), lakehouse.transaction() as connection:
        delete_rows(connection, PLAYS, SLICE)
        connection.execute("create table core.other (a int)")
        raise ZeroDivisionError
    assert stored(lakehouse) == before
    with lakehouse.reader() as connection:
        assert stored_table(connection, replace(PLAYS, name="other")) is None


def test_a_reader_sees_what_was_committed_also_while_somebody_writes(lakehouse: Lakehouse):
    store(lakehouse, plays([(1, "a", 5, 1)]))
    with lakehouse.transaction() as connection:
        delete_rows(connection, PLAYS, SLICE)
        assert len(stored(lakehouse)) == 1
    assert stored(lakehouse) == []


def test_every_cursor_is_in_the_warehouse(lakehouse: Lakehouse):
    store(lakehouse, plays([(1, "a", 5, 1)]))
    for _ in range(3):
        with lakehouse.reader() as connection:
            assert connection.execute("select current_database()").fetchall() == [("warehouse",)]


def test_no_row_is_kept_in_the_catalogue(lakehouse: Lakehouse):
    """Rows there are miscounted after a delete: one row has a file as a million have."""
    store(lakehouse, plays([(1, "a", 5, 1)]))
    assert len(lakes.stored_files(lakehouse)) == 1
    assert lakes.said_by_postgres(lakehouse, "select * from ducklake_inlined_data_tables") == []


def test_who_waits_too_long_for_the_lock_is_told_who_has_it(lakehouse: Lakehouse):
    hurried = replace(lakehouse, lock_timeout_seconds=0.3)
    with lakehouse.transaction(), pytest.raises(WarehouseLockedError, match="process"), hurried.transaction():
        pass
    with hurried.transaction():
        pass


def test_writers_take_turns(lakehouse: Lakehouse):
    store(lakehouse, plays([]))

    def write(number: int) -> None:
        day = date(2025, 1, 1)
        with lakehouse.transaction() as connection:
            before = read_rows(connection, PLAYS, SLICE)
            delete_rows(connection, PLAYS, SLICE)
            rows = pl.concat([before, plays([(1, str(number), number, 0)])])
            insert_rows(connection, PLAYS, rows, SLICE, label=str(day))

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(row[1]) for row in stored(lakehouse)) == [str(number) for number in range(6)]


def end_sessions_with_the_lock(lakehouse: Lakehouse) -> None:
    lakes.said_by_postgres(
        lakehouse,
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = "
        "(select oid from pg_database where datname = current_database())",
    )


def test_a_writer_that_lost_its_lock_writes_nothing(lakehouse: Lakehouse):
    store(lakehouse, plays([(1, "a", 5, 1)]))
    before = stored(lakehouse)
    with pytest.raises(WarehouseError, match="lock was lost"), lakehouse.transaction() as connection:
        delete_rows(connection, PLAYS, SLICE)
        end_sessions_with_the_lock(lakehouse)
    assert stored(lakehouse) == before
    with pytest.raises(WarehouseError, match="lock was lost"), lakehouse.alone():
        end_sessions_with_the_lock(lakehouse)


def test_also_between_the_last_look_and_the_commit_two_writers_do_not_both_write(
    lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
):
    """The same new slice from two writers, of which one believes in its lock: both inserts would stay."""
    store(lakehouse, plays([]))
    with pytest.raises(WarehouseError, match="commit failed"), lakehouse.transaction() as connection:
        insert_rows(connection, PLAYS, plays([(1, "a", 5, 1)]), SLICE, label="late")
        end_sessions_with_the_lock(lakehouse)
        monkeypatch.setattr(WriteLock, "check", lambda _: None)
        other = replace(lakehouse, lock_timeout_seconds=9.0)
        store(other, plays([(1, "a", 5, 1)]))
    assert stored(lakehouse) == [(date(2025, 1, 1), "a", 5, 1, None)]


def test_postgres_may_be_restarted_between_two_reads_and_two_writes(lakehouse: Lakehouse, server: Postgres):
    store(lakehouse, plays([(1, "a", 5, 1)]))
    server.restart()
    assert len(stored(lakehouse)) == 1
    server.restart()
    store(lakehouse, plays([(1, "a", 5, 1), (1, "b", 5, 1)]))
    assert len(stored(lakehouse)) == 2


def test_without_postgres_the_error_is_one_line_without_the_password(server: Postgres, tmp_path: Path):
    lakehouse = Lakehouse(server.url(password="wrong:secret"), str(tmp_path / "w"))
    with pytest.raises(WarehouseError, match="password authentication") as caught, lakehouse.reader():
        pass
    away = Lakehouse("host=127.0.0.1 port=1 user=u password=wrong:secret", str(tmp_path / "w"))
    with pytest.raises(WarehouseError, match="cannot be reached") as other, away.transaction():
        pass
    for error in (caught, other):
        assert "wrong:secret" not in str(error.value) + repr(lakehouse) + str(away)
        assert "\n" not in str(error.value)


def test_the_columns_of_a_stored_table_are_known_and_a_new_one_is_added(lakehouse: Lakehouse):
    store(lakehouse, plays([(1, "a", 5, 1)]))
    with lakehouse.reader() as connection:
        assert plan(PLAYS, stored_table(connection, PLAYS)).steps == ()
    wider = replace(PLAYS, columns=(*PLAYS.columns, replace(PLAYS.columns[-1], name="more")))
    [done] = migrate(lakehouse, [wider])
    assert [step.words for step in done.steps] == ["added more"]
    with lakehouse.reader() as connection:
        assert plan(wider, stored_table(connection, wider)).steps == ()
        assert read_rows(connection, wider)["more"].to_list() == [None]


def test_a_column_that_must_have_a_value_is_enforced(lakehouse: Lakehouse):
    store(lakehouse, plays([]))
    with pytest.raises(duckdb.ConstraintException), lakehouse.transaction() as connection:
        connection.execute("insert into core.plays (event_date) values ('2025-01-01')")


def test_the_published_copy_has_tables_and_views_of_one_state(lakehouse: Lakehouse, tmp_path: Path):
    store(lakehouse, plays([(1, "a", 5, 1), (1, "b", 6, 2)]))
    with lakehouse.transaction() as connection:
        connection.execute("create schema staging; create view staging.b as from warehouse.core.plays")
        connection.execute("create view staging.a as from staging.b")
    published = publish(lakehouse, tmp_path / "processed")
    assert published.rows == {"core.plays": 2, "staging.a": 2, "staging.b": 2}
    with duckdb.connect(str(published.serving), read_only=True) as connection:
        assert connection.sql("select sum(skips) from staging.a").fetchall() == [(3,)]
    assert publish(lakehouse, tmp_path / "processed").written == ()


def test_what_is_erased_is_in_no_file_and_nowhere_in_the_catalogue(lakehouse: Lakehouse):
    with lakehouse.transaction() as connection:
        connection.execute("create schema raw; create schema marts")
        connection.execute(
            f"create table raw.raw_events as select case when i % 2 = 0 then '{GONE}' else 'other' end "
            "as user_id, date '2025-03-01' + i::int as event_date from range(10) as r (i)"
        )
        connection.execute("create table marts.listeners as select distinct user_id from raw.raw_events")
    with lakehouse.transaction() as connection:
        connection.execute("delete from raw.raw_events where event_date > '2025-03-05'")
    assert holding(lakehouse) == 2
    assert lakes.names_in_catalogue(lakehouse, GONE) != []
    assert erase_rows(lakehouse, GONE, ()) == {"raw.raw_events": 3, "marts.listeners": 1}
    lakehouse.compact()
    assert holding(lakehouse) == 0
    assert lakes.names_in_catalogue(lakehouse, GONE) == []
    with lakehouse.reader() as connection:
        assert connection.execute("select count(*) from raw.raw_events").fetchall() == [(2,)]


def holding(lakehouse: Lakehouse) -> int:
    """Files that have the listener in a row."""
    files = [path for path in lakes.stored_files(lakehouse) if not path.name.endswith("-delete.parquet")]
    return sum(
        GONE in json.dumps(pl.read_parquet(path, glob=False).to_dicts(), default=str) for path in files
    )


def test_upkeep_joins_files_forgets_old_states_and_removes_what_nobody_names(lakehouse: Lakehouse):
    for day in range(1, 7):
        window = Window(date(2025, 1, day), date(2025, 1, day + 1))
        slice_ = Predicate.window("event_date", window)
        with lakehouse.transaction() as connection:
            create_table(connection, PLAYS)
            insert_rows(connection, PLAYS, plays([(day, "a", day, 0)]), slice_, label=str(window))
    before = stored(lakehouse)
    stray = Path(lakehouse.data) / "core" / "plays" / "stray.parquet"
    stray.write_bytes(b"left by a task that died")
    figures = look_after(lakehouse, kept=timedelta(days=1), abandoned=timedelta(days=1))
    assert (figures["files before"], figures["files after"]) == (6, 1)
    assert (figures["orphans removed"], figures["states expired"]) == (0, 0)
    figures = look_after(lakehouse, kept=timedelta(), abandoned=timedelta())
    assert figures["orphans removed"] == 1
    assert figures["states expired"] >= 6
    assert figures["states after"] == 1
    assert len(lakes.stored_files(lakehouse)) == 1
    assert stored(lakehouse) == before


def test_a_state_can_be_pinned_and_read_as_of_a_moment(lakehouse: Lakehouse):
    store(lakehouse, plays([(1, "a", 5, 1)]))
    pinned, moment = lakehouse.pinned(), datetime.now(UTC)
    store(lakehouse, plays([(1, "a", 9, 1)]))
    assert [row[2] for row in stored(lakehouse)] == [9]
    assert [row[2] for row in stored(pinned)] == [5]
    assert [row[2] for row in stored(lakehouse.as_of(moment))] == [5]
    with pytest.raises(WarehouseError, match="cannot be opened"):
        stored(lakehouse.as_of(datetime(2020, 1, 1, tzinfo=UTC)))


def test_a_process_can_be_started_by_a_fork_while_the_warehouse_is_open(lakehouse: Lakehouse):
    """As Spark's gateway is: a child that ended the parent's DuckDB would wait for threads it has not."""
    store(lakehouse, plays([(1, "a", 5, 1)]))
    assert len(stored(lakehouse)) == 1
    done = subprocess.run([sys.executable, "-c", ""], preexec_fn=lambda: None, timeout=60, check=False)
    assert done.returncode == 0
    assert len(stored(lakehouse)) == 1


def test_a_table_that_counts_wrong_or_lacks_a_file_is_told(lakehouse: Lakehouse):
    write(lakehouse, 1)
    with lakehouse.reader() as connection:
        assert disagreements(connection) == {}
    with lakehouse.transaction() as connection:
        connection.execute("delete from core.plays where track = 'track 3'")
    with lakehouse.reader() as connection:
        assert disagreements(connection) == {"core.plays": "19 by count(*), 19 by a scan, 20 by the books"}
    file = next(path for path in lakes.stored_files(lakehouse) if "plays" in path.parts)
    file.unlink()
    with lakehouse.reader() as connection:
        assert "cannot be read" in disagreements(connection)["core.plays"]


def test_what_a_run_used_is_stored_with_the_bytes_of_each_table(lakehouse: Lakehouse):
    write(lakehouse, 1)
    told = {"run_id": "a run", "step": "a step", "table_name": "core.plays", "cpu_seconds": 1.5}
    told |= {"started_at": datetime.fromisoformat("2025-01-01"), "wall_seconds": 2.0, "peak_memory_bytes": 1}
    write_costs(lakehouse, pl.DataFrame([told], RUN_COSTS.polars_schema))
    with lakehouse.reader() as connection:
        [found] = read_rows(connection, RUN_COSTS).to_dicts()
    [file] = [path for path in lakes.stored_files(lakehouse) if path.parent.name == "plays"]
    assert (found["cpu_seconds"], found["stored_bytes"]) == (1.5, file.stat().st_size)
