"""How old a layer may be before it is late."""

from datetime import timedelta

import dagster as dg

from spotify_assets.settings import Settings

MODELS = "ml"
"""Layer of the models, which are trained once a week."""
WEEKLY = timedelta(days=8)
"""A week, and a day more for a run that takes its turn."""
WARN_SHARE = 0.75
"""Share of the time after which it warns."""


def freshness(settings: Settings, layer: str) -> dg.FreshnessPolicy:
    """The policy of a layer: late after so many hours without a materialisation, models after a week.

    A day without data is late as well: the sensor materialises what arrives, so what nobody materialises did
    not arrive.
    """
    late = timedelta(hours=settings.late_after_hours)
    late = max(WEEKLY, late) if layer == MODELS else late
    return dg.FreshnessPolicy.time_window(fail_window=late, warn_window=late * WARN_SHARE)
