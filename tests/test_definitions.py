"""The definitions as Dagster loads them: complete, described, wired as the design says."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.asset_backfill import AssetBackfillData

from spotify_assets.assets.dbt import window_arguments
from spotify_assets.assets.dbt_cli import prepared_manifest
from spotify_assets.assets.spec import POOL
from spotify_assets.automation.stream_lag import CHECK
from spotify_assets.checks.asset_checks import WITHOUT_ASSET
from spotify_assets.checks.evaluate import check_names
from spotify_assets.definitions import build_defs
from spotify_assets.instance.home import instance_of
from spotify_assets.rows.window import Window
from spotify_assets.settings import PROJECT_ROOT, Settings
from spotify_assets.tables import RAW_EVENTS, TABLES

SEVEN = (
    "raw_tracks",
    "raw_events",
    "tracks",
    "listening_events",
    "daily_track_metrics",
    "model_features",
    "skip_model",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("data"), _env_file=None)


@pytest.fixture(scope="module")
def definitions(settings: Settings) -> dg.Definitions:
    return build_defs(settings)


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


@pytest.mark.slow  # a process of its own that loads everything
def test_a_fresh_clone_validates_with_no_environment_set(tmp_path: Path):
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=PROJECT_ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stderr + done.stdout


def test_the_seven_tables_are_partitioned_assets(specs: dict[str, dg.AssetSpec]):
    partitioned = {spec.key.path[-1] for spec in specs.values() if spec.partitions_def}
    assert set(SEVEN) <= partitioned


def test_every_catalogued_table_is_an_asset_with_its_columns(specs: dict[str, dg.AssetSpec]):
    for table in TABLES.values():
        if table in WITHOUT_ASSET:
            continue
        spec = specs[f"{table.schema}/{table.name}"]
        schema = spec.metadata["dagster/column_schema"]
        schema = getattr(schema, "schema", schema)
        assert [column.name for column in schema.columns] == table.column_names
        assert spec.metadata["dagster/table_name"] == table.full_name


def test_every_asset_has_a_group_owner_description_and_kinds(specs: dict[str, dg.AssetSpec]):
    for key, spec in specs.items():
        assert spec.group_name == spec.key.path[0], key
        assert spec.owners, key
        assert spec.description, key
        assert spec.kinds, key
        assert spec.tags["layer"] == spec.group_name, key


def test_every_asset_has_at_least_one_check(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    checked = {key.asset_key for key in graph.asset_check_keys}
    assert graph.materializable_asset_keys - checked == set()


def test_layers_have_owners_of_their_own(specs: dict[str, dg.AssetSpec]):
    owners = {spec.group_name: tuple(spec.owners) for spec in specs.values()}
    assert owners["raw"] == owners["publish"] == ("team:data-platform",)
    assert owners["ml"] == ("team:data-science",)
    assert owners["core"] == owners["marts"] == ("team:listening-analytics",)


def test_columns_of_dbt_show_what_is_demanded_of_them(specs: dict[str, dg.AssetSpec]):
    schema = specs["marts/fact_listens"].metadata["dagster/column_schema"]
    columns = {column.name: column for column in getattr(schema, "schema", schema).columns}
    event_id = columns["event_id"].constraints
    assert (event_id.nullable, event_id.unique) == (False, True)
    assert any("relationships" in column.constraints.other for column in columns.values())
    assert columns["event_id"].type and columns["event_id"].description


def test_every_step_that_opens_the_warehouse_is_in_the_pool(definitions: dg.Definitions):
    graph = definitions.resolve_job_def("everything").graph
    outside = [node.name for node in graph.nodes if node.definition.pools != {POOL}]
    # The check of the stream's lag reads files of the lake alone.
    assert outside == [f"raw__raw_events_{CHECK}"]


def test_every_table_has_the_checks_that_the_catalogue_asks_for(definitions: dg.Definitions):
    keys = definitions.resolve_asset_graph().asset_check_keys
    for table in TABLES.values():
        if table not in WITHOUT_ASSET:
            found = {key.name for key in keys if key.asset_key.path == [table.schema, table.name]}
            beside = {CHECK} if table is RAW_EVENTS else set()
            assert found == set(check_names(table)) | beside, table.full_name


def test_dbt_tests_are_asset_checks(definitions: dg.Definitions):
    keys = definitions.resolve_asset_graph().asset_check_keys
    facts = {key.name for key in keys if key.asset_key.path == ["marts", "fact_listens"]}
    assert any("unique" in name for name in facts)
    assert any("relationships" in name for name in facts)


def test_lineage_leads_from_raw_files_to_the_published_copy_and_on_to_recaps(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    upstream = dg.AssetSelection.assets(["publish", "monthly_recap"]).upstream().resolve(graph)
    assert upstream == graph.materializable_asset_keys
    assert list(graph.get(dg.AssetKey(["publish", "monthly_recap"])).parent_keys) == [
        dg.AssetKey(["publish", "serving"])
    ]


def test_the_graph_is_made_without_recaps_which_are_by_month(definitions: dg.Definitions):
    selected = definitions.resolve_job_def("everything").asset_layer.selected_asset_keys
    assert dg.AssetKey(["publish", "serving"]) in selected
    assert dg.AssetKey(["publish", "monthly_recap"]) not in selected
    recaps = definitions.resolve_job_def("recaps").asset_layer.selected_asset_keys
    assert set(recaps) == {dg.AssetKey(["publish", "monthly_recap"])}


def test_recaps_are_asked_for_when_their_month_has_ended(definitions: dg.Definitions, settings: Settings):
    schedule = definitions.resolve_schedule_def("monthly_recaps")
    moment = datetime(2025, 3, 2, 5, tzinfo=UTC)
    with instance_of(settings) as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=moment,
            repository_def=definitions.get_repository_def(),
        )
        [request] = schedule.evaluate_tick(context).run_requests or []
    assert request.partition_key == "2025-02-01"
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_dbt_models_hang_on_the_core_tables(specs: dict[str, dg.AssetSpec]):
    deps = {dep.asset_key.to_user_string() for dep in specs["staging/stg_listening_events"].deps}
    assert deps == {"core/listening_events"}
    assert specs["marts/fact_listens"].partitions_def is not None
    assert specs["marts/dim_track"].partitions_def is None


def test_a_run_starts_dbt_once(definitions: dg.Definitions):
    for job in ("everything", "data"):
        nodes = [node.name for node in definitions.resolve_job_def(job).graph.node_defs]
        assert [name for name in nodes if name.startswith("dbt")] == ["dbt"]


def test_a_backfill_of_some_days_makes_these_and_their_neighbours(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    tables = [dg.AssetKey(name.split("/")) for name in ("raw/raw_events", "raw/raw_tracks", "core/tracks")]
    tables += [dg.AssetKey(["core", name]) for name in ("listening_events", "daily_track_metrics")]
    backfill = AssetBackfillData.from_asset_partitions(
        graph,
        partition_names=["2025-03-10", "2025-03-11"],
        asset_selection=tables,
        dynamic_partitions_store=dg.DagsterInstance.ephemeral(),
        backfill_start_timestamp=datetime(2025, 6, 1, tzinfo=UTC).timestamp(),
        all_partitions=False,
    )
    days = {
        key.path[-1]: set(backfill.target_subset.partitions_subsets_by_asset_key[key].get_partition_keys())
        for key in tables
    }
    around = {"2025-03-09", "2025-03-10", "2025-03-11", "2025-03-12"}
    assert days["raw_events"] == days["tracks"] == {"2025-03-10", "2025-03-11"}
    assert days["listening_events"] == days["daily_track_metrics"] == around


def test_resources_are_replaced_without_patching(settings: Settings):
    class Nowhere(dg.IOManager):
        def handle_output(self, context: dg.OutputContext, obj: object) -> None: ...

        def load_input(self, context: dg.InputContext) -> None: ...

    mine = Nowhere()
    resources = build_defs(settings, resource_overrides={"warehouse": mine}).resources
    assert resources is not None
    assert resources["warehouse"] is mine
    assert "dbt" in resources


def test_the_daily_schedule_runs_the_day_before_once(definitions: dg.Definitions, settings: Settings):
    schedule = definitions.resolve_schedule_def("daily")
    moment = datetime(2025, 3, 1, 1, 15, tzinfo=UTC)
    with instance_of(settings) as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=moment,
            repository_def=definitions.get_repository_def(),
        )
        ticks = [schedule.evaluate_tick(context).run_requests for _ in range(2)]
    requests = [request for tick in ticks if tick for request in tick]
    assert {request.partition_key for request in requests} == {"2025-02-28"}
    assert len({request.run_key for request in requests}) == 1
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_the_window_is_given_to_dbt_without_variables():
    arguments = window_arguments(Window(datetime(2025, 3, 1).date(), datetime(2025, 4, 1).date()))  # noqa: DTZ001
    start, end = arguments.index("--event-time-start"), arguments.index("--event-time-end")
    assert (arguments[start + 1], arguments[end + 1]) == ("2025-03-01", "2025-04-01")
    assert "--vars" not in arguments


@pytest.fixture
def dbt_project(tmp_path: Path) -> Path:
    project = tmp_path / "dbt_project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: tiny\nprofile: tiny\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (project / "profiles.yml").write_text(
        "tiny: {target: t, outputs: {t: {type: duckdb, path: ':memory:', schema: main}}}\n"
    )
    (project / "models" / "one.sql").write_text("select 1 as one\n")
    return project


@pytest.mark.slow
def test_the_manifest_is_made_where_missing_and_again_only_when_the_project_changed(
    make_settings: Callable[..., Settings], dbt_project: Path
):
    settings = make_settings(dbt_project_dir=dbt_project)
    manifest = prepared_manifest(settings)
    made = manifest.stat().st_mtime_ns

    assert prepared_manifest(settings).stat().st_mtime_ns == made
    changed = dbt_project / "models" / "two.sql"
    changed.write_text("select 2 as two\n")
    os.utime(changed, ns=(made + 1_000_000_000, made + 1_000_000_000))
    assert "model.tiny.two" in prepared_manifest(settings).read_text()


def test_a_dbt_project_that_does_not_parse_says_why(
    make_settings: Callable[..., Settings], dbt_project: Path
):
    (dbt_project / "models" / "one.sql").write_text("select * from {{ ref('nowhere') }}\n")

    with pytest.raises(RuntimeError, match="nowhere"):
        prepared_manifest(make_settings(dbt_project_dir=dbt_project))
