"""A listener who is erased, from the lake to what Postgres serves: nothing of them is found in it."""

from datetime import date
from pathlib import Path

from tests.e2e.server import run_cli
from tests.postgres.looking import asked

USERS, DAYS, LAST = 4, 2, date(2026, 3, 10)
ERASED, KEPT = "synthetic-7-0000001", "synthetic-7-0000002"
TABLES = (
    "select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables "
    "where table_schema not in ('pg_catalog', 'information_schema') order by 1"
)


def found(url: str, listener: str) -> dict[str, int]:
    """In how many rows of every table and view of the database a listener is named, by table."""
    counted = {
        name: asked(url, f"select count(*) from {name} as t where t::text like '%{listener}%'")[0][0]
        for (name,) in asked(url, TABLES)
    }
    return {name: rows for name, rows in counted.items() if rows}


def test_of_a_listener_who_is_erased_nothing_is_served(url: str, tmp_path: Path):
    more = {"SPOTIFY_SERVING_POSTGRES_URL": url}
    size = ("--users", str(USERS), "--days", str(DAYS), "--tracks", "60", "--until", str(LAST))
    run_cli(tmp_path, "generate", *size, variables=more)
    run_cli(tmp_path, "materialize", variables=more)
    before = {listener: found(url, listener) for listener in (ERASED, KEPT)}
    assert {"marts.fact_listens", "marts.dim_user", "bi.listens"} <= before[ERASED].keys()

    said = run_cli(tmp_path, "erase-user", ERASED, "--yes", variables=more).stdout
    assert "Making again what was counted from these rows" in said
    assert found(url, ERASED) == {}
    after = found(url, KEPT)
    assert after.keys() == before[KEPT].keys()
    assert after["marts.fact_listens"] == before[KEPT]["marts.fact_listens"]
    assert run_cli(tmp_path, "postgres", "publish", variables=more).stdout.count("nothing had changed") == 1
