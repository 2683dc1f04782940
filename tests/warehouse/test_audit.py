"""The rules of the catalogue as SQL: they find what Polars finds, in every table, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import polars as pl
import pytest

from spotify_assets.tables import LISTENING_EVENTS, TABLES, TRACK_ARTISTS, TRACKS, Column, Expectation, Table
from spotify_assets.warehouse.audit import (
    Finding,
    audit_columns,
    audit_expectations,
    audit_references,
    audit_rows,
    checks_of,
)
from tests.warehouse.random_rows import random_rows, violations

BY_NAME = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)

RULED = Table(
    schema="rules",
    name="ruled",
    grain="one row per id",
    description="A column for each kind of rule.",
    columns=(
        Column("id", "BIGINT", "Id.", nullable=False),
        Column("share", "DOUBLE", "A share.", minimum=0, maximum=1),
        Column("length", "DOUBLE", "A length.", minimum=0),
        Column("level", "DOUBLE", "A level.", maximum=10),
        Column("action", "VARCHAR", "An action.", accepted=("play", "skip")),
        Column("country", "VARCHAR", "A country.", pattern="[A-Z]{2}"),
        Column("free", "DOUBLE", "Anything."),
    ),
    key=("id",),
    expectations=(Expectation("free_is_small", "free > 5", "Free is small."),),
)
GOOD = {"id": 1, "share": 0.5, "length": 1.0, "level": 1.0, "action": "play", "country": "SE", "free": 1.0}
NAN = float("nan")


@pytest.fixture(scope="module")
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def connection(in_memory: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database: what a test makes in it is undone."""
    in_memory.begin()
    yield in_memory
    in_memory.rollback()


