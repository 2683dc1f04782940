"""What the graph is given to be run: policies on every asset, sensors and schedules that are on or off."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from spotify_assets.assets.recaps import MONTHLY_RECAP
from spotify_assets.definitions import build_defs
from spotify_assets.settings import Settings


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_defs(Settings(data_dir=tmp_path_factory.mktemp("data"), late_after_hours=12, _env_file=None))


def kept_up_to_date(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    """All assets but the recaps, which are made for people who ask for them."""
    return [spec for spec in definitions.resolve_all_asset_specs() if spec.key != MONTHLY_RECAP]


def test_a_recap_is_made_when_asked_for(definitions: dg.Definitions):
    spec = definitions.resolve_asset_graph().get(MONTHLY_RECAP)
    assert spec.automation_condition is None
    assert spec.freshness_policy is None


def test_every_asset_can_be_late_models_after_a_week(definitions: dg.Definitions):
    for spec in kept_up_to_date(definitions):
        policy = spec.freshness_policy
        assert policy is not None, spec.key
        window = getattr(policy, "fail_window").to_timedelta()  # noqa: B009 - not in the base class
        assert window == (timedelta(days=8) if spec.group_name == "ml" else timedelta(hours=12)), spec.key


def test_facts_depend_on_the_tables_behind_their_views(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    facts = dg.AssetKey(["marts", "fact_listens"])
    assert dg.AssetKey(["core", "listening_events"]) in graph.get(facts).parent_keys


def test_sensors_are_on_and_schedules_that_do_nothing_without_an_account(
    definitions: dg.Definitions,
):
    repository = definitions.get_repository_def()
    sensors = {sensor.name: sensor.default_status for sensor in repository.sensor_defs}
    assert sensors == dict.fromkeys(
        ("inbox_files", "raw_files", "follow", "health"), dg.DefaultSensorStatus.RUNNING
    )
    schedules = {schedule.name: schedule.default_status for schedule in repository.schedule_defs}
    assert schedules == {
        **dict.fromkeys(("daily", "weekly_models", "monthly_recaps"), dg.DefaultScheduleStatus.STOPPED),
        **dict.fromkeys(("poll_accounts", "snapshot_heard"), dg.DefaultScheduleStatus.RUNNING),
    }


def test_the_models_of_the_week_are_trained_up_to_sunday(definitions: dg.Definitions):
    monday = datetime(2026, 3, 2, 3, tzinfo=UTC)
    context = dg.build_schedule_context(
        instance=dg.DagsterInstance.ephemeral(),
        scheduled_execution_time=monday,
        repository_def=definitions.get_repository_def(),
    )
    requests = definitions.resolve_schedule_def("weekly_models").evaluate_tick(context).run_requests
    assert requests is not None
    assert [request.partition_key for request in requests] == ["2026-03-01"]


def test_every_check_of_our_own_tables_has_an_owner_and_says_whether_it_blocks(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    learned = [key for key in graph.asset_check_keys if key.name.startswith("usual_")]
    assert len(learned) >= 8
    for key in learned:
        assert not graph.get(key).blocking
    for key in graph.asset_check_keys:
        if key.name == "unique_key":
            assert graph.get(key).blocking
            assert graph.get(key).metadata["owner"]
