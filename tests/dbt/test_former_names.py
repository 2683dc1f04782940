"""The facts that were named `fct_`: what becomes of a warehouse that has them, and of who asks for them."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.publish import publish
from tests.dbt.warehouse import FIRST_DAY, PROJECT_DIR, DbtWarehouse, assert_same_rows

pytestmark = pytest.mark.slow

FORMER = {
    "fct_listening_hours": "fact_listening_hours",
    "fct_sessions": "fact_sessions",
    "fct_user_activity": "fact_user_activity",
}
CORE = PROJECT_DIR / "models" / "marts" / "core"


@pytest.fixture(scope="module")
def older(built: DbtWarehouse, tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    """The built warehouse as the version before left it: tables under the former names alone."""
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("older") / "warehouse.duckdb", built.target_path)
    warehouse.path.write_bytes(built.path.read_bytes())
    for former, name in FORMER.items():
        warehouse.execute(f"drop view marts.{former}")
        warehouse.execute(f"alter table marts.{name} rename to {former}")
    assert warehouse.marts().keys() == built.marts().keys() - set(FORMER.values()) | FORMER.keys()
    return warehouse


@pytest.fixture(scope="module")
def upgraded(older: DbtWarehouse) -> DbtWarehouse:
    """The same after this version made one day, in the middle of the history."""
    day = FIRST_DAY + timedelta(days=3)
    window = ("--event-time-start", str(day), "--event-time-end", str(day + timedelta(days=1)))
    # The tests passed on the same rows when these were built, and no other model knows a former name.
    older.build("--select", *FORMER, *FORMER.values(), *window, "--exclude-resource-type", "test")
    return older


def columns_of(name: str) -> list[tuple[str, str, str]]:
    [model] = yaml.safe_load((CORE / f"{name}.yml").read_text(encoding="utf-8"))["models"]
    return [(column["name"], column["data_type"], column["description"]) for column in model["columns"]]


def test_the_first_run_of_one_day_makes_every_day_under_the_new_names(
    built: DbtWarehouse, upgraded: DbtWarehouse
):
    """No table is left beside them: none under a former name, none that dbt moved out of the way."""
    assert_same_rows(upgraded.marts(), built.marts())
    days = upgraded.query("select count(distinct local_date) as days from marts.fact_user_activity").item()
    assert days > 2


@pytest.mark.parametrize(("former", "name"), FORMER.items())
def test_a_former_name_is_a_view_of_the_same_rows(upgraded: DbtWarehouse, former: str, name: str):
    assert upgraded.query(f"from marts.{former} order by all").equals(
        upgraded.query(f"from marts.{name} order by all")
    )
    [said] = upgraded.query(
        f"select comment from duckdb_views() where schema_name = 'marts' and view_name = '{former}'"
    )["comment"]
    assert f"Former name of `{name}`" in said


def test_the_next_run_of_a_day_leaves_the_others_as_they_are(upgraded: DbtWarehouse, tmp_path: Path):
    """The new names are made by the window again, once they are there."""
    again = DbtWarehouse(tmp_path / "warehouse.duckdb", upgraded.target_path)
    again.path.write_bytes(upgraded.path.read_bytes())
    again.execute("update marts.fact_sessions set device = 'marked'")
    last = date.fromisoformat(str(again.query("select max(last_event_date) from marts.fact_sessions").item()))
    again.build(
        *("--select", "fact_sessions", "fct_sessions", "--exclude-resource-type", "test"),
        *("--event-time-start", str(last), "--event-time-end", str(last + timedelta(days=1))),
    )
    left = again.query("select distinct device = 'marked', last_event_date from marts.fct_sessions").rows()
    assert {(True, FIRST_DAY), (False, last)} <= set(left)
    assert (True, last) not in left


def test_who_reads_the_published_copy_finds_the_former_names(upgraded: DbtWarehouse, tmp_path: Path):
    """In the database, whatever name it is opened by, and as files, which some tools read."""
    publish(Database(upgraded.path), tmp_path / "processed")
    renamed = (tmp_path / "processed" / "serving.duckdb").rename(tmp_path / "of_a_bi_tool.duckdb")
    with duckdb.connect(str(renamed), read_only=True) as connection:
        for former, name in FORMER.items():
            file = tmp_path / "processed" / "marts" / former / "data.parquet"
            counts = [
                connection.execute(f"select count(*) from {source}").fetchone()
                for source in (f"marts.{former}", f"marts.{name}", f"'{file}'")
            ]
            assert counts[0] != (0,)
            assert counts == [counts[0]] * 3
            comments = connection.execute(
                "select column_name, comment from duckdb_columns() where table_name = ?", [former]
            ).fetchall()
            assert comments == [(column, said) for column, _, said in columns_of(name)]


@pytest.mark.parametrize(("former", "name"), FORMER.items())
def test_a_former_name_is_declared_with_the_columns_of_the_new_one(former: str, name: str):
    assert columns_of(former) == columns_of(name)
    [model] = yaml.safe_load((CORE / f"{former}.yml").read_text(encoding="utf-8"))["models"]
    assert isinstance(model["deprecation_date"], date)
