"""What dbt found wrong in a call, in one line for each model and test.

dbt itself tells it in pages: the command line, and a log of what it did. Here belongs: the words. Not here:
how dbt is called (`dbt_cli`), or which failures stop what is downstream (dbt's severities).
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spotify_assets.warehouse.door import Warehouse

ROWS_SHOWN = 3
NODES_TOLD = 5
LONGEST_MESSAGE = 300

_WRONG = frozenset({"error", "fail", "runtime error", "warn"})
_BLOCKS = _WRONG - {"warn"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class DbtError(RuntimeError):
    """A model or a test that blocks failed, or dbt itself; the message is one line."""


@dataclass(frozen=True)
class Wrong:
    """A model that could not be made, or a test that did not pass."""

    model: str
    test: str | None
    status: str
    message: str
    query: str
    """The SQL of a test, whose rows are what is wrong."""

    @property
    def line(self) -> str:
        """What went wrong, without values of rows: the same for the same cause."""
        tested = f"test {self.test} of {self.model}" if self.test else self.model
        return f"{tested}: {self.message}"


def wrong_in(target: Path, nodes: Mapping[str, Any]) -> dict[str, Wrong]:
    """What did not go well in the call whose results lie in a target folder, by the id of dbt's node.

    `nodes` are those of the manifest. A call that failed before its first node leaves no results.
    """
    results = target / "run_results.json"
    if not results.exists():
        return {}
    told = json.loads(results.read_text(encoding="utf-8"))["results"]
    return {
        result["unique_id"]: _wrong(result, nodes.get(result["unique_id"], {}))
        for result in told
        if result["status"] in _WRONG
    }


def summary(wrong: Collection[Wrong], said: str) -> str:
    """Why a call failed, in one line; what dbt itself said, where no model or test failed."""
    lines = [each.line for each in wrong if each.status in _BLOCKS]
    if not lines:
        return f"dbt failed: {_short(said.partition('Errors parsed from dbt logs:')[2] or said)}"
    more = len(lines) - NODES_TOLD
    return "; ".join(lines[:NODES_TOLD]) + (f"; and {more} more" if more > 0 else "")


def with_rows(wrong: Wrong, warehouse: Warehouse) -> str:
    """What a test found, with the first of its rows."""
    if not wrong.query or wrong.status not in ("fail", "warn"):
        return wrong.message
    with warehouse.reader() as connection:
        found = connection.execute(f"select * from ({wrong.query}) limit {ROWS_SHOWN}")
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    shown = [
        ", ".join(f"{name} {_value(value)}" for name, value in zip(names, row, strict=True)) for row in rows
    ]
    return _short(f"{wrong.message}: {'; '.join(shown)}")


def _wrong(result: Mapping[str, Any], node: Mapping[str, Any]) -> Wrong:
    kind, _, name = str(result["unique_id"]).split(".")[:3]
    is_test = kind == "test"
    tested = str(node.get("attached_node") or "").rpartition(".")[2]
    failures = result.get("failures") or 0
    counted = is_test and result["status"] in ("fail", "warn")
    return Wrong(
        model=tested or ("several models" if is_test else name),
        test=name if is_test else None,
        status=result["status"],
        message=_rows(failures) if counted else _short(str(result.get("message") or result["status"])),
        query=str(result.get("compiled_code") or "") if is_test else "",
    )


def _value(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _rows(count: int) -> str:
    return f"fails for {count:,} row{'s' if count != 1 else ''}"


def _short(message: str) -> str:
    """On one line, without what dbt puts around the error of the database."""
    lines = [_COLOUR.sub("", line).strip() for line in message.splitlines()]
    said = [line for line in lines if line and not line.startswith("compiled code at ")]
    if len(said) > 1 and re.match(r"\w+ Error in \w+ \S+ \(", said[0]):
        said = said[1:]
    text = " ".join(said)
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} …"
