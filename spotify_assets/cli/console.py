"""The consoles that commands print to.

What is printed is text that others wrote, such as names and paths: brackets and colons in it are no markup,
and control characters are not obeyed. What is coloured says so with a style. A pipe or a file gets every line
whole, however long; a terminal gets what fits.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from rich.box import HEAVY_HEAD, Box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

if TYPE_CHECKING:
    import polars as pl

WHOLE = 10_000
"""Width where nobody looks at a terminal: no table is as wide."""
NO_SIGN = "�"


def plain(value: object) -> str:
    """A value on one line."""
    return "".join(sign if sign.isprintable() else NO_SIGN for sign in str(value))


class PlainConsole(Console):
    """A console that takes every text as it is written, but for control characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """A text as it is printed."""
        return super().render_str("\n".join(plain(line) for line in text.split("\n")), **options)


def console_of_output() -> PlainConsole:
    """The console of what standard output is now."""
    return PlainConsole(file=sys.stdout, width=None if sys.stdout.isatty() else WHOLE)


out = PlainConsole(width=None if sys.stdout.isatty() else WHOLE)
errors = PlainConsole(stderr=True)


def table_of(
    frame: "pl.DataFrame", title: str, cell: Callable[[object], str], box: Box = HEAVY_HEAD
) -> RichTable:
    """The rows of a frame as a table, numbers to the right; `cell` is how a value is written."""
    table = RichTable(title=title, title_justify="left", box=box)
    for name, kind in frame.schema.items():
        side: Literal["left", "right"] = "right" if kind.is_numeric() else "left"
        table.add_column(name, justify=side, overflow="fold", no_wrap=name.endswith("_id"))
    for row in frame.iter_rows():
        table.add_row(*(cell(value) for value in row))
    return table
