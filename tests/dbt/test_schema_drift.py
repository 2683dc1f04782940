"""The dbt YAML and the table catalogue describe the same columns."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from spotify_assets.tables import TABLES
from tests.dbt.warehouse import PROJECT_DIR

SOURCES_FILE = PROJECT_DIR / "models" / "staging" / "_sources.yml"
SOURCE_TABLES = {
    *(name for name in TABLES if name.startswith("core.")),
    "ml.skip_model",
    "ml.skip_model_coefficients",
}


def declared_sources() -> dict[str, dict[str, Any]]:
    sources = yaml.safe_load(SOURCES_FILE.read_text(encoding="utf-8"))["sources"]
    return {f"{s['schema']}.{table['name']}": table for s in sources for table in s["tables"]}


def disagreements(name: str, declared: Mapping[str, Any]) -> Iterator[str]:
    """What to change in the YAML of one source table so that it says what the catalogue says."""
    table = TABLES[name]
    columns = {column["name"]: column for column in declared["columns"]}
    if declared["description"] != table.description:
        yield f"{name}: set description: {table.description}"
    for column in table.columns:
        if column.name not in columns:
            yield (
                f"{name}: add column {column.name}, data_type: {column.type.lower()}, "
                f"description: {column.description}"
            )
            continue
        found = columns[column.name]
        if found["data_type"] != column.type.lower():
            yield f"{name}.{column.name}: set data_type: {column.type.lower()} (is {found['data_type']})"
        if found["description"] != column.description:
            yield f"{name}.{column.name}: set description: {column.description}"
    for extra in columns.keys() - set(table.column_names):
        yield f"{name}: remove column {extra}, the catalogue does not have it"
    if list(columns) != table.column_names and columns.keys() == set(table.column_names):
        yield f"{name}: order the columns as {', '.join(table.column_names)}"


def test_every_source_table_is_declared_once():
    assert set(declared_sources()) == SOURCE_TABLES


@pytest.mark.parametrize("name", sorted(SOURCE_TABLES))
def test_source_columns_are_those_of_the_catalogue(name):
    changes = list(disagreements(name, declared_sources()[name]))
    assert not changes, f"Change {SOURCES_FILE}:\n" + "\n".join(changes)


def test_disagreements_are_named_both_ways():
    declared = declared_sources()["core.track_genres"]
    first, second, *rest = declared["columns"]
    changed = {
        **declared,
        "columns": [first, {**second, "data_type": "bigint"}, *rest[:-1], {**rest[-1], "name": "share"}],
    }
    assert list(disagreements("core.track_genres", changed)) == [
        "core.track_genres.track_id: set data_type: varchar (is bigint)",
        "core.track_genres: add column weight, data_type: double, "
        "description: One divided by the number of genres of the track.",
        "core.track_genres: remove column share, the catalogue does not have it",
    ]


@pytest.mark.parametrize("path", sorted(PROJECT_DIR.glob("models/*/**/*.sql")), ids=lambda path: path.stem)
def test_every_model_has_a_yaml_that_describes_all_its_columns(built, path):
    (model,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    assert model["name"] == path.stem
    assert model["description"].strip()
    described = {column["name"]: column["data_type"] for column in model["columns"]}
    assert all(column["description"].strip() for column in model["columns"])
    found = built.query(
        "select column_name, lower(data_type) as data_type from duckdb_columns() "
        f"where table_name = '{path.stem}'"
    )
    assert described == dict(found.iter_rows())
