"""Writes `docs/tables.md` from the table catalogue: `python -m spotify_assets.docs`."""

from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.tables import TABLES, Column, Table

TABLES_PAGE = PROJECT_ROOT / "docs" / "tables.md"

_INTRODUCTION = """\
# Tables

The tables that the product itself writes, from `spotify_assets/catalog.py` (`make docs` writes this page;
a test fails when it is out of date). Tables of the `staging` and `marts` schemas are described in dbt's YAML.
"""


def tables_page() -> str:
    """The page, as Markdown."""
    return "\n".join([_INTRODUCTION, *(_section(table) for table in TABLES.values())])


def _section(table: Table) -> str:
    partition = f" Partitioned by `{table.partition_column}`." if table.partition_column else ""
    lines = [
        f"## {table.full_name}\n",
        f"{table.description}\n",
        f"Grain: {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}.{partition}\n",
        "| column | type | rules | meaning |",
        "|---|---|---|---|",
        *(f"| `{c.name}` | {c.type} | {_rules(c)} | {_cell(c.description)} |" for c in table.columns),
    ]
    if table.expectations:
        lines += ["", "Expected, else a warning:", ""]
        lines += [f"- `{e.name}`: {e.description}" for e in table.expectations]
    return "\n".join(lines) + "\n"


def _rules(column: Column) -> str:
    rules = [] if column.nullable else ["not null"]
    if column.minimum is not None and column.maximum is not None:
        rules.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        rules.append(f"at least {column.minimum:g}")
    elif column.maximum is not None:
        rules.append(f"at most {column.maximum:g}")
    if column.accepted:
        rules.append("one of " + ", ".join(column.accepted))
    if column.pattern:
        rules.append(f"matches `{column.pattern}`")
    if column.references:
        rules.append(f"is in {column.references}")
    return _cell("; ".join(rules))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TABLES_PAGE.write_text(tables_page(), encoding="utf-8")
