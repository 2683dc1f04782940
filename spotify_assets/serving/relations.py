"""Tables and views of the served warehouse: made, and altered where this version says otherwise.

A table keeps its grants and the views that people made over it: columns are added, changed and dropped in
place, and nothing is ever dropped with what depends on it. Where a view of somebody's own is in the way, the
server refuses and names it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from spotify_assets.rows.sql import quoted, text
from spotify_assets.serving.server import PostgresError
from spotify_assets.serving.shape import ServedRelation

if TYPE_CHECKING:
    from spotify_assets.serving.server import Session

Known = Mapping[str, tuple[str, str]]
"""Kind and digest of each relation that was published before."""


def made_way(
    session: "Session", known: Known, relations: Mapping[str, ServedRelation]
) -> list[ServedRelation]:
    """Drop what is published no more, and views over tables that lose something; what is to be made.

    Raises:
        psycopg.Error: something that is not ours depends on it.
        PostgresError: somebody else has a relation of that name.
    """
    changed = [each for each in relations.values() if known.get(each.full_name) != (each.kind, each.digest)]
    for each in changed:
        if each.full_name not in known and _exists(session, each):
            raise PostgresError(
                f"publishing to Postgres: {each.full_name} is there and was not published by us: rename it "
                "or drop it. Nothing was changed."
            )
    gone = {
        name: kind
        for name, (kind, _) in known.items()
        if name not in relations or relations[name].kind != kind
    }
    altered = [each for each in changed if known.get(each.full_name, ("", ""))[0] == each.kind == "table"]
    if not gone and not any(_loses(session, table) for table in altered):
        return changed
    views = [name for name, (kind, _) in known.items() if kind == "view"]
    for view in views:
        session.execute(f"drop view {view}")
    for name in gone.keys() - set(views):
        session.execute(f"drop table {name}")
    return [*changed, *(each for each in relations.values() if each.kind == "view" and each not in changed)]


def prepared(session: "Session", table: ServedRelation) -> None:
    """Make a table, or alter its columns so that this version's rows fit in."""
    if not _exists(session, table):
        session.execute(f"create schema if not exists {table.schema}")
        columns = ", ".join(f"{quoted(each.name)} {each.sql_type}" for each in table.columns)
        session.execute(f"create table {table.full_name} ({columns})")
        if table.listener_column:
            session.execute(f"alter table {table.full_name} enable row level security")
        return
    stored = _columns(session, table)
    if _loses(session, table):
        session.execute(f"delete from {table.full_name}")
    wanted = {each.name for each in table.columns}
    for name in stored.keys() - wanted:
        session.execute(f"alter table {table.full_name} drop column {quoted(name)}")
    for column in table.columns:
        name, kind = quoted(column.name), column.sql_type
        if column.name not in stored:
            session.execute(f"alter table {table.full_name} add column {name} {kind}")
        elif stored[column.name][0] != kind:
            session.execute(
                f"alter table {table.full_name} alter column {name} type {kind} using null::{kind}"
            )


def finished(session: "Session", table: ServedRelation) -> None:
    """Give a table, whose rows are there, its key, its indexes and what may not be null."""
    key = _key(session, table)
    if key and key != list(table.key):
        session.execute(f"alter table {table.full_name} drop constraint {quoted(f'{table.name}_pkey')}")
    if table.key and key != list(table.key):
        session.execute(
            f"alter table {table.full_name} add constraint {quoted(f'{table.name}_pkey')} "
            f"primary key ({_names(table.key)})"
        )
    stored = _columns(session, table)
    for column in table.columns:
        may_be_null = column.nullable and column.name not in table.key
        if stored[column.name][1] != may_be_null:
            session.execute(
                f"alter table {table.full_name} alter column {quoted(column.name)} "
                f"{'drop' if may_be_null else 'set'} not null"
            )
    for columns in table.indexes:
        name = quoted(f"{table.name}_{'_'.join(columns)}_idx")
        session.execute(f"create index if not exists {name} on {table.full_name} ({_names(columns)})")


def replaced_view(session: "Session", view: ServedRelation) -> None:
    """Make a view, or put this version's in place of it; it has the rights of whoever reads it."""
    from psycopg.errors import InvalidTableDefinition  # noqa: PLC0415 - an extra

    session.execute(f"create schema if not exists {view.schema}")
    made = f"view {view.full_name} with (security_invoker = true) as {view.query}"
    try:
        with session.transaction():
            session.execute(f"create or replace {made}")
    except InvalidTableDefinition:  # columns in another order, of another type, or fewer
        session.execute(f"drop view {view.full_name}")
        session.execute(f"create {made}")


def commented(session: "Session", relation: ServedRelation) -> None:
    """Say what a relation and its columns mean, which tools show."""
    said = [(f"{relation.kind} {relation.full_name}", relation.comment)]
    said += [(f"column {relation.full_name}.{quoted(each.name)}", each.comment) for each in relation.columns]
    for of, comment in said:
        session.execute(f"comment on {of} is {text(comment) if comment else 'null'}")


def _exists(session: "Session", relation: ServedRelation) -> bool:
    [[found]] = session.execute("select to_regclass($1) is not null", [relation.full_name]).fetchall()
    return bool(found)


def _loses(session: "Session", table: ServedRelation) -> bool:
    """Whether a stored table has a column too many, or one of another type."""
    wanted = {each.name: each.sql_type for each in table.columns}
    return any(wanted.get(name) != kind for name, (kind, _) in _columns(session, table).items())


def _columns(session: "Session", table: ServedRelation) -> dict[str, tuple[str, bool]]:
    """The stored columns: type as we declare it, and whether they may be null."""
    found = session.execute(
        """
        select
            attname,
            format_type(atttypid, atttypmod)
            || case when collname = 'C' then ' collate "C"' else '' end,
            not attnotnull
        from pg_attribute left join pg_collation on pg_collation.oid = attcollation
        where attrelid = $1::regclass and attnum > 0 and not attisdropped
        order by attnum
        """,
        [table.full_name],
    ).fetchall()
    return {name: (kind, nullable) for name, kind, nullable in found}


def _key(session: "Session", table: ServedRelation) -> list[str]:
    """The columns of the stored primary key, in its order; none where there is none."""
    found = session.execute(
        """
        select attname
        from pg_constraint cross join unnest(conkey) with ordinality as key (number, place)
        inner join pg_attribute on attrelid = conrelid and attnum = key.number
        where conrelid = $1::regclass and contype = 'p'
        order by key.place
        """,
        [table.full_name],
    ).fetchall()
    return [name for (name,) in found]


def _names(columns: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in columns)
