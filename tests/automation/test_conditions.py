"""What follows from a run, and what does not: on the product's own graph, tick by tick of its sensor."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import dagster as dg
import pytest
from dagster._core.events import StepMaterializationData
from dagster._core.test_utils import create_run_for_test

from spotify_assets.automation.attempts import COMMAND_LINE, REQUESTED_BY
from spotify_assets.automation.conditions import FOLLOW, NOTHING_NEW
from spotify_assets.automation.jobs import MODELS
from spotify_assets.automation.sensors import RAW_FILES
from spotify_assets.definitions import build_defs
from spotify_assets.settings import Settings
from spotify_assets.transforms.features import HISTORY_DAYS

D = date(2025, 3, 10)
DAYS = [D + timedelta(days=n) for n in range(6)]
FEATURES = "ml/model_features"
EVENTS = "core/listening_events"


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_defs(
        Settings(data_dir=tmp_path_factory.mktemp("data"), start_date=date(2025, 1, 1), _env_file=None)
    )


class Ticks:
    """An instance on which a test says what runs made, and what the sensor then asks for, tick by tick."""

    def __init__(self, definitions: dg.Definitions) -> None:
        self.definitions, self.instance = definitions, dg.DagsterInstance.ephemeral()
        self.sensor = definitions.resolve_sensor_def(FOLLOW)
        self.cursor: str | None = None
        self.said: str | None = None
        self.tick()

    def made(self, *names: str, days: Sequence[date] = (D,), by: str | None = RAW_FILES) -> None:
        """One run that made some assets: for each day, or once an asset without partitions.

        `by` is what of the product asked for it; None for a person in the UI.
        """
        keys = [dg.AssetKey(name.split("/")) for name in names]
        run = create_run_for_test(
            self.instance,
            job_name="data",
            tags={REQUESTED_BY: by} if by else {},
            status=dg.DagsterRunStatus.SUCCESS,
            asset_selection=frozenset(keys),
        )
        graph = self.definitions.resolve_asset_graph()
        for key in keys:
            keys_of_days = [day.isoformat() for day in days]
            for partition in keys_of_days if graph.get(key).partitions_def else (None,):
                event = dg.AssetMaterialization(key, partition=partition)
                self.instance.report_dagster_event(
                    dg.DagsterEvent(
                        event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
                        job_name="data",
                        event_specific_data=StepMaterializationData(event),
                    ),
                    run.run_id,
                )

    def tick(self) -> dict[str, set[str]]:
        """The partitions that one tick asks for, by asset; at most one run, or backfill, a tick."""
        context = dg.build_sensor_context(self.instance, self.cursor, definitions=self.definitions)
        found = self.sensor.evaluate_tick(context)
        self.cursor, self.said = found.cursor, found.skip_message
        requests = list(found.run_requests or [])
        assert len(requests) <= 1
        asked: dict[str, set[str]] = {}
        for request in requests:
            if request.asset_graph_subset is None:
                asked |= {
                    key.to_user_string(): {str(request.partition_key)}
                    for key in request.asset_selection or ()
                }
            else:
                subsets = request.asset_graph_subset.partitions_subsets_by_asset_key
                asked |= {
                    key.to_user_string(): set(some.get_partition_keys()) for key, some in subsets.items()
                }
        return asked

    def ticks(self, count: int = 4) -> list[dict[str, set[str]]]:
        """What several ticks ask for; what is asked for is made before the next, as the daemon does."""
        found = []
        for _ in range(count):
            asked = self.tick()
            found.append(asked)
            for name, keys in asked.items():
                self.made(name, days=[date.fromisoformat(key) for key in sorted(keys)], by=FOLLOW)
        return [asked for asked in found if asked]


@pytest.fixture
def ticks(definitions: dg.Definitions) -> Ticks:
    return Ticks(definitions)


@pytest.fixture
def everything(definitions: dg.Definitions) -> list[str]:
    return [
        spec.key.to_user_string()
        for spec in definitions.resolve_all_asset_specs()
        if spec.key.path[-1] != "monthly_recap"
    ]


def test_at_rest_nothing_is_asked_for_and_the_tick_says_why(ticks: Ticks):
    assert ticks.ticks() == []
    assert ticks.said == NOTHING_NEW


@pytest.mark.parametrize("name", [EVENTS, "raw/raw_events", "core/tracks", "core/countries"])
def test_one_materialisation_by_hand_is_followed_by_no_run(ticks: Ticks, everything: list[str], name: str):
    ticks.made(*everything, days=DAYS)
    ticks.ticks()
    ticks.made(name, by=None)
    assert ticks.ticks(8) == []


def test_all_of_a_day_by_hand_is_followed_by_no_run(ticks: Ticks, everything: list[str]):
    ticks.made(*everything, days=DAYS)
    ticks.ticks()
    ticks.made(*everything, by=None)
    assert ticks.ticks(8) == []


@pytest.mark.parametrize("by", [RAW_FILES, "daily", COMMAND_LINE])
def test_a_late_file_is_followed_by_one_run_for_the_features_that_look_back(
    ticks: Ticks, everything: list[str], by: str
):
    ticks.made(*everything, days=DAYS)
    ticks.ticks()
    ticks.made(*everything, days=DAYS[:2], by=by)
    assert ticks.ticks(8) == [{FEATURES: {day.isoformat() for day in DAYS[2:]}}]


def test_features_look_back_no_further_than_their_history(ticks: Ticks, everything: list[str]):
    far = [D, D + timedelta(days=HISTORY_DAYS), D + timedelta(days=HISTORY_DAYS + 1)]
    ticks.made(*everything, days=far)
    ticks.ticks()
    ticks.made(*everything, days=[D])
    assert ticks.ticks() == [{FEATURES: {far[1].isoformat()}}]


def test_features_that_were_never_made_are_not_asked_for(ticks: Ticks):
    ticks.made(EVENTS, "raw/raw_events", "core/tracks", days=DAYS)
    assert ticks.ticks() == []


def test_what_a_run_made_itself_is_not_asked_for_again(ticks: Ticks, everything: list[str]):
    ticks.made(*everything, days=DAYS)
    assert ticks.ticks() == []


def test_nothing_but_features_has_a_condition_and_it_says_what_it_is(definitions: dg.Definitions):
    specs = definitions.resolve_all_asset_specs()
    [spec] = [spec for spec in specs if spec.automation_condition]
    assert spec.key.to_user_string() == FEATURES
    assert spec.automation_condition is not None
    assert spec.automation_condition.get_label()
    assert all(part.get_label() for part in spec.automation_condition.children)
    models = MODELS.resolve(definitions.resolve_asset_graph())
    assert spec.key not in models


def test_the_sensor_of_the_condition_is_on(definitions: dg.Definitions):
    sensor = definitions.resolve_sensor_def(FOLLOW)
    assert isinstance(sensor, dg.AutomationConditionSensorDefinition)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_the_condition_can_be_evaluated_by_month(make_settings: Callable[..., Settings]):
    definitions = build_defs(make_settings(start_date=date(2025, 1, 1), partition_grain="month"))
    ticks = Ticks(definitions)
    months = [date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)]
    ticks.made(EVENTS, "core/tracks", FEATURES, days=months)
    ticks.ticks()
    ticks.made(EVENTS, "core/tracks", FEATURES, days=months[:1])
    assert ticks.ticks() == [{FEATURES: {"2025-04-01"}}]
