"""Who may do what: a test logs in as each role and is refused what it must not do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.serving.publishing import publish_published_copy, publish_to_postgres
from spotify_assets.serving.roles import create_roles, declare
from spotify_assets.serving.server import PostgresError
from spotify_assets.settings import PROJECT_ROOT, Settings
from spotify_assets.warehouse.database import Database
from tests.postgres.looking import Rows, asked, in_copy
from tests.servers.postgres import Postgres

DBT = PROJECT_ROOT / "dbt_project"
LOGINS = {"publisher": "listening_pipeline", "analyst": "listening_reader", "anna": "listening_listener"}
SECRET = "secret of a login"
WITH_LISTENERS = "select relation from serving.relations where kind = 'table' order by relation"


@pytest.fixture(scope="module")
def team(server: Postgres, published: Path) -> Iterator["Team"]:
    """A database with roles and one login of each, and what the publisher published."""
    asked(server.url(), "create database team")
    address = server.url(database="team")
    create_roles(address)
    for login, role in LOGINS.items():
        asked(address, f"create role {login} login password '{SECRET}' in role {role}")
    yield Team(server, published / "processed" / "serving.duckdb")
    asked(server.url(), "drop database team with (force)", *(f"drop role {login}" for login in LOGINS))


class Team:
    """Who may log in, and as what."""

    def __init__(self, server: Postgres, copy: Path) -> None:
        self.server, self.copy = server, copy
        self.admin = server.url(database="team")
        publish_to_postgres(Database(copy), self.url("publisher"), DBT)
        found = in_copy(copy, "select user_id from marts.user_lifetimes order by plays desc, user_id limit 2")
        self.listener, self.other = (name for (name,) in found)

    def url(self, login: str) -> str:
        return self.server.url(login, SECRET, "team")

    def declared(self, listener: str, until: datetime | None = None) -> str:
        return declare(self.url("publisher"), listener, until or datetime.now(UTC) + timedelta(hours=1))

    def as_listener(self, listener: str, sql: str) -> Rows:
        """What a session of anna's sees that has declared a listener."""
        return asked(self.url("anna"), f"set listening.declared = '{self.declared(listener)}'", sql)

    def refused(self, login: str, *statements: str) -> str:
        """Why the server refuses the last of some statements."""
        import psycopg

        with pytest.raises(psycopg.errors.InsufficientPrivilege) as told:
            asked(self.url(login), *statements)
        return str(told.value)


def test_the_pipeline_owns_what_its_logins_publish(team: Team):
    owners = asked(
        team.admin,
        "select distinct relowner::regrole::text from pg_class "
        "where relnamespace::regnamespace::text in ('marts', 'bi', 'serving')",
    )
    assert owners == [("listening_pipeline",)]


def test_a_reader_reads_everything_and_writes_nothing(team: Team):
    for name in ("marts.fact_listens", "bi.listens", "bi.listeners", "marts.dim_user", "marts.artist_totals"):
        rows = f"select count(*) from {name}"
        assert asked(team.url("analyst"), rows) == in_copy(team.copy, rows)
    assert asked(team.url("analyst"), "select max(publishing) >= 1 from serving.publishings") == [(True,)]
    for statement in (
        "delete from marts.fact_listens",
        "update marts.dim_user set home_country = 'DE'",
        "insert into marts.dim_device select * from marts.dim_device",
        "create table marts.mine (a int)",
        "drop view bi.listens",
        "truncate serving.parts",
        "select * from serving.secret",
        "select * from serving.parts",
        "select serving.declaration('user', now() + interval '1 day')",
        "select serving.signature('said')",
        "set role listening_pipeline",
    ):
        team.refused("analyst", statement)


def test_a_listener_sees_their_own_rows_and_nobody_elses(team: Team):
    tables = [
        (schema, table, column)
        for schema, table, column in in_copy(
            team.copy,
            "select table_schema, table_name, column_name from information_schema.columns "
            "where column_name in ('user_id', 'listener') and table_schema in ('marts', 'bi') "
            "and not starts_with(table_name, 'fct_')",
        )
    ]
    assert len(tables) >= 9
    for schema, table, column in tables:
        own = f"select count(*) from {schema}.{table} where {column} = '{team.listener}'"
        everything = f"select count(*), min({column}), max({column}) from {schema}.{table}"
        [(rows,)] = in_copy(team.copy, own)
        expected = (rows, team.listener, team.listener) if rows else (0, None, None)
        assert team.as_listener(team.listener, everything) == [expected], table
        others = f"select * from {schema}.{table} where {column} = '{team.other}'"
        assert team.as_listener(team.listener, others) == []


def test_a_listener_reads_the_world_and_nothing_that_is_counted_over_others(team: Team):
    [(tracks,)] = in_copy(team.copy, "select count(*) from marts.dim_track")
    assert team.as_listener(team.listener, "select count(*) from marts.dim_track") == [(tracks,)]
    whose = asked(
        team.admin,
        "select relation from serving.relations where kind <> 'functions' and not exists (select from "
        "pg_attribute where attrelid = relation::regclass and attname in ('user_id', 'listener'))",
    )
    shared = {name for (name,) in whose if not name.startswith(("marts.dim_", "marts.bridge_"))}
    assert {"marts.daily_aggregates", "marts.artist_totals", "bi.tracks", "bi.daily_metrics"} <= shared
    for name in sorted(shared):
        assert "permission denied" in team.refused("anna", f"select * from {name}")
    for statement in (
        f"delete from marts.fact_listens where user_id = '{team.listener}'",
        "update marts.dim_user set home_country = 'DE'",
        "create table marts.mine (a int)",
        "select * from serving.secret",
        "select * from serving.parts",
        "select serving.declaration('user', now() + interval '1 day')",
        "select serving.signature('said')",
        "set role listening_reader",
    ):
        team.refused("anna", f"set listening.declared = '{team.declared(team.listener)}'", statement)


