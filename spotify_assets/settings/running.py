"""Settings of how runs are executed: a part of `Settings`, which every other module reads."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings


class RunLauncher(BaseModel):
    """One of Dagster's launchers, as `dagster.yaml` names it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    module: str
    name: str = Field(alias="class")
    config: dict[str, Any] = {}


class RunSettings(BaseSettings):
    """What a person may change about where runs and their steps are executed, and how many at once."""

    executor: str = Field(
        "in_process",
        pattern=r"^(in_process|multiprocess|[\w.]+:\w+)$",
        description="What executes the steps of a run that the daemon launches: `in_process`, "
        "`multiprocess`, or `module:name` of another executor, such as `dagster_k8s:k8s_job_executor`.",
    )
    run_launcher: RunLauncher | None = Field(
        None,
        description="What launches runs, as JSON with `module`, `class` and `config` of one of Dagster's "
        "launchers; by default a process of this machine for each.",
    )
    concurrent_runs: int = Field(3, ge=1, description="Most runs at once.")
    backfill_runs: int = Field(1, ge=1, description="Most runs of backfills at once.")
    backfill_partitions: int | None = Field(
        None,
        ge=1,
        description="Partitions that one run of a backfill of the UI makes; by default one run makes all "
        "that follow each other.",
    )
    warehouse_steps: int = Field(
        1, ge=1, description="Most steps that use the warehouse at once; a warehouse that is a file has one."
    )
    spark_wait_seconds: float = Field(
        900.0,
        gt=0,
        description="How long Spark may run none of a step's tasks, for want of executors or because its "
        "master gave the run up, before the step fails.",
    )
