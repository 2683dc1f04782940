"""dbt on a lakehouse: for all days and for some, every mart is that of the native file."""

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.assets.dbt import dbt_executable
from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.tables import TABLES
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.audit import stored_columns
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.store import create_table
from tests.cluster.worlds import differences
from tests.dbt.warehouse import DEFAULT_TIME_ZONE, FIRST_DAY, source_frames

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
PROJECT = PROJECT_ROOT / "dbt_project"
CHANGED = FIRST_DAY + timedelta(days=3)
SOME_DAYS = ("--event-time-start", f"{CHANGED}", "--event-time-end", f"{CHANGED + timedelta(days=2)}")


def create(warehouse: Warehouse, frames: dict[str, pl.DataFrame]) -> None:
    """Every table of the catalogue, with rows where there are some."""
    with warehouse.transaction() as connection:
        for name, table in TABLES.items():
            create_table(connection, table)
            if name in frames:
                connection.register("new_rows", frames[name].to_arrow())
                connection.execute(f"insert into {name} by name select * from new_rows")


def dbt(
    warehouse: Warehouse, target: Path, *arguments: str, project: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    """Call dbt as a run does, in a process of its own."""
    with warehouse.alone(), warehouse.for_dbt() as told:
        environment = {**os.environ, **told, "SPOTIFY_DEFAULT_TIME_ZONE": DEFAULT_TIME_ZONE}
        return subprocess.run(
            [
                *(dbt_executable(), "--quiet", "build", "--exclude-resource-type", "unit_test", *arguments),
                *("--project-dir", project, "--profiles-dir", project, "--target-path", target),
                *("--log-path", target),
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def build(warehouse: Warehouse, target: Path, *arguments: str) -> None:
    done = dbt(warehouse, target, *arguments)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_dbt_makes_the_same_marts_of_all_days_and_of_some(lakehouse: Lakehouse, tmp_path: Path):
    native = Database(tmp_path / "warehouse.duckdb")
    both: tuple[Warehouse, ...] = (native, lakehouse)
    for number, warehouse in enumerate(both):
        create(warehouse, source_frames())
        build(warehouse, tmp_path / f"{number}")
    assert differences(native, lakehouse) == []
    for number, warehouse in enumerate(both):
        with warehouse.transaction() as connection:
            connection.execute("delete from core.listening_events where event_date = ?", [CHANGED])
        build(warehouse, tmp_path / f"{number}", *SOME_DAYS)
    assert differences(native, lakehouse) == []
    with lakehouse.reader() as connection:
        assert disagreements(connection) == {}


def test_a_row_that_breaks_a_check_undoes_its_model(lakehouse: Lakehouse, tmp_path: Path):
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    declared = project / "models" / "marts" / "skips" / "skip_survival_by_second.yml"
    wrong = declared.read_text().replace("hazard between 0 and 1", "hazard between 2 and 3")
    declared.write_text(wrong)
    create(lakehouse, source_frames())
    done = dbt(lakehouse, tmp_path / "target", "--select", "+skip_survival_by_second", project=project)
    assert "CHECK (hazard between 2 and 3)" in done.stdout
    with lakehouse.reader() as connection:
        assert stored_columns(connection, "marts.daily_skip_seconds")
        assert stored_columns(connection, "marts.skip_survival_by_second") == {}
