"""The asset that publishes, its check, the commands, and what leaves Postgres with a listener."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from spotify_assets.assets.publish import postgres_asset
from spotify_assets.cli import app
from spotify_assets.definitions import build_defs
from spotify_assets.serving.publishing import publish_published_copy
from spotify_assets.settings import Settings
from tests.postgres.looking import asked, in_copy
from tests.servers.ports import free_ports

POSTGRES = dg.AssetKey(["publish", "postgres"])


def definitions(tmp_path: Path, **changes: Any) -> dg.Definitions:
    return build_defs(Settings(_env_file=None, data_dir=tmp_path, **changes))


def test_it_is_an_asset_where_there_is_a_postgres(tmp_path: Path):
    without = definitions(tmp_path).resolve_asset_graph()
    assert POSTGRES not in without.materializable_asset_keys
    served = definitions(tmp_path, serving_postgres_url="postgresql://127.0.0.1/marts")
    graph = served.resolve_asset_graph()
    assert graph.get(POSTGRES).parent_keys == {dg.AssetKey(["publish", "serving"])}
    assert [key.name for key in graph.asset_check_keys if key.asset_key == POSTGRES] == [
        "postgres_has_every_row"
    ]
    for job in ("everything", "data"):
        assert POSTGRES in served.resolve_job_def(job).asset_layer.selected_asset_keys
    spec = {spec.key: spec for spec in served.resolve_all_asset_specs()}[POSTGRES]
    assert spec.owners and spec.description and spec.kinds == {"postgres"}
    assert "password" not in repr(spec)


def check(settings: Settings) -> dg.AssetCheckEvaluation:
    """What the check says now."""
    from spotify_assets.checks.published import published_checks

    [found] = [
        each
        for each in published_checks(settings)
        if next(iter(each.check_keys)).name == "postgres_has_every_row"
    ]
    result = dg.materialize([postgres_asset(settings), found], selection=dg.AssetSelection.checks(found))
    [evaluation] = result.get_asset_check_evaluations()
    return evaluation


def test_the_asset_publishes_and_its_check_looks(settings: Settings, url: str, copied: Path):
    result = dg.materialize([postgres_asset(settings)])
    [made] = result.asset_materializations_for_node("publish__postgres")
    rows = "select count(*) from marts.fact_listens"
    assert asked(url, rows) == in_copy(copied, rows)
    assert made.metadata["rows"].value["marts.fact_listens"] == asked(url, rows)[0][0]  # type: ignore[call-overload, index]
    assert check(settings).passed
    asked(url, "delete from marts.dim_device where device = 'mobile'")
    found = check(settings)
    assert not found.passed
    assert "marts.dim_device" in str(found.description)


def test_a_postgres_that_is_gone_fails_the_check_in_words(copied: Path):
    [port] = free_ports(1)
    address = f"postgresql://me:geheim@127.0.0.1:{port}/marts"
    found = check(Settings(_env_file=None, data_dir=copied.parents[1], serving_postgres_url=address))
    assert not found.passed
    assert "does not let us in" in str(found.description)
    assert "geheim" not in str(found.description)


def test_the_command_publishes(settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch):
    run = CliRunner().invoke
    first = run(app, ["postgres", "publish"])
    assert first.exit_code == 0, first.output
    assert "marts.fact_listens (" in first.stdout
    again = run(app, ["postgres", "publish"])
    assert "nothing had changed" in again.stdout
    monkeypatch.delenv("SPOTIFY_SERVING_POSTGRES_URL")
    without = run(app, ["postgres", "publish"])
    assert without.exit_code == 1
    assert "SPOTIFY_SERVING_POSTGRES_URL is not set" in without.stderr


def test_an_erased_listener_leaves_postgres(
    settings: Settings, url: str, copied: Path, change: Callable[[str], None]
):
    """By the publishing that follows, whichever tables the listener was in."""
    publish_published_copy(settings)
    tables = [name for (name,) in asked(url, "select relation from serving.relations where kind = 'table'")]
    [(listener,)] = in_copy(copied, "select min(user_id) from marts.dim_user where listening_days > 0")
    theirs = [
        name
        for name in tables
        if in_copy(copied, f"select count(*) from {name} as t where contains(t::varchar, '{listener}')")
        > [(0,)]
    ]
    assert len(theirs) >= 8
    is_table = "select table_name from duckdb_tables() where schema_name = 'marts'"
    for (name,) in in_copy(copied, is_table):
        if f"marts.{name}" in theirs:
            change(f"delete from marts.{name} where user_id = '{listener}'")
    publish_published_copy(settings)
    for name in tables:
        assert asked(url, f"select * from {name} as t where t::text like '%{listener}%'") == [], name


def test_a_publishing_says_when(settings: Settings, url: str):
    before = datetime.now(UTC)
    publish_published_copy(settings)
    [(number, moment, written, rows)] = asked(url, "select * from serving.publishings")
    assert number == 1
    assert before <= moment <= datetime.now(UTC)
    assert written == rows > 0
