"""The DDL for other vendors' warehouses parses in their dialects and says what is published.

That it parses is all that is claimed: nothing here was run by a vendor.
"""

from functools import cache
from pathlib import Path

import polars as pl
import pytest
import sqlglot
from sqlglot import exp

from spotify_assets.docs.ddl import DDL_DIR, VENDORS
from spotify_assets.tables import TABLES

DIALECTS = {
    "snowflake_external": "snowflake",
    "snowflake_copied": "snowflake",
    "bigquery": "bigquery",
    "athena": "athena",
    "databricks": "databricks",
    "redshift": "redshift",
}
TYPES_OF = {"athena": "hive"}
"""Athena's DDL has the types of Hive, its queries those of Trino, which sqlglot writes."""
KINDS = {
    "snowflake": ("VARCHAR", "DECIMAL(19, 0)", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMPNTZ(6)"),
    "bigquery": ("STRING", "INT64", "FLOAT64", "BOOL", "DATE", "DATETIME"),
    "athena": ("STRING", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"),
    "databricks": ("STRING", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP_NTZ"),
    "redshift": ("VARCHAR(65535)", "BIGINT", "DOUBLE PRECISION", "BOOLEAN", "DATE", "TIMESTAMP"),
}
"""Of each dialect, what stands for text, whole number, floating-point number, flag, date and naive moment."""
POLARS = (pl.String(), pl.Int64(), pl.Float64(), pl.Boolean(), pl.Date(), pl.Datetime("us"))
WITH_MONTHS = {"snowflake_external", "databricks"}
"""Where the month of a file's folder stands among the columns."""
IN_PLACE = {"snowflake_external", "bigquery", "athena", "databricks"}


@cache
def statements(vendor: str) -> tuple[exp.Expr, ...]:
    """What the file says, parsed strictly."""
    text = (DDL_DIR / f"{vendor}.sql").read_text(encoding="utf-8")
    level = sqlglot.ErrorLevel.RAISE
    return tuple(s for s in sqlglot.parse(text, dialect=DIALECTS[vendor], error_level=level) if s)


@cache
def created(vendor: str) -> dict[str, dict[str, str]]:
    """The columns of every table that is created, by `schema.table` as they are here."""
    dialect, found = TYPES_OF.get(vendor, DIALECTS[vendor]), {}
    for statement in statements(vendor):
        if isinstance(statement, exp.Create) and statement.kind == "TABLE":
            table = statement.this.this
            name = f"{table.db.lower().removeprefix('listening_')}.{table.name.lower()}"
            assert name not in found
            columns = statement.this.expressions
            found[name] = {c.name.lower(): c.args["kind"].sql(dialect) for c in columns}
    return found


def wanted(dialect: str, schema: dict[str, pl.DataType]) -> dict[str, str]:
    kinds = dict(zip(POLARS, KINDS[dialect], strict=True))
    return {name: kinds[kind] for name, kind in schema.items()}


def test_every_vendor_has_a_file_and_a_test():
    assert VENDORS.keys() == DIALECTS.keys() == {file.stem for file in DDL_DIR.iterdir()}


@pytest.mark.parametrize("vendor", DIALECTS)
def test_the_dialect_understands_every_statement(vendor: str):
    """What sqlglot cannot parse it would keep as a command, as it does with a table that is refreshed."""
    assert isinstance(sqlglot.parse_one("alter external table a refresh", "snowflake"), exp.Command)
    assert [each.sql() for each in statements(vendor) if isinstance(each, exp.Command)] == []


@pytest.mark.parametrize("vendor", DIALECTS)
def test_columns_are_those_of_the_catalogue(vendor: str):
    for name, table in TABLES.items():
        columns = created(vendor)[name]
        if vendor in WITH_MONTHS and "month" not in table.column_names:
            columns = {column: kind for column, kind in columns.items() if column != "month"}
        assert columns == wanted(DIALECTS[vendor], dict(table.polars_schema)), name


@pytest.mark.parametrize("vendor", DIALECTS)
def test_every_published_file_has_its_table_and_lies_where_it_looks(vendor: str, published: Path):
    text = (DDL_DIR / f"{vendor}.sql").read_text(encoding="utf-8")
    for file in (published / "processed").glob("*/*/**/*.parquet"):
        schema, name, *months = file.relative_to(published / "processed").parts[:-1]
        columns = dict(created(vendor)[f"{schema}.{name}"])
        schema_of_file = dict(pl.read_parquet_schema(file))
        if vendor in WITH_MONTHS and "month" not in schema_of_file:
            month = columns.pop("month", None)
            assert month or not months
        assert columns == wanted(DIALECTS[vendor], schema_of_file), file
        assert f"PREFIX/processed/{schema}/{name}/" in text or f"published/processed/{schema}/{name}/" in text


@pytest.mark.parametrize("vendor", sorted(DIALECTS.keys() - IN_PLACE))
def test_what_copies_rows_copies_them_once_into_each_table(vendor: str):
    """A second run starts from empty tables."""
    copies = [each for each in statements(vendor) if isinstance(each, exp.Copy)]
    assert len({each.this.sql() for each in copies}) == len(copies) == len(created(vendor))
    emptied = sum(
        isinstance(each, exp.TruncateTable) or (isinstance(each, exp.Create) and bool(each.args["replace"]))
        for each in statements(vendor)
        if not isinstance(each, exp.Create) or each.kind == "TABLE"
    )
    assert emptied == len(copies)
