"""What a person may choose about a synthetic population; how it behaves is in `planted`."""

from dataclasses import dataclass, replace
from typing import Self

EVENTS_PER_SESSION = 8.2
"""Events that a session of the default configuration comes to, as measured over 414,000 events."""

MAX_SESSIONS_PER_DAY = 6
"""Chances per user and local day to start a session."""


@dataclass(frozen=True)
class GeneratorConfig:
    """One synthetic population. Equal configurations give equal events for equal catalogues.

    Attributes:
        users: number of listeners; the i-th is the same in a larger population, but for how far down the
            catalogue anybody's plays reach.
        seed: everything random follows from it.
        sessions_per_day: mean number of sessions that a user begins per local day, before sessions
            that would begin within an hour of another are left out.
        tracks_per_session: mean number of playbacks in a session.

    Raises:
        ValueError: a number outside its range.
    """

    users: int = 1_000
    seed: int = 7
    sessions_per_day: float = 1.8
    tracks_per_session: float = 9.0

    def __post_init__(self) -> None:
        if self.users < 1:
            raise ValueError(f"users must be at least 1, not {self.users}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, not {self.seed}")
        if not 0 < self.sessions_per_day <= MAX_SESSIONS_PER_DAY / 2:
            raise ValueError(
                f"sessions_per_day must be above 0 and at most {MAX_SESSIONS_PER_DAY // 2}, "
                f"not {self.sessions_per_day}"
            )
        if not 2 <= self.tracks_per_session <= 20:
            raise ValueError(f"tracks_per_session must be 2 to 20, not {self.tracks_per_session}")

    def with_events_per_day(self, events: int | None) -> Self:
        """The configuration whose users together make about so many events a day; itself for None.

        Raises:
            ValueError: the users would have to begin more sessions than a day holds.
        """
        if events is None:
            return self
        per_session = EVENTS_PER_SESSION * self.tracks_per_session / type(self).tracks_per_session
        sessions = events / self.users / per_session
        if sessions > MAX_SESSIONS_PER_DAY / 2:
            needed = -(-2 * events // (MAX_SESSIONS_PER_DAY * per_session))
            raise ValueError(
                f"{self.users:,} users cannot make {events:,} events a day: that takes {needed:,.0f} users"
            )
        return replace(self, sessions_per_day=sessions)
