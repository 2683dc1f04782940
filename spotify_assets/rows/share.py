"""A share of a slice: what is made at once of a window that is too large for memory."""

from dataclasses import dataclass

_BLANK = r"[\s\x{0b}\x{85}\p{Z}]"
"""What Polars strips from the ends of a text."""


@dataclass(frozen=True)
class Share:
    """One of so many parts of a window, counted from 0."""

    number: int
    of: int

    def holds(self, column: str) -> str:
        """The SQL condition that a text, without the blanks around it, has a hash of this share.

        Each share reads all rows, so that a text which cannot have blanks around it is not searched for any.
        """
        trimmed = f"regexp_replace({column}, '^{_BLANK}+|{_BLANK}+$', '', 'g')"
        plain = f"{column} between '!' and '~' and {column}[-1] between '!' and '~'"
        text = f"case when {plain} then {column} else coalesce({trimmed}, '') end"
        return f"hash({text}) % {self.of} = {self.number}"


WHOLE = Share(0, 1)
"""Everything."""
