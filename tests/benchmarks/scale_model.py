"""How the cost of a run grows with its events, and what follows for more than was measured.

The model is of three parts, each a constant and so much for an event, in seconds of processors: making
slices, which any number of workers share; commits, one after the other in the driver; and the rest, which is
dbt, models, checks and publishing on one machine. It is linear, so that it tells nothing of what does not fit
in memory: `docs/scale.md` says what that is.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

WORKERS = (2, 20, 200, 2_000)
EVENTS_A_DAY = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)


@dataclass(frozen=True)
class Parts:
    """Seconds of a run by what they are of."""

    making: float
    committing: float
    rest: float

    @property
    def total(self) -> float:
        """Seconds in all."""
        return self.making + self.committing + self.rest

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, times: float) -> "Parts":
        return Parts(*(part * times for part in astuple(self)))

    def __str__(self) -> str:
        return f"making {self.making:.1f} s, commits {self.committing:.1f} s, rest {self.rest:.1f} s"


@dataclass(frozen=True)
class Model:
    """What a run takes whatever it reads, and what each event adds."""

    fixed: Parts
    of_an_event: Parts

    def at(self, events: float) -> Parts:
        """What a run over so many events takes."""
        return self.fixed + self.of_an_event * events


def fitted(known: Sequence[tuple[int, Parts]]) -> Model:
    """The line through what was measured, by least squares of relative errors; no part is below nothing.

    Raises:
        ValueError: runs of fewer than two sizes.
    """
    events = np.array([size for size, _ in known], dtype=float)
    if len(set(events)) < 2:
        raise ValueError("a line needs runs of two sizes")
    lines = []
    for part in zip(*(astuple(parts) for _, parts in known), strict=True):
        took = np.array(part)
        weights = 1 / np.maximum(took, 1e-9)
        slope, start = np.polyfit(events, took, 1, w=weights)
        lines.append((max(start, 0.0), max(slope, 0.0)))
    return Model(Parts(*(start for start, _ in lines)), Parts(*(slope for _, slope in lines)))


def forecast(model: Model, days: int) -> list[str]:
    """In words, what a day of ever more events takes: on workers, and where only one machine can do it.

    `days` are those of the measured runs, whose constant is shared by them.
    """
    daily = Model(model.fixed * (1 / days), model.of_an_event)
    told = []
    for events in EVENTS_A_DAY:
        parts = daily.at(events)
        serial = parts.committing + parts.rest
        clock = ", ".join(
            f"{(parts.making / cores + serial) / 3600:.1f} h with {cores:,}" for cores in WORKERS
        )
        told.append(
            f"{events:,} events a day: {parts.total / 3600:.1f} processor hours, of which "
            f"{serial / parts.total:.0%} on one machine; {clock} cores for slices"
        )
    return told
