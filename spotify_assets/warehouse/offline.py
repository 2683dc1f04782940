"""How far offline listening was moved: from when it was reported to when it was heard."""

from collections.abc import Sequence
from datetime import timedelta

from spotify_assets.tables import LISTENING_EVENTS
from spotify_assets.tables.events import REPORTED_AFTER_HEARD
from spotify_assets.transforms.offline_sync import LONGEST_OFFLINE, TEN_MINUTES
from spotify_assets.warehouse.audit import Finding
from spotify_assets.warehouse.connection import Connection, single_row

_LATE = "date_diff('second', ended_at, reported_at)"
_TEN_MINUTES = TEN_MINUTES // timedelta(seconds=1)
_LONGEST = LONGEST_OFFLINE // timedelta(seconds=1)
MOVED_COUNTS = f"""
    count(reported_at) as moved,
    count(*) filter (where {_LATE} > {_TEN_MINUTES}) as over_ten_minutes,
    count(*) filter (where cast(reported_at as date) <> event_date) as other_date,
    coalesce(max({_LATE}), 0) / 3600.0 as longest_hours
"""
"""What moved rows of core.listening_events come to, as columns of a query."""


def moved(connection: Connection, relation: str, parameters: Sequence[object]) -> Finding:
    """Whether rows of core.listening_events that were moved can have been; it warns, and counts them."""
    count, over, other_date, hours, wrong = single_row(
        connection,
        f"""
        select
            {MOVED_COUNTS},
            count(*) filter (where {_LATE} < 0 or {_LATE} > {_LONGEST}) as wrong
        from ({relation})
        """,
        list(parameters),
    )
    counted = {
        "rows moved": count,
        "over ten minutes": over,
        "to another UTC date": other_date,
        "largest move (hours)": round(hours, 2),
    }
    detail = f"{wrong:,} rows of {LISTENING_EVENTS.full_name} cannot have been reported then" if wrong else ""
    return Finding(REPORTED_AFTER_HEARD.name, wrong, detail, warns=True, counted=counted)
