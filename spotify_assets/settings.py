"""Every setting of the product, in one place.

Values come from the environment (prefix `SPOTIFY_`) and then from `.env` in the project folder. A value
that does not validate stops the program with the name of the variable; nothing falls back silently.

Here belongs: what a person may change without touching code, and the paths that follow from it. Not here:
constants of the domain (those stand beside the code that uses them) and Dagster's own configuration.
"""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[1]

Grain = Literal["day", "month"]


class Settings(BaseSettings):
    """The settings of one installation.

    Raises:
        pydantic.ValidationError: a value is not of its type or outside its range; the message names
            the field, whose variable is `SPOTIFY_<FIELD>`.
    """

    model_config = SettingsConfigDict(
        env_prefix="SPOTIFY_",
        env_file=PROJECT_ROOT / ".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(
        PROJECT_ROOT / "data", description="Folder of the lake, the warehouse and what is published from it."
    )
    dbt_project_dir: Path = Field(PROJECT_ROOT / "dbt_project", description="Folder of the dbt project.")
    partition_grain: Grain = Field("day", description="Length of one partition: `day` or `month` (UTC).")
    start_date: date = Field(
        date(2025, 1, 1), description="First partition. Must be the first of a month at grain `month`."
    )
    lock_timeout_seconds: float = Field(
        10.0, ge=0, description="How long to wait for another process that holds the warehouse."
    )
    training_days: int = Field(
        21, ge=2, description="Days before the test window that the skip model learns from."
    )
    test_days: int = Field(7, ge=1, description="Days before the cut-off that the skip model is judged on.")
    training_sample_rows: int = Field(
        500_000,
        ge=1_000,
        description="Most playbacks of a training or test window that models use; of more, a fixed sample.",
    )
    ladder_cutoffs: int = Field(
        1,
        ge=0,
        description="For how many of its newest cut-offs a run climbs the ladder; the others keep theirs.",
    )
    duckdb_memory_limit: str | None = Field(
        None, description="DuckDB's memory limit, e.g. `2GB`; DuckDB's own default when unset."
    )

    @field_validator("data_dir", "dbt_project_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().resolve()

    @model_validator(mode="after")
    def _start_on_a_boundary(self) -> Self:
        if self.partition_grain == "month" and self.start_date.day != 1:
            raise ValueError(
                f"SPOTIFY_START_DATE is {self.start_date}, but partitions of a month start on the first: "
                f"use {self.start_date.replace(day=1)}"
            )
        if self.start_date > datetime.now(UTC).date() + timedelta(days=1):
            raise ValueError(f"SPOTIFY_START_DATE is {self.start_date}, which lies in the future")
        return self

    @property
    def dagster_home(self) -> Path:
        """Folder of the Dagster instance: $DAGSTER_HOME, by default `.dagster` in the project folder."""
        return Path(os.environ.get("DAGSTER_HOME") or PROJECT_ROOT / ".dagster").expanduser().resolve()

    @property
    def inbox_dir(self) -> Path:
        """Where people drop files of any kind."""
        return self.data_dir / "inbox"

    @property
    def lake_dir(self) -> Path:
        """Where landed files live: `spotify_tracks/`, `listening_events/` and their receipts."""
        return self.data_dir / "raw"

    @property
    def processed_dir(self) -> Path:
        """Where published tables live: Parquet per table and the serving database."""
        return self.data_dir / "processed"

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file that runs write to."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def serving_path(self) -> Path:
        """The published, read-only copy of the warehouse."""
        return self.processed_dir / "serving.duckdb"
