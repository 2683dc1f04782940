"""dbt's models as assets, on a project of two models: what a call tells, and what it leaves for the next."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from dbt.parser.manifest import ManifestLoader

from spotify_assets.assets import dbt
from spotify_assets.assets.dbt import dbt_assets_of, dbt_executable
from spotify_assets.assets.dbt_call import PARSED, call_dbt
from spotify_assets.assets.dbt_cli import ListeningDbtCli, prepared_manifest
from spotify_assets.instance.cause import cause_of
from spotify_assets.settings import Settings
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from tests.warehouse.processes import another_process_can_write


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose second model breaks its test where the first one says so, as dbt parsed it."""
    folder = tmp_path_factory.mktemp("parsed") / "dbt_project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: tiny\nprofile: tiny\nflags: {send_anonymous_usage_stats: false}\n"
        "models: {tiny: {+schema: marts, +materialized: table}}\n"
    )
    (folder / "profiles.yml").write_text(
        "tiny: {target: t, outputs: {t: {type: duckdb, schema: marts, "
        "path: \"{{ env_var('SPOTIFY_WAREHOUSE') }}\"}}}\n"
    )
    (folder / "macros").mkdir()
    (folder / "macros" / "schema.sql").write_text(
        "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}\n"
    )
    (folder / "models" / "good.sql").write_text("select 1 as number\n")
    (folder / "models" / "broken.sql").write_text("select null::int as number from {{ ref('good') }}\n")
    columns = "columns: [{name: number, data_tests: [not_null]}]"
    (folder / "models" / "models.yml").write_text(
        f"version: 2\nmodels: [{{name: good, {columns}}}, {{name: broken, {columns}}}]\n"
    )
    prepared_manifest(Settings(data_dir=folder.parent, dbt_project_dir=folder, _env_file=None))
    return folder


@pytest.fixture
def project(parsed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(parsed, tmp_path / "dbt_project"))


def test_the_spec_of_a_model_is_made_once(
    make_settings: Callable[..., Settings], project: Path, monkeypatch: pytest.MonkeyPatch
):
    made_of, make = [], dbt._column_schema

    def counted(manifest: Mapping[str, Any], model: Mapping[str, Any]) -> dg.TableSchema:
        made_of.append(model["unique_id"])
        return make(manifest, model)

    monkeypatch.setattr(dbt, "_column_schema", counted)
    dbt_assets_of(make_settings(dbt_project_dir=project))
    assert sorted(made_of) == ["model.tiny.broken", "model.tiny.good"]


def dbt_of(settings: Settings) -> ListeningDbtCli:
    return ListeningDbtCli(
        project_dir=str(settings.dbt_project_dir),
        profiles_dir=str(settings.dbt_project_dir),
        dbt_executable=dbt_executable(),
    )


def resources_of(settings: Settings) -> dict[str, object]:
    return {
        "dbt": dbt_of(settings),
        "warehouse": WarehouseIOManager(database=str(settings.warehouse_path)),
    }


