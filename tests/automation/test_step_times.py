"""The steps of the newest run that has ended are told with their seconds, and the models of dbt in it."""

import time
from collections.abc import Callable

import dagster as dg

from spotify_assets.automation.step_times import tell_step_times
from spotify_assets.settings import Settings
from spotify_assets.warehouse.timings import STEPS, read_steps


@dg.asset
def slow() -> None:
    time.sleep(0.05)


@dg.asset(deps=[slow], key=["marts", "quick"])
def quick() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"Execution Duration": 0.125})


@dg.asset
def broken() -> None:
    raise ValueError("broken")


def test_the_newest_run_that_ended_is_told(make_settings: Callable[..., Settings]):
    settings = make_settings()
    with dg.instance_for_test() as instance:
        tell_step_times(settings, instance)
        assert read_steps(settings.processed_dir) is None
        first = dg.materialize([slow, quick], instance=instance)
        tell_step_times(settings, instance)
        told = read_steps(settings.processed_dir)
        assert told is not None
        assert told.run_id == first.run_id
        seconds = {(step.kind, step.name): step.seconds for step in told.steps}
        assert seconds.keys() == {("dagster", "slow"), ("dagster", "marts__quick"), ("dbt", "marts/quick")}
        assert seconds["dbt", "marts/quick"] == 0.125
        assert seconds["dagster", "slow"] >= 0.05
        failed = dg.materialize([broken], instance=instance, raise_on_error=False)
        (settings.processed_dir / STEPS).write_text("none of ours")
        tell_step_times(settings, instance)
        told = read_steps(settings.processed_dir)
        assert told is not None
        assert told.run_id == failed.run_id
