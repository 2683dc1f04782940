"""A window of time: the dates that a slice of rows is in."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, order=True)
class Window:
    """The UTC dates from `start` up to, not including, `end`."""

    start: date
    end: date

    def __str__(self) -> str:
        last = self.end - timedelta(days=1)
        return self.start.isoformat() if last == self.start else f"{self.start} to {last}"

    def days(self) -> list[date]:
        """Every date of the window."""
        return [self.start + timedelta(days=i) for i in range((self.end - self.start).days)]

    def preceding(self, days: int) -> "Window":
        """The window of so many days that ends where this one starts."""
        return Window(self.start - timedelta(days=days), self.start)

    def following(self, days: int) -> "Window":
        """The window of so many days that starts where this one ends."""
        return Window(self.end, self.end + timedelta(days=days))
