"""Storing slices of catalogued tables: against a model in plain Python, and round trips of every type."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotify_assets.rows.window import Window
from spotify_assets.tables import TABLES, Column, Table
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseError, WarehouseMissingError
from spotify_assets.warehouse.store import (
    EVERYTHING,
    NOTHING,
    Predicate,
    create_table,
    delete_rows,
    insert_rows,
    read_rows,
    row_counts,
)
from tests.examples import examples
from tests.warehouse.plays import PLAYS, TOTALS, plays, window

# Any sequence of writes


class Row(NamedTuple):
    """One row of `core.plays` in January 2025."""

    day: int
    track: str
    plays: int
    skips: int | None


class Write(NamedTuple):
    """One write of a window, which may be allowed or not."""

    first: int
    last: int
    rows: list[Row]
    fails_afterwards: bool

    @property
    def is_allowed(self) -> bool:
        """Whether every row lies in the window, keeps the rules, and has its key for itself."""
        inside = all(self.first <= row.day <= self.last for row in self.rows)
        ruly = all(row.plays >= 0 and (row.skips is None or row.skips >= 0) for row in self.rows)
        unique = len({(row.day, row.track) for row in self.rows}) == len(self.rows)
        return inside and ruly and unique and not self.fails_afterwards


@st.composite
def writes(draw: st.DrawFn) -> Write:
    first, last = sorted(draw(st.tuples(st.integers(1, 9), st.integers(1, 9))))
    mostly_inside = st.integers(first, last) | st.integers(first, last) | st.integers(1, 9)
    count = st.integers(0, 5) | st.integers(0, 5) | st.integers(-1, 5)
    row = st.builds(Row, mostly_inside, st.sampled_from("abcdef"), count, st.none() | count)
    rows = draw(
        st.lists(row, max_size=6, unique_by=lambda row: (row.day, row.track)) | st.lists(row, max_size=3)
    )
    return Write(first, last, rows, draw(st.integers(0, 5)) == 0)


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.slow
@examples(60)
@given(st.lists(writes(), max_size=6))
def test_after_any_writes_the_table_is_the_union_of_the_last_good_write_of_each_day(
    memory: duckdb.DuckDBPyConnection, sequence: list[Write]
) -> None:
    model: dict[int, list[Row]] = defaultdict(list)
    create_table(memory, PLAYS)
    delete_rows(memory, PLAYS, EVERYTHING)
    for write in sequence:
        is_stored = stores(memory, write)
        assert is_stored == write.is_allowed
        if is_stored:
            for day in range(write.first, write.last + 1):
                model[day] = [row for row in write.rows if row.day == day]
    found = memory.execute("select day(event_date), track, plays, skips from core.plays").fetchall()
    expected = [tuple(row) for rows in model.values() for row in rows]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def stores(connection: duckdb.DuckDBPyConnection, write: Write) -> bool:
    """Replace a window in one transaction; whether it was allowed."""
    target = Predicate.window("event_date", window(write.first, write.last))
    connection.begin()
    try:
        delete_rows(connection, PLAYS, target)
        insert_rows(connection, PLAYS, plays(write.rows), target, label="test")
    except SliceRefusedError:
        connection.rollback()
        return False
    if write.fails_afterwards:
        connection.rollback()
        return False
    connection.commit()
    return True


# Round trips

_LONG_AGO, _FAR = date(1, 1, 1), date(9999, 12, 31)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "VARCHAR": st.text(st.characters(exclude_categories=["Cs"])) | st.just("null") | st.just(""),
    "BIGINT": st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1, 0]),
    "DOUBLE": st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True),
    "BOOLEAN": st.booleans(),
    "DATE": st.dates(_LONG_AGO, _FAR),
    "TIMESTAMP": st.datetimes(),
}


@st.composite
def tables_with_rows(draw: st.DrawFn) -> tuple[Table, pl.DataFrame]:
    """A table of a few columns of random types without rules, and a frame of it in another column order."""
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6))
    columns = tuple(
        Column(f"c{number}", kind, "Any.")  # type: ignore[arg-type]
        for number, kind in enumerate(kinds)
    )
    table = Table("anything", "thing", "one row", "Any.", (Column("id", "BIGINT", "Row."), *columns), ("id",))
    height = draw(st.integers(0, 8))
    data: dict[str, list[Any]] = {"id": list(range(height))}
    for column in columns:
        values = st.none() | VALUES[column.type]
        data[column.name] = draw(st.lists(values, min_size=height, max_size=height))
    frame = pl.DataFrame(data, schema=table.polars_schema)
    return table, frame.select(draw(st.permutations(frame.columns)))


@examples(150)
@given(tables_with_rows())
def test_a_frame_comes_back_as_it_was_stored(
    memory: duckdb.DuckDBPyConnection, made: tuple[Table, pl.DataFrame]
) -> None:
    table, frame = made
    memory.execute("drop schema if exists anything cascade")
    create_table(memory, table)
    insert_rows(memory, table, frame, EVERYTHING, label="test")
    back = read_rows(memory, table).sort("id")
    assert back.schema == table.polars_schema
    assert [normal(row) for row in back.rows()] == [
        normal(row) for row in frame.select(table.column_names).rows()
    ]


def normal(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row whose NaNs equal each other."""
    return tuple("NaN" if isinstance(value, float) and math.isnan(value) else value for value in row)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_an_empty_frame_of_every_table_comes_back_typed(
    memory: duckdb.DuckDBPyConnection, table: Table
) -> None:
    create_table(memory, table)
    insert_rows(memory, table, table.empty(), EVERYTHING, label="test")
    assert read_rows(memory, table).equals(table.empty())
    assert read_rows(memory, table).schema == table.polars_schema


