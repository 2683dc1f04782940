"""Bringing the served warehouse up to date from the published copy, in one transaction.

Of each table a digest per day, kept beside the rows (`serving.parts`), tells which days differ from the copy;
those are deleted and copied again, in binary. Readers go on reading the state before until the transaction
ends, and nothing at all is left of one that is cut short. Counts are compared before it ends, and before a
table is looked at with what is kept: rows that somebody removed in between are noticed and brought back.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from spotify_assets.rows.sql import quoted
from spotify_assets.serving.relations import commented, finished, made_way, prepared, replaced_view
from spotify_assets.serving.roles import become_pipeline, let_in, make_secret
from spotify_assets.serving.server import PostgresError, connected, server_url
from spotify_assets.serving.shape import ServedRelation, served_relations
from spotify_assets.settings import Settings
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.door import Warehouse, published_copy

if TYPE_CHECKING:
    from spotify_assets.serving.server import Session

LOCK = 7_203_114
"""Advisory lock of the server that a publishing holds: two never write at a time."""
_FUNCTIONS = "functions.sql"
_FETCHED = 10_000
"""Rows that are copied at a time."""
_ANALYZE_SHARE = 0.1
"""Share of a table that is written above which its statistics are made anew."""

Parts = Mapping[date | None, tuple[int, str]]
"""For each day of a table (None: all of it, or rows without a day) the rows and their digest."""


@dataclass(frozen=True)
class PublishedToPostgres:
    """What a publishing did: rows in each table, and how many were copied of those that had changed."""

    rows: Mapping[str, int]
    written: Mapping[str, int]


def publish_to_postgres(
    serving: Warehouse, url: str, project_dir: Path, lock_timeout_seconds: float = 10.0
) -> PublishedToPostgres:
    """Make the served warehouse the published copy.

    Raises:
        WarehouseMissingError: nothing was published yet.
        PostgresError: the server cannot be reached, or refuses; nothing of it is changed then.
    """
    with serving.reader() as copy, connected(url, "publishing to Postgres") as session:
        session.execute(f"set lock_timeout = {int(lock_timeout_seconds * 1000)}")
        session.execute("select pg_advisory_xact_lock($1)", [LOCK])
        become_pipeline(session)
        _install(session)
        relations = served_relations(copy, project_dir)
        changed = made_way(session, _known(session), relations)
        _entered(session, relations, changed)
        for table in (each for each in changed if each.kind == "table"):
            prepared(session, table)
        tables = [each for each in relations.values() if each.kind == "table"]
        rows, written = {}, {}
        for table in tables:
            rows[table.full_name], wrote = _brought_up_to_date(copy, session, table)
            if wrote is not None:
                written[table.full_name] = wrote
        for each in changed:
            replaced_view(session, each) if each.kind == "view" else finished(session, each)
            commented(session, each)
        let_in(session, [each.full_name for each in changed])
        if changed or written:
            session.execute(
                "insert into serving.publishings (rows_written, rows_in_all) values ($1, $2)",
                [sum(written.values()), sum(rows.values())],
            )
    return PublishedToPostgres(rows, written)


def publish_published_copy(settings: Settings) -> PublishedToPostgres:
    """Bring the Postgres of the settings up to date from the published copy of the settings.

    Raises:
        ValueError: no Postgres is set.
        WarehouseMissingError: nothing was published yet.
        PostgresError: the server cannot be reached, or refuses.
    """
    return publish_to_postgres(
        published_copy(settings),
        server_url(settings),
        settings.dbt_project_dir,
        settings.lock_timeout_seconds,
    )


def missing_rows(settings: Settings) -> dict[str, tuple[int, int]]:
    """Tables of which the Postgres has not as many rows as the published copy: by name, rows there and here.

    Raises:
        ValueError: no Postgres is set.
        PostgresError: the server cannot be reached, or refuses.
    """
    url = server_url(settings)
    with published_copy(settings).reader() as copy, connected(url, "counting rows in Postgres") as session:
        become_pipeline(session)
        differing = {}
        for table in served_relations(copy, settings.dbt_project_dir).values():
            [[there]] = copy.execute(f"select count(*) from {table.full_name}").fetchall()
            here = _count(session, table) if _exists(session, table.full_name) else 0
            if here != there:
                differing[table.full_name] = (there, here)
    return differing


def _install(session: "Session") -> None:
    """Make the schema `serving` with its books and functions, where it is not this version's."""
    text = files("spotify_assets.serving").joinpath(_FUNCTIONS).read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if _exists(session, "serving.relations"):
        [found] = session.execute(
            "select max(shape) from serving.relations where relation = $1", [_FUNCTIONS]
        ).fetchall()
        if found == (digest,):
            return
    session.execute(text)
    make_secret(session)
    _remember(session, _FUNCTIONS, "functions", digest)


def _known(session: "Session") -> dict[str, tuple[str, str]]:
    """Kind and digest of what was published before."""
    found = session.execute(
        "select relation, kind, shape from serving.relations "
        "where kind <> 'functions' and to_regclass(relation) is not null"
    ).fetchall()
    return {relation: (kind, shape) for relation, kind, shape in found}


