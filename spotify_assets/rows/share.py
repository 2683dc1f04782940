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
        """The SQL condition that a text, without the blanks around it, has a hash of this share."""
        trimmed = f"regexp_replace({column}, '^{_BLANK}+|{_BLANK}+$', '', 'g')"
        return f"hash(coalesce({trimmed}, '')) % {self.of} = {self.number}"


WHOLE = Share(0, 1)
"""Everything."""
