"""A job whose steps hold the warehouse for a while, and processes that run it as the command line does."""

import logging
import multiprocessing
import os
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
import polars as pl

from spotify_assets.assets.spec import IO_MANAGER, POOL
from spotify_assets.automation.runs import RunOutcome, run
from spotify_assets.instance.home import instance_of
from spotify_assets.settings import Settings
from spotify_assets.tables import Table
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from tests.warehouse.plays import TOTALS

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__, "alembic.command", "pyarrow", "dagster._core.instance.ref"])


class TotalsIOManager(WarehouseIOManager):
    """Ours, on the table of the job."""

    catalogue: ClassVar[Mapping[str, Table]] = {TOTALS.full_name: TOTALS}


def settings_in(folder: Path) -> Settings:
    """Settings that let no step wait for a lock: only the pool can keep two apart."""
    return Settings(data_dir=folder / "data", lock_timeout_seconds=0, _env_file=None)


def definitions(settings: Settings, seconds: float, pool: str | None = POOL) -> dg.Definitions:
    """A job of one step, which has the warehouse open for so many seconds and then stores a table."""
    database = Database(settings.warehouse_path, settings.lock_timeout_seconds)

    @dg.asset(key=[TOTALS.schema, TOTALS.name], io_manager_key=IO_MANAGER, pool=pool)
    def totals() -> pl.DataFrame:
        with database.writer():
            (settings.data_dir / f"open-{os.getpid()}").touch()
            time.sleep(seconds)
        return TOTALS.empty()

    manager = TotalsIOManager(
        database=str(settings.warehouse_path), lock_timeout_seconds=0, memory_limit=None
    )
    return dg.Definitions(
        assets=[totals],
        jobs=[dg.define_asset_job("totals", selection=dg.AssetSelection.all())],
        resources={IO_MANAGER: manager},
        executor=dg.in_process_executor,
    )


def run_totals(folder: Path, seconds: float = 0, pool: str | None = POOL) -> RunOutcome:
    """One run of the job in this process, on the instance of the folder."""
    os.environ["DAGSTER_HOME"] = str(folder / "dagster_home")
    settings = settings_in(folder)
    with instance_of(settings) as instance:
        return run(definitions(settings, seconds, pool), instance, settings, "totals")


def start(folder: Path, seconds: float, pool: str | None = POOL) -> tuple[Any, Connection]:
    """A process that runs the job and sends its failures."""
    here, there = processes.Pipe(duplex=False)
    process = processes.Process(target=_run_and_tell, args=(there, folder, seconds, pool), daemon=True)
    process.start()
    there.close()
    return process, here


def _run_and_tell(pipe: Connection, folder: Path, seconds: float, pool: str | None) -> None:
    logging.disable(logging.CRITICAL)
    pipe.send(run_totals(folder, seconds, pool).failures)