def _remember(session: "Session", relation: str, kind: str, shape: str) -> None:
    session.execute(
        "insert into serving.relations values ($1, $2, $3) "
        "on conflict (relation) do update set kind = excluded.kind, shape = excluded.shape",
        [relation, kind, shape],
    )


def _entered(
    session: "Session", relations: Mapping[str, ServedRelation], changed: Sequence[ServedRelation]
) -> None:
    """Enter what is published now into the books."""
    for each in changed:
        _remember(session, each.full_name, each.kind, each.digest)
    session.execute(
        "delete from serving.relations where kind <> 'functions' and not relation = any($1)",
        [list(relations)],
    )


def _brought_up_to_date(
    copy: Connection, session: "Session", table: ServedRelation
) -> tuple[int, int | None]:
    """Replace the days of a table that differ; its rows, and how many were copied, None where no day did.

    Raises:
        PostgresError: afterwards it has not as many rows as it should.
    """
    wanted = _parts_of_copy(copy, table)
    there = _parts_here(session, table)
    if sum(rows for rows, _ in there.values()) != _count(session, table):
        there = {}
        session.execute(f"delete from {table.full_name}")
        session.execute("delete from serving.parts where relation = $1", [table.full_name])
    total = sum(rows for rows, _ in wanted.values())
    stale = [day for day in {**wanted, **there} if wanted.get(day) != there.get(day)]
    if not stale:
        return total, None
    gone = [day for day in stale if day in there]
    if gone:
        session.execute(f"delete from {table.full_name} where {_of_parts(table)}", [gone, None in gone])
        session.execute(
            "delete from serving.parts "
            "where relation = $1 and (part = any($2::date[]) or part is null and $3)",
            [table.full_name, gone, None in gone],
        )
    written = _copied(copy, session, table, [day for day in stale if day in wanted])
    _enter_parts(session, table, {day: wanted[day] for day in stale if day in wanted})
    if (found := _count(session, table)) != total:
        raise PostgresError(
            f"publishing to Postgres: {table.full_name} would have {found:,} rows in place of {total:,}. "
            "What was there before stays; publish again, and report it where that does not help."
        )
    if written > _ANALYZE_SHARE * total:
        session.execute(f"analyze {table.full_name}")
    return total, written


def _parts_of_copy(copy: Connection, table: ServedRelation) -> Parts:
    """The days of a table in the published copy."""
    names = ", ".join(quoted(column.name) for column in table.columns)
    day = quoted(table.part_column) if table.part_column else "null::date"
    found = copy.execute(
        f"select {day} as day, count(*), sum(hash({names}))::varchar from {table.full_name} group by day"
    ).fetchall()
    return {day: (rows, f"{table.row_digest} {state}") for day, rows, state in found}


def _parts_here(session: "Session", table: ServedRelation) -> Parts:
    """The days of a table as they were published last."""
    found = session.execute(
        "select part, rows, state from serving.parts where relation = $1", [table.full_name]
    ).fetchall()
    return {day: (rows, state) for day, rows, state in found}


def _of_parts(table: ServedRelation) -> str:
    """The condition that a row is of one of the days $1, or, where $2, of none."""
    if table.part_column is None:
        return "$2 or $1::date[] is null"
    column = quoted(table.part_column)
    return f"{column} = any($1::date[]) or ($2 and {column} is null)"


def _copied(copy: Connection, session: "Session", table: ServedRelation, days: Sequence[date | None]) -> int:
    """Copy the rows of some days, in binary; how many there were."""
    # Postgres' text knows no NUL.
    values = ", ".join(
        f"replace({quoted(each.name)}, chr(0), '\N{REPLACEMENT CHARACTER}')"
        if each.data_type == "VARCHAR"
        else quoted(each.name)
        for each in table.columns
    )
    column = quoted(table.part_column) if table.part_column else "null::date"
    rows = copy.execute(
        f"select {values} from {table.full_name} "
        f"where list_contains($1::date[], {column}) or ($2 and {column} is null)",
        [[day for day in days if day is not None], None in days],
    )
    names = ", ".join(quoted(each.name) for each in table.columns)
    written = 0
    with session.cursor().copy(f"copy {table.full_name} ({names}) from stdin (format binary)") as target:
        target.set_types([each.copied_as for each in table.columns])
        while fetched := rows.fetchmany(_FETCHED):
            for row in fetched:
                target.write_row(row)
            written += len(fetched)
    return written


def _enter_parts(session: "Session", table: ServedRelation, parts: Parts) -> None:
    session.cursor().executemany(
        "insert into serving.parts values ($1, $2, $3, $4)",
        [(table.full_name, day, rows, state) for day, (rows, state) in parts.items()],
    )


def _count(session: "Session", table: ServedRelation) -> int:
    [[rows]] = session.execute(f"select count(*) from {table.full_name}").fetchall()
    return int(rows)


def _exists(session: "Session", relation: str) -> bool:
    [[found]] = session.execute("select to_regclass($1) is not null", [relation]).fetchall()
    return bool(found)
