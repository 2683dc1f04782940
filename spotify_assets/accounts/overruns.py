"""Times of which plays may be missing: more was played between two answers than the service keeps.

An export that begins before such a time and ends after it brings what is missing, and mends it by being
imported; a listener who has none to import acknowledges it. Not here: how it is noticed (`polling`).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from spotify_assets.accounts.state import STATE, AccountState
from spotify_assets.lake.receipts import Receipt, read_receipts
from spotify_assets.settings import Settings
from spotify_assets.sources.kinds import Kind
from spotify_assets.tables import RAW_EVENTS

_WHOLE = (Kind.EXTENDED_HISTORY, Kind.ACCOUNT_MUSIC)
"""Kinds of files that have every play of their time."""


@dataclass(frozen=True)
class Overrun:
    """A time of one listener, between UTC moments of plays that are known."""

    user_id: str
    since: datetime
    until: datetime

    @property
    def between(self) -> str:
        """The time, for people."""
        return f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC"

    @property
    def words(self) -> str:
        """What may be missing, and what mends or acknowledges it."""
        return (
            f"From {self.between} more was played than Spotify keeps (50 plays): import an export that goes "
            f"beyond it (spotify-assets import FILE --user {self.user_id}), or acknowledge it with "
            f"spotify-assets connect acknowledge --user {self.user_id}"
        )

    def is_mended_by(self, receipt: Receipt) -> bool:
        """Whether an imported file has every play of the time."""
        return (
            (receipt.target, receipt.user_id) == (RAW_EVENTS.full_name, self.user_id)
            and receipt.kind in _WHOLE
            and receipt.first_date is not None
            and receipt.last_date is not None
            and receipt.first_date <= self.since.date()
            and receipt.last_date > self.until.date()
        )


def overruns(settings: Settings) -> list[Overrun]:
    """The times that nobody acknowledged and no import mended, by listener and moment.

    Where a receipt cannot be read, which is told elsewhere, nothing is taken for mended.
    """
    if not (settings.accounts_dir / STATE).exists():
        return []
    with AccountState(settings.accounts_dir).step() as connection:
        rows = connection.execute(
            "select user_id, since, until from overruns order by user_id, since"
        ).fetchall()
    found = [Overrun(user_id, _moment(since), _moment(until)) for user_id, since, until in rows]
    receipts: list[Receipt] = []
    with suppress(ValueError):
        receipts = read_receipts(settings.lake) if found else []
    return [each for each in found if not any(each.is_mended_by(receipt) for receipt in receipts)]


def acknowledge(settings: Settings, user_id: str) -> int:
    """Take a listener's times as they are; how many there were."""
    if not (settings.accounts_dir / STATE).exists():
        return 0
    with AccountState(settings.accounts_dir).step() as connection:
        return connection.execute("delete from overruns where user_id = ?", [user_id]).rowcount


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1_000, UTC)
