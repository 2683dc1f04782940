"""The tests of the marts are tested: one fault at a time is planted in a built warehouse, and is noticed."""

from dataclasses import dataclass

import duckdb
import pytest

from tests.dbt.judging import CompiledTest, failing
from tests.dbt.warehouse import DbtWarehouse

NOTICED_DELETIONS_BUT = 1
NOTICED_SHARE = 0.95
SCHEMAS = ("marts", "snapshots")
NUMBERS = ("BIGINT", "INTEGER", "HUGEINT", "DOUBLE")


@dataclass(frozen=True)
class Fault:
    """One change to one row of a stored mart."""

    table: str
    what: str
    statement: str


@pytest.fixture(scope="module")
def world(generated, tmp_path_factory) -> DbtWarehouse:
    """A generated world, in which every figure of every mart is there somewhere."""
    return DbtWarehouse.copy_of(generated, tmp_path_factory.mktemp("world"))


def stored_marts(warehouse: DbtWarehouse) -> list[str]:
    return warehouse.query(
        f"select schema_name || '.' || table_name as name from duckdb_tables() "
        f"where schema_name in {SCHEMAS} order by 1"
    )["name"].to_list()


def deletions(warehouse: DbtWarehouse) -> list[Fault]:
    return [
        Fault(table, "a row is gone", f"delete from {table} where rowid = {_row(table)}")
        for table in stored_marts(warehouse)
    ]


def wrong_measures(warehouse: DbtWarehouse) -> list[Fault]:
    """One for each column of numbers: a count one too high, a rate or a mean a hundredth too low."""
    columns = warehouse.query(
        "select schema_name || '.' || table_name as name, column_name, data_type from duckdb_columns() "
        f"where name in {tuple(stored_marts(warehouse))} and data_type in {NUMBERS} order by all"
    )
    faults = []
    for table, column, kind in columns.iter_rows():
        wrong = (
            f"case {column} when 0 then 1 else {column} * 0.99 end" if kind == "DOUBLE" else f"{column} + 1"
        )
        row = _row(table, f"{column} is not null")
        faults.append(Fault(table, column, f"update {table} set {column} = {wrong} where rowid = {row}"))
    return faults


def _row(table: str, condition: str = "true") -> str:
    """Some row, always the same one."""
    return f"(select arg_min(rowid, hash(rowid)) from {table} where {condition})"


def unnoticed(warehouse: DbtWarehouse, tests: list[CompiledTest], faults: list[Fault]) -> list[Fault]:
    """The faults after which every test that reads their table passes, each planted alone."""
    with warehouse.connect() as connection:
        return [fault for fault in faults if not _is_noticed(connection, tests, fault)]


def _is_noticed(connection: duckdb.DuckDBPyConnection, tests: list[CompiledTest], fault: Fault) -> bool:
    connection.execute("begin")
    try:
        changed = connection.execute(fault.statement).fetchall()
        assert changed == [(1,)], fault
        return any(
            connection.execute(f"select exists(from ({test.sql}))").fetchall() == [(True,)]
            for test in tests
            if fault.table in test.tables
        )
    except duckdb.ConstraintException:  # the table itself refuses such a value
        return True
    finally:
        connection.execute("rollback")


def told(faults: list[Fault]) -> str:
    return "\n".join(f"{fault.table:45} {fault.what}" for fault in faults)


@pytest.mark.slow
def test_without_a_fault_every_test_passes(world, tests_of_marts):
    assert failing(world, tests_of_marts) == set()


@pytest.mark.slow
def test_a_mart_that_loses_a_row_is_noticed(world, tests_of_marts):
    faults = deletions(world)
    left = unnoticed(world, tests_of_marts, faults)
    print(f"rows gone: {len(faults) - len(left)} of {len(faults)} noticed, not these:\n{told(left)}")
    assert len(left) <= NOTICED_DELETIONS_BUT, told(left)


@pytest.mark.slow
def test_a_wrong_measure_is_noticed(world, tests_of_marts):
    faults = wrong_measures(world)
    left = unnoticed(world, tests_of_marts, faults)
    print(f"wrong figures: {len(faults) - len(left)} of {len(faults)} noticed, not these:\n{told(left)}")
    assert len(left) <= (1 - NOTICED_SHARE) * len(faults), told(left)
