"""Who may see what, as a person writes it: `access.toml`.

    analysts = ["ana@example.org"]          # see everything

    [listeners]                             # see their own listening: account = listener
    "lena@example.org" = "lena"

`claim` says by which claim of the identity accounts are named (`email`, which the provider must say is
verified), `login_hours` for how long a login holds (12).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

EMAIL = "email"
Name = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Viewer:
    """What somebody sees: everything, the listening of `user_id`, or nothing."""

    sees: Literal["everything", "own", "nothing"]
    user_id: str | None = None


EVERYTHING, NOTHING = Viewer("everything"), Viewer("nothing")


class Accounts(BaseModel):
    """The accounts of a dashboard; whoever is none of them sees nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    claim: Name = EMAIL
    login_hours: Annotated[float, Field(gt=0, strict=False)] = 12.0
    analysts: list[Name] = []
    listeners: dict[Name, Name] = {}

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        named = [*self.analysts, *self.listeners]
        folded = [_folded(name) for name in named]
        if twice := [name for name, key in zip(named, folded, strict=True) if folded.count(key) > 1]:
            raise ValueError(f"{' and '.join(sorted(set(twice)))} stands there more than once: keep one")
        return self

    def viewer(self, identity: Mapping[str, Any], now: float) -> Viewer:
        """What the person of an identity sees.

        Args:
            identity: the claims of a login, as the provider signed them; `iat` is when.
            now: seconds since 1970.
        """
        account, at = identity.get(self.claim), identity.get("iat")
        if not isinstance(account, str) or not isinstance(at, int | float):
            return NOTHING
        if now - at > self.login_hours * 3600:
            return NOTHING
        if self.claim == EMAIL and identity.get("email_verified") is not True:
            return NOTHING
        if _folded(account) in map(_folded, self.analysts):
            return EVERYTHING
        theirs = {_folded(name): user_id for name, user_id in self.listeners.items()}
        user_id = theirs.get(_folded(account))
        return NOTHING if user_id is None else Viewer("own", user_id)


def read_accounts(path: Path) -> Accounts:
    """The accounts that a file names, as it is now.

    Raises:
        ValueError: it cannot be read, or says something else; the message names file and place.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}): SPOTIFY_ACCESS_FILE says who may see what"
        ) from None
    return _read(path, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, *_version: int) -> Accounts:
    try:
        return Accounts.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        says = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{path}: {f'{place}: ' if place else ''}{says}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} is no TOML file that can be read: {error}") from None


def _folded(account: str) -> str:
    """An account as it is compared: providers differ in how they write letters and blanks."""
    return account.strip().casefold()
