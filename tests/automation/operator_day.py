"""A small installation that an operator keeps for a day: what is done to it, and what it says.

The definitions, the commands and the sensor are the product's own, called in one process so that a day takes
minutes; the webhook is a real server.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
from typer.testing import CliRunner

from spotify_assets.automation.health import look
from spotify_assets.automation.problem import MENDED_BY, Problem
from spotify_assets.automation.runs import run
from spotify_assets.checks.published import MARTS
from spotify_assets.cli import app
from spotify_assets.definitions import build_defs
from spotify_assets.instance.home import instance_of
from spotify_assets.rows.window import Window
from spotify_assets.settings import PROJECT_ROOT, Settings

FIRST = date(2025, 3, 1)
MODELS = ("fact_listening_hours", "dim_date", *(mart.removeprefix("marts.") for mart in MARTS))
"""Of the dbt project a mart with its tests, and what the published copy has to have."""
Do = Callable[["World"], object]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: how, how it comes to light, the words that name it, how its cause goes."""

    name: str
    words: str
    plant: Do
    lights: Do
    right: Do = lambda _: None
    by: str = "hand"


@dataclass
class Told:
    """What the day found out about a fault."""

    named_after: float
    messages: int
    all_clears: int
    at_the_end: int


@dataclass
class World:
    """The installation, its webhook and what a fault needs to put back."""

    settings: Settings
    instance: dg.DagsterInstance
    posts: list[str]
    definitions: dg.Definitions
    kept: dict[Path, bytes] = field(default_factory=dict)
    cursor: str | None = None

    def day(self, number: int) -> date:
        return FIRST + timedelta(days=number - 1)

    def events(self, number: int) -> Path:
        """The one file of events of a day."""
        [file] = (self.settings.lake_dir / "listening_events" / f"date={self.day(number)}").iterdir()
        return file

    def keep(self, file: Path) -> Path:
        self.kept[file] = file.read_bytes()
        return file

    def put_back(self) -> None:
        """Every file as it was before it was planted over."""
        for file, content in self.kept.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            file.write_bytes(content)
        self.kept.clear()

    def materialize(self, number: int, *assets: str, job: str = "everything", **more: object) -> None:
        """A run of one day, of some assets or of all, as `materialize --select` has it."""
        day = self.day(number)
        run(
            self.definitions,
            self.instance,
            self.settings,
            job,
            window=Window(day, day + timedelta(days=1)),
            assets=[dg.AssetKey(name.split("/")) for name in assets] or None,
            **more,  # type: ignore[arg-type]
        )

    def rebuild(self) -> None:
        self.definitions = build_defs(self.settings)

    def tick(self) -> None:
        """The daemon's look at what is broken."""
        sensor = next(s for s in self.definitions.sensors or () if s.name == "health")
        with dg.build_sensor_context(self.instance, self.cursor, definitions=self.definitions) as context:
            found = sensor.evaluate_tick(context)
        self.cursor = found.cursor


def call(*arguments: str) -> tuple[int, str]:
    """One command: its exit code and all that it said, on one line."""
    result = CliRunner().invoke(app, arguments)
    said = result.stdout + result.stderr + (repr(result.exception) if result.exception else "")
    return result.exit_code, " ".join(said.split())


def mend() -> tuple[int, str]:
    """The command that `failing` names."""
    return call(*MENDED_BY.split()[1:])


def small_project(folder: Path) -> Path:
    """A dbt project of a few models of the real one, with those that they are made from."""
    real = PROJECT_ROOT / "dbt_project"
    shutil.copytree(real, folder, ignore=shutil.ignore_patterns("target", "logs", "analyses", "snapshots"))
    (folder / "models" / "_exposures.yml").unlink()
    models = {file.stem: file.read_text() for file in (folder / "models").rglob("*.sql")}
    kept, open_ones = {"_sources", "_groups"}, list(MODELS)
    while open_ones:
        name = open_ones.pop()
        kept.add(name)
        open_ones += set(re.findall(r"ref\('(\w+)'\)", models[name])) - kept
    for file in (folder / "models").rglob("*"):
        if file.is_file() and file.stem not in kept:
            file.unlink()
    return folder


class _Posts(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        self.server.posts.append(text)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def webhook() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback and the texts that were posted to it."""
    server = HTTPServer(("127.0.0.1", 0), _Posts)
    posts: list[str] = []
    server.posts = posts  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", posts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def live_through(day: World, faults: Sequence[Fault]) -> dict[str, Told]:
    """Some faults that stand together: planted, told, put right and mended by the one command.

    They are put right and mended where one of them was not named as well: no fault outlives its round.
    """
    before = len(day.posts)
    try:
        for fault in faults:
            fault.plant(day)
            fault.lights(day)
        seconds, problems = named(day, faults)
        day.tick()
    finally:
        day.put_back()
        for fault in faults:
            fault.right(day)
        code, said = mend()
    assert code == 0, said
    day.tick()
    day.tick()
    code, said = call("failing")
    assert code == 0, said
    lines = [line for text in day.posts[before:] for line in text.splitlines()[1:]]
    return {
        name: Told(
            named_after=seconds,
            messages=sum(line.startswith(f"{problem.title}: ") for line in lines),
            all_clears=lines.count(f"Mended: {problem.title}"),
            at_the_end=code,
        )
        for name, problem in problems.items()
    }


def named(day: World, faults: Sequence[Fault]) -> tuple[float, dict[str, Problem]]:
    """The seconds until `failing` names all of them, and the one problem that is each of them."""
    started = time.monotonic()
    day.tick()
    code, said = call("failing")
    seconds = time.monotonic() - started
    problems = look(day.settings, day.instance, day.definitions.resolve_asset_graph())
    of = {fault.name: [p for p in problems if fault.words in f"{p.title}: {p.detail}"] for fault in faults}
    standing = "\n".join(f"{p.title}: {p.detail[:300]}" for p in problems)
    assert [name for name, found in of.items() if len(found) != 1] == [], standing
    assert (code, MENDED_BY in said) == (1, True), said
    for [problem] in of.values():
        assert " ".join(problem.title.split()) in said
    return seconds, {name: problem for name, [problem] in of.items()}


def killed_at(step: str, number: int) -> None:
    """Have a run of a day killed, process and all, as it begins a step."""
    script = f"from tests.automation.operator_day import kill_at; kill_at({step!r}, {number})"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def kill_at(step: str, number: int) -> None:
    """Begin a run in this process, and kill it at a step."""

    def kill(event: dg.DagsterEvent) -> None:
        if event.is_step_start and event.step_key == step:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(_env_file=None)
    with instance_of(settings) as instance:
        World(settings, instance, [], build_defs(settings)).materialize(number, on_event=kill)
