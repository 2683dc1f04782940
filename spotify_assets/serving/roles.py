"""Who may do what in the served warehouse: three roles, and a listener who sees their own rows alone.

| role | may |
|---|---|
| `listening_pipeline` | own and write everything that is published |
| `listening_reader` | read all marts and views |
| `listening_listener` | read dimensions without listeners, and of what has listeners their own rows |

Who is a listener says so by `listening.declared`, a text that the pipeline signed: a name, until when, and a
keyed hash of both. Any session may set it to anything, so every query verifies it (`serving.listener()`);
nobody but the owner can read the secret, so nobody else can sign. Row-level security is switched on when a
table is made, whether there are roles or not: without a policy a role sees nothing of it.

None of the roles may log in. Logins are made by whoever runs the server, as members of one of them.
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from spotify_assets.rows.sql import quoted
from spotify_assets.serving.server import PostgresError, connected
from spotify_assets.serving.shape import LISTENER_COLUMNS

if TYPE_CHECKING:
    from spotify_assets.serving.server import Session

PIPELINE, READER, LISTENER = "listening_pipeline", "listening_reader", "listening_listener"
_OF_THE_WORLD = ("marts.dim_", "marts.bridge_")
"""What tables without listeners are called that a listener may read: nothing that is counted over others."""
_KEY_BYTES = 64
_PUBLISHED = """
select
    relation,
    kind,
    (
        select attname from pg_attribute
        where attrelid = relation::regclass and attnum > 0 and attname = any($1)
        limit 1
    )
from serving.relations
where kind <> 'functions'
order by relation
"""
"""Every published relation, its kind, and the column that says whose row it is."""
_OWNED = """
select format('alter %s %s owner to ', case relkind when 'v' then 'view' else 'table' end, oid::regclass)
from pg_class
where
    relkind in ('r', 'v') and (
        relnamespace = 'serving'::regnamespace
        or oid in (select relation::regclass from serving.relations where kind <> 'functions')
    )
union all
select
    format(
        'alter %s %s owner to ', case prokind when 'a' then 'aggregate' else 'function' end, oid::regprocedure
    )
from pg_proc
where pronamespace = 'serving'::regnamespace
"""
"""Statements, but for the role, that give away what is published and what belongs to publishing."""


def create_roles(url: str) -> list[str]:
    """Create the roles and give them their rights; may be done again at any time. What was new.

    Whoever does it must be allowed to create roles, and to hand what was published before to the pipeline.

    Raises:
        PostgresError: the server cannot be reached, or refuses.
    """
    with connected(url, "giving the roles their rights") as session:
        there = {name for (name,) in session.execute("select rolname from pg_roles").fetchall()}
        new = [role for role in (PIPELINE, READER, LISTENER) if role not in there]
        for role in new:
            session.execute(f"create role {role} nologin")
        [[database, user]] = session.execute("select current_database(), current_user").fetchall()
        session.execute(f"grant create, connect on database {quoted(database)} to {PIPELINE}")
        session.execute(f"grant connect on database {quoted(database)} to {READER}, {LISTENER}")
        session.execute(f"grant {PIPELINE} to {quoted(user)}")
        if _is_published(session):
            _handed_to_pipeline(session)
            become_pipeline(session)
            make_secret(session)
            let_in(session)
        return new


def declare(url: str, listener: str, until: datetime) -> str:
    """What a session sets `listening.declared` to, to be this listener until then.

    Raises:
        PostgresError: there is no such listener, the server cannot be reached, or refuses.
    """
    with connected(url, f"declaring {listener}") as session:
        become_pipeline(session)
        [[known]] = session.execute(
            "select exists (select from marts.dim_user where user_id = $1)", [listener]
        ).fetchall()
        if not known:
            raise PostgresError(
                f"there is no listener {listener!r} in marts.dim_user: publish first, or look there"
            )
        [[declared]] = session.execute("select serving.declaration($1, $2)", [listener, until]).fetchall()
        return str(declared)


def become_pipeline(session: "Session") -> None:
    """Act as the pipeline, where it has rights in this database and the login is one: it owns all."""
    [[may]] = session.execute(
        "select coalesce(bool_and(pg_has_role(oid, 'member') "
        "and has_database_privilege(oid, current_database(), 'create')), false) "
        "from pg_roles where rolname = $1",
        [PIPELINE],
    ).fetchall()
    if may:
        session.execute(f"set role {PIPELINE}")


def make_secret(session: "Session") -> None:
    """Make what declarations are signed with, where there is none yet."""
    session.execute(
        "insert into serving.secret (inner_key, outer_key) values ($1, $2) on conflict do nothing",
        [secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_KEY_BYTES)],
    )


def let_in(session: "Session", only: Collection[str] | None = None) -> None:
    """Grant what each role may do with what is published, or some of it, where there are roles."""
    [[there]] = session.execute(
        "select count(*) = 2 from pg_roles where rolname in ($1, $2)", [READER, LISTENER]
    ).fetchall()
    if not there:
        return
    session.execute(f"grant usage on schema serving, {_schemas(session)} to {READER}, {LISTENER}")
    session.execute(f"grant select on serving.publishings to {READER}, {LISTENER}")
    for relation, kind, column in session.execute(_PUBLISHED, [list(LISTENER_COLUMNS)]).fetchall():
        if only is None or relation in only:
            _let_in(session, relation, kind, column)


def _let_in(session: "Session", relation: str, kind: str, listener_column: str | None) -> None:
    session.execute(f"grant select on {relation} to {READER}")
    if listener_column is None and not relation.startswith(_OF_THE_WORLD):
        return
    session.execute(f"grant select on {relation} to {LISTENER}")
    if listener_column is not None and kind == "table":
        _policy(session, relation, READER, "true")
        _policy(session, relation, LISTENER, f"{quoted(listener_column)} = (select serving.listener())")


def _policy(session: "Session", table: str, role: str, rows: str) -> None:
    [[there]] = session.execute(
        "select exists (select from pg_policy where polrelid = $1::regclass and polname = $2)", [table, role]
    ).fetchall()
    if not there:
        session.execute(f"create policy {role} on {table} for select to {role} using ({rows})")


def _schemas(session: "Session") -> str:
    """The schemas of what is published."""
    found = session.execute(
        "select distinct split_part(relation, '.', 1) from serving.relations where kind <> 'functions'"
    ).fetchall()
    return ", ".join(schema for (schema,) in found)


def _is_published(session: "Session") -> bool:
    [[found]] = session.execute("select to_regclass('serving.relations') is not null").fetchall()
    return bool(found)


def _handed_to_pipeline(session: "Session") -> None:
    """Make the pipeline the owner of what another login published before there was that role."""
    session.execute(f"grant all on schema {_schemas(session)} to {PIPELINE}")
    session.execute(f"alter schema serving owner to {PIPELINE}")
    for (statement,) in session.execute(_OWNED).fetchall():
        session.execute(f"{statement}{PIPELINE}")
