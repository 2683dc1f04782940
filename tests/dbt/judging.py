"""dbt's data tests as SQL: each runs in milliseconds, where dbt takes seconds for all of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.dbt.warehouse import DbtWarehouse


@dataclass(frozen=True)
class CompiledTest:
    """The SQL of a dbt test, which passes where it returns no row, and the stored tables that it reads."""

    name: str
    sql: str
    tables: frozenset[str]


def compiled_tests(target_path: Path) -> list[CompiledTest]:
    """Every data test, from the manifest that dbt leaves in a target folder where it ran or compiled them."""
    nodes = json.loads((target_path / "manifest.json").read_text(encoding="utf-8"))["nodes"]

    def stored(unique_id: str) -> set[str]:
        node = nodes.get(unique_id)
        if node is None:
            return set()
        if node["resource_type"] == "test" or node["config"]["materialized"] == "view":
            return set().union(*(stored(parent) for parent in node["depends_on"]["nodes"]))
        return {f"{node['schema']}.{node['name']}"}

    return [
        CompiledTest(node["name"], node["compiled_code"], frozenset(stored(unique_id)))
        for unique_id, node in nodes.items()
        if node["resource_type"] == "test"
    ]


def failing(warehouse: DbtWarehouse, tests: Iterable[CompiledTest]) -> set[str]:
    """The names of the tests that find something in a warehouse."""
    with warehouse.connect() as connection:
        return {test.name for test in tests if connection.execute(test.sql).fetchmany(1) != []}
