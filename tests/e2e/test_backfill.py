"""The backfill command as a process of its own: ended in the middle, it goes on where it was."""

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from spotify_assets.settings import PROJECT_ROOT
from tests.e2e.conftest import LAST
from tests.e2e.server import environment, run_cli

BACKFILL = ("backfill", "--select", 'group:"raw" or group:"core"')
INTERRUPTED = 130


@pytest.fixture
def listening(tmp_path: Path) -> Path:
    """A folder with four days of listening in the lake, of which nothing was ever run."""
    run_cli(tmp_path, "generate", "--users", "5", "--days", "4", "--tracks", "80", "--until", str(LAST))
    return tmp_path


def interrupted(folder: Path) -> tuple[int, str]:
    """Start the backfill, end it by SIGTERM once a first table is done, and give its exit code and words."""
    command = [str(Path(sys.executable).with_name("spotify-assets")), *BACKFILL]
    process = subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said, sent = [], False
    assert process.stdout is not None
    try:
        for line in process.stdout:
            said.append(line)
            if not sent and "raw_events" in line and "done" in line:
                process.send_signal(signal.SIGTERM)
                sent = True
        code = process.wait(120)
    finally:
        process.kill()
    return code, "".join(said)


def test_a_backfill_that_is_stopped_goes_on_where_it_was(listening: Path):
    code, said = interrupted(listening)
    assert code == INTERRUPTED, said
    with duckdb.connect(str(listening / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
        [(landed,)] = warehouse.execute("select count(*) from raw.raw_events").fetchall()
    assert landed > 0

    run_cli(listening, *BACKFILL)
    with duckdb.connect(str(listening / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
        rows = warehouse.execute(
            "select (select count(*) from raw.raw_events), count(*) from core.listening_events"
        )
        [(raw, clean)] = rows.fetchall()
    assert raw == landed
    assert 0 < clean <= raw

    assert "Nothing to run: 4 partitions are done." in run_cli(listening, *BACKFILL).stdout
    assert "not made:" not in run_cli(listening, "failing").stdout
