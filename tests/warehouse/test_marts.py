"""Which tables of dbt an older version made."""

from pathlib import Path

import duckdb
import pytest

from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.marts import outdated_tables

DECLARED = {"days": {"event_date": "date", "plays": "bigint", "unknowns": "bigint"}}


@pytest.mark.parametrize(
    ("stored", "outdated"),
    [
        ("event_date date, plays bigint, unknowns bigint", []),
        ("unknowns bigint, event_date date, plays bigint", []),
        ("event_date date, plays bigint", ["days"]),
        ("event_date date, plays bigint, unknowns bigint, skips bigint", ["days"]),
        ("event_date date, plays bigint, unknowns integer", ["days"]),
    ],
)
def test_a_table_of_other_columns_or_types_is_outdated(tmp_path: Path, stored: str, outdated: list[str]):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create schema marts; create table marts.days ({stored})")
        connection.execute("create table marts.other (number int); create table days (number int)")
    assert outdated_tables(Database(path), "marts", DECLARED) == outdated
    assert outdated_tables(Database(path), "marts", {}) == []


def test_what_is_not_stored_is_not_outdated(tmp_path: Path):
    path = tmp_path / "warehouse.duckdb"
    assert outdated_tables(Database(path), "marts", DECLARED) == []
    duckdb.connect(str(path)).close()
    assert outdated_tables(Database(path), "marts", DECLARED) == []


def test_capitals_of_a_declared_type_are_no_difference(tmp_path: Path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.days (plays bigint)")
    assert outdated_tables(Database(path), "marts", {"days": {"plays": "BIGINT"}}) == []
