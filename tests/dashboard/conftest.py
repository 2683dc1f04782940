"""What the tests of pages share."""

import sys
from collections.abc import Iterator

import pytest

MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def main_module_stays() -> Iterator[None]:
    """Streamlit puts the page's script in the place of `__main__`, which new processes would then run."""
    yield
    sys.modules["__main__"] = MAIN
