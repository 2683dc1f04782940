"""How long the steps of the newest run took, told to the readers of the published copy.

Not here: what is late or broken (`health`).
"""

from datetime import UTC, datetime

import dagster as dg

from spotify_assets.settings import Settings
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.timings import TimedStep, read_steps, write_steps

_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)
_OF_STEPS = {
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
}
_OF_DBT = "Execution Duration"
"""What dagster-dbt calls the seconds of a model, in the metadata of its materialisation."""


def tell_step_times(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Write the times of the newest run that has ended, where they are not written yet."""
    newest = instance.get_run_records(dg.RunsFilter(statuses=list(_ENDED)), limit=1)
    if not newest or newest[0].end_time is None:
        return
    run_id, ended_at = newest[0].dagster_run.run_id, datetime.fromtimestamp(newest[0].end_time, UTC)
    try:
        told = read_steps(settings.processed_dir)
    except WarehouseError:
        told = None
    if told is None or told.run_id != run_id:
        steps = [*_steps(instance, run_id), *_models(instance, run_id)]
        write_steps(settings.processed_dir, run_id, ended_at.replace(tzinfo=None, microsecond=0), steps)


def _steps(instance: dg.DagsterInstance, run_id: str) -> list[TimedStep]:
    """Each step from its first start to its last end; a long range has thousands of other events."""
    started, ended = dict[str, float](), dict[str, float]()
    for entry in instance.all_logs(run_id, of_type=_OF_STEPS):
        if entry.step_key and entry.dagster_event and entry.dagster_event.is_step_start:
            started.setdefault(entry.step_key, entry.timestamp)
        elif entry.step_key:
            ended[entry.step_key] = entry.timestamp
    return [
        TimedStep("dagster", step, round(ended[step] - start, 3))
        for step, start in started.items()
        if step in ended
    ]


def _models(instance: dg.DagsterInstance, run_id: str) -> list[TimedStep]:
    """The models of dbt that the run was the last to make; each partition of one has the same seconds."""
    steps = []
    for record in instance.get_asset_records():
        entry = record.asset_entry.last_materialization
        made = entry.asset_materialization if entry and entry.run_id == run_id else None
        seconds = made.metadata.get(_OF_DBT) if made else None
        if made and seconds is not None:
            steps.append(TimedStep("dbt", made.asset_key.to_user_string(), float(str(seconds.value))))
    return steps
