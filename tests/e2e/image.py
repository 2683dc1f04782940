"""The image without an engine: what the Dockerfile says, carried out in a folder, and its command run there.

Carried out are the copies through .dockerignore, ENV, USER, WORKDIR, ENTRYPOINT, CMD, HEALTHCHECK, and of RUN
what needs no network and no root: the folders, the compiled files, dbt's manifest. The packages are those of
the environment that the tests run in. Not rehearsed are the base image, `pip install`, apt and the network of
an engine. /app, /data and /dagster are folders of the test, and the image's port is a free one on loopback.
Where the tests run as root, the image's process runs as the image's user, and the files it may not write are
root's.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from spotify_assets.settings import PROJECT_ROOT
from tests.e2e.server import Server

PORT = "3000"
NOT_REHEARSED = ("python -m venv", ".venv/bin/pip", "apt-get", "rm -rf /var", "useradd")
"""How the steps of RUN begin that need a network or another root than the test's."""
BASE = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""What the base image says of its environment."""


def as_root() -> bool:
    return os.geteuid() == 0


def as_user(uid: int) -> list[str]:
    """What runs the rest of a command line as a user who reads everything, the Python of root's home too."""
    if not as_root():
        return []
    user = ["--reuid", str(uid), "--regid", str(uid), "--clear-groups"]
    return ["setpriv", *user, "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]


def instructions() -> list[tuple[str, str]]:
    """Words and arguments of the Dockerfile, without comments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (PROJECT_ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def stages() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """What each stage is made from, and its instructions, by name; that of the last is empty."""
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for word, rest in instructions():
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found[name] = (base, [])
        else:
            found[list(found)[-1]][1].append((word, rest))
    return found


def in_context(path: str) -> bool:
    """Whether .dockerignore lets a file of the project through; the last pattern that matches decides."""
    let_through = True
    for line in (PROJECT_ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        parents = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
        anywhere = path.split("/") if "**/" in line else parents
        if line and not line.startswith("#") and any(fnmatch.fnmatch(part, pattern) for part in anywhere):
            let_through = line.startswith("!")
    return let_through


@dataclass
class Stage:
    """One stage's folder and what it says of the process."""

    root: Path
    variables: dict[str, str] = field(default_factory=lambda: dict(BASE))
    said: dict[str, str] = field(default_factory=dict)


class Image:
    """The last stage of the Dockerfile, laid out."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.uid = folder, 0
        self.built: dict[str, Stage] = {}
        self.last = self._stage("")

    def _stage(self, name: str) -> Stage:
        if name not in self.built:
            base, steps = stages()[name]
            made = self._stage(base) if base in stages() else Stage(self.folder / f"stage-{name}")
            self.built[name] = made
            for word, rest in steps:
                self._carry_out(made, word, rest)
        return self.built[name]

    def here(self, stage: Stage, text: str) -> str:
        """A text in which the image's folders are those of the test."""
        volumes = re.sub(r"(?<![\w.])/(data|dagster)\b", rf"{self.folder}/\1", text)
        return re.sub(r"(?<![\w.])/app\b", f"{stage.root}/app", volumes)

    def _carry_out(self, stage: Stage, word: str, rest: str) -> None:
        if word == "WORKDIR":
            stage.said["WORKDIR"] = self.here(stage, rest)
            Path(stage.said["WORKDIR"]).mkdir(parents=True, exist_ok=True)
        elif word == "ENV":
            for name, value in re.findall(r"(\w+)=(\S+)", rest):
                stage.variables[name] = self.here(stage, value).replace("$PATH", stage.variables["PATH"])
        elif word == "COPY":
            self._copy(stage, rest)
        elif word == "RUN":
            for step in rest.split("&&"):
                self._run(stage, step.strip())
        else:
            stage.said[word] = rest

    def _run(self, stage: Stage, step: str) -> None:
        if found := re.match(r"useradd .*--uid (\d+)", step):
            self.uid = int(found[1])
        if step == "python -m venv .venv":
            Path(stage.said["WORKDIR"], ".venv").symlink_to(sys.prefix)
        if step.startswith(NOT_REHEARSED) or (step.startswith("chown") and not as_root()):
            return
        command = self.here(stage, step).replace("app:app", f"{self.uid}:{self.uid}")
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=stage.said.get("WORKDIR", self.folder),
            env=stage.variables | {"PYTHONPATH": f"{stage.root}/app"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"RUN {step}:\n{done.stdout}{done.stderr}"

    def _copy(self, stage: Stage, rest: str) -> None:
        *sources, target = [part for part in rest.split() if not part.startswith("--")]
        [of] = re.findall(r"--from=(\w+)", rest) or [""]
        to = Path(stage.said["WORKDIR"], target)
        for source in sources:
            origin = Path(self.here(self._stage(of), source)) if of else PROJECT_ROOT / source
            if origin.is_symlink():
                to.symlink_to(origin.readlink())
            elif origin.is_dir():
                shutil.copytree(origin, to, ignore=None if of else _left_out, symlinks=True)
            else:
                assert of or in_context(source), f"COPY {source}: .dockerignore leaves it out"
                file = to / origin.name if target.endswith("/") else to
                file.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, file)
        if "--chown" in rest and as_root():
            for path in (to, *to.rglob("*")):
                os.lchown(path, self.uid, self.uid)


def _left_out(folder: str, names: list[str]) -> set[str]:
    under = Path(folder).relative_to(PROJECT_ROOT)
    return {name for name in names if not in_context(str(under / name))}


class Container(Server):
    """The image's process, asked as any other server."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.image = Image(folder)
        self.said = self.image.last.said
        (folder / "home").mkdir()
        if as_root():
            for path in (folder, folder / "home"):
                os.chown(path, self.image.uid, self.image.uid)

    def _how(self) -> dict[str, Any]:
        """Folder and environment of every process of the container."""
        variables = self.image.last.variables | {
            "HOME": str(self.folder / "home"),  # as the image's /etc/passwd has it
            "LOGNAME": "app",
            "PYTHONPATH": f"{self.image.last.root}/app",  # as the editable install
        }
        return {"cwd": self.said["WORKDIR"], "env": variables}

    def _here(self, command: list[str]) -> list[str]:
        program = shutil.which(command[0], path=self.image.last.variables["PATH"])
        assert program, f"the image has no {command[0]}"
        ours = {PORT: str(self.port), "0.0.0.0": "127.0.0.1"}
        return [*as_user(int(self.said["USER"])), program, *(ours.get(word, word) for word in command[1:])]

    def exec(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """What `docker exec` does."""
        return subprocess.run(
            self._here(list(command)), capture_output=True, text=True, check=False, **self._how()
        )

    def copy_in(self, file: Path, folder: str) -> None:
        """What `docker cp` does; the file is root's, where it can be."""
        shutil.copy(file, self.image.here(self.image.last, folder))

    def health(self) -> "subprocess.CompletedProcess[str]":
        """The health check's own command."""
        return self.exec(*json.loads(self.said["HEALTHCHECK"].partition("CMD ")[2]))

    def start(self) -> None:
        """What `docker run` does, and no more: it does not wait."""
        command = json.loads(self.said["ENTRYPOINT"]) + json.loads(self.said["CMD"])
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                self._here(command),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._how(),
            )

    def processes(self) -> list[psutil.Process]:
        """All that run in the container, whoever their parent is by now."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("DAGSTER_HOME") == str(self.folder / "dagster"):
                    found.append(process)
            except psutil.Error:  # gone meanwhile, or somebody else's
                continue
        return found
