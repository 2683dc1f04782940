"""The product's own events: the columns of `raw.raw_events`. Each row names its listener and its source."""

from collections.abc import Iterable

from spotify_assets.sources import event_files
from spotify_assets.sources.formats.model import Format
from spotify_assets.sources.kinds import Kind
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.tables import RAW_EVENTS

_COLUMNS = frozenset(RAW_EVENTS.column_names)
_MARKS = frozenset({"event_id", "user_id", "started_at", "ended_at", "event_date", "action"})
_MARKS_NEEDED, _COLUMNS_NEEDED = 2, 4
"""So many of the columns that only the product's own events have, and of all their columns."""


def are_of_events(columns: Iterable[str]) -> bool:
    """Whether columns are those of the product's own events."""
    found = set(columns)
    return len(found & _MARKS) >= _MARKS_NEEDED and len(found & _COLUMNS) >= _COLUMNS_NEEDED


FORMAT = Format(
    kind=Kind.EVENTS,
    why="rows with the columns of events",
    read=event_files.read,
    clock=None,
    is_element=are_of_events,
    is_header=are_of_events,
    personal=PERSONAL_KEYS,
)
