"""What follows from materialisations that nobody made complete: on the product's own graph."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import dagster as dg
import pytest

from spotify_assets.automation.conditions import FOLLOW
from spotify_assets.automation.jobs import MODELS
from spotify_assets.definitions import build_defs
from spotify_assets.settings import Settings

D = date(2025, 3, 10)
RAW = "raw/raw_events"


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_defs(
        Settings(data_dir=tmp_path_factory.mktemp("data"), start_date=date(2025, 1, 1), _env_file=None)
    )


class Ticks:
    """An instance on which a test says what was materialised, and what the conditions then ask for."""

    def __init__(self, definitions: dg.Definitions) -> None:
        self.definitions, self.instance = definitions, dg.DagsterInstance.ephemeral()
        self.cursor = dg.evaluate_automation_conditions(definitions, self.instance).cursor

    def made(self, *names: str, days: Sequence[date] = (D,)) -> None:
        """Report materialisations: for each day, or once for an asset without partitions."""
        graph = self.definitions.resolve_asset_graph()
        for name in names:
            key = dg.AssetKey(name.split("/"))
            keys = [day.isoformat() for day in days]
            for partition in keys if graph.get(key).partitions_def else (None,):
                self.instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=partition))

    def tick(self) -> dict[str, set[str]]:
        """The partitions that the conditions ask for, by asset; none of an unpartitioned one."""
        result = dg.evaluate_automation_conditions(self.definitions, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        return {
            each.key.to_user_string(): set(
                each.true_subset.expensively_compute_partition_keys()
                if each.true_subset.is_partitioned
                else ()
            )
            for each in result.results
            if not each.true_subset.is_empty
        }


@pytest.fixture
def ticks(definitions: dg.Definitions) -> Ticks:
    return Ticks(definitions)


def partitioned(definitions: dg.Definitions, group: str) -> set[str]:
    return {
        spec.key.to_user_string()
        for spec in definitions.resolve_all_asset_specs()
        if spec.partitions_def and spec.group_name == group
    }


def test_at_rest_nothing_is_asked_for(ticks: Ticks):
    assert ticks.tick() == {}


def test_what_follows_raw_is_asked_for_its_partition_and_no_other(ticks: Ticks):
    ticks.made(RAW)
    asked = ticks.tick()
    assert {
        "core/listening_events",
        "core/daily_track_metrics",
        "ml/model_features",
        "marts/fact_listens",
    } <= set(asked)
    assert {key for keys in asked.values() for key in keys} == {D.isoformat()}
    assert ticks.tick() == {}


def test_models_follow_nothing(ticks: Ticks, definitions: dg.Definitions):
    models = {key.to_user_string() for key in MODELS.resolve(definitions.resolve_asset_graph())}
    ticks.made(RAW, "core/listening_events", "core/tracks", "ml/model_features")
    assert not models & set(ticks.tick())


def test_what_a_run_made_itself_is_not_asked_for_again(ticks: Ticks, definitions: dg.Definitions):
    everything = [spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()]
    ticks.made(*everything)
    assert ticks.tick() == {}


def test_later_partitions_that_look_back_on_a_late_file_are_made_again(
    ticks: Ticks, definitions: dg.Definitions
):
    everything = [spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()]
    days = [D + timedelta(days=n) for n in range(4)]
    ticks.made(*everything, days=days)
    ticks.tick()
    ticks.made(*everything, days=days[:2])  # what the sensor asks for after a late file of the first day
    asked = ticks.tick()
    assert asked["ml/model_features"] == {day.isoformat() for day in days[2:]}


def test_a_partition_without_its_own_data_is_not_made_from_its_neighbours(ticks: Ticks):
    ticks.made(RAW, days=[D])
    asked = ticks.tick()
    assert (D + timedelta(days=1)).isoformat() not in asked["core/listening_events"]


def test_a_new_catalogue_alone_does_not_make_every_day_again(ticks: Ticks, definitions: dg.Definitions):
    everything = [spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()]
    ticks.made(*everything, days=[D - timedelta(days=1), D])
    ticks.tick()
    ticks.made("raw/raw_tracks")
    asked = ticks.tick()
    assert set(asked) >= {"core/tracks"}
    assert not {"core/listening_events", "ml/model_features", "marts/fact_listens"} & set(asked)


def test_dbt_is_asked_for_after_its_inputs_were_made(ticks: Ticks):
    ticks.made("raw/raw_tracks")
    first = ticks.tick()
    assert "core/tracks" in first
    assert "marts/dim_track" not in first
    ticks.made("core/tracks", "core/artists", "core/track_artists", "core/track_genres")
    assert {"staging/stg_tracks", "marts/dim_track"} <= set(ticks.tick())


def test_the_sensor_of_the_conditions_runs_in_the_code_location(definitions: dg.Definitions):
    sensor = definitions.resolve_sensor_def(FOLLOW)
    assert isinstance(sensor, dg.AutomationConditionSensorDefinition)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_the_conditions_can_be_evaluated_at_both_grains(make_settings: Callable[..., Settings]):
    definitions = build_defs(make_settings(start_date=date(2025, 1, 1), partition_grain="month"))
    ticks = Ticks(definitions)
    ticks.made(RAW, days=[D.replace(day=1)])
    assert ticks.tick()["core/listening_events"] == {"2025-03-01"}


def test_neighbouring_days_are_for_the_sensor(ticks: Ticks, definitions: dg.Definitions):
    everything = [spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()]
    ticks.made(*everything, days=[D - timedelta(days=1), D, D + timedelta(days=1)])
    ticks.tick()
    ticks.made(*everything, days=[D])
    asked = ticks.tick()
    assert {name for name in asked if not name.startswith("ml/")} == set()
