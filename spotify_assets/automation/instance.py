"""The Dagster instance that the CLI, the UI and the daemon share."""

import os
from importlib.resources import files

import dagster as dg

from spotify_assets.lake.layout import write_bytes
from spotify_assets.settings import Settings


def prepare_instance(settings: Settings) -> None:
    """Make $DAGSTER_HOME, with the product's dagster.yaml where it has none, and tell this process of it."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        content = files("spotify_assets.automation").joinpath("dagster.yaml").read_bytes()
        write_bytes(configuration, content)  # several processes may start at once
    os.environ["DAGSTER_HOME"] = str(home)
    # Dagster stores the events of a range run in batches of so many instead of one at a time.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")


def instance_of(settings: Settings) -> dg.DagsterInstance:
    """The instance, prepared."""
    prepare_instance(settings)
    return dg.DagsterInstance.get()
