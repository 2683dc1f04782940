"""Two listeners who both agreed to be seen side by side: each for the other, for the same days, for a time.

Nothing is stored. A consent is a signed text that a listener makes, and an agreement is the two consents that
name each other. To take them back before they end, change the key.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from spotify_assets.figures.view import Period
from spotify_assets.report.signing import LinkExpiredError, LinkRefusedError, signed, verified

_PURPOSE = b"side by side 1:"
BOTH = "~"
"""What stands between the two consents of an agreement."""


@dataclass(frozen=True)
class Consent:
    """What one listener agreed to: the other sees their main figures and tops of some days, until a moment
    (UTC)."""

    giver: str
    other: str
    period: Period
    until: datetime

    def token(self, key: str) -> str:
        """The consent as signed text.

        Raises:
            ValueError: the key is too short, or giver and other are the same.
        """
        if self.giver == self.other:
            raise ValueError(f"{self.giver} cannot stand beside themselves: name another listener")
        days = [str(self.period.first), str(self.period.last)]
        said = [self.giver, self.other, *days, int(self.until.timestamp())]
        return signed(_PURPOSE, json.dumps(said, separators=(",", ":")), key)

    def answered(self, token: str, key: str) -> str:
        """The agreement of this consent, of which `token` is the text, with that of the other in return.

        Raises:
            ValueError: the key is too short.
        """
        return f"{token}{BOTH}{Consent(self.other, self.giver, self.period, self.until).token(key)}"


@dataclass(frozen=True)
class Agreement:
    """Two listeners, the days that they may be seen side by side of, and until when (UTC)."""

    users: tuple[str, str]
    period: Period
    until: datetime

    def other_than(self, user_id: str) -> str:
        """The one beside a listener.

        Raises:
            ValueError: the listener is none of both; the message names them.
        """
        if user_id not in self.users:
            raise ValueError(f"{' and '.join(self.users)} agreed to be seen side by side, not {user_id}")
        return self.users[1 - self.users.index(user_id)]


def consent(token: str, key: str, now: datetime | None = None) -> Consent:
    """What a listener agreed to.

    Raises:
        LinkRefusedError: it was not signed with the key, or was changed since.
        LinkExpiredError: its time is over.
        ValueError: the key is too short.
    """
    giver, other, first, last, until = json.loads(verified(_PURPOSE, token.strip(), key))
    days = Period(date.fromisoformat(first), date.fromisoformat(last))
    found = Consent(giver, other, days, datetime.fromtimestamp(until, UTC))
    if found.until <= (now or datetime.now(UTC)):
        raise LinkExpiredError
    return found


def agreement(text: str, key: str, now: datetime | None = None) -> Agreement:
    """What two listeners agreed to.

    Raises:
        LinkRefusedError: it is no two consents for each other and the same days, as they were given out.
        LinkExpiredError: the time of one is over.
        ValueError: the key is too short.
    """
    tokens = text.split(BOTH)
    if len(tokens) != 2:
        raise LinkRefusedError
    one, two = (consent(token, key, now) for token in tokens)
    if (one.giver, one.other, one.period) != (two.other, two.giver, two.period):
        raise LinkRefusedError
    return Agreement((one.giver, two.giver), one.period, min(one.until, two.until))
