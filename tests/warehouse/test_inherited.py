"""What the stock IO manager can be told, and ours as well: it works as there, or is refused."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from dagster_duckdb_polars import DuckDBPolarsTypeHandler

from tests.warehouse.plays import TOTALS, PlaysIOManager, Warehouse, asset, failures, plays


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse.duckdb")


def manager(warehouse: Warehouse, **fields: Any) -> Any:
    return {"io_manager": PlaysIOManager(database=str(warehouse.path), **fields)}


def test_the_options_of_connections_are_used(warehouse: Warehouse) -> None:
    told = []

    @dg.asset(required_resource_keys={"io_manager"})
    def asks(context: dg.AssetExecutionContext) -> None:
        door = context.resources.io_manager.door
        for opened in (door.transaction, door.reader):
            with opened() as connection:
                told.append(connection.sql("select current_setting('threads')").fetchall())

    for options in ({"threads": 1}, {"threads": 3, "memory_limit": "300MB"}):
        resources = manager(warehouse, connection_config=options, memory_limit="200MB")
        assert dg.materialize([asks], resources=resources).success
    assert told == [[(1,)], [(1,)], [(3,)], [(3,)]]


def test_an_option_that_duckdb_does_not_know_is_refused_by_name(warehouse: Warehouse) -> None:
    resources = manager(warehouse, connection_config={"treads": 1})
    result = dg.materialize([asset(plays([]), TOTALS)], resources=resources, raise_on_error=False)
    assert "treads" in failures(result)


@pytest.mark.parametrize("by", ["field", "metadata"])
def test_the_schema_that_is_told_is_that_of_the_table(warehouse: Warehouse, by: str) -> None:
    rows = plays([(1, "a", 5, 1)]).drop("event_date")
    made = dg.asset(key="totals", metadata={"schema": "core"} if by == "metadata" else None)(lambda: rows)
    seen: list[pl.DataFrame] = []

    @dg.asset(ins={"rows": dg.AssetIn("totals")})
    def see(rows: pl.DataFrame) -> None:
        seen.append(rows)

    resources = manager(warehouse, **({"schema": "core"} if by == "field" else {}))
    assert dg.materialize([made, see], resources=resources).success
    assert warehouse.sql("select track, plays from core.totals") == [("a", 5)]
    assert seen[0].equals(rows)


def test_a_schema_that_the_catalogue_does_not_have_is_refused(warehouse: Warehouse) -> None:
    """As the stock one has it, the field goes before the prefix of the key; without both it is `public`."""
    totals = plays([]).drop("event_date")
    run: dict[str, Any] = {"raise_on_error": False, "resources": manager(warehouse, schema="other")}
    result = dg.materialize([asset(totals, TOTALS)], **run)
    assert "declare other.totals there" in failures(result)
    bare = dg.asset(name="totals")(lambda: totals)
    result = dg.materialize([bare], raise_on_error=False, resources=manager(warehouse))
    assert "declare public.totals there" in failures(result)
    assert not warehouse.path.exists()


def test_an_output_of_an_op_is_stored_as_the_table_that_its_metadata_name(warehouse: Warehouse) -> None:
    rows = plays([(1, "a", 5, 1)]).drop("event_date")

    @dg.op(out=dg.Out(metadata={"schema": "core", "table": "totals"}))
    def make() -> pl.DataFrame:
        return rows

    seen: list[pl.DataFrame] = []

    @dg.op
    def see(made: pl.DataFrame) -> None:
        seen.append(made)

    @dg.job(resource_defs=manager(warehouse))
    def both() -> None:
        see(make())

    assert both.execute_in_process().success
    assert seen[0].equals(rows)


def test_what_it_cannot_do_is_refused_at_once(warehouse: Warehouse) -> None:
    class Handling(PlaysIOManager):
        @staticmethod
        def type_handlers() -> Any:
            return [DuckDBPolarsTypeHandler()]

    for resources, says in (
        ({"io_manager": Handling(database=str(warehouse.path))}, "type handlers are not used"),
        ({"io_manager": PlaysIOManager(database=":memory:")}, "would forget every table"),
    ):
        with pytest.raises(dg.DagsterError) as raised:
            dg.materialize([asset(plays([]), TOTALS)], resources=resources)
        assert says in str(raised.value.__cause__)
