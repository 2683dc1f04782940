"""The questions people ask, as SQL files in `dbt_project/analyses/`, asked of the published copy.

One file serves dbt, this module and any DuckDB shell. Its first line, a comment, is the question. Relations
are dbt's `{{ ref('name') }}`. A parameter is a variable of DuckDB with its default and its meaning beside it:

    coalesce(getvariable('days'), 7) as days, -- how many days

so that the compiled SQL runs anywhere as it is, and `set variable days = 28` changes it. Values are bound,
never pasted into the SQL. Names are compared by dbt's `{{ is_like('column', 'parameter') }}`.

Here belongs: reading and running such files. Not here: the questions themselves, and what may be asked
(`parameters`).
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from spotify_assets.warehouse.connection import OUTDATED_COPY, Connection
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import WarehouseMissingError
from spotify_assets.warehouse.parameters import Parameter, Value, meant

_PARAMETER = re.compile(
    r"coalesce\(getvariable\('(?P<name>\w+)'\), (?P<default>'[^']*'|[\d.]+)\) as \w+,? -- (?P<meaning>.+)"
)
_VARIABLE = re.compile(r"getvariable\('(\w+)'\)")
_REFERENCE = re.compile(r"\{\{ ref\('(\w+)'\) \}\}")
_UNKNOWN_MEMBER = "{{ unknown_member() }}"
_IS_LIKE = re.compile(r"\{\{ is_like\('([\w.]+)', '([\w.]+)'\) \}\}")
_LIKE = (
    r"case when starts_with(\2, '=') then \1 = substr(\2, 2) "
    r"else \1 ilike replace(replace(\2, '!', '!!'), '_', '!_') escape '!' end"
)
"""The macro of the same name in `dbt_project/macros/names.sql`."""


@dataclass(frozen=True)
class Query:
    """One question: its name, the question in words, its parameters, and the SQL as dbt reads it."""

    name: str
    question: str
    parameters: tuple[Parameter, ...]
    template: str

    def values(self, given: Mapping[str, str]) -> dict[str, Value]:
        """Every parameter's value: what was given for it, else its default.

        Raises:
            ValueError: the query has no such parameter, or the value is none that it can have.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given.keys() - known.keys():
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise ValueError(f"query {self.name} has no parameter {name}: {has}")
        return {
            name: parameter.value_of(given[name]) if name in given else parameter.default
            for name, parameter in known.items()
        }

    def sql(self) -> str:
        """SQL that any DuckDB connection to the published copy understands."""
        plain = _REFERENCE.sub(r"marts.\1", self.template).replace(_UNKNOWN_MEMBER, "'unknown'")
        return _IS_LIKE.sub(_LIKE, plain)


def read_queries(folder: Path) -> dict[str, Query]:
    """The queries of a folder, by name, in the order of the names.

    Raises:
        ValueError: a file begins without a question, or has a parameter or a template that is not as above.
    """
    return {path.stem: _read(path) for path in sorted(folder.glob("*.sql"))}


def find_query(queries: Mapping[str, Query], name: str) -> Query:
    """The query of that name.

    Raises:
        ValueError: there is none; the message names similar ones.
    """
    if name not in queries:
        similar = get_close_matches(name, queries, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(similar)}? " if similar else ""
        raise ValueError(f"there is no query {name}: {hint}spotify-assets query --list shows them all")
    return queries[name]


def run_query(serving: Warehouse, query: Query, given: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The answer, from the published copy, in the order the query gives.

    Raises:
        ValueError: a parameter is unknown, a value none that it can have, or a name nobody has.
        WarehouseMissingError: nothing was published yet, or not the tables that the query reads.
    """
    values = query.values(given or {})
    with serving.reader() as connection:
        try:
            for name, value in values.items():
                bound = meant(partial(_rows, connection), name, value) if isinstance(value, str) else value
                connection.execute(f'set variable "{name}" = ?', [bound])
            answer: pl.DataFrame = connection.sql(query.sql()).pl()
        except OUTDATED_COPY as error:
            raise WarehouseMissingError(
                f"{serving} lacks what query {query.name} reads ({str(error).splitlines()[0]}): "
                "run spotify-assets materialize"
            ) from error
    # DuckDB sums integers into 128 bits, which few readers of Parquet know and Arrow has as decimals.
    return answer.cast({pl.Int128: pl.Int64, pl.Decimal(38, 0): pl.Int64})


def _rows(connection: Connection, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
    return connection.execute(sql, list(parameters)).fetchall()


def _read(path: Path) -> Query:
    template = path.read_text(encoding="utf-8")
    first = template.splitlines()[0] if template else ""
    if not first.startswith("-- "):
        raise ValueError(f"{path}: the first line must be the question, as a comment")
    parameters = tuple(
        Parameter(found["name"], ast.literal_eval(found["default"]), found["meaning"].strip())
        for found in _PARAMETER.finditer(template)
    )
    if sorted(_VARIABLE.findall(template)) != sorted(parameter.name for parameter in parameters):
        raise ValueError(
            f"{path}: write each parameter once, as coalesce(getvariable('name'), default) as name -- meaning"
        )
    query = Query(path.stem, first.removeprefix("-- "), parameters, template)
    if "{{" in query.sql() or "{%" in query.sql():
        raise ValueError(
            f"{path}: a query may use only ref(), unknown_member() and is_like(), so that it runs without dbt"
        )
    return query
