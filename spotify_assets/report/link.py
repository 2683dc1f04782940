"""A link to one recap: whose, of which days, until when, and a signature that only the key's owner can make.

Nothing is stored. Whoever has the link may look; to take links back, change the key.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from spotify_assets.figures.view import Period
from spotify_assets.report.signing import LinkExpiredError, signed, verified

_PURPOSE = b"recap link 1:"


@dataclass(frozen=True)
class Shared:
    """What a link shows: one listener, one period, until a moment (UTC)."""

    user_id: str
    period: Period
    until: datetime

    def token(self, key: str) -> str:
        """The part of a link that says all this and is signed.

        Raises:
            ValueError: the key is too short.
        """
        days = [str(self.period.first), str(self.period.last)]
        said = json.dumps([self.user_id, *days, int(self.until.timestamp())], separators=(",", ":"))
        return signed(_PURPOSE, said, key)


def opened(token: str, key: str, now: datetime | None = None) -> Shared:
    """What a token shows.

    Raises:
        LinkRefusedError: it was not signed with the key, or was changed since.
        LinkExpiredError: its time is over.
        ValueError: the key is too short.
    """
    user_id, first, last, until = json.loads(verified(_PURPOSE, token, key))
    found = Shared(
        user_id,
        Period(date.fromisoformat(first), date.fromisoformat(last)),
        datetime.fromtimestamp(until, UTC),
    )
    if found.until <= (now or datetime.now(UTC)):
        raise LinkExpiredError
    return found
