"""Connections to the warehouse: locks of other processes, files that are none, what a reader sees."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseError, WarehouseLockedError, WarehouseMissingError
from tests.warehouse.processes import another_process_can_write, held_open


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A database with one row in table `t`."""
    database = Database(tmp_path / "warehouse.duckdb", lock_timeout_seconds=0)
    with database.transaction() as connection:
        connection.execute("create table t as select 1 as n")
    return database


def rows(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [n for (n,) in connection.execute("select n from t order by n").fetchall()]


def open_writer(database: Database) -> None:
    with database.writer():
        pass


def open_reader(database: Database) -> None:
    with database.reader():
        pass


def open_transaction(database: Database) -> None:
    with database.transaction():
        pass


def test_a_file_that_is_held_is_opened_once_for_many_reads(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    connect = duckdb.connect

    def opening(path: str, **given: Any) -> duckdb.DuckDBPyConnection:
        opened.append(path)
        return connect(path, **given)

    monkeypatch.setattr(duckdb, "connect", opening)
    with database.held(), database.held():
        for _ in range(3):
            with database.reader() as connection:
                assert rows(connection) == [1]
    assert opened == [str(database.path)]
    with database.transaction() as connection:
        connection.execute("insert into t values (2)")
    with database.reader() as connection:
        assert rows(connection) == [1, 2]
    assert len(opened) == 3


def test_nothing_is_held_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissingError), Database(tmp_path / "none.duckdb").held():
        pass


# Locks of other processes


@pytest.mark.parametrize("opening", [open_writer, open_transaction, open_reader])
def test_a_lock_held_elsewhere_is_an_error_that_names_the_holder(
    database: Database, opening: Callable[[Database], None]
) -> None:
    with held_open(database.path, "write") as holder, pytest.raises(WarehouseLockedError) as error:
        opening(database)
    assert str(database.path) in str(error.value)
    assert f"(process {holder.pid})" in str(error.value)
    assert "python" in str(error.value)


def test_the_wait_for_a_lock_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(monkeypatch)
    database = Database(tmp_path / "warehouse.duckdb", lock_timeout_seconds=3)
    open_writer(database)
    with held_open(database.path, "write"), pytest.raises(WarehouseLockedError, match="still after 3 s"):
        open_writer(database)
    assert 3 <= clock.now < 4


def test_a_lock_that_is_let_go_during_the_wait_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(monkeypatch)
    database = Database(tmp_path / "warehouse.duckdb", lock_timeout_seconds=1000)
    open_writer(database)
    with held_open(database.path, "write") as holder:

        def let_go() -> None:
            assert holder.stdin
            holder.stdin.close()
            holder.wait()

        clock.on_sleep = let_go
        with database.transaction() as connection:
            connection.execute("create table t as select 1 as n")
    assert 0 < clock.now < 2
    with database.reader() as connection:
        assert rows(connection) == [1]


def test_readers_of_several_processes_do_not_wait_for_each_other(database: Database) -> None:
    with held_open(database.path, "read"), database.reader() as connection:
        assert rows(connection) == [1]


def test_a_writer_waits_for_a_reader_elsewhere(database: Database) -> None:
    with held_open(database.path, "read"), pytest.raises(WarehouseLockedError):
        open_writer(database)


class FakeClock:
    """The monotonic clock and sleep of a test: sleeping moves the clock and takes no time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.on_sleep: Callable[[], None] = lambda: None
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.on_sleep()


# Files that cannot be opened


def test_reading_a_file_that_does_not_exist_says_so_and_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with pytest.raises(WarehouseMissingError, match="run spotify-assets materialize"):
        open_reader(Database(path))
    assert not path.exists()


def test_writing_makes_the_file_and_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "warehouse.duckdb"
    open_writer(Database(path))
    assert path.exists()


@pytest.mark.parametrize("content", [b"", b"short", b"not a database " * 1000])
@pytest.mark.parametrize("opening", [open_writer, open_reader])
def test_a_file_that_is_no_database_is_an_error_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: Callable[[Database], None], content: bytes
) -> None:
    clock = FakeClock(monkeypatch)
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match="cannot be opened"):
        opening(Database(path))
    assert clock.now == 0
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(WarehouseError, match="its folder cannot be made"):
        open_writer(Database(tmp_path / "taken" / "warehouse.duckdb"))


def test_writing_while_this_process_reads_is_an_error_of_the_warehouse(database: Database) -> None:
    with database.reader(), pytest.raises(WarehouseError, match="different configuration"):
        open_writer(database)


# What a reader sees


def test_a_reader_beside_a_writer_of_its_process_sees_what_was_committed(database: Database) -> None:
    with database.transaction() as writing:
        writing.execute("insert into t values (2)")
        with database.reader() as reading:
            assert rows(reading) == [1]
        assert rows(writing) == [1, 2]
    with database.reader() as reading:
        assert rows(reading) == [1, 2]


def test_a_reader_finds_the_writer_of_its_process_whatever_the_path_is_written_as(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.path.parent)
    with database.transaction(), Database(Path(database.path.name)).reader() as reading:
        assert rows(reading) == [1]


def test_a_closed_reader_leaves_the_writer_open(database: Database) -> None:
    with database.transaction() as writing:
        open_reader(database)
        writing.execute("insert into t values (2)")
    with database.reader() as reading:
        assert rows(reading) == [1, 2]


def test_a_writer_inside_a_writer_leaves_the_outer_one_in_use(database: Database) -> None:
    with database.transaction() as outer:
        with database.transaction() as inner:
            inner.execute("insert into t values (2)")
        outer.execute("create table u as select 1 as n")
        with database.reader() as reading:
            assert rows(reading) == [1, 2]
    with database.reader() as reading:
        assert rows(reading) == [1, 2]


def test_a_reader_cannot_write(database: Database) -> None:
    with database.reader() as reading, pytest.raises(duckdb.Error, match="read-only"):
        reading.execute("insert into t values (2)")


# After an exception


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_transaction_that_fails_changes_nothing_and_is_closed(
    database: Database, error: type[BaseException]
) -> None:
    with pytest.raises(error), database.transaction() as connection:
        connection.execute("insert into t values (2)")
        connection.execute("create table u as select 1 as n")
        raise error
    assert another_process_can_write(database.path)
    with database.reader() as connection:
        assert rows(connection) == [1]
        assert len(connection.execute("show tables").fetchall()) == 1


def test_an_exception_after_the_transaction_has_ended_is_raised_as_it_is(database: Database) -> None:
    with pytest.raises(KeyboardInterrupt), database.transaction() as connection:
        connection.rollback()
        raise KeyboardInterrupt
    assert another_process_can_write(database.path)


def test_an_sql_error_is_raised_as_it_is(database: Database) -> None:
    with pytest.raises(duckdb.ConversionException), database.transaction() as connection:
        connection.execute("insert into t values (2)")
        connection.execute("insert into t values ('two')")
    with database.reader() as connection:
        assert rows(connection) == [1]


@pytest.mark.parametrize("kind", ["reader", "writer"])
def test_a_connection_is_closed_after_an_exception(database: Database, kind: str) -> None:
    with pytest.raises(ZeroDivisionError) as kept, getattr(database, kind)():
        raise ZeroDivisionError
    assert another_process_can_write(database.path)
    assert kept.tb is not None


def test_a_process_killed_in_a_transaction_leaves_what_was_committed(database: Database) -> None:
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException), database.transaction() as connection:
            connection.execute("insert into t select range from range(100000)")
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    with database.reader() as connection:
        assert rows(connection) == [1]


def test_a_copy_has_what_is_committed_wherever_it_stands(database: Database, tmp_path: Path) -> None:
    with database.writer() as connection:
        connection.execute("set checkpoint_threshold = '1GB'; create table numbers as from range(10)")
        database.copy_to(tmp_path / "copy.duckdb")
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from numbers").fetchall() == [(10,)]


def test_a_copy_with_other_rows_is_refused_and_says_which(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a file of the same size that is not the same."""
    other = Database(tmp_path / "other.duckdb")
    for made, rows in ((database, 10), (other, 9)):
        with made.transaction() as connection:
            connection.execute(f"create table numbers as from range({rows})")
    copies_other = f"import shutil, sys; shutil.copyfile({str(other.path)!r}, sys.argv[2])"
    monkeypatch.setattr("spotify_assets.warehouse.database._COPY", copies_other)
    assert other.path.stat().st_size == database.path.stat().st_size
    with pytest.raises(WarehouseError, match=r'"main"."numbers" has 9 of 10 rows'):
        database.copy_to(tmp_path / "copy.duckdb")


def test_the_memory_limit_is_set(tmp_path: Path) -> None:
    with Database(tmp_path / "warehouse.duckdb", memory_limit="123MiB").writer() as connection:
        assert connection.execute("select current_setting('memory_limit')").fetchall() == [("123.0 MiB",)]
