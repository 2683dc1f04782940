"""Every usual question gives the same answer from Postgres as from the published copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
import sqlglot
from polars.testing import assert_frame_equal
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.serving.dialect import translated
from spotify_assets.serving.publishing import publish_to_postgres
from spotify_assets.serving.questions import run_query_on_postgres
from spotify_assets.serving.server import PostgresError
from spotify_assets.serving.shape import BESIDE_MARTS
from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.queries import read_queries, run_query
from tests.insight.rows import cost_rows
from tests.postgres.looking import Rows, asked, in_copy
from tests.recommend.worlds import quality_of_recommendations
from tests.servers.postgres import Postgres

DBT = PROJECT_ROOT / "dbt_project"
QUERIES = read_queries(DBT / "analyses")
OTHERS: dict[str, tuple[dict[str, str], ...]] = {
    "top_tracks_past_7_days": ({"days": "30", "top": "50", "by": "id"},),
    "top_songs_per_artist": ({"artist": "%A%", "songs": "3"}, {"by": "id", "artists": "40"}),
    "album_comparison": ({"album": "%o%", "top": "1000"}, {"artist": "%E%"}),
    "taste_of_listener": ({"days": "20"},),
    "retention": ({"period": "month"},),
    "skip_rate_by_context": tuple(
        {"dimension": each} for each in ("hour", "device", "shuffle", "reason_start")
    ),
    "skip_rate_by_genre": ({"least_plays": "1"},),
    "listening_bursts": ({"times": "1.25", "top": "500"},),
    "duration_and_popularity": ({"seconds": "7"},),
    "release_years": ({"years": "3"},),
    "peak_hours_by_zone": ({"zone": "%e%", "days": "9"},),
    "listening_gaps": ({"least_days": "1", "top": "1000"},),
    "skip_survival": ({"step": "1"},),
    "weekly_popularity_trend": ({"top": "100"},),
}
"""Parameters beside the defaults."""
ASKED = [(name, given) for name in QUERIES for given in ({}, *OTHERS.get(name, ()))]


@pytest.fixture(scope="module")
def copy(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published copy, with unusual listening of everybody."""
    target = tmp_path_factory.mktemp("copy") / "serving.duckdb"
    shutil.copyfile(published / "processed" / "serving.duckdb", target)
    with duckdb.connect(str(target)) as connection:
        connection.execute(
            "insert into ml.unusual_listening by name select event_id as unusual_id, event_date, user_id, "
            "'sleep_loop' as kind, 'track' as sign, source, started_at, ended_at, 1 as playbacks, ms_played, "
            "'the same' as says, '1' as rule_version from marts.fact_listens where ms_played > 195000"
        )
        for table, rows in (cost_rows() | quality_of_recommendations()).items():
            connection.register("rows", rows.to_arrow())
            connection.execute(f"insert into {table} by name select * from rows")
        connection.execute(
            "insert into marts.listening_by_weather by name select user_id, 'rain' as condition, "
            "'plays' as measure, 'wet with dry' as compares, 10 as hours, true as is_positive, "
            "'more' as answer, hash(user_id) % 1000 / 7 as estimate, "
            "hash(user_id) % 99 / 100 as adjusted_p_value from marts.dim_user"
        )
    return target


@pytest.fixture(scope="module")
def served(server: Postgres, copy: Path) -> Iterator[str]:
    """The address of a database that has the published copy."""
    asked(server.url(), "create database questions")
    publish_to_postgres(Database(copy), server.url(database="questions"), DBT)
    yield server.url(database="questions")
    asked(server.url(), "drop database questions with (force)")


@pytest.mark.parametrize(("name", "given"), ASKED, ids=str)
def test_the_answer_is_the_one_of_the_published_copy(
    served: str, copy: Path, name: str, given: dict[str, str]
):
    theirs = run_query_on_postgres(served, QUERIES[name], given)
    assert_frame_equal(theirs, run_query(Database(copy), QUERIES[name], given), check_exact=True)
    assert theirs.height > 0 or given


def test_names_are_meant_as_the_copy_means_them(served: str, copy: Path):
    [(listener,)] = in_copy(copy, "select min(user_id) from marts.dim_user where listening_days > 0")
    query = QUERIES["listener_lifetimes"]
    for asked_for in (listener, listener.upper(), f"{listener[:-1]}%"):
        answer = run_query_on_postgres(served, query, {"listener": asked_for})
        assert_frame_equal(answer, run_query(Database(copy), query, {"listener": asked_for}))
        assert listener in answer["user_id"]
    with pytest.raises(ValueError, match="there is no listener"):
        run_query_on_postgres(served, query, {"listener": "'; drop table marts.dim_user; --"})


