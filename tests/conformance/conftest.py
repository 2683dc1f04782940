"""Dagster's own tests judge our classes as they are."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def instances_cost_less() -> None:
    """Nothing is made cheaper here."""
