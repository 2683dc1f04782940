"""Every setting of the product, in one place: `Settings`, whose parts stand in the modules of this room.

Values come from the environment (prefix `SPOTIFY_`) and then from `.env` in the project folder. A value
that does not validate stops the program with the name of the variable; nothing falls back silently.

Here belongs: what a person may change without touching code, and the paths that follow from it. Not here:
constants of the domain (those stand beside the code that uses them) and Dagster's own configuration.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, TypeAdapter, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from spotify_assets.places import Place, place_of
from spotify_assets.settings.access import AccessSettings
from spotify_assets.settings.accounts import AccountSettings
from spotify_assets.settings.insight import InsightSettings
from spotify_assets.settings.running import RunSettings
from spotify_assets.settings.stream import StreamSettings

_SHIPPED = Path(__file__).resolve().parents[1] / "shipped"
"""What a wheel carries beside the package (`setup.py`)."""
PROJECT_FILES = _SHIPPED if _SHIPPED.is_dir() else _SHIPPED.parents[1]
"""Folder of the dbt project, the workspace and the pages that define the words."""
PROJECT_ROOT = Path.cwd() if _SHIPPED.is_dir() else PROJECT_FILES
"""Folder of `.env`, the data and the Dagster instance where nothing else is said: the checkout, or, of what
was installed without one, where a command is given."""

LAKEHOUSE = "ducklake:postgres:"
"""How the address of a warehouse begins that has its catalogue in Postgres and its rows as files."""
Grain = Literal["day", "month"]
_GRAIN: TypeAdapter[Grain] = TypeAdapter(Grain)
StreamRule = Literal[
    "stream-v1",
    "thirty-seconds-v1",
    "unskipped-v1",
    "trackdone-v1",
    "scrobble-v1",
    "listenbrainz-v1",
    "every-row-v1",
]
SkipRule = Literal["outcome-v2", "outcome-v1", "flag-v1", "fwdbtn-v1", "listenbrainz-v1", "thirty-seconds-v1"]
SessionRule = Literal["session-v1", "ten-minutes-v1", "midnight-v1"]
"""Names of the rules that can be chosen; `transforms.rules` has what they say."""


@dataclass(frozen=True)
class KeptPartitions:
    """The partitions of a data folder: their length, and the first date that its lake ever had."""

    grain: Grain
    start: date

    @classmethod
    def read(cls, path: Path) -> "KeptPartitions | None":
        """What a file keeps; None without the file.

        Raises:
            ValueError: the file says something else.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(_GRAIN.validate_python(found["grain"]), date.fromisoformat(found["start"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f'{path} is no {{"grain": "day" or "month", "start": "YYYY-MM-DD"}}: write that, or remove '
                "the file and give SPOTIFY_PARTITION_GRAIN as it was"
            ) from None

    def to_json(self) -> str:
        """The text of the file."""
        return json.dumps({"grain": self.grain, "start": self.start.isoformat()}) + "\n"


@cache
def _known_zones() -> set[str]:
    """Names of the IANA database; finding them walks through all its files, and settings are read often."""
    return available_timezones()


class Settings(AccessSettings, AccountSettings, InsightSettings, RunSettings, StreamSettings):
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
        hide_input_in_errors=True,  # which may be a password
    )

    data_dir: Path = Field(
        PROJECT_ROOT / "data", description="Folder of the lake, the warehouse and what is published from it."
    )
    lake_url: str | None = Field(
        None,
        description="Where the lake is: `s3://bucket/prefix`, `gs://…`, `az://…` or a folder; by default the "
        "data folder. Credentials come from the environment, a profile or the role of the machine.",
    )
    warehouse_url: SecretStr | None = Field(
        None,
        description="Where the warehouse is, when it is not a file of the data folder: `ducklake:postgres:` "
        "and how Postgres is reached. Its rows lie as Parquet beside the lake.",
    )
    spark_master: str | None = Field(
        None,
        description="Spark that makes the slices: `local[4]`, `spark://host:port`, `yarn`, `k8s://…` or "
        "`sc://…`; by default each run makes them itself.",
    )
    dbt_project_dir: Path = Field(PROJECT_FILES / "dbt_project", description="Folder of the dbt project.")
    partition_grain: Grain | None = Field(
        None,
        description="Length of one partition: `day` or `month` (UTC); by default what fits the lake, as the "
        "data folder keeps it.",
    )
    start_date: date | None = Field(
        None,
        description="First partition; by default that of the oldest file in the lake. Must be the first of a "
        "month at grain `month`.",
    )
    default_time_zone: str = Field(
        "UTC", description="IANA zone of listeners who declared none and whose country is unknown."
    )
    late_after_hours: float = Field(
        36.0, gt=0, description="Hours without a materialisation after which a layer counts as late."
    )
    refused_warn_share: float = Field(
        0.05, ge=0, le=1, description="Share of a partition's rows refused above which a check warns."
    )
    refused_fail_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of a partition's rows refused above which what follows is stopped.",
    )
    silent_sources_block: bool = Field(
        True,
        description="Whether a day without rows of a source that sends every day stops what follows; else it "
        "warns.",
    )
    stream_rule: StreamRule = Field("stream-v1", description="What counts as a stream.")
    skip_rule: SkipRule = Field("outcome-v2", description="What counts as a skip.")
    session_rule: SessionRule = Field("session-v1", description="What ends a session.")
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
    model_cutoffs: int = Field(
        60,
        ge=0,
        description="For how many of its newest cut-offs a run trains the skip model; others keep theirs.",
    )
    ladder_cutoffs: int = Field(
        1,
        ge=0,
        description="For how many of its newest cut-offs a run climbs the ladder; the others keep theirs.",
    )
    duckdb_memory_limit: str = Field(
        "1GB",
        description="DuckDB's memory limit in runs, beside Polars' own; beyond it DuckDB uses the disk.",
    )
    recap_users: str | None = Field(
        None,
        description="Whose recaps are written each month; several with commas. By default those who imported "
        "a history.",
    )
    covers_dir: Path | None = Field(
        None, description="Folder of cover art, files named `<artist> - <album>`; by default none is shown."
    )

    dagster_url: str = Field("http://127.0.0.1:3000", description="Address of the UI, for links in alerts.")
    docs_url: str = Field(
        "http://127.0.0.1:8080", description="Address of `spotify-assets docs`, for links in the UI."
    )
    dagster_postgres_url: SecretStr | None = Field(
        None, description="Postgres for Dagster's runs and events, instead of SQLite in $DAGSTER_HOME."
    )
    serving_postgres_url: SecretStr | None = Field(
        None, description="Postgres that serves the marts beside the published copy; nowhere when unset."
    )
    alert_webhook_url: SecretStr | None = Field(
        None, description="Where alerts are posted, as Slack takes them; nowhere when unset."
    )
    alert_smtp_url: SecretStr | None = Field(
        None, description="Mail server for alerts: `smtp://user:password@host:587`, or `smtps://`."
    )
    alert_email_to: str | None = Field(None, description="Who gets alerts by mail; several with commas.")
    alert_email_from: str = Field("spotify-assets@localhost", description="Sender of alerts by mail.")

    @field_validator("data_dir", "dbt_project_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().resolve()

    @field_validator("default_time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in _known_zones():
            raise ValueError(f"{name} is no time zone of the IANA database: use a name such as Europe/Berlin")
        return name

    @field_validator("lake_url")
    @classmethod
    def _usable_address(cls, address: str | None) -> str | None:
        if address is not None:
            place_of(address)
        return address

    @field_validator("warehouse_url")
    @classmethod
    def _usable_warehouse(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None and not address.get_secret_value().removeprefix(LAKEHOUSE).strip():
            raise ValueError(f"after {LAKEHOUSE} comes how Postgres is reached: host=… dbname=… user=…")
        if address is not None and not address.get_secret_value().startswith(LAKEHOUSE):
            raise ValueError(f"a warehouse that is no file begins with {LAKEHOUSE}")
        return address

    @model_validator(mode="after")
    def _lakehouse_where_duckdb_reads(self) -> Self:
        scheme, divider, _ = (self.lake_url or "").partition("://")
        if self.warehouse_url is not None and divider and scheme != "s3":
            raise ValueError(
                f"SPOTIFY_WAREHOUSE_URL keeps its rows beside the lake, in a folder or S3, not in {scheme}://"
            )
        return self

    @model_validator(mode="after")
    def _mail_has_both_ends(self) -> Self:
        if (self.alert_smtp_url is None) != (self.alert_email_to is None):
            raise ValueError(
                "SPOTIFY_ALERT_SMTP_URL and SPOTIFY_ALERT_EMAIL_TO are set together or not at all"
            )
        return self

    @model_validator(mode="after")
    def _one_writer_of_a_file(self) -> Self:
        if self.warehouse_steps > 1 and self.warehouse_url is None:
            raise ValueError(
                "SPOTIFY_WAREHOUSE_STEPS is above 1, but the warehouse is a file, which one step has at a "
                "time: set SPOTIFY_WAREHOUSE_URL, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _grain_as_kept(self) -> Self:
        kept = self.kept_partitions
        if kept and self.partition_grain and self.partition_grain != kept.grain:
            raise ValueError(
                f"SPOTIFY_PARTITION_GRAIN is {self.partition_grain}, but the tables of {self.data_dir} have "
                f"partitions of a {kept.grain}: remove the setting, or change them with "
                f"spotify-assets partitions --grain {self.partition_grain}"
            )
        return self

    @model_validator(mode="after")
    def _start_on_a_boundary(self) -> Self:
        if self.start_date is None:
            return self
        if self.grain == "month" and self.start_date.day != 1:
            raise ValueError(
                f"SPOTIFY_START_DATE is {self.start_date}, but partitions of a month start on the first: "
                f"use {self.start_date.replace(day=1)}"
            )
        if self.start_date > datetime.now(UTC).date() + timedelta(days=1):
            raise ValueError(f"SPOTIFY_START_DATE is {self.start_date}, which lies in the future")
        return self

    @property
    def partitions_path(self) -> Path:
        """The file in which the data folder keeps its partitions."""
        return self.data_dir / "partitions.json"

    @property
    def kept_partitions(self) -> KeptPartitions | None:
        """The partitions that the data folder keeps; None before the first import."""
        return KeptPartitions.read(self.partitions_path)

    @property
    def grain(self) -> Grain:
        """Length of one partition: by the setting, else as the data folder keeps it, else a day."""
        kept = self.kept_partitions
        return self.partition_grain or (kept.grain if kept else "day")

    @property
    def dagster_home(self) -> Path:
        """Folder of the Dagster instance: $DAGSTER_HOME, by default `.dagster` in `PROJECT_ROOT`."""
        return Path(os.environ.get("DAGSTER_HOME") or PROJECT_ROOT / ".dagster").expanduser().resolve()

    @property
    def inbox_dir(self) -> Path:
        """Where people drop files of any kind."""
        return self.data_dir / "inbox"

    @property
    def accounts_dir(self) -> Path:
        """What is known of connected accounts beside the lake; readable by its owner alone."""
        return self.data_dir / "accounts"

    @property
    def tokens_dir(self) -> Path:
        """The connected accounts."""
        return self.accounts_dir / "tokens"

    @property
    def lake_dir(self) -> Path:
        """Where landed files live while the lake is in the data folder."""
        return self.data_dir / "raw"

    @property
    def lake(self) -> Place:
        """Where landed files live: `raw/` at the address of the lake, by default in the data folder."""
        return place_of(self.lake_url) / "raw" if self.lake_url else self.lake_dir

    @property
    def lake_processed(self) -> Place | None:
        """Where published Parquet lies for readers elsewhere; None while the lake is in the data folder."""
        return place_of(self.lake_url) / "processed" if self.lake_url else None

    @property
    def recordings_path(self) -> Path:
        """The file in which a person overrules which tracks are one recording."""
        return self.data_dir / "recordings.toml"

    @property
    def exclusions_path(self) -> Path:
        """The file of rules for what is kept out of the listening."""
        return self.data_dir / "exclusions.toml"

    @property
    def places_path(self) -> Path:
        """The file in which listeners declare where they are, for the weather."""
        return self.data_dir / "places.toml"

    @property
    def processed_dir(self) -> Path:
        """Where published tables live: Parquet per table and the serving database."""
        return self.data_dir / "processed"

    @property
    def reports_dir(self) -> Path:
        """Where reports lie that Dagster writes, such as the recaps of each month."""
        return self.processed_dir / "reports"

    @property
    def recap_listeners(self) -> tuple[str, ...] | None:
        """The listeners that `recap_users` names; None where it names none."""
        named = tuple(name.strip() for name in (self.recap_users or "").split(",") if name.strip())
        return named or None

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file that runs write to."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def staging(self) -> Place:
        """Where slices that were made elsewhere wait to be inserted into a warehouse that is a file."""
        return place_of(self.lake_url) / "staged" if self.lake_url else self.data_dir / "staged"

    @property
    def lakehouse_data(self) -> Place:
        """Where the rows of a warehouse lie that is no file: beside the lake, or in the data folder."""
        return place_of(self.lake_url) / "warehouse" if self.lake_url else self.data_dir / "warehouse"

    @property
    def serving_path(self) -> Path:
        """The published, read-only copy of the warehouse."""
        return self.processed_dir / "serving.duckdb"