def test_every_table_that_a_question_reads_is_served(served: str):
    read = {
        f"{table.db}.{table.name}"
        for query in QUERIES.values()
        for table in sqlglot.parse_one(query.sql(), read="duckdb").find_all(sqlglot.exp.Table)
        if table.db
    }
    beside = {name for name in read if not name.startswith("marts.")}
    assert beside == BESIDE_MARTS
    assert read <= {name for (name,) in asked(served, "select relation from serving.relations")}


# --- what the translation must keep


def both(served: str, sql: str) -> tuple[Rows, Rows]:
    """The answer of DuckDB, and that of Postgres to the same SQL translated."""
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall(), asked(served, translated(sql))


NUMBERS = (
    "(values (1, 7, 'b', 'Ärger'), (2, 2, 'a', 'ÄRGER'), (3, null, 'c', 'arger'), (4, 9, null, 'x')) "
    "t(a, b, c, d)"
)


@pytest.mark.parametrize(
    "sql",
    [
        "select 7 / 2, 1 / 3.0, -7 / 2",
        "select round(2.5 / 1, 0), round(0.125 / 1, 2), round(-0.125 / 1, 2), round(1.0005 / 1, 3)",
        f"select arg_max(c, b), arg_min(c, b), arg_max(a, b) filter (where a < 4) from {NUMBERS}",
        f"select a, median(b) over (partition by a % 2) from {NUMBERS} order by a",
        f"select median(b), quantile_cont(b, 0.25), avg(b) from {NUMBERS}",
        f"select a from {NUMBERS} where d ilike 'ärg%' order by a",
        f"select c, any_value(a) from {NUMBERS} group by all order by c desc",
        f"select c from {NUMBERS} order by c",
        f"select c from {NUMBERS} order by c desc",
        "select year(date '2024-02-29') + 1, date '2024-03-01' - date '2024-02-01', date '2024-03-01' - 1",
        "select cast(date_trunc('week', date '2024-03-03') as date)",
        "select timestamp '2024-03-31 12:00:00' - to_days(cast(3 as integer))",
        "select date '2024-03-31' + interval 1 month > date '2024-04-29'",
        "select if(1 < 2, 'yes', 'no'), starts_with('=abc', '='), substr('=abc', 2), 7 % 5, pow(2, 3)",
    ],
)
def test_sql_means_the_same(served: str, sql: str):
    duck, postgres = both(served, sql)
    assert [tuple(map(as_number, row)) for row in postgres] == [tuple(map(as_number, row)) for row in duck]


def as_number(value: object) -> object:
    """A number whatever its kind: both mean one value by it."""
    from decimal import Decimal

    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def test_sql_that_is_none_is_refused_in_words():
    with pytest.raises(ValueError, match="cannot be translated"):
        translated("select from where (")


# --- the command


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["query", *arguments])


@pytest.fixture
def by_setting(served: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "nothing published"))
    monkeypatch.setenv("SPOTIFY_SERVING_POSTGRES_URL", served)
    return served


def test_the_command_asks_postgres(by_setting: str, copy: Path, tmp_path: Path):
    target = tmp_path / "top.parquet"
    result = call("top_100_tracks", "--from", "postgres", "-p", "top=5", "-o", str(target))
    assert result.exit_code == 0, result.output
    expected = run_query(Database(copy), QUERIES["top_100_tracks"], {"top": "5"})
    assert_frame_equal(pl.read_parquet(target, glob=False), expected)


def test_the_sql_that_is_printed_runs_by_itself(by_setting: str, copy: Path):
    arguments = ["artist=O'Neill %", "songs=2"]
    result = call(
        "top_songs_per_artist", "--from", "postgres", "--sql", "-p", arguments[0], "-p", arguments[1]
    )
    assert result.exit_code == 0, result.output
    assert asked(by_setting, result.stdout) == []
    result = call("top_100_tracks", "--from", "postgres", "--sql", "-p", "top=3")
    assert len(asked(by_setting, result.stdout)) == 3


def test_without_a_setting_or_a_publishing_the_command_says_what_to_do(
    server: Postgres, url: str, monkeypatch: pytest.MonkeyPatch
):
    result = call("discovery", "--from", "postgres")
    assert result.exit_code == 1
    assert "SPOTIFY_SERVING_POSTGRES_URL is not set" in result.stderr
    with pytest.raises(PostgresError, match="spotify-assets postgres publish"):
        run_query_on_postgres(url, QUERIES["discovery"])
