"""An installation beside which `spotify-assets up` runs, and how an operator lives through faults there."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from spotify_assets.automation.problem import MENDED_BY
from spotify_assets.lake import layout
from tests.e2e.server import LOCATION, Server, run_cli
from tests.warehouse.processes import held_open

MINUTES = 60
LONGEST = 15 * MINUTES
"""What is waited for comes within minutes; a machine that others use may take longer."""
GOING = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]
LAUNCH = (
    "mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename "
    "... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"
)
END = "mutation ($run: String!) { terminateRun(runId: $run) { __typename } }"
EVENTS = (
    "query ($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events "
    "{ ... on MessageEvent { message } } } } }"
)


class Up(Server):
    """What `spotify-assets up` starts, without the dashboard."""

    def command(self) -> list[str]:
        program = str(Path(sys.executable).with_name("spotify-assets"))
        return [program, "up", "--no-dashboard", "--port", str(self.port)]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: the words that name it, how it comes about, how its cause goes.

    Files that were kept are put back by themselves.
    """

    name: str
    words: Callable[["Installation"], str]
    plant: Callable[["Installation"], object]
    right: Callable[["Installation"], object] = lambda _: None


@dataclass
class Installation:
    """The servers, the settings of its commands, what the webhook got, and the files to put back."""

    server: Server
    variables: dict[str, str]
    posts: list[str]
    first: date
    kept: dict[Path, bytes] = field(default_factory=dict)

    def on(self, number: int) -> date:
        """A day of the lake, from 1."""
        return self.first + timedelta(days=number - 1)

    def events(self, number: int) -> Path:
        """The one file of a day."""
        [file] = layout.landed_files(layout.events_dir(self.server.folder / "data" / "raw", self.on(number)))
        return file

    def model(self, name: str) -> Path:
        [file] = Path(self.variables["SPOTIFY_DBT_PROJECT_DIR"]).rglob(f"{name}.sql")
        return file

    def keep(self, file: Path) -> Path:
        self.kept[file] = file.read_bytes()
        return file

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_cli(self.server.folder, *arguments, check=False, variables=self.variables)

    def launch(self, number: int, *assets: str) -> str:
        """Put a run of a day into the queue, as the UI's button does; it is not started again by itself."""
        tags = {"dagster/partition": str(self.on(number)), "dagster/max_retries": "0"}
        selector = {
            "repositoryLocationName": LOCATION,
            "repositoryName": "__repository__",
            "pipelineName": "everything",
            "assetSelection": [{"path": asset.split("/")} for asset in assets] or None,
        }
        metadata = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
        params = {"selector": selector, "executionMetadata": metadata, "mode": "default"}
        answer = self.server.ask(LAUNCH, params=params)["launchRun"]
        assert "run" in answer, answer
        return str(answer["run"]["runId"])

    def status(self, run_id: str) -> str:
        [run] = self.server.runs(runIds=[run_id])
        return str(run["status"])

    def failed(self, run_id: str) -> None:
        """Wait for a run to fail."""
        self.server.wait(lambda: self.status(run_id) not in GOING, f"run {run_id} to end", LONGEST)
        assert self.status(run_id) == "FAILURE"

    def killed(self, run_id: str) -> None:
        """Kill the process of a run in the middle of it, and wait until the daemon has seen it."""
        self.server.wait(lambda: self.status(run_id) == "STARTED", f"run {run_id} to begin", LONGEST)
        events = self.server.ask(EVENTS, run=run_id)["logsForRun"]["events"]
        said = "\n".join(event.get("message", "") for event in events)
        process = re.search(r"Started process for run \(pid: (\d+)\)", said)
        assert process, said
        os.kill(int(process[1]), signal.SIGKILL)
        self.failed(run_id)

    def idle(self) -> None:
        """Wait until no run goes on."""
        self.server.wait(lambda: not self.server.runs(statuses=GOING), "no run to go on", LONGEST)

    def ended(self, run_id: str) -> None:
        """End a run as somebody does in the UI, before its first step."""
        self.server.ask(END, run=run_id)
        self.server.wait(lambda: self.status(run_id) == "CANCELED", f"run {run_id} to be ended", LONGEST)

    @contextmanager
    def held_by_another(self) -> Iterator[None]:
        """The warehouse is open in a program meanwhile."""
        with held_open(self.server.folder / "data" / "warehouse.duckdb", "write"):
            yield

    @contextmanager
    def a_small_disk(self) -> Iterator[None]:
        """The published copy has a file system of its own meanwhile, which is too small."""
        folder = str(self.server.folder / "data" / "processed")
        mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("only root can mount a file system")
        try:
            yield
        finally:
            subprocess.run(["umount", folder], check=True)

    def live_through(self, faults: Sequence[Fault]) -> tuple[float, dict[str, tuple[int, int]]]:
        """Faults that stand together, from the first of them to the exit code 0 of `failing`.

        Returns the seconds that `failing` took to name them once their runs had failed, and by fault how many
        messages there were, and how many all-clears.
        """
        before = len(self.posts)

        def lines() -> list[str]:
            return [line for post in self.posts[before:] for line in post.splitlines()[1:]]

        def told(fault: Fault) -> list[str]:
            words = fault.words(self)
            return [line for line in lines() if words in line and not line.startswith("Mended: ")]

        def over(fault: Fault) -> list[str]:
            titles = [line.removeprefix("Mended: ") for line in lines() if line.startswith("Mended: ")]
            return [title for title in titles for line in told(fault) if line.startswith(f"{title}: ")]

        try:
            for fault in faults:
                fault.plant(self)
            seconds = self._named(faults)
            self.server.wait(lambda: all(map(told, faults)), "the webhook to be told", LONGEST)
        finally:
            self._put_right(faults)
        mended = self.command(*MENDED_BY.split()[1:])
        assert mended.returncode == 0, mended.stdout + mended.stderr
        self.server.wait(lambda: all(map(over, faults)), "the all-clears", LONGEST)
        self.idle()
        last = self.command("failing")
        assert last.returncode == 0, last.stdout
        return seconds, {fault.name: (len(told(fault)), len(over(fault))) for fault in faults}

    def _named(self, faults: Sequence[Fault]) -> float:
        """Wait until `failing` names all, and return what it took for that once it could."""
        until = time.monotonic() + LONGEST
        while True:
            began = time.monotonic()
            said = self.command("failing")
            seconds, words = time.monotonic() - began, " ".join(said.stdout.split())
            missing = [fault.name for fault in faults if fault.words(self) not in words]
            if not missing:
                break
            assert time.monotonic() < until, f"{missing} are not named in:\n{said.stdout}"
        assert (said.returncode, MENDED_BY in words) == (1, True), said.stdout
        return seconds

    def _put_right(self, faults: Sequence[Fault]) -> None:
        """Every file as it was, once no run is about to read it."""
        self.idle()
        for file, content in self.kept.items():
            file.write_bytes(content)
        self.kept.clear()
        for fault in faults:
            fault.right(self)
