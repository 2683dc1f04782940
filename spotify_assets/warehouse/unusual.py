"""Unusual listening in the published copy: the episodes, and totals with and without them."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from spotify_assets.insight.unusual.kept_out import with_and_without
from spotify_assets.rows.window import Window
from spotify_assets.tables import LISTENING_EVENTS, PLAYBACK_ACTIONS
from spotify_assets.transforms.exclusions import NEEDED_FOR_MATCHES, Exclusion
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.reader import TableReader

_COUNTED = ("event_id", "action", "is_stream", "ms_played")


def totals_without(published: Warehouse, rules: Sequence[Exclusion], window: Window) -> pl.DataFrame:
    """Playbacks, streams and hours of a window, with and without what rules match.

    One row per listener of the rules.
    """
    events = TableReader(published, LISTENING_EVENTS)
    users = pl.DataFrame(
        {"user_id": sorted({str(rule.user_id) for rule in rules})}, schema={"user_id": pl.String}
    )
    totals = events.query(
        f"""
        select
            user_id,
            count(*) as playbacks,
            count(*) filter (where is_stream) as streams,
            sum(ms_played) / 3600000 as hours
        from {LISTENING_EVENTS.full_name}
        where event_date >= $start and event_date < $end
            and action in {PLAYBACK_ACTIONS} and user_id in (select user_id from listeners)
        group by user_id
        """,
        window,
        {"listeners": users},
    )
    matched = [_matched(events, rule) for rule in rules]
    excluded = pl.concat([LISTENING_EVENTS.empty().select("user_id", *_COUNTED), *matched])
    inside = excluded.filter(pl.col("action").is_in(PLAYBACK_ACTIONS))
    return with_and_without(totals, inside)


def _matched(events: TableReader, rule: Exclusion) -> pl.DataFrame:
    """The events of the days of a rule that it matches."""
    first, last = (_day(moment) for moment in (rule.since, rule.until))
    columns = tuple(dict.fromkeys((*NEEDED_FOR_MATCHES, *_COUNTED)))
    listener = pl.DataFrame({"user_id": [rule.user_id]})
    rows = events.read(Window(first, last + timedelta(days=1)), columns, listener)
    return rows.filter(rule.matches()).select("user_id", *_COUNTED)


def _day(moment: date | None) -> date:
    assert moment is not None
    return date(moment.year, moment.month, moment.day)
