"""The image's default command works alone: well when it says so, fed as the README says, gone at its end."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.e2e.image import Container
from tests.e2e.server import LOCATION

MINUTES = 60
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def container() -> Iterator[Container]:
    folder = Path(tempfile.mkdtemp())  # not pytest's, which nobody else may read
    made = Container(folder)
    yield made
    made.stop()
    shutil.rmtree(folder)


def clicked(container: Container, asset: list[str], partition: str) -> str:
    """The run that "Materialize" starts for a partition of an asset."""
    answer = container.ask(
        "mutation ($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) "
        "{ __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }",
        params={
            "selector": {
                "repositoryName": "__repository__",
                "repositoryLocationName": LOCATION,
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": asset}],
                "assetCheckSelection": [],
            },
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": partition}]},
        },
    )["launchPipelineExecution"]
    assert "run" in answer, answer
    return str(answer["run"]["runId"])


def succeeded(container: Container, **wanted: object) -> bool:
    """Whether a run that a filter finds has succeeded; one that failed is no reason to wait."""
    found = container.runs(**wanted)
    assert not [run for run in found if run["status"] in ("FAILURE", "CANCELED")], found
    return any(run["status"] == "SUCCESS" for run in found)


def published(container: Container, listener: str) -> int:
    """Rows of listening that are published, of listeners whose name begins so."""
    copy = container.folder / "data" / "processed" / "serving.duckdb"
    if not copy.exists():
        return 0
    with duckdb.connect(str(copy), read_only=True) as connection:
        try:
            found = connection.execute(
                "select count(*) from core.listening_events where starts_with(user_id, ?)", [listener]
            )
        except duckdb.CatalogException:  # a first run published before the tables were made
            return 0
        [(rows,)] = found.fetchall()
    return int(rows)


def export(folder: Path) -> Path:
    """An extended history as Spotify hands it out: one playback of yesterday."""
    play = {
        "ts": f"{YESTERDAY}T08:00:00Z",
        "platform": "android",
        "ms_played": 60_000,
        "conn_country": "DE",
        "master_metadata_track_name": "A song",
        "master_metadata_album_artist_name": "A band",
        "master_metadata_album_album_name": "An album",
        "spotify_track_uri": "spotify:track:" + "a" * 22,
        "reason_start": "clickrow",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "incognito_mode": False,
    }
    file = folder / "Streaming_History_Audio_2025_0.json"
    file.write_text(json.dumps([play]))
    return file


def test_the_default_command_alone_gets_runs_done(container: Container, tmp_path: Path):
    assert container.exec("spotify-assets", "--version").stdout.startswith("spotify-assets ")
    assert "no server answers" in container.health().stderr
    container.start()
    container.wait(lambda: container.health().returncode == 0, "the health check", 10 * MINUTES)

    made = container.exec("spotify-assets", "generate", "--users", "5", "--days", "2", "--tracks", "50")
    assert made.returncode == 0, made.stderr
    run = clicked(container, ["raw", "raw_events"], str(YESTERDAY))
    container.wait(lambda: succeeded(container, runIds=[run]), "the run that was clicked", 10 * MINUTES)
    container.wait(
        lambda: published(container, "synthetic-"), "what was generated to be published", 5 * MINUTES
    )
    asked = [{"key": "spotify/requested_by", "value": "raw_files"}]
    container.wait(lambda: succeeded(container, tags=asked), "that run to end", 5 * MINUTES)

    container.copy_in(export(tmp_path), "/data/inbox/")
    container.wait(
        lambda: published(container, "me") == 1, "the export to be landed and published", 5 * MINUTES
    )

    clicked(container, ["raw", "raw_events"], str(YESTERDAY))
    container.wait(lambda: container.runs(statuses=["STARTED"]), "a run to be at work", 5 * MINUTES)
    assert len(container.processes()) >= 4, "webserver, daemon, code server and the one that started them"
    container.stop()
    until = time.monotonic() + MINUTES
    while container.processes() and time.monotonic() < until:
        time.sleep(0.5)
    assert not [process.cmdline() for process in container.processes()]
