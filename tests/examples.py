"""How many examples a property test tries: a fifth by default, all of them where there is time."""

import os

from hypothesis import settings

SHARE = 5
FEWEST = 5
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "same")


def some(thorough: int) -> int:
    """So many examples; with the profile that `make test` has, a fifth of them, and five at least."""
    return thorough if PROFILE != "same" else min(thorough, max(FEWEST, thorough // SHARE))


def examples(thorough: int) -> settings:
    """Settings of a property test that tries so many examples in `make test-slow`, and a share by default."""
    return settings(max_examples=some(thorough), deadline=None)