def run_models(settings: Settings, *names: str, day: str | None = None) -> dg.ExecuteInProcessResult:
    """Make the models named, or all, in the warehouse of the settings; of a day where they have one."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return dg.materialize(
        [dbt_assets_of(settings)],
        selection=[dg.AssetKey(["marts", name]) for name in names] or None,
        resources={
            "dbt": dbt_of(settings),
            "warehouse": WarehouseIOManager(database=str(settings.warehouse_path)),
        },
        raise_on_error=False,
        partition_key=day,
    )


def why_not(result: dg.ExecuteInProcessResult) -> str:
    """Why a run failed, as its commands and alerts tell it."""
    [failed] = [event for event in result.all_events if event.is_step_failure]
    return cause_of(failed.step_failure_data.error)


def made(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    """The tables that a run made, with their number of rows."""
    return {
        event.materialization.asset_key.path[-1]: event.materialization.metadata["dagster/row_count"].value
        for event in result.get_asset_materialization_events()
        if event.materialization is not None
    }


@pytest.mark.slow
def test_a_test_that_fails_fails_the_run_and_is_told_beside_what_was_made(
    make_settings: Callable[..., Settings], project: Path
):
    result = run_models(make_settings(dbt_project_dir=project))
    assert not result.success
    assert made(result) == {"good": 1, "broken": 1}
    found = {each.asset_key.path[-1]: each.passed for each in result.get_asset_check_evaluations()}
    assert found == {"good": True, "broken": False}
    assert why_not(result) == "test not_null_broken_number of broken: fails for 1 row"
    [told] = [each.description for each in result.get_asset_check_evaluations() if not each.passed]
    assert told == "fails for 1 row: number None"


def test_a_model_that_cannot_be_made_is_one_line(make_settings: Callable[..., Settings], project: Path):
    (project / "models" / "good.sql").write_text("select 'a'::int as number\n")
    result = run_models(make_settings(dbt_project_dir=project))
    assert made(result) == {}
    assert why_not(result).startswith("good: Conversion Error: Could not convert string 'a' to INT32")


@pytest.mark.slow
def test_a_project_that_cannot_be_compiled_is_one_line(make_settings: Callable[..., Settings], project: Path):
    settings = make_settings(dbt_project_dir=project)
    assert run_models(settings, "good").success
    (project / "models" / "good.sql").write_text("select {{ nothing_of_the_kind() }} as number\n")
    why = why_not(run_models(settings))
    assert "nothing_of_the_kind" in why
    assert len(why) < 500


@pytest.mark.slow
def test_checks_alone_are_all_evaluated_whatever_others_find(
    make_settings: Callable[..., Settings], project: Path
):
    """A build leaves out the tests of what follows from a failed one; checking is not building."""
    settings = make_settings(dbt_project_dir=project)
    run_models(settings)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("update marts.good set number = null")
    models = dbt_assets_of(settings)
    job = dg.Definitions([models], resources=resources_of(settings)).resolve_implicit_global_asset_job_def()
    keys = {spec.key for spec in models.check_specs}
    checked = job.get_subset(asset_selection=set(), asset_check_selection=keys)
    result = checked.execute_in_process(raise_on_error=False)
    found = {each.asset_key.path[-1]: each.passed for each in result.get_asset_check_evaluations()}
    assert found == {"good": False, "broken": False}


@pytest.mark.slow
def test_what_was_parsed_once_serves_every_warehouse(
    make_settings: Callable[..., Settings],
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    first = make_settings(dbt_project_dir=project)
    assert run_models(first, "good").success
    monkeypatch.setattr(ManifestLoader, "load", lambda _: pytest.fail("dbt parses again"))
    assert run_models(first, "good").success
    second = make_settings(dbt_project_dir=project, data_dir=tmp_path / "other")
    assert made(run_models(second, "good")) == {"good": 1}
    monkeypatch.undo()
    (project / "models" / "good.sql").write_text("select 1 as number union all select 2\n")
    assert made(run_models(second, "good")) == {"good": 2}


@pytest.mark.slow
def test_without_what_was_parsed_dbt_parses_itself(make_settings: Callable[..., Settings], project: Path):
    """Somebody removed it, or another version of dbt left it."""
    settings = make_settings(dbt_project_dir=project)
    models = [dbt_assets_of(settings)]
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    for left in (None, b"none of ours"):
        (project / "target" / PARSED).unlink(missing_ok=True)
        if left is not None:
            (project / "target" / PARSED).write_bytes(left)
        selection = [dg.AssetKey(["marts", "good"])]
        assert made(dg.materialize(models, selection=selection, resources=resources_of(settings))) == {
            "good": 1
        }


@pytest.mark.slow
def test_a_call_leaves_the_folder_the_variables_and_the_file_as_they_were(
    make_settings: Callable[..., Settings], project: Path
):
    settings = make_settings(dbt_project_dir=project)
    folder, variables = Path.cwd(), dict(os.environ)
    assert not run_models(settings).success
    assert (Path.cwd(), dict(os.environ)) == (folder, variables)
    assert another_process_can_write(settings.warehouse_path)


@pytest.fixture
def called(
    make_settings: Callable[..., Settings], project: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """The settings of the project, whose dbt is called from here."""
    settings = make_settings(dbt_project_dir=project)
    dbt_assets_of(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("SPOTIFY_WAREHOUSE", str(settings.warehouse_path))
    return settings


@pytest.mark.slow
def test_being_stopped_ends_the_call(called: Settings, project: Path):
    (project / "models" / "good.sql").write_text(
        "select count(*) as number from range(100000000) a, range(1000000) b where a.range + b.range = -1\n"
    )

    def stop(message: Any) -> None:
        if message.info.name == "NodeStart":
            threading.Timer(2, os.kill, (os.getpid(), signal.SIGTERM)).start()

    with pytest.raises(KeyboardInterrupt):
        call_dbt(["build"], project, project / "target", hear=stop)
    assert another_process_can_write(called.warehouse_path)


@pytest.mark.slow
@pytest.mark.usefixtures("called")
def test_being_stopped_is_told_where_dbt_takes_the_interrupt_for_an_error_of_its_own(project: Path):
    """As it does while it reads the project."""

    def stop(message: Any) -> None:
        if message.info.name == "AdapterRegistered":
            with suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        call_dbt(["build"], project, project / "target", hear=stop)


def write_days(project: Path, **extra: str) -> None:
    """A model of two days, of which a run makes its own; of each a number, and more columns if asked for."""
    columns = {"event_date": "date", "plays": "integer"} | dict.fromkeys(extra, "integer")
    (project / "models" / "days.sql").write_text(
        "{{ config(materialized='incremental', on_schema_change='fail', unique_key='event_date') }}\n"
        f"select event_date, {', '.join(['1 as plays', *(f'{v} as {k}' for k, v in extra.items())])}\n"
        "from (values (date '2025-03-01'), (date '2025-03-02')) as d (event_date)\n"
        "{% if is_incremental() %}\n"
        "where event_date >= '{{ invocation_args_dict.event_time_start.date() }}'\n"
        "and event_date < '{{ invocation_args_dict.event_time_end.date() }}'\n"
        "{% endif %}\n"
    )
    declared = ", ".join(f"{{name: {name}, data_type: {kind}}}" for name, kind in columns.items())
    (project / "models" / "days.yml").write_text(
        "version: 2\nmodels: [{name: days, config: {contract: {enforced: true}}, "
        f"columns: [{declared}]}}]\n"
    )


@pytest.mark.slow
def test_a_mart_that_an_older_version_made_is_made_again_from_all_days(
    make_settings: Callable[..., Settings], project: Path
):
    """A run of one day leaves no day without the new count; the next run makes its own day alone."""
    settings = make_settings(dbt_project_dir=project, start_date=date(2025, 3, 1), partition_grain="day")

    def rows() -> list[tuple[object, ...]]:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            return connection.sql("from marts.days order by event_date").fetchall()

    first, second = date(2025, 3, 1), date(2025, 3, 2)
    write_days(project)
    assert run_models(settings, "days", day="2025-03-02").success
    assert rows() == [(first, 1), (second, 1)]
    write_days(project, unknowns="0")
    assert run_models(settings, "days", day="2025-03-02").success
    assert rows() == [(first, 1, 0), (second, 1, 0)]
    write_days(project, unknowns="7")
    assert run_models(settings, "days", day="2025-03-02").success
    assert rows() == [(first, 1, 0), (second, 1, 7)]
