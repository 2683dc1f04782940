"""Tests of dbt that pass by their queries alone: the same is told as where dbt tests by itself."""

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from spotify_assets.assets.dbt_call import PARSED
from spotify_assets.assets.dbt_cli import ListeningDbtCli, prepared_manifest
from spotify_assets.assets.dbt_tests import FILE, CompiledTest, compiled_tests
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from tests.assets.test_dbt import made, run_models

DAY = Window(date(2025, 3, 1), date(2025, 3, 2))
MODELS = {
    "days": "{{ config(materialized='incremental', unique_key='event_date') }} "
    "select date '2025-03-01' as event_date",
    "others": "select * from main.others",
    "numbers": "select * from main.numbers",
    "after": "select count(*) as numbers from {{ ref('numbers') }}",
}
TESTED = """
version: 2
models:
  - {name: days, columns: [{name: event_date, data_type: date}]}
  - name: others
    columns: [{name: id, data_tests: [not_null]}]
  - name: numbers
    columns:
      - name: id
        data_tests:
          - not_null
          - unique
          - not_negative
          - unique: {name: few_twice, config: {error_if: "> 1", warn_if: "> 1"}}
      - name: kind
        data_tests:
          - accepted_values: {name: known_kind, arguments: {values: [a, b]}}
          - not_null: {name: better_with_kind, config: {severity: warn}}
      - name: other_id
        data_tests:
          - relationships: {name: known_other, arguments: {to: ref('others'), field: id}}
          - unique: {name: unique_of_a, config: {where: "kind = 'a'"}}
"""
NOT_NEGATIVE = (
    "{% test not_negative(model, column_name) %}select 1 from {{ model }} where {{ column_name }} < 0"
)
GOOD = "(1, 'a', 10), (2, 'b', 10)"
FAULTS = {
    "not_null_numbers_id": "(null, 'b', 10)",
    "unique_numbers_id": "(2, 'b', 10)",
    "not_negative_numbers_id": "(-1, 'b', 10)",
    "known_kind": "(3, 'c', 10)",
    "known_other": "(3, 'b', 11)",
    "unique_of_a": "(3, 'a', 10)",
}
"""By a test, a row that breaks it and no other."""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of four models and nine tests, as dbt parsed it, its tests compiled."""
    project = tmp_path_factory.mktemp("parsed") / "dbt_project"
    for folder in ("models", "macros", "tests/generic"):
        (project / folder).mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: tiny\nprofile: tiny\nmodels: {tiny: {+schema: marts, +materialized: table}}\n"
        "flags: {send_anonymous_usage_stats: false, require_generic_test_arguments_property: true}\n"
    )
    (project / "profiles.yml").write_text(
        "tiny: {target: t, outputs: {t: {type: duckdb, schema: marts, threads: 2, "
        "path: \"{{ env_var('SPOTIFY_WAREHOUSE') }}\"}}}\n"
    )
    (project / "macros" / "schema.sql").write_text(
        "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}\n"
    )
    (project / "tests" / "generic" / "not_negative.sql").write_text(f"{NOT_NEGATIVE}{{% endtest %}}\n")
    for name, sql in MODELS.items():
        (project / "models" / f"{name}.sql").write_text(f"{sql}\n")
    (project / "models" / "models.yml").write_text(TESTED)
    prepared_manifest(Settings(data_dir=project.parent, dbt_project_dir=project, _env_file=None))
    return project


@pytest.fixture
def settings(parsed: Path, make_settings: Callable[..., Settings], tmp_path: Path) -> Settings:
    """Of a copy of the project, to be changed."""
    project = shutil.copytree(parsed, tmp_path / "dbt_project")
    return make_settings(dbt_project_dir=project, start_date=DAY.start, partition_grain="day")


def write_numbers(settings: Settings, rows: str, schema: str = "main") -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create or replace table {schema}.others as select 10 as id")
        connection.execute(
            f"create or replace table {schema}.numbers as from (values {rows}) as n (id, kind, other_id)"
        )


def compiled(settings: Settings) -> dict[str, CompiledTest]:
    """The compiled tests of the day, by name."""
    variables = {"SPOTIFY_WAREHOUSE": str(settings.warehouse_path), "SPOTIFY_DEFAULT_TIME_ZONE": "UTC"}
    tests = compiled_tests(settings.dbt_project_dir / "target", variables, DAY)
    return {test.unique_id.split(".")[2]: test for test in tests}


def told(result: dg.ExecuteInProcessResult) -> dict[str, tuple[Any, ...]]:
    """What a run tells of each test, but for how long it took."""
    return {
        each.check_name: (
            each.asset_key,
            each.passed,
            each.severity,
            each.description,
            {name: value.value for name, value in each.metadata.items() if name not in OF_A_CALL},
        )
        for each in result.get_asset_check_evaluations()
    }


OF_A_CALL = ("Execution Duration", "invocation_id")


def calls_of(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of each call of dbt from now on."""
    calls: list[list[str]] = []
    call = ListeningDbtCli.told

    def counted(dbt: ListeningDbtCli, arguments: list[str], *rest: Any) -> object:
        calls.append(list(arguments))
        return call(dbt, arguments, *rest)

    monkeypatch.setattr(ListeningDbtCli, "told", counted)
    return calls


