"""Several names in one cell, as the text of a Python, JSON or NumPy list or behind separators.

The result has `;` between the names; a `;` inside a name is written `\\;`.
"""

import ast
import re
from dataclasses import dataclass

import polars as pl

SEPARATOR = ";"
ESCAPED_SEPARATOR = r"\;"

_PLAIN_LIST = r"""^\['[^'"\\]*'(?:, '[^'"\\]*')*\]$"""
_ANY_LIST = r"""(?s)^\s*\[\s*(?:['"].*)?\]\s*$"""
_ITEM = r"""'[^'\\]*'|"[^"\\]*\""""
_NUMPY_LIST = re.compile(rf"\s*\[\s*(?:{_ITEM})(?:\s+(?:{_ITEM}))+\s*\]\s*")


@dataclass(frozen=True)
class Names:
    """A column of names: `values` with `;` between them, and where a list was begun that is none."""

    values: pl.Series
    failed: pl.Series


def one_name(cells: pl.Series) -> Names:
    """Cells that each hold one name."""
    return Names(cells.str.replace_all(SEPARATOR, ESCAPED_SEPARATOR, literal=True), _nowhere(cells))


def names_of(cells: pl.Series) -> Names:
    """Cells that hold a list of names, or names with `;` between them."""
    if not cells.str.contains("[", literal=True).any():
        return Names(cells, _nowhere(cells))
    value = pl.col(cells.name)
    frame = cells.to_frame()
    plain = value.str.contains(_PLAIN_LIST)
    is_list = value.str.contains(_ANY_LIST)
    lists = frame.lazy().select(value).filter(is_list & ~plain).unique().collect().to_series().to_list()
    literal = {text: _from_literal(text) for text in lists}
    as_plain = value.str.replace_all(SEPARATOR, ESCAPED_SEPARATOR, literal=True)
    from_plain = as_plain.str.slice(2).str.strip_suffix("']").str.replace_all("', '", SEPARATOR)
    from_literal = value.replace_strict(literal, default=None, return_dtype=pl.String)
    read = frame.select(
        values=pl.when(plain).then(from_plain).when(is_list).then(from_literal).otherwise(value),
        failed=(is_list & ~plain & from_literal.is_null()).fill_null(value=False),
    )
    return Names(read["values"].alias(cells.name), read["failed"])


def split_at_commas(cells: pl.Series, *, many: bool) -> pl.Series:
    """Cells with `;` where a comma separates names; `many` says that the column is named for several.

    A comma may be part of a name. It separates in a whole column or nowhere: where the column is named for
    several, or where most of the distinct cells with a comma share a part with another distinct cell.
    """
    distinct = cells.filter(cells.str.contains(",", literal=True)).unique().to_list()
    if not distinct or not (many or _share_parts(distinct, cells.unique().drop_nulls().to_list())):
        return cells
    return cells.str.replace_all(r"\s*,\s*", SEPARATOR)


def _nowhere(cells: pl.Series) -> pl.Series:
    return pl.repeat(value=False, n=cells.len(), dtype=pl.Boolean, eager=True)


def _share_parts(with_comma: list[str], cells: list[str]) -> bool:
    seen: dict[str, int] = {}
    for cell in cells:
        for part in {part.strip() for part in cell.split(",")}:
            seen[part] = seen.get(part, 0) + 1
    sharing = sum(any(seen[part.strip()] > 1 for part in cell.split(",")) for cell in with_comma)
    return 2 * sharing > len(with_comma)


def _from_literal(text: str) -> str | None:
    """The names in the text of a list, joined; None where it is not a list of names."""
    if _NUMPY_LIST.fullmatch(text):
        names: object = [item[1:-1] for item in re.findall(_ITEM, text)]
    else:
        try:
            names = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return SEPARATOR.join(name.replace(SEPARATOR, ESCAPED_SEPARATOR) for name in names)
