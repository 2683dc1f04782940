"""The login of the dashboard as a person sets it up: what must be there before a server starts."""

import tomllib
from importlib.util import find_spec
from pathlib import Path

from spotify_assets.dashboard.accounts import read_accounts
from spotify_assets.settings import Settings

_NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_CALLBACK = "/oauth2callback"
LEAST_SECRET = 32
"""Characters of the secret that cookies are signed with: whoever guesses it is whoever they like."""


def must_be_set_up(settings: Settings) -> None:
    """Make sure that people can log in, where the settings say that they must.

    Raises:
        ValueError: a file is missing or says something else, or the extra `login` is not installed.
    """
    if settings.access_file is None or settings.login_file is None:
        return
    read_accounts(settings.access_file)
    _must_name_a_provider(settings.login_file)
    if find_spec("authlib") is None or find_spec("httpx") is None:
        raise ValueError("a login needs more packages: pip install 'spotify-assets[login]'")


def _must_name_a_provider(path: Path) -> None:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"SPOTIFY_LOGIN_FILE: {path} is no TOML file that can be read: {error}") from None
    auth = told.get("auth")
    texts = (
        {key: text for key, text in auth.items() if isinstance(text, str)} if isinstance(auth, dict) else {}
    )
    if missing := [name for name in _NEEDED if not texts.get(name)]:
        raise ValueError(f"{path}: its section [auth] lacks {', '.join(missing)}: docs/access.md shows one")
    if not texts["redirect_uri"].endswith(_CALLBACK):
        raise ValueError(f"{path}: redirect_uri must end in {_CALLBACK}, below the dashboard's address")
    if len(texts["cookie_secret"]) < LEAST_SECRET:
        raise ValueError(
            f"{path}: cookie_secret has fewer than {LEAST_SECRET} characters: take `openssl rand -hex 32`"
        )
