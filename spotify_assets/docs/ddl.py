"""The published Parquet in other vendors' warehouses: a file of DDL for each, `infra/ddl/`.

Columns and types come from the table catalogue and from dbt's YAML. In the files BUCKET and PREFIX stand for
those of an installation, as in its policies. Names are quoted, because each vendor reserves other words.
"""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from spotify_assets.docs.glue import PublishedTable, projection, published_tables
from spotify_assets.docs.policies import PUBLISHED
from spotify_assets.settings import PROJECT_ROOT

DDL_DIR = PROJECT_ROOT / "infra" / "ddl"
_DATABASE = "listening"
"""What the names of schemas begin with, as those of the databases in Glue do by default."""


@dataclass(frozen=True)
class Vendor:
    """How a vendor's warehouse is told of the published files.

    Attributes:
        store: scheme of the addresses that it reads.
        types: its type for each of the warehouse's; moments are naive UTC in each.
        quoted: an identifier as its SQL writes it.
        first: statements before the tables.
        of_table: the statements of a table.
        says: what a person has to know before running the file.
    """

    store: str
    types: Mapping[str, str]
    quoted: Callable[[str], str]
    of_table: "Callable[[Vendor, PublishedTable], Iterator[str]]"
    says: str
    first: tuple[str, ...] = ()

    def name(self, table: PublishedTable) -> str:
        """The table's name with its schema's."""
        return f"{self.schema(table.schema)}.{self.quoted(table.name)}"

    def schema(self, schema: str) -> str:
        """The name of a schema."""
        return self.quoted(f"{_DATABASE}_{schema}")

    def folder(self, table: PublishedTable) -> str:
        """Where the table's files lie, those of its months in folders of their own."""
        return f"{self.store}://BUCKET/PREFIX/{_folder(table)}"

    def columns(self, table: PublishedTable) -> list[str]:
        """Its columns with their types."""
        return [f"{self.quoted(name)} {self.types[kind]}" for name, kind in table.columns.items()]


def ddl_files() -> dict[Path, Callable[[], str]]:
    """What each vendor's file says."""

    def said(vendor: Vendor) -> Callable[[], str]:
        return lambda: _text(vendor)

    return {DDL_DIR / f"{name}.sql": said(vendor) for name, vendor in VENDORS.items()}


def _text(vendor: Vendor) -> str:
    tables = published_tables()
    schemas = dict.fromkeys(table.schema for table in tables)
    statements = [f"create schema if not exists {vendor.schema(schema)}" for schema in schemas]
    statements += vendor.first
    for table in tables:
        statements += vendor.of_table(vendor, table)
    says = f"Written by `make docs` from the table catalogue. {vendor.says}"
    heading = textwrap.fill(says, 110, initial_indent="-- ", subsequent_indent="-- ")
    return heading + "\n" + "".join(f"\n{statement};\n" for statement in statements)


def _folder(table: PublishedTable) -> str:
    return f"{PUBLISHED}/{table.schema}/{table.name}/"


def _listed(columns: list[str]) -> str:
    return "(\n" + ",\n".join(f"  {column}" for column in columns) + "\n)"


def _upper(name: str) -> str:
    """A name as Snowflake keeps one that stands without quotes."""
    return f'"{name.upper()}"'


def _double(name: str) -> str:
    return f'"{name}"'


def _backticks(name: str) -> str:
    return f"`{name}`"


def _snowflake_external(vendor: Vendor, table: PublishedTable) -> Iterator[str]:
    columns = [
        f'{vendor.quoted(name)} {vendor.types[kind]} as (value:"{name}"::{vendor.types[kind]})'
        for name, kind in table.columns.items()
    ]
    partitions = ""
    if table.has_months:
        columns.append(
            "\"MONTH\" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))"
        )
        partitions = '\npartition by ("MONTH")'
    yield (
        f"create or replace external table {vendor.name(table)} {_listed(columns)}{partitions}"
        f"\nlocation = @{_STAGE}/{_folder(table)}\nauto_refresh = false\n{_PARQUET}"
    )


def _snowflake_copied(vendor: Vendor, table: PublishedTable) -> Iterator[str]:
    yield f"create or replace table {vendor.name(table)} {_listed(vendor.columns(table))}"
    yield (
        f"copy into {vendor.name(table)}\nfrom @{_STAGE}/{_folder(table)}"
        f"\n{_PARQUET}\nmatch_by_column_name = case_insensitive"
    )


