"""What each published table and view is in Postgres: columns, key, indexes, comments, the query of a view.

Types and nulls are those of the published copy. Comments and keys are those of the table catalogue, of marts
those of the models' YAML: its descriptions, which the copy has as comments, and what it tests as unique.
Marts are tables here, also those that DuckDB computes as views, so that no reader waits for them; views of
`bi` are views with the rights of whoever reads them. Former names (`fct_…`) are not published.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml  # type: ignore[import-untyped]

from spotify_assets.serving.dialect import translated
from spotify_assets.tables import TABLES, Table
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.errors import WarehouseError

SCHEMAS = ("marts", "bi")
BESIDE_MARTS = frozenset({"ml.recommendation_quality", "ml.unusual_listening", "ops.run_costs"})
"""Tables of the catalogue that are published too, because usual questions read them."""
PARTS = ("event_date", "local_date", "snapshot_date", "event_month")
"""Columns by whose dates a table is published; the first that it has. Others are one part."""
LISTENER_COLUMNS = ("user_id", "listener")
"""Columns that say whose row it is."""
_FORMER = "fct_"
_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "VARCHAR": ('text collate "C"', "text"),
        "BIGINT": ("bigint", "int8"),
        "INTEGER": ("integer", "int4"),
        "DOUBLE": ("double precision", "float8"),
        "BOOLEAN": ("boolean", "bool"),
        "DATE": ("date", "date"),
        "TIMESTAMP": ("timestamp without time zone", "timestamp"),
    }
)
"""For each type of DuckDB the one of the column, and of the values that are copied to it. Text is compared by
its bytes, as DuckDB does it."""
_INDEXES: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "marts.fact_listens": (("local_date",), ("user_id", "event_date"), ("track_id",)),
        "marts.fact_sessions": (("user_id", "local_date"),),
        "marts.fact_track_popularity": (("track_id", "snapshot_date"),),
        "marts.fact_artist_popularity": (("artist_id", "snapshot_date"),),
        "marts.first_listens": (("track_id",),),
        "marts.dim_track": (("recording_track_id",), ("primary_artist_id",)),
        "marts.bridge_track_genre": (("genre",),),
    }
)
"""Beside keys and the columns of parts: what filters of the dashboard and the usual questions look up."""


@dataclass(frozen=True)
class ServedColumn:
    """One column, with its type in DuckDB."""

    name: str
    data_type: str
    nullable: bool
    comment: str | None

    @property
    def sql_type(self) -> str:
        """Its type in Postgres."""
        return _TYPES[self.data_type][0]

    @property
    def copied_as(self) -> str:
        """The type of its values in a binary copy."""
        return _TYPES[self.data_type][1]


@dataclass(frozen=True)
class ServedRelation:
    """A table, or where `query` says so in Postgres' SQL, a view."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[ServedColumn, ...]
    key: tuple[str, ...] = ()
    query: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def kind(self) -> str:
        """`table` or `view`."""
        return "view" if self.query else "table"

    @property
    def part_column(self) -> str | None:
        """The date by which its rows are published; None where they are one part."""
        dates = {column.name for column in self.columns if column.data_type == "DATE"}
        return next((name for name in PARTS if name in dates), None)

    @property
    def listener_column(self) -> str | None:
        """The column that says whose row it is; None where it is nobody's."""
        names = {column.name for column in self.columns}
        return next((name for name in LISTENER_COLUMNS if name in names), None)

    @property
    def indexes(self) -> tuple[tuple[str, ...], ...]:
        """What is indexed beside the key."""
        more = _INDEXES.get(self.full_name, ())
        by_part = self.part_column if self.part_column not in self.key[:1] else None
        return ((by_part,), *more) if by_part else more

    @property
    def digest(self) -> str:
        """Changes with everything that is said here."""
        return _digest((self, self.indexes, self.listener_column, self.row_digest))

    @property
    def row_digest(self) -> str:
        """Changes with the columns and their types."""
        return _digest([(column.name, column.sql_type) for column in self.columns])


def _digest(said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def served_relations(connection: Connection, project_dir: Path) -> dict[str, ServedRelation]:
    """What is to be published of an open published copy, by name: tables first, then views.

    Raises:
        WarehouseError: a column has a type that has none in Postgres.
    """
    keys = _keys(project_dir)
    columns = _columns(connection)
    tables: list[ServedRelation] = []
    views: list[ServedRelation] = []
    for schema, name, comment, sql in connection.execute(
        """
        select schema_name, table_name, comment, null from duckdb_tables()
        where database_name = current_database()
        union all
        select schema_name, view_name, comment, sql from duckdb_views()
        where database_name = current_database() and not internal
        order by all
        """
    ).fetchall():
        if not _is_served(schema, name):
            continue
        is_view = schema == "bi" and sql is not None
        catalogued = TABLES.get(f"{schema}.{name}")
        relation = ServedRelation(
            schema,
            name,
            catalogued.description if catalogued else (comment or "").strip() or None,
            columns[f"{schema}.{name}"],
            _key_of(catalogued) if catalogued else keys.get(name, ()) if schema == "marts" else (),
            _view_query(sql) if is_view else None,
        )
        (views if is_view else tables).append(relation)
    return {relation.full_name: relation for relation in (*tables, *views)}


def _key_of(table: Table) -> tuple[str, ...]:
    """The key of a table of the catalogue; none where a column of it may be null."""
    nullable = {column.name for column in table.columns if column.nullable}
    return () if nullable & set(table.key) else table.key


def _is_served(schema: str, name: str) -> bool:
    return f"{schema}.{name}" in BESIDE_MARTS or (schema in SCHEMAS and not name.startswith(_FORMER))


def _columns(connection: Connection) -> dict[str, tuple[ServedColumn, ...]]:
    found: dict[str, tuple[ServedColumn, ...]] = {}
    for schema, table, name, data_type, nullable, stored_comment in connection.execute(
        "select schema_name, table_name, column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where database_name = current_database() order by column_index"
    ).fetchall():
        if not _is_served(schema, table):
            continue
        if data_type not in _TYPES:
            raise WarehouseError(
                f"{schema}.{table}: column {name} is {data_type}, which Postgres gets from us in no way: "
                f"cast it to one of {', '.join(_TYPES)}"
            )
        catalogued = TABLES.get(f"{schema}.{table}")
        said = {each.name: each.description for each in catalogued.columns} if catalogued else {}
        comment = said.get(name) or (stored_comment or "").strip() or None
        column = ServedColumn(name, data_type, nullable, comment)
        found[f"{schema}.{table}"] = (*found.get(f"{schema}.{table}", ()), column)
    return found


def _view_query(create_view: str) -> str:
    """The query of a view of DuckDB, from the statement that makes it."""
    return translated(create_view.split(" AS ", 1)[1].rstrip().removesuffix(";"))


def _keys(project_dir: Path) -> dict[str, tuple[str, ...]]:
    """For each model what is tested to be unique: of all rows, and in few columns."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    keys = {}
    for path in sorted((project_dir / "models" / "marts").rglob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe one
        for model in content.get("models", ()):
            keys[model["name"]] = min(_unique(model), key=len, default=())
    return keys


def _unique(model: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    """Columns that are unique together, by the tests of a model that look at all rows."""
    for test in model.get("data_tests", ()):  # type: ignore[attr-defined]
        said = test.get("unique_together") if isinstance(test, dict) else None
        if said and "where" not in said.get("config", {}):
            yield tuple(said["arguments"]["columns"])
    for column in model.get("columns", ()):  # type: ignore[attr-defined]
        if "unique" in column.get("data_tests", ()):
            yield (column["name"],)
