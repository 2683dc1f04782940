"""The time as a service's client has it: a test gives another one, in which a month takes seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True)
class Timing:
    """`now` gives seconds since 1970, `sleep` waits for so many."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def today(self) -> date:
        """The UTC date."""
        return datetime.fromtimestamp(self.now(), UTC).date()
