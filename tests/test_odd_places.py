"""Folders with any name: the data, the Dagster instance and the project work there as anywhere else."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake.importing import ImportOptions, import_path
from spotify_assets.lake.layout import landed_dates
from spotify_assets.settings import PROJECT_ROOT, Settings
from spotify_assets.warehouse.door import warehouse_of
from tests.lake.exports import plays, write_json

ODD = "Sören's [music] #1 & 100% {x}"
NAMES = (
    ODD,
    "C#",
    "what?",
    "a*b",
    "[music]",
    "{2024,2025}",
    "%41 50%",
    "a;b",
    'say "hi"',
    unicodedata.normalize("NFC", "Sören"),
    unicodedata.normalize("NFD", "Sören"),
    "{{ env_var('HOME') }}",
    "-x",
)
START = datetime(2024, 5, 1, 8)  # noqa: DTZ001


@pytest.mark.parametrize("name", NAMES)
def test_a_lake_is_written_and_read(tmp_path: Path, name: str):
    lake = tmp_path / name / "raw"
    history = write_json(tmp_path / name / "endsong_0.json", plays(START, 3))
    [handed] = import_path(history, lake, ImportOptions("me", date(2025, 1, 1)))
    assert handed.files[0].receipt is not None
    assert landed_dates(lake) == [START.date()]


@pytest.mark.parametrize("name", NAMES)
def test_dbt_gets_a_path_that_no_address_cuts_short(
    tmp_path: Path, name: str, make_settings: Callable[..., Settings]
):
    settings = make_settings(data_dir=tmp_path / name)
    settings.data_dir.mkdir()
    (settings.data_dir / "warehouse.duckdb").write_bytes(b"here")
    with warehouse_of(settings).for_dbt() as told:
        path = told["SPOTIFY_WAREHOUSE"]
        assert Path(path).read_bytes() == b"here"
        assert not set("#?;") & set(path)
    assert settings.warehouse_path.read_bytes() == b"here"


COMMANDS = """
import json, sys
from typer.testing import CliRunner
from spotify_assets import cli
assert sys.argv[1] in cli.__file__
outputs = []
for arguments in json.loads(sys.argv[2]):
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, (arguments, result.output, result.exception)
    outputs.append(result.stdout)
print(json.dumps(outputs))
"""
"""Several commands in one process, which spares importing everything for each; what each printed."""


@pytest.mark.slow  # a whole run with dbt, a check, the docs and an erasure: a minute
def test_the_whole_flow_below_an_odd_folder(tmp_path: Path):
    """Data, instance and the checkout itself are there: the package runs from a copy of it."""
    home = tmp_path / ODD
    for part in ("spotify_assets", "dbt_project", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        shutil.copytree(PROJECT_ROOT / part, home / "checkout" / part, ignore=ignored)
    environment = {
        **os.environ,
        "PYTHONPATH": str(home / "checkout"),
        "SPOTIFY_DATA_DIR": str(home / "data"),
        "DAGSTER_HOME": str(home / "instance"),
        "SPOTIFY_MODEL_CUTOFFS": "0",  # three plays teach nothing
        "SPOTIFY_LADDER_CUTOFFS": "0",
    }

    def works(*commands: list[str]) -> list[str]:
        command = [sys.executable, "-c", COMMANDS, ODD, json.dumps(commands)]
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        outputs: list[str] = json.loads(done.stdout.splitlines()[-1])
        return outputs

    write_json(home / "endsong_0.json", plays(START, 3))
    _, _, summary, asked, *_, recap, checked, _ = works(
        ["import", "endsong_0.json"],
        ["materialize"],
        ["summary"],
        ["query", "listener_lifetimes", "--format", "csv"],
        ["export", "marts.fact_listens", "-o", "[1] #2 {y}.csv"],
        ["export", "marts.fact_listens", "-o", "50% ?.parquet"],
        ["recap", "-o", str(home / "recap.html")],
        ["check", "--select", 'key:"core/listening_events"'],
        ["docs", "--build-only"],
    )
    assert "data/warehouse.duckdb" in summary
    assert asked.splitlines()[1].split(",")[1] == "me"
    assert (home / "[1] #2 {y}.csv").read_text(encoding="utf-8").count("\n") == 4
    assert pl.read_parquet(home / "50% ?.parquet", glob=False).height == 3
    assert ODD in recap.replace("\n", "")
    assert (home / "recap_data" / "totals.csv").exists()
    assert "checks passed" in checked
    assert (home / "data" / "docs" / "index.html").exists()
    works(["erase-user", "me", "--yes"])
    assert not list((home / "data" / "raw" / "listening_events").glob("month=*/*"))
