"""How much of what was materialised each exclusion rule matches, whether or not it is applied already."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from spotify_assets.rows.window import Window
from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms.exclusions import NEEDED_FOR_MATCHES, Exclusion
from spotify_assets.warehouse.reader import TableReader


def count_matches(raw_events: TableReader, rules: Sequence[Exclusion]) -> list[int]:
    """How many playbacks of raw.raw_events each rule matches, in the order of the rules.

    A playback that several files hold counts once, one that several sources tell of once for each. Raw events
    keep what is excluded, so that a rule counts the same before and after it takes effect. They are read by
    month.
    """
    counts = [0] * len(rules)
    days = raw_events.rows_per_date(Window(date.min, date.max))
    for month in sorted({day.replace(day=1) for day in days}):
        window = Window(month, (month + timedelta(days=31)).replace(day=1))
        rows = raw_events.read(window, ("event_id", "action", *NEEDED_FOR_MATCHES))
        playbacks = rows.filter(pl.col("action").is_in(PLAYBACK_ACTIONS))
        for number, rule in enumerate(rules):
            counts[number] += playbacks.filter(rule.matches())["event_id"].n_unique()
    return counts
