"""The tables that dbt makes, as the warehouse has them: which are not as the project declares them."""

from collections.abc import Mapping

from spotify_assets.warehouse.door import Warehouse


def outdated_tables(
    warehouse: Warehouse, schema: str, declared: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """The stored tables whose columns are not those that are declared, by name and type; sorted.

    `declared` gives the type of each column of each table; their order does not matter. A table that is not
    stored is not outdated.
    """
    if not warehouse.exists():
        return []
    stored: dict[str, dict[str, str]] = {}
    with warehouse.reader() as connection:
        for table, column, data_type in connection.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns() "
            "where database_name = current_database() and schema_name = ? and list_contains(?, table_name)",
            [schema, list(declared)],
        ).fetchall():
            stored.setdefault(table, {})[column] = data_type
    wanted = {
        table: {column: data_type.lower() for column, data_type in columns.items()}
        for table, columns in declared.items()
    }
    return sorted(table for table, columns in stored.items() if columns != wanted[table])
