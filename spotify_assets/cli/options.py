"""Options that several commands have, each with the values that it takes: the days and the numbers."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import typer

EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2199, 12, 31)  # noqa: DTZ001  # days, as options hold them
"""The days that may be asked of: others are mistakes, and their neighbours may be no dates at all."""
MOST = 1_000_000
"""Most of anything that is counted: listeners, tracks, rows."""
MOST_DAYS = 36_525
MOST_SEED = 2**32 - 1
LAST_PORT = 65_535


def day_option(*names: str, help: str) -> Any:  # as Typer calls it
    """An option that is a day, YYYY-MM-DD."""
    return typer.Option(*names, formats=["%Y-%m-%d"], callback=within_days, help=help)


def number_option(*names: str, least: float, most: float, help: str) -> Any:
    """An option that is a number of a range, which nan is not."""

    def within(value: float | None) -> float | None:
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            raise typer.BadParameter(f"{value} is no number from {least:g} to {most:g}")
        return value

    checked: Callable[[float | None], float | None] = within
    return typer.Option(*names, callback=checked, help=help)


def within_days(value: datetime | None) -> datetime | None:
    """A day or moment that listening may be asked of.

    Raises:
        typer.BadParameter: it lies outside `EARLIEST` to `LATEST`.
    """
    if value is not None and not EARLIEST.date() <= value.date() <= LATEST.date():
        raise typer.BadParameter(
            f"{value.date()} is no day of any listening: give one from {EARLIEST.date()} to {LATEST.date()}"
        )
    return value
