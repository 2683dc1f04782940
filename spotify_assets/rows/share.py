"""A share of a slice: what is made at once of a window that is too large for memory."""

from collections.abc import Collection
from dataclasses import dataclass

from spotify_assets.rows import sql

_BLANK = r"[\s\x{0b}\x{85}\p{Z}]"
"""What Polars strips from the ends of a text."""


@dataclass(frozen=True)
class Share:
    """One of so many parts of a window, counted from 0."""

    number: int
    of: int


WHOLE = Share(0, 1)
"""Everything."""


@dataclass(frozen=True)
class HashedShares:
    """So many shares of rows: by the hash of a text without the blanks around it.

    Rows with one of the texts of `together` are in the first share. No text is as an empty one.
    """

    column: str
    of: int
    together: Collection[str] = ()

    @property
    def number(self) -> str:
        """The number of the share that a row is in, as SQL."""
        text = without_blanks(self.column)
        number = f"hash({text}) % {self.of}"
        if not self.together:
            return number
        texts = ", ".join(map(sql.text, self.together))
        return f"case when {text} in ({texts}) then 0 else {number} end"


def without_blanks(column: str) -> str:
    """A text without the blanks around it, as SQL; no text is an empty one.

    A text which cannot have blanks around it is not searched for any.
    """
    trimmed = f"regexp_replace({column}, '^{_BLANK}+|{_BLANK}+$', '', 'g')"
    plain = f"{column} between '!' and '~' and {column}[-1] between '!' and '~'"
    return f"case when {plain} then {column} else coalesce({trimmed}, '') end"
