"""dbt's sources, `_sources.yml`: the tables that dbt's models read, as the table catalogue has them."""

import json
import re
from collections.abc import Iterable

from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.tables import TABLES, Table

SOURCES_FILE = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "_sources.yml"

_NEEDS_QUOTES = re.compile(r"""^[\s`"'\[\]{}&*!|>%@,?#-]|: | #|:$|\s$""")


def sources_yaml() -> str:
    """The file, as YAML."""
    lines = [
        "# Written by `make docs` from spotify_assets/tables/.",
        "version: 2",
        "",
        "sources:",
        "  - name: core",
        "    description: Clean tables written by the Polars assets.",
        "    schema: core",
        "    tables:",
    ]
    lines += [line for table in source_tables() for line in _table(table)]
    return "\n".join(lines) + "\n"


def source_tables() -> list[Table]:
    """The tables that dbt knows: those of `core`, each read by a staging model."""
    return [table for table in TABLES.values() if table.schema == "core"]


def as_yaml(text: str) -> str:
    """A text as a YAML scalar on one line."""
    return json.dumps(text, ensure_ascii=False) if _NEEDS_QUOTES.search(text) else text


def _table(table: Table) -> Iterable[str]:
    yield f"      - name: {table.name}"
    yield f"        description: {as_yaml(table.description)}"
    yield "        columns:"
    for column in table.columns:
        yield f"          - name: {column.name}"
        yield f"            data_type: {column.type.lower()}"
        yield f"            description: {as_yaml(column.description)}"
