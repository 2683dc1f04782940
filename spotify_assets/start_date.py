"""Partitions of the data folder: how long they are and where they begin, by what is in the lake.

The first import keeps both in `partitions.json`, so that every command, the UI and the daemon agree. The
start only moves back, as older files are landed, and keys of partitions are dates: what was materialised
keeps its keys. Another grain is for `spotify-assets partitions`, which carries over what is done.
"""

from datetime import UTC, date, datetime

from spotify_assets.lake import layout
from spotify_assets.settings import Grain, KeptPartitions, Settings

EMPTY_START = date(2025, 1, 1)
"""Where partitions begin while the lake has nothing."""
MANY_DAYS = 730
"""Days of a lake from which a month is what fits: Dagster's bookkeeping is per partition."""


def start_of(settings: Settings) -> date:
    """The first date of the first partition.

    SPOTIFY_START_DATE, else the first date that the lake has or ever had, by month the first of its month.
    """
    if settings.start_date is not None:
        return settings.start_date
    kept = settings.kept_partitions
    dates = [layout.first_date(settings.lake), kept.start if kept else None]
    return begins_on(min((day for day in dates if day is not None), default=EMPTY_START), settings.grain)


def begins_on(day: date, grain: Grain) -> date:
    """The first date of the partition that a date is in."""
    return day.replace(day=1) if grain == "month" else day


def with_start(settings: Settings) -> Settings:
    """The settings with the partitions fixed, for all that is built together."""
    fixed = {"start_date": start_of(settings), "partition_grain": settings.grain}
    return settings.model_copy(update=fixed)


def keep_partitions(settings: Settings) -> str | None:
    """Keep which partitions fit the lake; what is new about them, in words, or None for nothing.

    The grain is chosen once, for the first files: a month where they reach over years, else a day. It is that
    of the setting where there is one, and a day where tables were made before anything was kept.
    """
    first = layout.first_date(settings.lake)
    if first is None:
        return None
    before = settings.kept_partitions
    grain = before.grain if before else settings.partition_grain or _fitting(settings, first)
    now = KeptPartitions(grain, min(first, before.start) if before else first)
    if now == before:
        return None
    layout.write_bytes(settings.partitions_path, now.to_json().encode())
    start = settings.start_date or begins_on(now.start, grain)
    if before is None:
        return f"Partitions are of a {grain} and begin on {start}."
    return f"Partitions of a {grain} now begin on {start}: reload the code location of a UI that is running."


def _fitting(settings: Settings, first: date) -> Grain:
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415 DuckDB takes time to import

    if warehouse_of(settings).exists():
        return "day"
    last = layout.last_date(settings.lake) or first
    return "month" if (last - first).days > MANY_DAYS else "day"


def outside(settings: Settings) -> str | None:
    """What of the lake lies outside the partitions and so in no table, in words; None for nothing."""
    start, today = start_of(settings), datetime.now(UTC).date()
    dates = layout.landed_dates_outside(settings.lake, start, today)
    if not dates:
        return None
    early, late = [day for day in dates if day < start], [day for day in dates if day > today]
    parts = []
    if early:
        parts.append(
            f"{len(early):,} days of landed files, {early[0]} to {early[-1]}, lie before SPOTIFY_START_DATE "
            f"({start}) and stay out of every table: remove that setting, or set it to "
            f"{early[0].replace(day=1)} or earlier"
        )
    if late:
        parts.append(
            f"{len(late):,} days of landed files, {late[0]} to {late[-1]}, lie in the future and stay out of "
            "every table until then"
        )
    return "; ".join(parts)
