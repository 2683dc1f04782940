"""The table catalogue is consistent with itself and with DuckDB."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from spotify_assets.checks.evaluate import OWN_CHECKS, check_names
from spotify_assets.docs import sources, tables_page
from spotify_assets.tables import DAILY_TRACK_METRICS, TABLES, Table, core
from spotify_assets.transforms import metrics
from spotify_assets.warehouse.audit import audit_columns
from spotify_assets.warehouse.store import create_table
from tests.transforms.events import listening_events, playback

TABLES_OF_CORE, METRICS = Path(core.__file__), Path(metrics.__file__)

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


@every_table
def test_the_ddl_makes_exactly_the_columns_declared(table: Table):
    with duckdb.connect() as connection:
        connection.execute(f"create schema if not exists {table.schema}")
        connection.execute(table.ddl)

        assert audit_columns(connection, table).passed
        assert connection.sql(f"select * from {table.full_name}").columns == table.column_names


@every_table
def test_frames_go_to_duckdb_and_back_with_their_types(table: Table):
    empty = table.empty()
    with duckdb.connect() as connection:
        connection.register("frame", empty)
        back = connection.sql("select * from frame").pl()

    assert back.schema == table.polars_schema == empty.schema


@every_table
def test_keys_partition_columns_and_references_exist(table: Table):
    assert set(table.key) <= set(table.column_names)
    assert table.partition_column in (None, *table.column_names)
    assert table.made_from in (None, *TABLES)
    for column in table.columns:
        if column.references:
            target, name = column.references.rsplit(".", 1)
            assert name in TABLES[target].column_names
        if column.pattern:
            re.compile(column.pattern)


@every_table
def test_everything_is_described(table: Table):
    assert table.description.endswith((".", "future."))
    assert table.grain.startswith("one row per ")
    assert all(column.description.endswith((".", "`.")) for column in table.columns)
    assert len(set(table.column_names)) == len(table.columns)


def test_table_names_are_unique_without_their_schema():
    names = [table.name for table in TABLES.values()]
    assert len(set(names)) == len(names)


def test_milliseconds_are_64_bit_wherever_they_are_stored():
    for table in TABLES.values():
        for column in table.columns:
            if column.name.endswith("_ms") or column.name.startswith("ms_"):
                assert table.polars_schema[column.name] == pl.Int64()


def test_every_check_that_one_table_alone_has_is_evaluated_and_told():
    declared = [(table, check) for table in TABLES.values() for check in table.own_checks]
    assert {check for _, check in declared} == OWN_CHECKS.keys()
    assert all(check_names(table)[check.name] == check.description for table, check in declared)


def with_a_line_more(path: Path, before: str, line: str) -> dict[str, Any]:
    """What a module defines once a line stands before the one that begins with some text."""
    [found] = [each for each in path.read_text().splitlines() if each.lstrip().startswith(before)]
    text = path.read_text().replace(found, f"{line}\n{found}")
    defined: dict[str, Any] = {"__name__": "changed"}
    exec(compile(text, path.name, "exec"), defined)
    return defined


def test_a_column_of_the_daily_metrics_is_a_line_of_its_table_and_one_of_its_transform(
    monkeypatch: pytest.MonkeyPatch,
):
    declared = 'count("shuffled", "Playbacks with shuffle on.", null=True),'
    wider = with_a_line_more(TABLES_OF_CORE, 'count("pauses"', declared)["DAILY_TRACK_METRICS"]
    made = with_a_line_more(METRICS, "pauses=", 'shuffled=_count(is_playback & pl.col("shuffle")),')
    made["DAILY_TRACK_METRICS"] = wider
    day = {"outcome": "skip", "is_stream": False}
    events = listening_events(
        *(playback(f"e{n}", shuffle=n < 2, event_date=date(2025, 3, 1)) | day for n in range(3))
    )
    rows = made["daily_track_metrics"](events)
    assert rows["shuffled"].to_list() == [2]
    assert rows.schema == wider.polars_schema

    with duckdb.connect() as connection:
        create_table(connection, DAILY_TRACK_METRICS)
        create_table(connection, wider)
        connection.execute(f"insert into {wider.full_name} by name select * from rows")
        assert audit_columns(connection, wider).passed
        assert connection.sql(f"select shuffled from {wider.full_name}").fetchall() == [(2,)]

    monkeypatch.setattr(tables_page, "TABLES", {wider.full_name: wider})
    monkeypatch.setattr(sources, "TABLES", {wider.full_name: wider})
    assert "| `shuffled` | BIGINT | at least 0 | Playbacks with shuffle on. |" in tables_page.tables_text()
    assert "          - name: shuffled\n            data_type: bigint\n" in sources.sources_yaml()
