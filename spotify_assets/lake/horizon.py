"""Where the partitions begin: as the setting says, else early enough for everything in the lake."""

from datetime import UTC, date, datetime

from spotify_assets.lake import layout
from spotify_assets.settings import Settings

LATEST_START = date(2025, 1, 1)
"""Where partitions begin while the lake has nothing older."""


def start_of(settings: Settings) -> date:
    """The first date of the first partition.

    Without SPOTIFY_START_DATE it follows from the folders of the lake: the first of the month of the earliest
    catalogue or event, at the latest `LATEST_START`. It only ever moves backwards as older files are
    landed, and keys of partitions are dates, so that partitions materialised before keep their keys.
    """
    if settings.start_date is not None:
        return settings.start_date
    return min(layout.first_month(settings.lake_dir) or LATEST_START, LATEST_START)


def with_start(settings: Settings) -> Settings:
    """The settings with the start of the partitions fixed, for all that is built together."""
    return settings.model_copy(update={"start_date": start_of(settings)})


def outside(settings: Settings) -> str | None:
    """What of the lake lies outside the partitions and so in no table, in words; None for nothing."""
    start, today = start_of(settings), datetime.now(UTC).date()
    dates = [day for day in layout.landed_dates(settings.lake_dir) if not start <= day <= today]
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
