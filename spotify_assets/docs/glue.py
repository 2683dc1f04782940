"""The published tables as AWS Glue has them: columns from the table catalogue and from dbt's YAML.

Months are folders, which Athena computes instead of looking them up (partition projection), so a new month
needs no crawler.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml  # type: ignore[import-untyped]

from spotify_assets.docs.policies import PUBLISHED
from spotify_assets.docs.reads import DBT_PROJECT
from spotify_assets.tables import TABLES
from spotify_assets.warehouse.published_files import month_column

_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
_FOLDERS = {"marts": "models/marts", "snapshots": "snapshots"}
"""Folders of dbt's project whose tables are published, by their schema."""
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_FIRST_MONTH = "2000-01"
"""No service that listening comes from is older: Last.fm, the oldest, began in 2002."""


class PublishedTable(NamedTuple):
    """A published table: its columns with the warehouse's types."""

    schema: str
    name: str
    columns: Mapping[str, str]

    @property
    def logical_id(self) -> str:
        """Its name in the template, where names have only letters and digits."""
        words = f"{self.schema}_{self.name}".split("_")
        return "Table" + "".join(word.capitalize() for word in words)

    @property
    def has_months(self) -> bool:
        """Whether its files are cut by month."""
        return month_column(f"{self.schema}.{self.name}", self.columns) is not None


def published_tables() -> list[PublishedTable]:
    """Every published table, those of the catalogue first."""
    written = [
        PublishedTable(table.schema, table.name, {column.name: column.type for column in table.columns})
        for table in TABLES.values()
    ]
    return written + _of_dbt()


def glue_resources() -> dict[str, Any]:
    """The databases, one for each schema, and the tables, by their names in the template."""
    tables = published_tables()
    databases = {f"Database{schema.capitalize()}": _database(schema) for schema in _schemas(tables)}
    return databases | {table.logical_id: _table(table) for table in tables}


def _schemas(tables: list[PublishedTable]) -> list[str]:
    return list(dict.fromkeys(table.schema for table in tables))


def _of_dbt() -> list[PublishedTable]:
    return [
        table
        for schema, folder in _FOLDERS.items()
        for path in sorted((DBT_PROJECT / folder).rglob("*.yml"))
        for table in _tables_of(path, schema)
    ]


def _tables_of(path: Path, schema: str) -> list[PublishedTable]:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    models = [*told.get("models", ()), *told.get("snapshots", ())]
    return [
        PublishedTable(
            schema,
            model["name"],
            {column["name"]: column["data_type"].upper() for column in model["columns"]},
        )
        for model in models
    ]


def _database(schema: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Glue::Database",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseInput": {"Name": {"Fn::Sub": f"${{DatabaseName}}_{schema}"}},
        },
    }


def _table(table: PublishedTable) -> dict[str, Any]:
    location = f"s3://${{Lake}}/${{Prefix}}/{PUBLISHED}/{table.schema}/{table.name}"
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": f"Database{table.schema.capitalize()}"},
            "TableInput": {
                "Name": table.name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "parquet", **_filled_in(projection(table, location))},
                "PartitionKeys": [{"Name": "month", "Type": "string"}] if table.has_months else [],
                "StorageDescriptor": {
                    "Location": {"Fn::Sub": f"{location}/"},
                    "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
                    "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
                    "Columns": [{"Name": name, "Type": _TYPES[kind]} for name, kind in table.columns.items()],
                },
            },
        },
    }


def projection(table: PublishedTable, location: str) -> dict[str, str]:
    """What tells Athena the months of a table whose folder is `location`; nothing where it has none."""
    if not table.has_months:
        return {}
    return {
        "projection.enabled": "true",
        "projection.month.type": "date",
        "projection.month.format": "yyyy-MM",
        "projection.month.interval": "1",
        "projection.month.interval.unit": "MONTHS",
        "projection.month.range": f"{_FIRST_MONTH},NOW+1MONTHS",
        "storage.location.template": f"{location}/month=${{month}}",
    }


def _filled_in(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The same where CloudFormation fills in the bucket and the folder, and leaves the month to Athena."""
    return {
        name: {"Fn::Sub": value.replace("${month}", "${!month}")} if "${" in value else value
        for name, value in parameters.items()
    }
