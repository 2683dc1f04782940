"""When assets follow what they are made from: the features of later days, which look back on others.

The sensor on raw files asks for all that follows from the files that it sees, so that one run makes it. What
is left are features of days after those of the run: they look back on its events. Nothing else follows by
itself: what a person materialises in the UI is what they chose, and no more.

Here belongs: the one condition, and the sensor that evaluates it. Not here: what files ask for (`sensors`).
"""

from typing import TYPE_CHECKING, Any

import dagster as dg

from spotify_assets.automation.attempts import REQUESTED_BY

if TYPE_CHECKING:
    from spotify_assets.instance.records import SensorExecutionData

FOLLOW = "follow"
INTERVAL_SECONDS = 30
NOTHING_NEW = (
    "No features look back on what runs have made since the last tick. A run that somebody starts in the UI "
    "is followed by nothing."
)


def follows_earlier_days() -> dg.AutomationCondition[Any]:
    """Partitions that are there, and read something that a run of the product has made since.

    A run that makes the partition as well settles it, and what is being made waits until it is.
    """
    by_the_product = dg.AutomationCondition.any_new_update_has_run_tags(tag_keys={REQUESTED_BY})
    newly_made = (dg.AutomationCondition.newly_updated() & by_the_product).with_label(
        "newly made by the product"
    )
    return (
        dg.AutomationCondition.any_deps_match(newly_made)
        .since_last_handled()
        .with_label("a day that it looks back on was made, and it was not since")
        & (~dg.AutomationCondition.missing()).with_label("made before")
        & (~dg.AutomationCondition.any_deps_in_progress()).with_label("nothing that it reads is being made")
        & (~dg.AutomationCondition.in_progress()).with_label("is not being made")
    ).with_label("features of later days follow what they look back on")


class FollowSensor(dg.AutomationConditionSensorDefinition):
    """Dagster's sensor for conditions, whose ticks also say why nothing is asked for."""

    def evaluate_tick(self, context: dg.SensorEvaluationContext) -> "SensorExecutionData":
        """One tick."""
        found = super().evaluate_tick(context)
        if found.run_requests:
            return found
        return type(found)(
            skip_message=NOTHING_NEW,
            cursor=found.cursor,
            log_key=found.log_key,
            automation_condition_evaluations=found.automation_condition_evaluations,
        )


def follow_sensor(target: dg.AssetKey) -> dg.AutomationConditionSensorDefinition:
    """The sensor that evaluates the condition of an asset, in the code location."""
    return FollowSensor(
        FOLLOW,
        target=dg.AssetSelection.assets(target),
        use_user_code_server=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=INTERVAL_SECONDS,
        run_tags={REQUESTED_BY: FOLLOW},
        description="Asks for the features of later days that look back on days which the sensor on raw "
        "files, a schedule or the command line has made again. What somebody starts in the UI is followed by "
        "nothing.",
    )