def _bigquery(vendor: Vendor, table: PublishedTable) -> Iterator[str]:
    yield (
        f"create or replace external table {vendor.name(table)} {_listed(vendor.columns(table))}"
        f"\noptions (format = 'PARQUET', uris = ['{vendor.folder(table)}*'])"
    )


def _athena(vendor: Vendor, table: PublishedTable) -> Iterator[str]:
    told = {"classification": "parquet", **projection(table, vendor.folder(table).rstrip("/"))}
    yield (
        f"create external table if not exists {vendor.name(table)} {_listed(vendor.columns(table))}"
        + ("\npartitioned by (`month` string)" if table.has_months else "")
        + f"\nstored as parquet\nlocation '{vendor.folder(table)}'\ntblproperties "
        + _listed([f"'{name}' = '{value}'" for name, value in told.items()])
    )


def _databricks(vendor: Vendor, table: PublishedTable) -> Iterator[str]:
    months = ["`month` string"] if table.has_months else []
    yield (
        f"create table if not exists {vendor.name(table)} {_listed(vendor.columns(table) + months)}"
        + "\nusing parquet"
        + ("\npartitioned by (`month`)" if months else "")
        + f"\nlocation '{vendor.folder(table)}'"
    )


def _redshift(vendor: Vendor, table: PublishedTable) -> Iterator[str]:
    yield f"create table if not exists {vendor.name(table)} {_listed(vendor.columns(table))}"
    yield f"truncate {vendor.name(table)}"
    yield f"copy {vendor.name(table)}\nfrom '{vendor.folder(table)}'\niam_role default\nformat as parquet"


_PARQUET = "file_format = (type = parquet use_logical_type = true)"
_MONTH_OF_FILE = "\"MONTH\" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))"
_STAGE = f"{_upper(f'{_DATABASE}_core')}.published"


def _types(varchar: str, bigint: str, double: str, boolean: str, timestamp: str) -> dict[str, str]:
    return {
        "VARCHAR": varchar,
        "BIGINT": bigint,
        "DOUBLE": double,
        "BOOLEAN": boolean,
        "DATE": "date",
        "TIMESTAMP": timestamp,
    }


_SNOWFLAKE = _types("varchar", "number(19, 0)", "double", "boolean", "timestamp_ntz(6)")
_STAGED = (
    f"create or replace stage {_STAGE}\nurl = 's3://BUCKET/PREFIX/'\n"
    f"storage_integration = LISTENING\n{_PARQUET}",
)

VENDORS: Mapping[str, Vendor] = {
    "snowflake_external": Vendor(
        "s3",
        _SNOWFLAKE,
        _upper,
        _snowflake_external,
        "The files stay where they are. LISTENING is a storage integration that may read the bucket. After "
        "each publishing run: `alter external table … refresh` on what is read.",
        _STAGED,
    ),
    "snowflake_copied": Vendor(
        "s3",
        _SNOWFLAKE,
        _upper,
        _snowflake_copied,
        "The rows are copied, anew each time it is run. LISTENING is a storage integration that may read "
        "the bucket.",
        _STAGED,
    ),
    "bigquery": Vendor(
        "gs",
        _types("string", "int64", "float64", "bool", "datetime"),
        _backticks,
        _bigquery,
        "The files stay where they are. Every question reads the files of all months.",
    ),
    "athena": Vendor(
        "s3",
        _types("string", "bigint", "double", "boolean", "timestamp"),
        _backticks,
        _athena,
        "The files stay where they are, and new months need nothing. `infra/aws.yaml` makes these tables.",
    ),
    "databricks": Vendor(
        "s3",
        _types("string", "bigint", "double", "boolean", "timestamp_ntz"),
        _backticks,
        _databricks,
        "The files stay where they are. New months are known by themselves in Unity Catalog, elsewhere by "
        "`msck repair table …`.",
    ),
    "redshift": Vendor(
        "s3",
        _types("varchar(65535)", "bigint", "double precision", "boolean", "timestamp"),
        _double,
        _redshift,
        "The rows are copied, anew each time it is run, by the default role of the cluster, which must be "
        "allowed to read the bucket.",
    ),
}
"""Every vendor, by the name of its file."""
