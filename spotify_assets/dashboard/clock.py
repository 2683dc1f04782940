"""Which date is not over yet."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

LAST_ZONE = "Etc/GMT+12"
"""Where a date ends last: until then the listening of that date may grow somewhere."""


def today(zone: str = "UTC") -> date:
    """The date in an IANA zone, which is not over yet."""
    return datetime.now(ZoneInfo(zone)).date()
