"""A link to one recap: whose, of which days, until when, and a signature that only the key's owner can make.

Nothing is stored. Whoever has the link may look; to take links back, change the key.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from spotify_assets.figures.view import Period

LEAST_KEY = 32
"""Characters of a key, so that it cannot be guessed."""
_PURPOSE = b"recap link 1:"
"""What is signed besides the content, so that the key's other signatures are none here."""


class LinkRefusedError(Exception):
    """The link opens nothing: it was not given out like this."""


class LinkExpiredError(LinkRefusedError):
    """The link opens nothing any more."""


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
        said = json.dumps([self.user_id, *days, int(self.until.timestamp())], separators=(",", ":")).encode()
        return f"{_written(said)}.{_written(_signature(said, key))}"


def opened(token: str, key: str, now: datetime | None = None) -> Shared:
    """What a token shows.

    Raises:
        LinkRefusedError: it was not signed with the key, or was changed since.
        LinkExpiredError: its time is over.
        ValueError: the key is too short.
    """
    said, signed = (_read(part) for part in _two(token))
    if not hmac.compare_digest(signed, _signature(said, key)):
        raise LinkRefusedError
    user_id, first, last, until = json.loads(said)
    found = Shared(
        user_id,
        Period(date.fromisoformat(first), date.fromisoformat(last)),
        datetime.fromtimestamp(until, UTC),
    )
    if found.until <= (now or datetime.now(UTC)):
        raise LinkExpiredError
    return found


def checked_key(key: str) -> str:
    """A key that nobody can guess.

    Raises:
        ValueError: it is too short.
    """
    if len(key) < LEAST_KEY:
        raise ValueError(
            f"SPOTIFY_SHARE_KEY has fewer than {LEAST_KEY} characters: take what `openssl rand -hex 32` "
            "prints"
        )
    return key


def _signature(said: bytes, key: str) -> bytes:
    return hmac.new(checked_key(key).encode(), _PURPOSE + said, hashlib.sha256).digest()


def _two(token: str) -> tuple[str, str]:
    said, dot, signed = token.partition(".")
    if not dot:
        raise LinkRefusedError
    return said, signed


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _read(part: str) -> bytes:
    """The content of a part; of the ways to write one only ours counts."""
    try:
        content = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except ValueError:
        raise LinkRefusedError from None
    if _written(content) != part:
        raise LinkRefusedError
    return content
