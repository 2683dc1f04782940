"""Text that says something and is signed, so that only the key's owner can have made it (HMAC-SHA256)."""

import base64
import hashlib
import hmac

LEAST_KEY = 32
"""Characters of a key, so that it cannot be guessed."""


class LinkRefusedError(ValueError):
    """It opens nothing: it was not given out like this."""

    def __init__(self, says: str = "this is not as it was given out: ask for it again") -> None:
        super().__init__(says)


class LinkExpiredError(LinkRefusedError):
    """It opens nothing any more."""

    def __init__(self) -> None:
        super().__init__("the time of this is over: ask for a new one")


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


def signed(purpose: bytes, said: str, key: str) -> str:
    """What is said, and its signature, as text for an address.

    Args:
        purpose: is signed besides, so that what was signed for another purpose is nothing here.
        said: anything.
        key: the secret.

    Raises:
        ValueError: the key is too short.
    """
    return f"{_written(said.encode())}.{_written(_signature(purpose + said.encode(), key))}"


def verified(purpose: bytes, token: str, key: str) -> str:
    """What a signed text says.

    Raises:
        LinkRefusedError: it was not signed with the key for the purpose, or was changed since.
        ValueError: the key is too short.
    """
    said, dot, signature = token.partition(".")
    if not dot:
        raise LinkRefusedError
    content = _read(said)
    if not hmac.compare_digest(_read(signature), _signature(purpose + content, key)):
        raise LinkRefusedError
    return content.decode()


def _signature(content: bytes, key: str) -> bytes:
    return hmac.new(checked_key(key).encode(), content, hashlib.sha256).digest()


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
