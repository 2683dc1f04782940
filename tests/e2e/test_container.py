"""The image without an engine: its files laid out as the Dockerfile says, its command run as its user.

Rehearsed are the files of the last stage, ENTRYPOINT, CMD and HEALTHCHECK, and that a process that is no root
gets a run done with nothing else. Not rehearsed are the base image, `pip install` (the packages are of this
environment), volumes and the network of an engine. /app, /data and /dagster are folders of the test.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.settings import PROJECT_ROOT
from tests.e2e.server import LOCATION, Server, free_port

NOBODY = 65_534
pytestmark = pytest.mark.e2e


def steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile without those of the dashboard's stage, as written."""
    text = re.sub(r"^#.*\n", "", (PROJECT_ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    found = [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]
    begins = [number for number, (word, _) in enumerate(found) if word == "FROM"]
    dashboard = next(n for n in begins if found[n][1].endswith("AS dashboard"))
    return found[begins[1] : dashboard] + found[begins[-1] :]


class Container(Server):
    """The image's process, asked as any other server."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.image = {
            word: rest for word, rest in steps() if word in ("ENTRYPOINT", "CMD", "HEALTHCHECK", "USER")
        }
        self.app = folder / "app"
        for word, rest in steps():
            if word == "COPY":
                *sources, target = [part for part in rest.split() if not part.startswith("--")]
                for source in sources:
                    self._copy(source.removeprefix("/app/"), target)
        for name in ("data/inbox", "dagster"):
            (folder / name).mkdir(parents=True)
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                if (
                    path == folder
                    or path.relative_to(folder).parts[0] != "app"
                    or "dbt_project" in path.parts
                ):
                    os.lchown(path, NOBODY, NOBODY)

    def _copy(self, source: str, target: str) -> None:
        if source == ".venv":
            return
        there = self.app / target / (Path(source).name if target.endswith("/") and target != "./" else "")
        if (PROJECT_ROOT / source).is_dir():
            leave = shutil.ignore_patterns("__pycache__", "logs")
            shutil.copytree(PROJECT_ROOT / source, self.app / target, ignore=leave)
        else:
            there = self.app / source if target == "./" else there
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT_ROOT / source, there)

    def variables(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(self.app),
            "HOME": str(self.folder),
            "SPOTIFY_DATA_DIR": str(self.folder / "data"),
            "DAGSTER_HOME": str(self.folder / "dagster"),
        }

    def run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """What `docker exec` does."""
        return subprocess.run(
            command,
            cwd=self.app,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
            user=self.user(),
            group=self.user(),
        )

    @staticmethod
    def user() -> int | None:
        """Whom the image's processes run as; ourselves where only root may choose."""
        return NOBODY if os.geteuid() == 0 else None

    def start(self) -> None:
        command = [*ast.literal_eval(self.image["ENTRYPOINT"]), *ast.literal_eval(self.image["CMD"])]
        ours = {"0.0.0.0": "127.0.0.1", "3000": str(self.port), "python": sys.executable}
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [ours.get(word, word) for word in command],
                cwd=self.app,
                env=self.variables(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user(),
                group=self.user(),
            )

    def health(self) -> "subprocess.CompletedProcess[str]":
        command = ast.literal_eval(self.image["HEALTHCHECK"].split("CMD", 1)[1].strip())
        return self.run(
            [{"3000": str(self.port), "python": sys.executable}.get(word, word) for word in command]
        )


@pytest.fixture
def container() -> Iterator[Container]:
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    made = Container(folder)
    yield made
    made.stop()
    shutil.rmtree(folder)


def test_the_default_command_alone_gets_a_run_done(container: Container):
    assert container.image["USER"] == "app"
    container.start()
    assert container.health().returncode != 0, "it is well before it is up"
    container.wait(lambda: container.health().returncode == 0, "the health check", 600)
    made = container.run(["spotify-assets", "generate", "--users", "5", "--days", "2", "--tracks", "50"])
    assert made.returncode == 0, made.stderr
    launched = container.ask(
        "mutation ($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) "
        "{ __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }",
        p={
            "partitionNames": [time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))],
            "assetSelection": [{"path": ["raw", "raw_events"]}],
        },
    )
    assert "backfillId" in launched["launchPartitionBackfill"], (launched, LOCATION, free_port)
    container.wait(
        lambda: any(run["status"] == "SUCCESS" for run in container.runs()), "a run that succeeded", 600
    )
