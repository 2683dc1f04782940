"""Column lineage: which columns of its inputs each column of a table is made from.

A column that has the same name in an input comes from there; one that is derived says so in the table
catalogue. It is the lineage of a table's definition, the same for every run.
"""

from collections.abc import Iterable, Mapping

import dagster as dg

from spotify_assets.tables import TABLES


def column_lineage(
    table: str, columns: Iterable[str], inputs: Mapping[str, Iterable[str]]
) -> dg.TableColumnLineage:
    """The lineage of a table's columns; `inputs` are the columns of each table that it is made from.

    A column that neither names its sources nor is in an input is made from none in particular, as keys made
    from whole rows are.
    """
    derived = (
        {column.name: column.derived_from for column in TABLES[table].columns} if table in TABLES else {}
    )
    deps: dict[str, list[dg.TableColumnDep]] = {}
    for column in columns:
        sources = derived.get(column) or [
            f"{name}.{column}" for name, known in sorted(inputs.items()) if column in set(known)
        ]
        if sources:
            deps[column] = [_dep(source) for source in sources]
    return dg.TableColumnLineage(deps_by_column=deps)


def with_lineage(
    spec: dg.AssetSpec, inputs: Iterable[dg.AssetKey], columns_of: Mapping[str, Iterable[str]]
) -> dg.AssetSpec:
    """The spec with its column lineage, where the columns of the table are known."""
    name = name_of(spec.key)
    if name not in columns_of:
        return spec
    known = {name_of(key): columns_of[name_of(key)] for key in inputs if name_of(key) in columns_of}
    lineage = column_lineage(name, columns_of[name], known)
    if not lineage.deps_by_column:
        return spec
    return spec.merge_attributes(metadata={"dagster/column_lineage": lineage})


def known_columns(specs: Iterable[dg.AssetSpec]) -> dict[str, list[str]]:
    """The columns of every table whose spec names them: of the catalogue, and of dbt's YAML."""
    found = {name: table.column_names for name, table in TABLES.items()}
    for spec in specs:
        schema = spec.metadata.get("dagster/column_schema")
        schema = getattr(schema, "schema", schema)
        if isinstance(schema, dg.TableSchema):
            found.setdefault(name_of(spec.key), [column.name for column in schema.columns])
    return found


def name_of(key: dg.AssetKey) -> str:
    """`schema.table` of an asset."""
    return ".".join(key.path[-2:])


def _dep(source: str) -> dg.TableColumnDep:
    table, column = source.rsplit(".", 1)
    return dg.TableColumnDep(asset_key=dg.AssetKey(table.split(".")), column_name=column)
