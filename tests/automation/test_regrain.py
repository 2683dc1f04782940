"""Another grain for an instance that is there: what is done stays done, nothing else becomes so."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from spotify_assets.automation.regrain import CARRIED, carry_over, done_after, marks_of, refuse_while_running
from spotify_assets.instance.home import instance_of
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings

DAYS = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-04-01")
MONTHS = dg.MonthlyPartitionsDefinition("2025-01-01", end_date="2025-04-01")
MARCH = [date(2025, 3, 1) + timedelta(days=n) for n in range(31)]


def month(number: int) -> Window:
    return Window(date(2025, number, 1), date(2025, number + 1, 1))


def day(of: date) -> Window:
    return Window(of, of + timedelta(days=1))


def test_a_month_is_done_when_each_of_its_days_with_files_is():
    done = [day(each) for each in MARCH[:10]]
    new = [month(2), month(3)]
    assert done_after(done, new, MARCH[:10]) == [month(3)]
    assert done_after(done, new, MARCH[:11]) == []
    assert done_after(done, new, [*MARCH[:10], date(2025, 2, 1)]) == [month(3)]
    assert done_after([], new, []) == []


def test_every_day_of_a_month_that_is_done_is_done():
    assert done_after([month(3)], [day(each) for each in MARCH], MARCH[:10]) == [day(each) for each in MARCH]
    assert done_after([month(2)], [day(each) for each in MARCH], MARCH[:10]) == []


@pytest.fixture
def instance(make_settings: Callable[..., Settings]) -> Iterator[dg.DagsterInstance]:
    with instance_of(make_settings()) as found:
        yield found


def definitions(of: dg.TimeWindowPartitionsDefinition) -> dg.Definitions:
    @dg.asset(partitions_def=of)
    def events() -> None: ...

    @dg.asset
    def countries() -> None: ...

    return dg.Definitions([events, countries])


EVENTS = dg.AssetKey("events")


@pytest.mark.parametrize(("was", "now"), [(DAYS, MONTHS), (MONTHS, DAYS)])
def test_marks_are_replaced_and_not_mixed(
    instance: dg.DagsterInstance,
    was: dg.TimeWindowPartitionsDefinition,
    now: dg.TimeWindowPartitionsDefinition,
):
    graph = definitions(was).resolve_asset_graph()
    done = [key for key in was.get_partition_keys() if key.startswith("2025-03")]
    for key in [*done, *(["2025-02-01"] if was is DAYS else [])]:
        instance.report_runless_asset_event(dg.AssetMaterialization(EVENTS, partition=key))
    marks = marks_of(instance, graph, [EVENTS, dg.AssetKey("countries")])
    february = date(2025, 2, 1)
    count = carry_over(instance, marks, now, [february, february + timedelta(days=1), *MARCH], "day")
    found = instance.get_materialized_partitions(EVENTS)
    assert found == {key for key in now.get_partition_keys() if key.startswith("2025-03")}
    assert count == len(found)
    event = instance.get_latest_materialization_event(EVENTS)
    assert event is not None and event.asset_materialization is not None
    assert event.asset_materialization.metadata[CARRIED].value == "day"


def test_nothing_changes_while_a_run_goes_on(instance: dg.DagsterInstance):
    refuse_while_running(instance)
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    with pytest.raises(ValueError, match=f"run {run.run_id} goes on"):
        refuse_while_running(instance)
