"""Connected accounts and their tokens: their owner alone can read them, and nobody is told them.

One file per listener, named by a hash of the pseudonym. Where the system has a keyring (and the package
`keyring` is installed), the tokens are there and the file says so; elsewhere they are in the file itself.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from spotify_assets.accounts.errors import ConnectAgainError
from spotify_assets.accounts.state import private_folder
from spotify_assets.lake.profiles import user_digest
from spotify_assets.places import lock

SERVICE = "spotify-assets"
"""What the keyring calls this product."""
Token = Mapping[str, Any]
"""As the service gave it: access_token, refresh_token, expires_at (seconds since 1970), scope, token_type."""


@dataclass(frozen=True)
class Account:
    """A listener who connected an account, by pseudonym: through which client, when (UTC, ISO 8601), and
    whether the tokens are in the keyring."""

    user_id: str
    client_id: str
    connected_at: str
    in_keyring: bool = False


@dataclass(frozen=True)
class TokenStore:
    """The connected accounts of a folder."""

    folder: Path

    def accounts(self) -> list[Account]:
        """Every connected account, by pseudonym; none without the folder."""
        found = [_account_in(path) for path in sorted(self.folder.glob("*.json"))]
        return sorted(found, key=lambda account: account.user_id)

    def is_connected(self, user_id: str) -> bool:
        """Whether a listener is connected."""
        return self._path(user_id).exists()

    def token_of(self, user_id: str) -> Token:
        """The tokens of a listener.

        Raises:
            ConnectAgainError: there are none.
        """
        with suppress(FileNotFoundError):
            content = json.loads(self._path(user_id).read_text(encoding="utf-8"))
            if not content["account"]["in_keyring"]:
                return dict(content["token"])
            keyring = _keyring()
            kept = keyring.get_password(SERVICE, user_id) if keyring else None
            if kept:
                return dict(json.loads(kept))
        raise ConnectAgainError(f"there are no tokens of {user_id}: run spotify-assets connect spotify again")

    def save(self, account: Account, token: Token) -> Account:
        """Keep an account with its tokens, in place of what there was of the listener."""
        keyring = _keyring()
        in_keyring = keyring is not None and _put_into(keyring, account.user_id, token)
        kept = Account(account.user_id, account.client_id, account.connected_at, in_keyring)
        content = {"account": asdict(kept), "token": None if in_keyring else dict(token)}
        _write_private(self._path(account.user_id), json.dumps(content, ensure_ascii=False).encode())
        return kept

    def forget(self, user_id: str) -> bool:
        """Remove an account with its tokens; whether there was one."""
        path = self._path(user_id)
        with self.alone(user_id):
            found = path.exists()
            if found and _account_in(path).in_keyring and (keyring := _keyring()):
                with suppress(keyring.errors.PasswordDeleteError):
                    keyring.delete_password(SERVICE, user_id)
            path.unlink(missing_ok=True)
        self._lock(user_id).unlink(missing_ok=True)
        return found

    @contextmanager
    def alone(self, user_id: str) -> Iterator[None]:
        """One process at a time: the service takes a refresh token once."""
        private_folder(self.folder)
        with lock.held(self._lock(user_id)):
            yield

    def _path(self, user_id: str) -> Path:
        return self.folder / f"{user_digest(user_id)}.json"

    def _lock(self, user_id: str) -> Path:
        return self.folder / f"{user_digest(user_id)}.lock"


def _account_in(path: Path) -> Account:
    return Account(**json.loads(path.read_text(encoding="utf-8"))["account"])


def _keyring() -> ModuleType | None:
    """The keyring, where the package is installed and the system has one."""
    try:
        import keyring  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    return keyring if keyring.get_keyring().priority > 0 else None


def _put_into(keyring: ModuleType, user_id: str, token: Token) -> bool:
    """Whether a keyring took the tokens; one that is locked does not."""
    try:
        keyring.set_password(SERVICE, user_id, json.dumps(dict(token)))
    except keyring.errors.KeyringError:
        return False
    return True


def _write_private(path: Path, content: bytes) -> None:
    """Write a whole file that its owner alone may read; at no time is it otherwise."""
    private_folder(path.parent)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
