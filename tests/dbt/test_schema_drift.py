"""The dbt YAML and the table catalogue describe the same columns."""

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from spotify_assets.tables import TABLES
from tests.dbt.warehouse import PROJECT_DIR

SOURCES_FILE = PROJECT_DIR / "models" / "staging" / "_sources.yml"
SOURCE_TABLES = {name for name in TABLES if name.startswith("core.")}


def declared_sources() -> dict[str, dict[str, Any]]:
    sources = yaml.safe_load(SOURCES_FILE.read_text(encoding="utf-8"))["sources"]
    return {f"{s['schema']}.{table['name']}": table for s in sources for table in s["tables"]}


def test_every_source_table_is_declared_once():
    assert set(declared_sources()) == SOURCE_TABLES


def test_every_source_is_read_by_a_model(built):
    nodes = [node for node in built.manifest().nodes.values() if node.resource_type == "model"]
    read = {parent for node in nodes for parent in node.depends_on.nodes if parent.startswith("source.")}
    assert {unique_id.split(".", 2)[2] for unique_id in read} == SOURCE_TABLES


@pytest.mark.parametrize("name", sorted(SOURCE_TABLES))
def test_source_columns_are_those_of_the_catalogue(name):
    declared, table = declared_sources()[name], TABLES[name]
    assert declared["description"] == table.description
    assert [(c["name"], c["data_type"], c["description"]) for c in declared["columns"]] == [
        (column.name, column.type.lower(), column.description) for column in table.columns
    ]


@pytest.mark.parametrize("path", sorted(PROJECT_DIR.glob("models/*/**/*.sql")), ids=lambda path: path.stem)
def test_every_model_has_a_yaml_that_describes_all_its_columns(built, path):
    (model,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    assert model["name"] == path.stem
    assert model["description"].strip()
    described = {column["name"]: column["data_type"] for column in model["columns"]}
    assert all(column["description"].strip() for column in model["columns"])
    node = built.manifest().nodes[f"model.listening.{path.stem}"]
    found = built.query(
        "select column_name, lower(data_type) as data_type from duckdb_columns() "
        f"where schema_name = '{node.schema}' and table_name = '{node.alias}'"
    )
    assert described == dict(found.iter_rows())