# Predicates


DAYS_OF_MONTH = range(1, 10)
JANUARY = date(2024, 12, 31)


@st.composite
def predicates(draw: st.DrawFn, depth: int = 2) -> tuple[Predicate, set[int]]:
    """A predicate, and the days of January that it is true for."""
    kind = draw(st.sampled_from(["between", "and"] if depth else ["between"]))
    if kind == "between":
        first, last = draw(st.tuples(st.integers(0, 10), st.integers(0, 10)))
        start, end = JANUARY + timedelta(days=first), JANUARY + timedelta(days=last)
        return Predicate.between("d", start, end), {day for day in DAYS_OF_MONTH if first <= day < last}
    parts = draw(st.lists(predicates(depth=depth - 1), min_size=2, max_size=2))
    (one, true_for_one), (other, true_for_other) = parts
    return one & other, true_for_one & true_for_other


@settings(deadline=None)
@given(predicates())
def test_predicates_combine_as_sets_of_rows_do(
    memory: duckdb.DuckDBPyConnection, made: tuple[Predicate, set[int]]
) -> None:
    predicate, expected = made
    memory.execute(
        "create table if not exists days as "
        "select date '2024-12-31' + range::integer as d from range(1, 10) union all select null"
    )
    found = memory.execute(
        f"select day(d) from days where {predicate.sql}", list(predicate.parameters)
    ).fetchall()
    assert {day for (day,) in found} == expected


def test_everything_and_nothing(memory: duckdb.DuckDBPyConnection) -> None:
    for predicate, expected in ((EVERYTHING, 2), (NOTHING, 0)):
        found = memory.execute(f"select 1 from range(2) where {predicate.sql}").fetchall()
        assert len(found) == expected


# Errors


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_table(connection, PLAYS)
        yield connection


def refuse(
    connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, predicate: Predicate = EVERYTHING
) -> str:
    with pytest.raises(SliceRefusedError) as refused:
        insert_rows(connection, PLAYS, rows, predicate, label="2025-01-01")
    assert read_rows(connection, PLAYS).is_empty()
    return str(refused.value)


def test_every_broken_rule_is_told_at_once(connection: duckdb.DuckDBPyConnection) -> None:
    bad = plays([(1, "a", -1, -1), (1, "a", 1, -5)]).with_columns(
        track=pl.Series(["a", "a"]), plays=pl.Series([-1, None])
    )
    message = refuse(connection, bad)
    assert message == (
        "core.plays, slice 2025-01-01: not_null (plays is null: 1 rows); "
        "ranges (plays is below 0: 1 rows; skips is below 0: 2 rows); "
        "unique_key ((event_date, track) repeats: 1 rows). Nothing was written."
    )


def test_the_first_row_outside_is_shown_without_its_nulls(connection: duckdb.DuckDBPyConnection) -> None:
    rows = plays([(1, "a", 1, None), (2, "b", 2, None)])
    message = refuse(connection, rows, Predicate.window("event_date", window(1)))
    assert "1 rows lie outside the slice, the first is event_date=2025-01-02, track='b', plays=2." in message


def test_of_a_wide_row_outside_the_first_six_values_are_shown(connection: duckdb.DuckDBPyConnection) -> None:
    wide = Table(
        "core", "wide", "one", "Any.", tuple(Column(c, "BIGINT", "Any.") for c in "abcdefgh"), ("a",)
    )
    create_table(connection, wide)
    rows = pl.DataFrame([dict.fromkeys("abcdefgh", 7)])
    with pytest.raises(SliceRefusedError, match=r"the first is a=7, b=7, c=7, d=7, e=7, f=7\."):
        insert_rows(connection, wide, rows, Predicate("a > ?", [7]), label="x")


