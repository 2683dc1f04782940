"""Access to a listener's account: OAuth's authorisation code with PKCE, and refreshed tokens.

There is no client secret: whoever has the tokens of a listener has that listener's access and nobody else's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from spotify_assets.accounts.errors import AccountError, ConnectAgainError, UnansweredError
from spotify_assets.accounts.state import AccountState
from spotify_assets.accounts.timing import Timing
from spotify_assets.accounts.tokens import Account, Token, TokenStore
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

SCOPE = "user-read-recently-played"
"""All that is asked for: what was played lately. The catalogue needs no scope."""
TIMEOUT = (10.0, 30.0)
"""Seconds to connect, and between two pieces of an answer."""
_EARLY_SECONDS = 60.0
"""A token that expires so soon is refreshed before it is used."""
_ATTEMPTS = 5
MISSING = "connected accounts need the extra: pip install 'spotify-assets[accounts]'"


def session_of(settings: Settings, redirect_uri: str | None = None) -> "OAuth2Session":
    """A session with the accounts service for this installation's client.

    Raises:
        AccountError: no client is named, or the extra is not installed.
    """
    if settings.client_id is None:
        raise AccountError("set SPOTIFY_CLIENT_ID to the Client ID of your app: docs/accounts.md, step 4")
    try:
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415
    except ImportError:
        raise AccountError(MISSING) from None
    return OAuth2Session(
        settings.client_id,
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",  # noqa: S106  # a public client has no secret
        default_timeout=TIMEOUT,
    )


@dataclass(frozen=True)
class Request:
    """A listener who is being asked: the address to open, and what the answer is compared with."""

    address: str
    state: str
    verifier: str
    redirect_uri: str


def ask(settings: Settings) -> Request:
    """A new question to a listener, whose answer comes to the loopback address of the settings."""
    from authlib.common.security import generate_token  # noqa: PLC0415

    redirect_uri = settings.redirect_uri
    verifier = generate_token(64)
    address, state = session_of(settings, redirect_uri).create_authorization_url(
        f"{settings.accounts_url}/authorize", code_verifier=verifier
    )
    return Request(address, state, verifier, redirect_uri)


def connect(
    settings: Settings, request: Request, answer: str, user_id: str, timing: Timing | None = None
) -> Account:
    """Connect a listener by the address that the browser was sent to in the end.

    Raises:
        AccountError: the listener said no, or the answer is not that to this question.
    """
    told = parse_qs(urlsplit(answer.strip()).query)
    if "error" in told:
        raise AccountError(f"the account was not connected: {told['error'][0]}")
    if told.get("state") != [request.state] or "code" not in told:
        raise AccountError(
            "this is not the answer to the question just asked: paste the whole address that the browser "
            f"ended at, which begins with {request.redirect_uri}"
        )
    timing = timing or Timing()
    token = _answered(
        lambda: session_of(settings, request.redirect_uri).fetch_token(
            f"{settings.accounts_url}/api/token",
            grant_type="authorization_code",
            code=told["code"][0],
            code_verifier=request.verifier,
        ),
        timing,
    )
    account = Account(user_id, str(settings.client_id), datetime.fromtimestamp(timing.now(), UTC).isoformat())
    AccountState(settings.accounts_dir).asked_again(user_id)
    return TokenStore(settings.tokens_dir).save(account, token)


@dataclass
class Access:
    """A listener's access: a token that is refreshed when it must be."""

    settings: Settings
    account: Account
    timing: Timing

    def __post_init__(self) -> None:
        self._token = self._store.token_of(self.account.user_id)

    @property
    def _store(self) -> TokenStore:
        return TokenStore(self.settings.tokens_dir)

    def header(self) -> dict[str, str]:
        """What a request is signed with.

        Raises:
            ConnectAgainError: the service takes the refresh token no more.
        """
        if float(self._token["expires_at"]) - self.timing.now() < _EARLY_SECONDS:
            self.renew()
        return {"Authorization": f"Bearer {self._token['access_token']}"}

    def renew(self) -> None:
        """Get a new token, unless another process has done so meanwhile."""
        with self._store.alone(self.account.user_id):
            kept = self._store.token_of(self.account.user_id)
            if kept["access_token"] != self._token["access_token"]:
                self._token = kept
                return
            token = _answered(
                lambda: session_of(self.settings).refresh_token(
                    f"{self.settings.accounts_url}/api/token", refresh_token=kept["refresh_token"]
                ),
                self.timing,
            )
            # The service may leave the refresh token as it is, and then does not repeat it.
            self._token = {"refresh_token": kept["refresh_token"], **token}
            self._store.save(self.account, self._token)


def _answered(ask: Callable[[], Token], timing: Timing) -> Token:
    """What the accounts service answers, asked again where it does not.

    Raises:
        ConnectAgainError: it refuses the listener's code or token.
        UnansweredError: it does not answer.
    """
    import requests  # noqa: PLC0415
    from authlib.integrations.base_client import OAuthError  # noqa: PLC0415
    from tenacity import (  # noqa: PLC0415
        RetryError,
        Retrying,
        retry_if_exception_type,
        stop_after_attempt,
        wait_random_exponential,
    )

    def token_of() -> Token:
        token: Token = ask()
        if "access_token" not in token:
            raise ValueError("an answer without a token")
        return token

    try:
        token = Retrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(max=30),
            retry=retry_if_exception_type((requests.RequestException, ValueError)),
            sleep=timing.sleep,
        )(token_of)
    except OAuthError as error:
        if error.error in ("invalid_grant", "invalid_client", "unauthorized_client"):
            raise ConnectAgainError(
                f"the service takes this connection no more ({error.error}): "
                "run spotify-assets connect spotify again"
            ) from None
        raise AccountError(f"the accounts service refused: {error.error}") from None
    except RetryError:
        raise UnansweredError("the accounts service does not answer: try again later") from None
    expires_at = timing.now() + float(token.get("expires_in", 3600))
    return {**token, "expires_at": expires_at}