def test_nobody_is_declared_who_was_not_signed(team: Team):
    declared = team.declared(team.listener)
    name, until, signature = declared.split(".")
    other_name = team.declared(team.other).split(".")[0]
    wrong = {
        "": "no listener is declared",
        team.other: "was not signed here",
        f"{other_name}.{until}.{signature}": "was not signed here",
        f"{name}.{int(until) + 1}.{signature}": "was not signed here",
        f"{name}.{until}.{signature[:-1]}": "was not signed here",
        f"{name}.{until}": "was not signed here",
        f"{name}.{until}.": "was not signed here",
        f"{declared}.{signature}": "was not signed here",
        "..": "was not signed here",
        team.declared(team.listener, datetime.now(UTC) - timedelta(seconds=1)): "has expired",
    }
    for text, says in wrong.items():
        for table in ("marts.fact_listens", "bi.listens", "marts.dim_user"):
            told = team.refused("anna", f"set listening.declared = '{text}'", f"select * from {table}")
            assert says in told, text
    assert "no listener is declared" in team.refused("anna", "select * from marts.fact_listens")


def test_functions_of_ones_own_do_not_see_more(team: Team):
    """A condition that tells its rows is asked of one's own rows alone, and a path changes no function."""
    spying = (
        "create function pg_temp.tell(text) returns boolean language plpgsql cost 0.0001 as "
        f"$$ begin if $1 <> '{team.listener}' then raise 'saw %', $1; end if; return true; end $$"
    )
    sql = "select count(*) from marts.fact_listens where pg_temp.tell(user_id)"
    declared = f"set listening.declared = '{team.declared(team.listener)}'"
    assert asked(team.url("anna"), declared, spying, sql)[0][0] > 0
    path = ["set search_path = pg_temp, pg_catalog"]
    fake = "create function pg_temp.sha256(bytea) returns bytea language sql as $$ select ''::bytea $$"
    forged = f"set listening.declared = '{team.declared(team.other).split('.')[0]}.9999999999.'"
    told = team.refused("anna", *path, fake, forged, "select count(*) from marts.fact_listens")
    assert "was not signed here" in told


def test_a_new_secret_ends_every_declaration(team: Team):
    declared = team.declared(team.listener)
    asked(team.url("publisher"), "set role listening_pipeline", "delete from serving.secret")
    create_roles(team.admin)
    told = team.refused("anna", f"set listening.declared = '{declared}'", "select * from marts.dim_user")
    assert "was not signed here" in told
    assert len(team.as_listener(team.listener, "select * from marts.dim_user")) == 1


def test_nobody_is_declared_who_is_no_listener(team: Team):
    with pytest.raises(PostgresError, match="there is no listener 'nobody'"):
        team.declared("nobody")
    with pytest.raises(PostgresError, match="permission denied"):
        declare(team.url("analyst"), team.listener, datetime.now(UTC))


def test_again_and_again_the_roles_are_the_same(team: Team):
    said = "select relation::regclass::text, relacl::text from serving.relations "
    said += "join pg_class on pg_class.oid = relation::regclass where kind <> 'functions' order by 1"
    policies = "select tablename, policyname, roles::text, qual from pg_policies order by 1, 2"
    before = asked(team.admin, said), asked(team.admin, policies)
    assert create_roles(team.admin) == []
    assert (asked(team.admin, said), asked(team.admin, policies)) == before


def test_roles_that_come_after_the_first_publishing_get_what_is_there(
    settings: Settings, url: str, team: Team
):
    """Roles are of the whole server, rights of a database; without them only the owner sees anything."""
    asked(url, "create schema marts")
    publish_published_copy(settings)
    asked(url, "reassign owned by listening_pipeline to current_user")
    analyst = team.server.url("analyst", SECRET, url.rsplit("/", 1)[1])
    create_roles(url)
    assert asked(analyst, "select count(*) > 0 from marts.fact_listens") == [(True,)]
    publish_published_copy(settings)
    assert asked(url, "select relowner::regrole::text from pg_class where relname = 'dim_user'") == [
        ("listening_pipeline",)
    ]


def test_the_commands_make_roles_and_declare(team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SPOTIFY_SERVING_POSTGRES_URL", team.url("publisher"))
    run = CliRunner().invoke
    denied = run(app, ["postgres", "roles"])
    assert denied.exit_code == 0 or "spotify-assets postgres roles" in denied.stderr
    done = run(app, ["postgres", "roles", "--admin-url", team.admin])
    assert done.exit_code == 0, done.output
    assert "The roles are there" in done.stdout
    said = run(app, ["postgres", "declare", team.listener, "--days", "2"])
    assert said.exit_code == 0, said.output
    rows = asked(
        team.url("anna"),
        f"set listening.declared = '{said.stdout.strip()}'",
        "select listener from bi.listeners",
    )
    assert rows == [(team.listener,)]
