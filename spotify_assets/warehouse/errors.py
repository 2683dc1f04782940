"""What can go wrong with the warehouse, each with what to do about it."""

from collections.abc import Sequence
from difflib import get_close_matches

_SHOWN = 5
"""Names that a message about an unknown one shows."""


class WarehouseError(Exception):
    """The warehouse cannot do what was asked; the message says why and what to do."""


class WarehouseLockedError(WarehouseError):
    """Another process holds the warehouse and did not let go in time."""

    def __init__(self, warehouse: object, holder: str, waited: float) -> None:
        super().__init__(
            f"{warehouse} is held by {holder}, still after {waited:.0f} s: close that program or wait for "
            "its run to end, then try again. Nothing was changed."
        )


class WarehouseMissingError(WarehouseError):
    """There is no warehouse, or not the table that was asked for."""


class SliceRefusedError(WarehouseError):
    """Rows were handed to a table that must not have them; nothing was written."""


def no_such(what: str, given: str, known: Sequence[str], asked: str = "") -> ValueError:
    """The error about a name that is none, with the nearest ones that are, else some of them.

    Args:
        what: what the name is of, e.g. listener.
        given: the name.
        known: the names that there are.
        asked: how it was asked for, where that is more than the name.
    """
    start = f"{asked}: " if asked else ""
    if not known:
        return ValueError(f"{start}there is no {what} {given!r}, and no other either")
    by_case: dict[str, str] = {}
    for name in known:
        by_case.setdefault(name.casefold(), name)
    near = [by_case[one] for one in get_close_matches(given.casefold(), by_case, n=3, cutoff=0.6)]
    if near:
        return ValueError(f"{start}there is no {what} {given!r}: did you mean {' or '.join(near)}?")
    shown = known[:_SHOWN]
    more = f" and {len(known) - len(shown):,} more" if len(known) > len(shown) else ""
    return ValueError(f"{start}there is no {what} {given!r}; there is {', '.join(shown)}{more}")
