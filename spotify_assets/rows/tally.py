"""How many rows this process has read and written, for the books of what runs cost."""

from dataclasses import dataclass


@dataclass
class Tally:
    """Rows so far: `read` from tables, `given` by assets to be written (refused ones too), `written`."""

    read: int = 0
    given: int = 0
    written: int = 0


TALLY = Tally()
"""Of this process, which makes one step at a time."""
