"""`spotify-assets up` as people start it: what listens, and what viewers may do."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psutil
import pytest

from spotify_assets.settings import PROJECT_ROOT
from tests.e2e.server import LOCATION, START_SECONDS, STOP_SECONDS, environment
from tests.servers.ports import answers, free_ports, wait_for

STARTS = 'mutation { startSchedule(scheduleSelector: {%s, scheduleName: "%s"}) { __typename } }'
LAUNCHES = 'mutation { launchRun(executionParams: {selector: {%s, pipelineName: "%s"}}) { __typename } }'
FORGETS = 'mutation { deleteRun(runId: "none") { __typename } }'
RAW = '{assetKey: {path: ["raw", "raw_events"]}}'
WIPES = f"mutation {{ wipeAssets(assetPartitionRanges: [{RAW}]) {{ __typename }} }}"
RELOADS = 'mutation { reloadRepositoryLocation(repositoryLocationName: "%s") { __typename } }'
WHERE = f'repositoryName: "__repository__", repositoryLocationName: "{LOCATION}"'


@dataclass(frozen=True)
class Up:
    """What was started, and the ports that were asked for."""

    process: subprocess.Popen[bytes]
    ui: int
    dashboard: int
    viewers: int


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    ui, dashboard, viewers = free_ports(3)
    ports = ["--port", ui, "--dashboard-port", dashboard, "--viewers", viewers]
    command = [str(Path(sys.executable).with_name("spotify-assets")), "up", *map(str, ports)]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment(folder), stdout=said, stderr=subprocess.STDOUT
        )

    def is_up() -> bool:
        assert process.poll() is None, (folder / "said").read_text()
        return "Ctrl-C" in (folder / "said").read_text() and all(map(answers, (ui, dashboard, viewers)))

    try:
        wait_for(is_up, "up", START_SECONDS)
        wait_for(lambda: location_of(ui) == location_of(viewers) == "LOADED", "the assets", START_SECONDS)
        yield Up(process, ui, dashboard, viewers)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def ask(port: int, query: str) -> dict[str, Any]:
    """The data of a GraphQL answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        found = json.load(answer)
    assert "errors" not in found, found["errors"]
    return dict(found["data"])


def location_of(port: int) -> str:
    found = ask(
        port,
        "{ locationStatusesOrError { ... on WorkspaceLocationStatusEntries { entries { loadStatus } } } }",
    )
    [entry] = found["locationStatusesOrError"]["entries"]
    return str(entry["loadStatus"])


def test_nothing_listens_beyond_this_machine(up: Up):
    family = [psutil.Process(up.process.pid), *psutil.Process(up.process.pid).children(recursive=True)]
    listening = {
        (one.laddr.ip, one.laddr.port)
        for each in family
        for one in each.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }
    assert {up.ui, up.dashboard, up.viewers} <= {port for _, port in listening}
    assert [where for where in listening if not ip_address(where[0]).is_loopback] == []


def test_viewers_see_the_assets(up: Up):
    nodes = ask(up.viewers, "{ assetNodes { assetKey { path } } }")["assetNodes"]
    assert nodes == ask(up.ui, "{ assetNodes { assetKey { path } } }")["assetNodes"]
    assert ["raw", "raw_events"] in [node["assetKey"]["path"] for node in nodes]


@pytest.mark.parametrize(
    "mutation",
    [STARTS % (WHERE, "monthly_recaps"), LAUNCHES % (WHERE, "recaps"), FORGETS, WIPES, RELOADS % LOCATION],
    ids=["start a schedule", "launch a run", "delete a run", "wipe an asset", "reload the assets"],
)
def test_viewers_change_nothing(up: Up, mutation: str):
    [said] = ask(up.viewers, mutation).values()
    assert said["__typename"] == "UnauthorizedError"


def test_the_other_ui_may_change_what_viewers_may_not(up: Up):
    [said] = ask(up.ui, FORGETS).values()
    assert said["__typename"] == "RunNotFoundError"
