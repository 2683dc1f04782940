"""How many threads numerical libraries may use."""

from collections.abc import Iterator
from contextlib import contextmanager

ROWS_FOR_THREADS = 300_000
"""Rows from which on several threads are worth it. Below, they save a fifth of the time on an idle machine
and cost five times the time on a busy one, because they wait for each other many times per second."""


@contextmanager
def threads_for(rows: int) -> Iterator[None]:
    """One thread for few rows, as many as there are cores for many; for libraries that are loaded by now."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    with threadpool_limits(limits=1 if rows < ROWS_FOR_THREADS else None):
        yield
