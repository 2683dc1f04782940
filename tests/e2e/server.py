"""`dagster dev` on a free loopback port, and what a test asks it by GraphQL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from spotify_assets.settings import PROJECT_ROOT

START_SECONDS = 600
STOP_SECONDS = 60
COMMAND_SECONDS = 1_800
LOCATION = "spotify_assets"
"""Name of the code location."""
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The variables of a process that works in a folder, with no settings from outside."""
    outside = ("SPOTIFY_", "DAGSTER_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
    return kept | {"SPOTIFY_DATA_DIR": str(folder / "data"), "DAGSTER_HOME": str(folder / "home")} | more


def run_cli(
    folder: Path, *arguments: str, check: bool = True, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One `spotify-assets` command in a folder; with `check`, what it said is shown where it fails."""
    command = [str(Path(sys.executable).with_name("spotify-assets")), *arguments]
    done = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env=environment(folder, **(variables or {})),
        check=False,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    assert not check or done.returncode == 0, (
        f"{arguments} ended as {done.returncode}:\n{done.stdout}{done.stderr}"
    )
    return done


class Server:
    """The UI and the daemon of a folder, from `start` to `stop`, and again if need be."""

    process: subprocess.Popen[bytes]

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder, self.more, self.port = folder, more, free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """What is started: `dagster dev`."""
        dagster = str(Path(sys.executable).with_name("dagster"))
        there = ("--workspace", "workspace.yaml", "--host", "127.0.0.1", "--port", str(self.port))
        return [sys.executable, "-m", "spotify_assets.instance.serve", dagster, "dev", *there]

    def start(self) -> None:
        """Start the servers, and wait until they answer."""
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=PROJECT_ROOT,
                env=environment(self.folder, **self.more),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait(self._is_up, "the server to answer", START_SECONDS)

    def stop(self) -> None:
        """End everything that the server started, and wait until it has ended."""
        if hasattr(self, "process") and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def daemon_pid(self) -> int:
        """The daemon's process."""
        found = subprocess.run(
            ["pgrep", "-g", str(self.process.pid), "-f", "daemon"], capture_output=True, text=True, check=True
        )
        return int(found.stdout.split()[0])

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL answer."""
        request = urllib.request.Request(
            f"{self.url}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return dict(found["data"])

    def runs(self, **wanted: Any) -> list[dict[str, Any]]:
        """The runs that a filter finds, newest first: id, status and tags."""
        found = self.ask(
            "query ($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs { results "
            "{ runId status jobName creationTime startTime endTime tags { key value } } } } }",
            filter=wanted,
        )
        results = found["runsOrError"]["results"]
        return [run | {"tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in results]

    def ticks(self, sensor: str) -> list[dict[str, Any]]:
        """The last ticks of a sensor of the product that have ended: status, and what it said."""
        found = self.ask(
            "query ($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) { ... on Sensor "
            "{ sensorState { ticks(limit: 10) { status skipReason } } } } }",
            selector={
                "repositoryName": "__repository__",
                "repositoryLocationName": LOCATION,
                "sensorName": sensor,
            },
        )
        ticks = found["sensorOrError"]["sensorState"]["ticks"]
        return [tick for tick in ticks if tick["status"] != "STARTED"]

    def wait(self, condition: Callable[[], T | None], what: str, seconds: float) -> T:
        """Wait until a condition holds, and return what it found.

        Raises:
            TimeoutError: it does not hold in time; the message ends with the server's log.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.5)
        log = (self.folder / "server.log").read_text()[-5_000:]
        raise TimeoutError(f"waited {seconds} s for {what}:\n{log}")

    def _is_up(self) -> bool:
        try:
            answer = self.ask("{ repositoriesOrError { __typename } }")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return bool(answer["repositoriesOrError"]["__typename"] == "RepositoryConnection")