def test_a_row_that_may_or_may_not_lie_in_the_slice_lies_outside(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    dateless = plays([(1, "a", 1, 0), (1, "b", 1, 0)]).with_columns(
        event_date=pl.Series([date(2025, 1, 1), None])
    )
    message = refuse(connection, dateless, Predicate.window("event_date", window(1)))
    assert "1 rows lie outside the slice, the first is track='b'" in message


def test_a_missing_column_and_an_unknown_one_are_told_also_alone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    missing = refuse(connection, plays([]).drop("note"))
    assert missing.startswith("core.plays, slice 2025-01-01: note is missing. Nothing was written;")
    unknown = refuse(connection, plays([]).with_columns(genre=pl.lit("x")))
    assert unknown.startswith("core.plays, slice 2025-01-01: genre is unknown. Nothing was written;")


def test_how_durations_are_stored_is_said_where_there_is_one(connection: duckdb.DuckDBPyConnection) -> None:
    duration = plays([]).with_columns(plays=pl.lit(None, pl.Duration("ms")))
    assert refuse(connection, duration).endswith(" Durations are stored as integer milliseconds.")
    other = plays([]).with_columns(plays=pl.lit(None, pl.String))
    assert refuse(connection, other).endswith("Nothing was written.")


def test_every_difference_in_columns_is_told_at_once(connection: duckdb.DuckDBPyConnection) -> None:
    message = refuse(connection, plays([]).drop("note", "track").with_columns(genre=pl.lit("x")))
    assert "track is missing; note is missing; genre is unknown" in message


@pytest.mark.parametrize(
    "kind", [pl.UInt64, pl.Float64, pl.Decimal(10, 2), pl.Int128, pl.String, pl.Boolean, pl.Date]
)
def test_a_type_that_could_lose_something_is_refused(
    connection: duckdb.DuckDBPyConnection, kind: pl.DataType
) -> None:
    typed = plays([]).with_columns(plays=pl.lit(None, kind))
    assert f"plays is {typed.schema['plays']}, the catalogue says Int64" in refuse(connection, typed)


@pytest.mark.parametrize("kind", [pl.Datetime("ms"), pl.Datetime("ns"), pl.Datetime("us", "UTC"), pl.Date])
def test_a_moment_of_another_unit_or_with_a_zone_is_refused(kind: pl.DataType) -> None:
    moments = Table("core", "moments", "one", "Any.", (Column("moment", "TIMESTAMP", "When."),), ("moment",))
    with duckdb.connect() as connection:
        create_table(connection, moments)
        with pytest.raises(SliceRefusedError, match="the catalogue says Datetime"):
            insert_rows(connection, moments, pl.DataFrame(schema={"moment": kind}), EVERYTHING, label="x")


def test_a_refused_frame_leaves_the_connection_usable(connection: duckdb.DuckDBPyConnection) -> None:
    refuse(connection, plays([(1, "a", -1, 0)]))
    insert_rows(connection, PLAYS, plays([(1, "a", 1, 0)]), EVERYTHING, label="again")
    assert read_rows(connection, PLAYS).height == 1


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("alter table core.plays drop column plays", "plays is missing"),
        ("alter table core.plays add column more int", "more is stored but not in the catalogue"),
        ("alter table core.plays alter plays type double", "plays is DOUBLE, the catalogue says BIGINT"),
    ],
)
def test_a_stored_table_that_differs_is_refused(
    connection: duckdb.DuckDBPyConnection, statement: str, says: str
) -> None:
    connection.execute(statement)
    with pytest.raises(SliceRefusedError, match=says):
        create_table(connection, PLAYS)


def test_reading_a_table_that_does_not_exist_says_what_to_materialise(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(WarehouseMissingError, match="materialise asset core/totals first"):
        read_rows(connection, TOTALS)
    elsewhere = Table("nowhere", "totals", "one", "Any.", TOTALS.columns, ("track",))
    with pytest.raises(WarehouseMissingError, match="materialise asset nowhere/totals first"):
        read_rows(connection, elsewhere)


def test_reading_an_unknown_column_names_it(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(WarehouseError, match=r"core\.plays has no column genre"):
        read_rows(connection, PLAYS, columns=["plays", "genre"])


def test_reading_a_stored_table_that_lacks_a_column_says_what_to_do(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("alter table core.plays drop column note")
    with pytest.raises(WarehouseError, match=r"note is missing\. `spotify-assets migrate` adds"):
        read_rows(connection, PLAYS)


def test_columns_are_read_in_the_order_asked_for(connection: duckdb.DuckDBPyConnection) -> None:
    insert_rows(connection, PLAYS, plays([(1, "a", 5, 1)]), EVERYTHING, label="x")
    rows = read_rows(connection, PLAYS, columns=["skips", "event_date"])
    assert rows.equals(pl.DataFrame({"skips": [1], "event_date": [date(2025, 1, 1)]}))


def test_row_counts_leave_out_tables_that_do_not_exist(connection: duckdb.DuckDBPyConnection) -> None:
    insert_rows(connection, PLAYS, plays([(1, "a", 5, 1)]), EVERYTHING, label="x")
    assert row_counts(connection, {"core.plays": PLAYS, "core.totals": TOTALS}) == {"core.plays": 1}


def test_a_window_is_its_dates_with_the_end_left_out() -> None:
    january = Window(date(2025, 1, 1), date(2025, 2, 1))
    predicate = Predicate.window("d", january)
    assert predicate.sql == "(d >= ? and d < ?)"
    assert predicate.parameters == [january.start, january.end]
