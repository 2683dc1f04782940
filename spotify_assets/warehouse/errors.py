"""What can go wrong with the warehouse, each with what to do about it."""

from pathlib import Path


class WarehouseError(Exception):
    """The warehouse cannot do what was asked; the message says why and what to do."""


class WarehouseLockedError(WarehouseError):
    """Another process holds the warehouse and did not let go in time."""

    def __init__(self, path: Path, holder: str, waited: float) -> None:
        super().__init__(
            f"{path} is held by {holder}, still after {waited:.0f} s: close that program or wait for its run "
            "to end, then try again. Nothing was changed."
        )


class WarehouseMissingError(WarehouseError):
    """There is no warehouse, or not the table that was asked for."""


class SliceRefusedError(WarehouseError):
    """Rows were handed to a table that must not have them; nothing was written."""