@pytest.mark.slow
def test_what_passes_is_told_as_dbt_tells_it(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    calls = calls_of(monkeypatch)
    write_numbers(settings, GOOD)
    result = run_models(settings, day="2025-03-01")
    assert result.success
    assert len(calls) == 1
    assert "resource_type:test" not in calls[0]
    by_queries = told(result)
    (settings.dbt_project_dir / "target" / FILE).unlink()
    by_dbt = run_models(settings, day="2025-03-01")
    assert by_queries == told(by_dbt)
    assert made(result) == made(by_dbt)
    assert len(by_queries) == 9


@pytest.mark.slow
@pytest.mark.parametrize("row", ["(2, 'b', 11)", "(3, null, 10)"], ids=["blocks", "warns"])
def test_what_does_not_pass_is_told_as_dbt_tells_it(settings: Settings, row: str):
    """And nothing is made of a model whose test blocks."""
    write_numbers(settings, f"{GOOD}, {row}")
    by_queries = run_models(settings, day="2025-03-01")
    blocks = "null" not in row
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        tables = {name for (name,) in connection.sql("select table_name from duckdb_tables()").fetchall()}
        connection.execute("drop schema marts cascade")
    assert ("after" in tables) is not blocks
    (settings.dbt_project_dir / "target" / FILE).unlink()
    by_dbt = run_models(settings, day="2025-03-01")
    assert told(by_queries) == told(by_dbt)
    assert made(by_queries) == made(by_dbt)
    assert by_queries.success is by_dbt.success is not blocks
    assert not all(passed for _, passed, *_ in told(by_dbt).values())


@pytest.mark.slow
def test_each_kind_of_fault_is_found_by_the_query_of_its_test(settings: Settings):
    """Where a test passes with rows, or only warns, dbt alone can tell."""
    tests = compiled(settings)
    assert tests.keys() == {*FAULTS, "not_null_others_id"}

    def failing(rows: str) -> Mapping[str, int]:
        write_numbers(settings, rows, "marts")
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            found = {name: connection.sql(test.sql).fetchall() for name, test in tests.items()}
        return {name: len(rows) for name, rows in found.items() if rows}

    assert failing(GOOD) == {}
    found = {name: failing(f"{GOOD}, {row}") for name, row in FAULTS.items()}
    assert found == {name: {name: 1} for name in FAULTS}


@pytest.mark.slow
@pytest.mark.parametrize("left", [FILE, PARSED], ids=["an earlier version", "dbt by itself"])
def test_tests_are_compiled_also_where_something_else_parsed_the_project(settings: Settings, left: str):
    target = settings.dbt_project_dir / "target"
    known = compiled(settings)
    made = prepared_manifest(settings).stat().st_mtime_ns
    if left == FILE:
        (target / FILE).unlink()
    else:
        os.utime(target / PARSED)

    assert prepared_manifest(settings).stat().st_mtime_ns > made
    assert compiled(settings) == known

    again = prepared_manifest(settings).stat().st_mtime_ns
    assert prepared_manifest(settings).stat().st_mtime_ns == again


def test_a_test_of_other_settings_is_not_taken(settings: Settings):
    """Compiled SQL has the time zone and the name of the database in it."""
    target = settings.dbt_project_dir / "target"
    assert compiled(settings)
    assert not compiled_tests(
        target, {"SPOTIFY_WAREHOUSE": "/other.duckdb", "SPOTIFY_DEFAULT_TIME_ZONE": "UTC"}, DAY
    )
    assert not compiled_tests(
        target,
        {"SPOTIFY_WAREHOUSE": str(settings.warehouse_path), "SPOTIFY_DEFAULT_TIME_ZONE": "Asia/Tokyo"},
        DAY,
    )
