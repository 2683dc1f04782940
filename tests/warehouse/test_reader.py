"""Reading on demand: windows, and what was known of each key as of a day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.tables import Column, Table
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseError, WarehouseMissingError
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import EVERYTHING, create_table, delete_rows, insert_rows
from tests.examples import examples
from tests.warehouse.plays import PLAYS, TOTALS, plays, window

SNAPSHOTS = Table(
    schema="core",
    name="snapshots",
    grain="one row per snapshot date and track",
    description="A catalogue.",
    columns=(
        Column("snapshot_date", "DATE", "Day of the snapshot.", nullable=False),
        Column("track", "VARCHAR", "Track.", nullable=False),
        Column("artist", "VARCHAR", "Artist."),
        Column("version", "BIGINT", "Tells rows apart."),
    ),
    key=("snapshot_date", "track"),
    partition_column="snapshot_date",
)
Row = tuple[int, str, str, int]
"""Day of January 2025, track, artist, version."""


def snapshots(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [(date(2025, 1, day), *others) for day, *others in rows],
        schema=SNAPSHOTS.polars_schema,
        orient="row",
    )


def store(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    """Replace the whole of the table."""
    create_table(connection, SNAPSHOTS)
    delete_rows(connection, SNAPSHOTS, EVERYTHING)
    insert_rows(connection, SNAPSHOTS, snapshots(rows), EVERYTHING, label="test")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, duckdb.DuckDBPyConnection]]:
    """One database for all examples, held open because opening a file takes longest; and its writer."""
    database = Database(tmp_path_factory.mktemp("reader") / "warehouse.duckdb")
    with database.writer() as connection:
        yield database, connection


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "warehouse.duckdb", lock_timeout_seconds=0)


# As of a day

days = st.integers(1, 9)
catalogues = st.lists(
    st.tuples(days, st.sampled_from("abcd"), st.sampled_from("xyz"), st.integers(0, 99)),
    max_size=14,
    unique_by=lambda row: row[:2],
)
asked = st.tuples(days, days).map(sorted)


def known_as_of(rows: list[Row], first: int, last: int, key: int) -> set[Row]:
    """The definition, row by row: the rows needed to know each key on each day from first to last."""
    needed = set()
    for value in {row[key] for row in rows}:
        own = [row for row in rows if row[key] == value]
        before = [row[0] for row in own if row[0] < first]
        inside = [row[0] for row in own if first <= row[0] <= last]
        after = [row[0] for row in own if row[0] > last]
        chosen = {max(before)} if before else set()
        chosen |= set(inside)
        chosen |= {min(after)} if after and not chosen else set()
        needed |= {row for row in own if row[0] in chosen}
    return needed


@examples(40)
@given(catalogues, st.lists(st.tuples(asked, st.sampled_from(["track", "artist"])), min_size=1, max_size=4))
def test_as_of_gives_exactly_the_rows_that_decide(
    shared: tuple[Database, duckdb.DuckDBPyConnection],
    rows: list[Row],
    questions: list[tuple[list[int], str]],
) -> None:
    """One reader is asked several times, so that an answer that it kept is only given where it holds."""
    database, writer = shared
    store(writer, rows)
    reader = TableReader(database, SNAPSHOTS)
    for (first, last), key in questions:
        found = reader.as_of(window(first, last), key)
        expected = known_as_of(rows, first, last, key=SNAPSHOTS.column_names.index(key))
        assert found.schema == SNAPSHOTS.polars_schema
        assert sorted(found.rows()) == sorted(snapshots(list(expected)).rows())


def test_as_of_on_each_day_is_answered_by_the_newest_row_at_or_before_it(
    shared: tuple[Database, duckdb.DuckDBPyConnection],
) -> None:
    database, writer = shared
    store(writer, [(1, "a", "x", 1), (3, "a", "x", 3), (5, "a", "x", 5), (7, "b", "x", 7), (9, "b", "x", 9)])
    reader = TableReader(database, SNAPSHOTS)
    assert sorted(reader.as_of(window(4), "track")["version"]) == [3, 7]
    assert sorted(reader.as_of(window(3, 5), "track")["version"]) == [1, 3, 5, 7]
    assert sorted(reader.as_of(window(8), "track")["version"]) == [5, 7]


def test_as_of_keeps_its_answer_while_the_same_snapshots_decide(
    shared: tuple[Database, duckdb.DuckDBPyConnection],
) -> None:
    database, writer = shared
    store(writer, [(1, "a", "x", 1), (5, "a", "x", 5)])
    reader = TableReader(database, SNAPSHOTS)
    kept = reader.as_of(window(2), "track")
    assert reader.as_of(window(3), "track") is kept
    assert reader.as_of(window(6), "track") is not kept


def test_as_of_notices_snapshots_that_moved(shared: tuple[Database, duckdb.DuckDBPyConnection]) -> None:
    database, writer = shared
    reader = TableReader(database, SNAPSHOTS)
    store(writer, [(1, "a", "x", 1), (9, "a", "x", 9)])
    assert reader.as_of(window(5), "track")["version"].to_list() == [1]
    store(writer, [(2, "a", "x", 2), (9, "a", "x", 9)])
    assert reader.as_of(window(5), "track")["version"].to_list() == [2]


def test_as_of_gives_the_columns_asked_for(shared: tuple[Database, duckdb.DuckDBPyConnection]) -> None:
    database, writer = shared
    store(writer, [(1, "a", "x", 1)])
    reader = TableReader(database, SNAPSHOTS)
    assert reader.as_of(window(5), "track", ["version", "track"]).equals(
        pl.DataFrame({"version": [1], "track": ["a"]})
    )
    assert reader.as_of(window(5), "track", ["version"]).columns == ["version"]


# Windows


@examples(20)
@given(catalogues, asked)
def test_a_read_gives_the_rows_of_its_window(
    shared: tuple[Database, duckdb.DuckDBPyConnection], rows: list[Row], span: list[int]
) -> None:
    database, writer = shared
    store(writer, rows)
    reader = TableReader(database, SNAPSHOTS)
    inside = [row for row in rows if span[0] <= row[0] <= span[1]]
    assert sorted(reader.read(window(*span)).rows()) == sorted(snapshots(inside).rows())
    assert sorted(reader.read().rows()) == sorted(snapshots(rows).rows())
    newest = max((row[0] for row in inside), default=None)
    assert reader.newest_date(window(*span)) == (date(2025, 1, newest) if newest else None)


def test_nothing_stays_open_between_reads(database: Database) -> None:
    with database.transaction() as connection:
        create_table(connection, PLAYS)
    reader = TableReader(database, PLAYS)
    assert reader.read().is_empty()
    with database.transaction() as connection:
        insert_rows(connection, PLAYS, plays([(1, "a", 5, 1)]), EVERYTHING, label="test")
    assert reader.read(window(1), ["plays"])["plays"].to_list() == [5]


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader: reader.read(),
        lambda reader: reader.newest_date(window(1)),
        lambda reader: reader.as_of(window(1), "track"),
    ],
)
def test_a_table_that_was_never_made_says_what_to_materialise(database: Database, ask) -> None:
    with pytest.raises(WarehouseMissingError, match="does not exist yet"):
        ask(TableReader(database, PLAYS))
    with database.transaction() as connection:
        create_table(connection, TOTALS)
    with pytest.raises(WarehouseMissingError, match="materialise asset core/plays first"):
        ask(TableReader(database, PLAYS))


def test_an_unknown_column_is_named(database: Database) -> None:
    with database.transaction() as connection:
        create_table(connection, PLAYS)
    with pytest.raises(WarehouseError, match="no column genre"):
        TableReader(database, PLAYS).read(columns=["genre"])
