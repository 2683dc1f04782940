"""A backfill as several runs at once, each a process whose steps are processes, in one lakehouse."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from spotify_assets.assets.spec import pool_of
from spotify_assets.definitions import build_defs
from spotify_assets.instance.home import instance_of
from spotify_assets.settings import PROJECT_ROOT, Settings
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.door import warehouse_of
from tests.cluster import lakes, worlds
from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
TABLES = ("raw.raw_events", "core.listening_events", "core.daily_track_metrics")
COSTS, CHECKS = '"ops"."run_costs"', '"ops"."check_results"'
OF_EACH_RUN = {COSTS, CHECKS}
HALVES = (("2025-03-01", "2025-03-07"), ("2025-03-08", "2025-03-14"))


@pytest.fixture
def native(tmp_path: Path) -> Settings:
    """The tables, made by one run."""
    data = tmp_path / "native" / "data"
    worlds.write_world(data / "raw", tmp_path / "scratch")
    settings = worlds.settings_of(data)
    make_first(settings, *TABLES)
    return settings


def make_first(settings: Settings, *tables: str) -> None:
    """Make the catalogue, and some tables, in this process."""
    definitions = build_defs(settings)
    tracks = definitions.get_assets_def(dg.AssetKey(["core", "tracks"])).keys
    keys = [dg.AssetKey(["raw", "raw_tracks"]), *tracks, *(dg.AssetKey(name.split(".")) for name in tables)]
    assert worlds.make_tables(settings, assets=keys).failures == {}


def test_halves_of_a_backfill_at_once_are_one_backfill(
    native: Settings, server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data = tmp_path / "lakehouse" / "data"
    told = {
        "data_dir": str(data),
        "lake_url": str(native.data_dir),
        "warehouse_url": lakes.as_setting(lakes.new_catalogue(server)).get_secret_value(),
        "executor": "multiprocess",
        "warehouse_steps": "2",
        "lock_timeout_seconds": "60",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"SPOTIFY_{name.upper()}", value)
    settings = Settings(_env_file=None)
    make_first(settings)
    for table in TABLES:
        command = [sys.executable, "-m", "tests.cluster.launched", table]
        runs = [
            subprocess.Popen([*command, *half], cwd=PROJECT_ROOT, env=dict(os.environ)) for half in HALVES
        ]
        assert [run.wait(300) for run in runs] == [0, 0]
    with warehouse_of(settings).reader() as connection:
        assert disagreements(connection) == {}
    found, wanted = (worlds.contents(warehouse_of(each)) for each in (settings, native))
    kept = {name: rows for name, rows in found.items() if name not in OF_EACH_RUN}
    assert kept == {name: wanted[name] for name in kept}
    checked, as_checked = ({(row[0], row[-1]) for row in each[CHECKS]} for each in (found, wanted))
    assert checked == as_checked  # the names and tables of checks: each run has evaluated them for its days
    assert len(kept) >= len(TABLES) + 2
    with instance_of(settings) as instance:
        assert pool_of(settings) in instance.event_log_storage.get_concurrency_keys()
