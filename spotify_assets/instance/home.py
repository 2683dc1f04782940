"""The Dagster instance that the CLI, the UI and the daemon share."""

import fcntl
import os
from copy import deepcopy
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster as dg
import yaml  # type: ignore[import-untyped]

from spotify_assets.lake.layout import write_bytes
from spotify_assets.settings import Settings

OURS = (
    "# The Dagster instance, written by spotify-assets from its settings at every start.\n"
    "# Remove these two lines to keep a version of your own.\n"
)
"""How a dagster.yaml begins that may be written anew."""
POSTGRES_VARIABLE = "SPOTIFY_DAGSTER_POSTGRES_URL"
_OPENED = "storage.lock"
_DRIVER = "postgresql+psycopg2"
_CONNECT_SECONDS = 5
"""How long a Postgres may take to answer; Dagster itself tries for 20 seconds and ends in a traceback."""


def prepare_instance(settings: Settings) -> None:
    """Make $DAGSTER_HOME with the product's dagster.yaml, and tell this process of it.

    A dagster.yaml that does not begin with the product's own first line stays as it is.

    Raises:
        ValueError: the storage is Postgres by setting, but not by a dagster.yaml of somebody's own, or its
            driver is not installed.
    """
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    wanted = instance_configuration(settings)
    found = configuration.read_text(encoding="utf-8") if configuration.exists() else OURS
    if found.startswith(OURS) and found != wanted:
        write_bytes(configuration, wanted.encode())  # several processes may start at once
    elif settings.dagster_postgres_url and not found.startswith(OURS) and "postgres" not in found:
        raise ValueError(
            f"{POSTGRES_VARIABLE} is set, but {configuration} is your own and does not name Postgres: add "
            "the storage there, or remove the file"
        )
    os.environ["DAGSTER_HOME"] = str(home)
    if settings.dagster_postgres_url:
        os.environ[POSTGRES_VARIABLE] = _with_driver(settings.dagster_postgres_url.get_secret_value())
    # Dagster stores the events of a range run in batches of so many instead of one at a time.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    if settings.dagster_postgres_url is None and found.startswith(OURS):
        _open_once(home)


def _open_once(home: Path) -> None:
    """Open the storage of a new home, while the other processes that start with it wait.

    Each of them would make its tables and stamp them with their version, and a database with two stamps can
    be opened by nobody: 4 of 12 times where four processes started at once.
    """
    with (home / _OPENED).open("a+", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.seek(0)
        if not held.read():
            dg.DagsterInstance.from_config(str(home)).dispose()
            held.write("The storage of this instance was made.\n")


def instance_configuration(settings: Settings) -> str:
    """The product's dagster.yaml for the settings.

    Raises:
        ValueError: the storage is Postgres, but its driver is not installed.
    """
    postgres = settings.dagster_postgres_url is not None
    if postgres and not find_spec("dagster_postgres"):
        raise ValueError(
            f"{POSTGRES_VARIABLE} is set, but dagster-postgres is not installed: "
            "pip install 'spotify-assets[postgres]'"
        )
    folder = files("spotify_assets.instance")
    parts = ("storage-postgres.yaml" if postgres else "storage-sqlite.yaml", "dagster.yaml")
    text = "\n".join(folder.joinpath(part).read_text(encoding="utf-8") for part in parts)
    return f"{OURS}\n{_with_runs(text, settings)}"


def _with_runs(text: str, settings: Settings) -> str:
    """The configuration with how runs are launched and how many at once, where that is said otherwise."""
    told = deepcopy(_parsed(text))
    concurrency = told["concurrency"]
    concurrency["pools"]["default_limit"] = settings.warehouse_steps
    concurrency["runs"]["max_concurrent_runs"] = settings.concurrent_runs
    [backfills] = concurrency["runs"]["tag_concurrency_limits"]
    backfills["limit"] = settings.backfill_runs
    if settings.run_launcher is not None:
        told["run_launcher"] = settings.run_launcher.model_dump(by_alias=True)
    return text if told == _parsed(text) else yaml.safe_dump(told, sort_keys=False)


@cache
def _parsed(text: str) -> dict[str, Any]:
    """The packaged configuration, only to be read: parsing it takes a fifth of the opening of an instance."""
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def _with_driver(url: str) -> str:
    """The address with the driver that dagster-postgres is made for, whatever SQLAlchemy's default is."""
    scheme, separator, rest = url.partition("://")
    return f"{_DRIVER}{separator}{rest}" if scheme in ("postgres", "postgresql") else url


def must_answer(settings: Settings) -> None:
    """Make sure that the Postgres of the instance answers, where there is one.

    Raises:
        RuntimeError: it does not, or lets nobody in; the message is a line, without the password.
        ValueError: its address is none.
    """
    if settings.dagster_postgres_url is None:
        return
    from sqlalchemy import create_engine, make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, OperationalError  # noqa: PLC0415

    try:
        url = make_url(_with_driver(settings.dagster_postgres_url.get_secret_value()))
    except ArgumentError:
        raise ValueError(
            f"{POSTGRES_VARIABLE} is no address: write it as postgresql://user:password@host:5432/database"
        ) from None
    engine = create_engine(url, connect_args={"connect_timeout": _CONNECT_SECONDS})
    try:
        engine.connect().close()
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise RuntimeError(
            f"Postgres, which keeps the runs of this instance ({POSTGRES_VARIABLE}), does not let us in: "
            f"{why}. Start it, or mend the address"
        ) from None
    finally:
        engine.dispose()


def instance_of(settings: Settings) -> dg.DagsterInstance:
    """The instance, prepared.

    Raises:
        RuntimeError: its Postgres does not answer.
    """
    prepare_instance(settings)
    must_answer(settings)
    return dg.DagsterInstance.get()
