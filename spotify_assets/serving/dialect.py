"""DuckDB's SQL as Postgres understands it and means the same by it.

sqlglot knows the grammar of both. What it leaves is rewritten here: functions that Postgres lacks (`median`
over a window, `arg_max`, `any_value`), and what has another meaning there. DuckDB divides, averages and
rounds in binary floating point where Postgres takes exact decimals, and its `ilike` knows every alphabet
whatever the collation. Functions are those of the schema `serving` (`functions.sql`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

_UNICODE = '"und-x-icu"'
"""Collation by which upper and lower case are compared: text is stored with "C", which knows ASCII alone."""


def translated(sql: str, variables: Mapping[str, str] | None = None) -> str:
    """One statement of DuckDB in Postgres' words.

    `variables` gives the SQL that stands for each `getvariable('name')`.

    Raises:
        ValueError: the statement cannot be read.
    """
    from sqlglot import ParseError, parse_one  # noqa: PLC0415 - takes 0.2 s

    try:
        tree = parse_one(sql, read="duckdb")
    except ParseError as error:
        raise ValueError(f"SQL that cannot be translated: {str(error).splitlines()[0]}") from error
    _group_by_all(tree)
    for node in reversed(list(tree.walk())):
        changed = _rewritten(node, variables or {})
        if changed is not None:
            node.replace(changed)
    return tree.sql(dialect="postgres", pretty=True, comments=False)


def _rewritten(node: "exp.Expr", variables: Mapping[str, str]) -> "exp.Expr | None":
    """What stands for a part of a statement, all below which is rewritten already; None where it may stay."""
    from sqlglot import exp, parse_one  # noqa: PLC0415

    changed: exp.Expr | None = None
    match node:
        case exp.ArgMax() | exp.ArgMin() | exp.AnyValue() if not isinstance(node.parent, exp.Filter):
            changed = _first_of(node, None)
        case exp.Filter(this=exp.ArgMax() | exp.ArgMin() | exp.AnyValue() as function, expression=where):
            changed = _first_of(function, where.this)
        case exp.IgnoreNulls(this=exp.Bracket()):  # as any_value is read: it does so by itself
            changed = node.this
        case exp.Round() if node.args.get("decimals"):
            changed = _own("round", node.this, node.args["decimals"])
        case exp.Median():
            changed = _own("median", node.this)
        case exp.Avg():
            changed = exp.Avg(this=_as_double(node.this))
        case exp.Year():
            changed = exp.cast(exp.Extract(this=exp.var("YEAR"), expression=node.this), "bigint")
        case exp.ILike():
            unicode = exp.Collate(this=node.this, expression=exp.var(_UNICODE))
            changed = exp.ILike(this=unicode, expression=node.expression)
        case exp.Literal(is_string=False) if "." in node.name:
            changed = _as_double(node.copy())
        case exp.Placeholder() if node.name.isdigit():  # `$1`, which would be written as `%(1)s`
            changed = exp.Parameter(this=exp.Literal.number(node.name))
        case exp.Anonymous() if node.name.lower() == "getvariable":
            changed = parse_one(variables[node.expressions[0].name], read="postgres")
    return changed


def _group_by_all(tree: "exp.Expr") -> None:
    """Name what `group by all` means: every column that is no aggregate."""
    from sqlglot import exp  # noqa: PLC0415

    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        if group is not None and group.args.get("all"):
            plain = [each.unalias() for each in select.selects if not each.find(exp.AggFunc)]
            select.set("group", exp.Group(expressions=[each.copy() for each in plain]))


def _first_of(function: "exp.Expr", where: "exp.Expr | None") -> "exp.Expr":
    """`arg_max`, `arg_min` and `any_value`: the first of an ordered array of what is not null."""
    from sqlglot import exp  # noqa: PLC0415

    value, by = function.this, function.args.get("expression")
    ordered = value
    if by is not None:
        order = exp.Ordered(this=by, desc=isinstance(function, exp.ArgMax), nulls_first=False)
        ordered = exp.Order(this=value, expressions=[order])
    conditions = [
        exp.Not(this=exp.Is(this=each.copy(), expression=exp.null())) for each in (value, by) if each
    ]
    wanted = exp.and_(*conditions, where) if where is not None else exp.and_(*conditions)
    array = exp.Filter(this=exp.ArrayAgg(this=ordered), expression=exp.Where(this=wanted))
    return exp.Bracket(this=exp.paren(array), expressions=[exp.Literal.number(1)], offset=1)


def _own(name: str, *arguments: "exp.Expr") -> "exp.Expr":
    """A call of a function of the schema `serving`."""
    from sqlglot import exp  # noqa: PLC0415

    call = exp.Anonymous(this=name, expressions=[*arguments])
    return exp.Dot(this=exp.to_identifier("serving"), expression=call)


def _as_double(value: "exp.Expr") -> "exp.Expr":
    from sqlglot import exp  # noqa: PLC0415

    return exp.Cast(this=value, to=exp.DataType.build("double"))
