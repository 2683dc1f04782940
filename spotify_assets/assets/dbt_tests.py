"""Tests of dbt that pass, found out by their queries alone.

As a node of dbt's own a test takes 26 ms of a processor, its query one or two (2 cores, dbt-core 1.11, 166
tests). So their SQL is compiled once, with the project, and while dbt builds, each is run as soon as all it
reads is made: one that finds no row has passed. The node after which a test finds one, or cannot be run,
fails, so that nothing is made of it; then dbt is called again, to test by itself and to tell what it finds.

Here belongs: which tests, their SQL, and running them. Not here: dbt's calls (`dbt_call`, `dbt_cli`).
"""

import json
import tempfile
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spotify_assets.assets.dbt_call import CallOfDbt, call_dbt, environment, parsed_project, rows_in_dbt
from spotify_assets.rows.window import Window
from spotify_assets.whole_files import replaced

FILE = "tests.json"
"""Where the compiled tests lie, beside dbt's manifest."""
_WAREHOUSE = "SPOTIFY_WAREHOUSE"
"""The variable by which the project knows the file of the warehouse."""
_START, _END = "start of the event window", "end of the event window"
_WINDOW = {"SPOTIFY_EVENT_WINDOW": f"{_START} to {_END}"}
"""The variable by which the project is compiled for a window that is not known yet."""
_PLAIN = {"severity": "ERROR", "error_if": "!= 0", "warn_if": "!= 0", "fail_calc": "count(*)", "limit": None}
"""The configuration of a test that passes exactly where its query finds nothing."""


@dataclass(frozen=True)
class CompiledTest:
    """A test that passes where its query finds nothing, and the ids of the nodes that it reads."""

    unique_id: str
    sql: str
    reads: frozenset[str]


def compile_tests(project_dir: Path, target: Path, variables: Mapping[str, str]) -> None:
    """Compile the tests of the project that was parsed into a target folder, and keep them there.

    Of a project that does not compile none are kept: the run that calls dbt tells why.
    """
    file = Path(variables[_WAREHOUSE])
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = Path(folder) / file.name  # a database of the same name, with nothing in it
        with environment({**_WINDOW, _WAREHOUSE: str(elsewhere)}):
            arguments = ["compile", "--select", "resource_type:test", "--log-level", "none"]
            compiled = call_dbt(arguments, project_dir, Path(folder), parsed_project(target, file.stem))
        nodes = {}
        if compiled.success:
            nodes = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    tests = [
        {"unique_id": key, "sql": node["compiled_code"], "reads": _reads(node)}
        for key, node in nodes.items()
        if node["resource_type"] == "test" and node.get("compiled_code") and _is_plain(node)
    ]
    with replaced(target / FILE) as new:
        new.write_text(json.dumps({"for": _known_by(variables), "tests": tests}), encoding="utf-8")


def compiled_tests(target: Path, variables: Mapping[str, str], window: Window) -> list[CompiledTest]:
    """The tests, of a window, that were compiled into a target folder for such variables, if they were."""
    try:
        kept = json.loads((target / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    if kept["for"] != _known_by(variables):
        return []
    return [
        CompiledTest(
            each["unique_id"],
            each["sql"].replace(_START, window.start.isoformat()).replace(_END, window.end.isoformat()),
            frozenset(each["reads"]),
        )
        for each in kept["tests"]
    ]


def _known_by(variables: Mapping[str, str]) -> dict[str, str]:
    """What compiled SQL depends on: of the warehouse the name alone."""
    return {**variables, _WAREHOUSE: Path(variables[_WAREHOUSE]).stem}


def _reads(node: Mapping[str, Any]) -> list[str]:
    return [key for key in node["depends_on"]["nodes"] if not key.startswith("source.")]


def _is_plain(node: Mapping[str, Any]) -> bool:
    config = node["config"]
    is_plain = all(config[name] == value for name, value in _PLAIN.items())
    return (
        is_plain and not config["store_failures"] and bool(node.get("attached_node")) and bool(_reads(node))
    )


@dataclass
class Passed:
    """The tests that have passed in a call of dbt that leaves them out, as that call makes what they read."""

    tests: Sequence[CompiledTest]
    results: list[dict[str, Any]] = field(default_factory=list)
    """A result for each, as dbt's JSON log has it."""
    others: list[str] = field(default_factory=list)
    """The ids of tests that did not pass, or could not be run."""
    _made: set[str] = field(default_factory=set)
    _left: dict[str, CompiledTest] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._left = {test.unique_id: test for test in self.tests}

    def without(self, nodes: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The selection of a build of all `nodes` of the manifest but these tests."""
        left = self._left.keys()
        others = [key for key, node in nodes.items() if node["resource_type"] == "test" and key not in left]
        made = [f"resource_type:{kind}" for kind in ("model", "snapshot", "seed")]
        return ["--indirect-selection", "empty", "--select", *made, *(key.split(".")[2] for key in others)]

    def is_known(self, told: CallOfDbt) -> bool:
        """Whether every test passed that could be run; `told` is what the call told."""
        return not self.others and not (told.success and self._left)

    def hear(self, message: Any) -> None:
        """Run the tests of which a node, that an event of dbt (`EventMsg`) tells is made, was the last.

        Raises:
            RuntimeError: one did not pass; dbt takes the node for failed, and makes nothing of it.
        """
        if message.info.name != "NodeFinished" or message.data.run_result.status != "success":
            return
        for test in self._ready(message.data.node_info.unique_id):
            began = datetime.now(UTC)
            if not _passes(test):
                self.others.append(test.unique_id)
                raise RuntimeError(f"{test.unique_id} did not pass: dbt is called again to tell of it")
            self.results.append(_result(test, message.info.invocation_id, began))

    def _ready(self, made: str) -> Collection[CompiledTest]:
        """The tests that can be run since a node was made, each once."""
        with self._lock:
            self._made.add(made)
            ready = [test for test in self._left.values() if test.reads <= self._made]
            for test in ready:
                del self._left[test.unique_id]
        return ready


def _passes(test: CompiledTest) -> bool:
    try:
        [(failures,)] = rows_in_dbt(f"select count(*) from ({test.sql}) as dbt_internal_test")
    except Exception:  # noqa: BLE001  # whatever the database says, dbt is to tell it
        return False
    return bool(failures == 0)


def _result(test: CompiledTest, call: str, began: datetime) -> dict[str, Any]:
    """That a test passed, as the JSON log of a call of dbt tells it."""
    node = {
        "unique_id": test.unique_id,
        "resource_type": "test",
        "node_status": "pass",
        "node_started_at": began.replace(tzinfo=None).isoformat(),
        "node_finished_at": datetime.now(UTC).replace(tzinfo=None).isoformat(),
    }
    return {
        "info": {"name": "LogTestResult", "invocation_id": call},
        "data": {"status": "pass", "num_failures": 0, "node_info": node},
    }
