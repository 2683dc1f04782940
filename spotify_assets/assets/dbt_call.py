"""A call of dbt in this process, with the project as it was parsed last.

A process of its own takes 2.4 s of a processor before it has imported dbt, of which this one has most anyway,
and 4 s more where it parses the project (2 cores, dbt-core 1.11, 53 models). Here belongs: the call. Not
here: which models it makes and what becomes of what it tells (`dbt_cli`).
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotify_assets.instance.signals import interruptible

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PARSED = "partial_parse.msgpack"
"""Where dbt leaves a project as it parsed it, in a target folder."""
Hear = Callable[[Any], None]
"""What hears an event of dbt (`EventMsg`)."""
_RESULTS = frozenset({"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"})


@dataclass
class CallOfDbt:
    """What a call told: the results of nodes as in dbt's JSON log, its errors, and whether all went well."""

    results: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    success: bool = False

    def hear(self, message: Any) -> None:
        """Keep an event of dbt (`EventMsg`), where it is one of those."""
        from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415

        if message.info.name in _RESULTS:
            self.results.append(msg_to_dict(message))
        if message.info.level == "error":
            self.errors.append(message.info.msg)


def parsed_project(target: Path, database: str) -> "Manifest | None":
    """The project as it was parsed into a target folder; None where this dbt has to parse it anew.

    `database` is the one that the models are made in, whose name stands in what was parsed.
    """
    with _root_logger_as_it_was():
        from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415
        from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415
        from dbt.version import __version__ as dbt_version  # noqa: PLC0415
    try:
        kept = Manifest.from_msgpack((target / PARSED).read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception:  # noqa: BLE001  # no file, or, as dbt has it, another version's: anything may go wrong
        return None
    databases = {node.database for node in kept.nodes.values()}
    if kept.metadata.dbt_version != dbt_version or databases != {database}:
        return None
    kept.build_flat_graph()  # type: ignore[no-untyped-call]
    return kept


@contextmanager
def _root_logger_as_it_was() -> Iterator[None]:
    """Importing dbt gives the root logger a handler, which would tell what nobody is told otherwise."""
    handlers = [*logging.getLogger().handlers]
    try:
        yield
    finally:
        logging.getLogger().handlers[:] = handlers


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for what is called inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def rows_in_dbt(query: str) -> list[Any]:
    """The rows of a query on the database of the call that is running, by a connection of its own."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    opened: Any = DuckDBConnectionManager._ENV
    connection = opened.handle()
    try:
        cursor = connection.cursor()
        cursor.execute(query)
        return list(cursor.fetchall())
    finally:
        connection.close()


def call_dbt(
    arguments: Sequence[str],
    project: Path,
    target: Path,
    parsed: "Manifest | None" = None,
    hear: Hear | None = None,
) -> CallOfDbt:
    """Call dbt in this process, on a project; what it writes goes to the target folder.

    The database is closed when this returns. Calls take turns: dbt knows one at a time. `hear` is told its
    events (`EventMsg`) in the thread where they happen; where it raises, the node of the event fails.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; what dbt was doing is undone.
    """
    with _root_logger_as_it_was():
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
        from dbt.cli.main import dbtRunner  # noqa: PLC0415
    told = CallOfDbt()
    callbacks = [told.hear, hear] if hear else [told.hear]
    folders = {
        "--project-dir": project,
        "--profiles-dir": project,
        "--target-path": target,
        "--log-path": target,
    }
    options = [str(word) for option in folders.items() for word in option]
    in_main = threading.current_thread() is threading.main_thread()
    with chdir(project), interruptible() if in_main else nullcontext(lambda: False) as stopped:
        try:
            done = dbtRunner(parsed, callbacks).invoke([*arguments, *options, "--no-use-colors"])
        finally:
            opened: Any = DuckDBConnectionManager._ENV
            if opened is not None:
                opened.close()
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if stopped() or isinstance(done.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    if done.exception is not None and not told.errors:
        told.errors.append(str(done.exception))
    told.success = done.success
    return told