def audit(connection: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> dict[str, Finding]:
    connection.register("frame", rows)
    return {finding.check: finding for finding in audit_rows(connection, table, "select * from frame")}


def ruled(*changes: dict[str, Any]) -> pl.DataFrame:
    """A frame of good rows with distinct ids, each with a change."""
    rows = [GOOD | {"id": number} | change for number, change in enumerate(changes)]
    return pl.DataFrame(rows, schema=RULED.polars_schema)


@BY_NAME
@pytest.mark.parametrize("share_bad", [0.02, 0.3])
def test_every_rule_of_every_table_finds_what_polars_finds(
    connection: duckdb.DuckDBPyConnection, table: Table, share_bad: float
) -> None:
    rows = random_rows(table, 200, seed=len(table.full_name), share_bad=share_bad)
    found = {check: finding.failing_rows for check, finding in audit(connection, table, rows).items()}
    expected = violations(table, rows)
    assert found == expected
    assert any(expected.values())


@BY_NAME
def test_an_empty_frame_of_every_table_passes(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    findings = audit(connection, table, table.empty())
    assert list(findings) == checks_of(table)
    assert all(finding.passed and finding.detail == "" for finding in findings.values())


@BY_NAME
def test_rows_at_the_ends_of_every_range_pass(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    findings = audit(connection, table, random_rows(table, 50, seed=1, share_bad=0))
    assert {check: f.failing_rows for check, f in findings.items() if check != "unique_key"} == {
        check: 0 for check in checks_of(table) if check != "unique_key"
    }


@pytest.mark.parametrize(
    ("change", "check", "detail"),
    [
        ({"id": None}, "not_null", "id is null: 1 rows"),
        ({"share": -0.01}, "ranges", "share is below 0: 1 rows"),
        ({"share": 1.01}, "ranges", "share is above 1: 1 rows"),
        ({"share": NAN}, "ranges", "share is above 1: 1 rows"),
        ({"length": NAN}, "ranges", "length is NaN: 1 rows"),
        ({"length": float("-inf")}, "ranges", "length is below 0: 1 rows"),
        ({"level": NAN}, "ranges", "level is above 10: 1 rows"),
        ({"action": "pause"}, "accepted_values", "action is none of play, skip: 1 rows"),
        ({"action": ""}, "accepted_values", "action is none of play, skip: 1 rows"),
        ({"country": "se"}, "patterns", "country does not match [A-Z]{2}: 1 rows"),
        ({"country": "SWE"}, "patterns", "country does not match [A-Z]{2}: 1 rows"),
        ({"country": "SE\n"}, "patterns", "country does not match [A-Z]{2}: 1 rows"),
        ({"id": 1}, "unique_key", "(id) repeats: 1 rows"),
    ],
)
def test_one_broken_rule_is_found_once_and_named(
    connection: duckdb.DuckDBPyConnection, change: dict[str, Any], check: str, detail: str
) -> None:
    findings = audit(connection, RULED, ruled({}, {}, change))
    broken = {name: finding for name, finding in findings.items() if not finding.passed}
    assert broken == {check: Finding(check, 1, detail)}


@pytest.mark.parametrize(
    "change", [{name: None} for name in GOOD if name != "id"] + [{"length": float("inf")}, {"free": NAN}]
)
def test_what_no_rule_forbids_passes(connection: duckdb.DuckDBPyConnection, change: dict[str, Any]) -> None:
    assert all(finding.passed for finding in audit(connection, RULED, ruled(change)).values())


def test_a_row_that_breaks_several_rules_of_a_kind_is_one_failing_row(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    finding = audit(connection, RULED, ruled({"share": -1, "length": -1}, {"length": -1}, {}))["ranges"]
    assert finding.failing_rows == 2
    assert finding.detail == "share is below 0: 1 rows; length is below 0: 2 rows"


def test_each_repeat_of_a_key_is_a_failing_row(connection: duckdb.DuckDBPyConnection) -> None:
    rows = ruled({"id": 1}, {"id": 1}, {"id": 1}, {"id": 2}, {"id": 2}, {"id": 3})
    assert audit(connection, RULED, rows)["unique_key"].failing_rows == 3


def test_only_the_rows_of_the_relation_are_judged(connection: duckdb.DuckDBPyConnection) -> None:
    connection.register("frame", ruled({}, {"share": -1}, {"share": -1}))
    findings = audit_rows(connection, RULED, "select * from frame where id < ?", [2])
    assert {f.check: f.failing_rows for f in findings}["ranges"] == 1


def test_a_table_without_rules_has_only_its_key_checked(connection: duckdb.DuckDBPyConnection) -> None:
    free = replace(RULED, columns=(Column("id", "BIGINT", "Id."),))
    assert checks_of(free) == ["unique_key"]
    assert list(audit(connection, free, pl.DataFrame({"id": [1, 2]}))) == ["unique_key"]


# References


def test_orphans_are_counted_as_polars_counts_them(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema core")
    tracks = pl.DataFrame({"track_id": [f"t{n}" for n in range(5)]})
    artists = pl.DataFrame({"artist_id": [f"a{n}" for n in range(5)]})
    for name, frame in (("tracks", tracks), ("artists", artists)):
        connection.register("frame", frame)
        connection.execute(f"create table core.{name} as from frame")
    credits = pl.DataFrame(
        {
            "track_id": [f"t{n % 7}" for n in range(60)] + [None],
            "artist_id": [f"a{n % 6}" for n in range(60)] + [None],
        }
    )
    connection.register("credits", credits)
    finding = audit_references(connection, TRACK_ARTISTS, "select * from credits")
    is_orphan = (
        ~pl.col("track_id").is_in(tracks["track_id"]),
        ~pl.col("artist_id").is_in(artists["artist_id"]),
    )
    by_column = [credits.filter(condition).height for condition in is_orphan]
    assert finding == Finding(
        "references",
        credits.filter(is_orphan[0] | is_orphan[1]).height,
        f"track_id is not in core.tracks: {by_column[0]} rows; "
        f"artist_id is not in core.artists: {by_column[1]} rows",
    )


def test_a_table_that_refers_to_none_has_no_finding(connection: duckdb.DuckDBPyConnection) -> None:
    assert audit_references(connection, RULED, "select 1") is None


# Expectations


def test_what_is_unusual_is_counted_and_warns(connection: duckdb.DuckDBPyConnection) -> None:
    connection.register("frame", ruled({"free": 6.0}, {"free": 7.0}, {"free": 5.0}, {"free": None}))
    [finding] = audit_expectations(connection, RULED, "select * from frame")
    assert finding == Finding("free_is_small", 2, "not so for 2 rows: Free is small.", warns=True)


@pytest.mark.parametrize(
    ("table", "name", "unusual"),
    [
        (TRACKS, "agreeing_popularity", pl.col("popularity_spread") > 0),
        (TRACKS, "known_tempo", pl.col("tempo").is_null()),
        (
            LISTENING_EVENTS,
            "known_track",
            (pl.col("content_type") == "music")
            & pl.col("action").is_in(["play", "skip"])
            & pl.col("track_duration_ms").is_null(),
        ),
    ],
)
def test_expectations_of_the_catalogue_count_what_polars_counts(
    connection: duckdb.DuckDBPyConnection, table: Table, name: str, unusual: pl.Expr
) -> None:
    rows = random_rows(table, 300, seed=3, share_bad=0.05)
    connection.register("frame", rows)
    findings = {f.check: f.failing_rows for f in audit_expectations(connection, table, "select * from frame")}
    assert findings[name] == rows.filter(unusual).height > 0


def test_a_table_without_expectations_has_none(connection: duckdb.DuckDBPyConnection) -> None:
    assert audit_expectations(connection, TRACK_ARTISTS, "select 1") == []


# Columns


@BY_NAME
def test_the_ddl_of_every_table_makes_the_table_of_the_catalogue(
    connection: duckdb.DuckDBPyConnection, table: Table
) -> None:
    connection.execute(f"create schema {table.schema}")
    connection.execute(table.ddl)
    assert audit_columns(connection, table) == Finding("columns", 0, "")


def test_every_difference_in_columns_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema rules")
    connection.execute(
        "create table rules.ruled (id varchar, share double, length double, level double, new int)"
    )
    finding = audit_columns(connection, RULED)
    assert finding.failing_rows == 5
    assert finding.detail == (
        "action is missing; country is missing; free is missing; id is VARCHAR, the catalogue says BIGINT; "
        "new is not in the catalogue"
    )


def test_the_columns_of_a_table_that_does_not_exist_are_all_missing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    finding = audit_columns(connection, RULED)
    assert finding.failing_rows == len(RULED.columns)
