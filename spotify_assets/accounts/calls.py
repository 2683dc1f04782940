"""Calls to the Web API: within the budget, asked again where that helps, and told apart by what they mean.

429 with `Retry-After` stops every process of the client for as long as it says. 5xx, broken connections, slow
and cut answers are asked again with growing, random pauses. Nothing of that says that something does not
exist: that is only said by a 404 that the API itself wrote.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from spotify_assets.accounts import budget
from spotify_assets.accounts.authorising import MISSING, TIMEOUT, Access
from spotify_assets.accounts.budget import Budget
from spotify_assets.accounts.errors import (
    AccountError,
    ConnectAgainError,
    LimitReachedError,
    NotThereError,
    RefusedError,
    UnansweredError,
)
from spotify_assets.accounts.state import AccountState
from spotify_assets.accounts.timing import Timing
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import requests

ATTEMPTS = 6
"""How often something is asked that is not answered."""
MOST_PAUSES = 20
"""How often one call obeys a 429 before the run ends."""
LONGEST_ANSWER_SECONDS = 60.0
MOST_BYTES = 16_000_000
_PIECE = 1 << 16
_PAUSE_WITHOUT_WORDS = 30.0
"""Seconds to wait after a 429 that does not say for how long."""


class _AskAgainError(Exception):
    """An answer that says nothing, and may be another one in a moment."""


class _TooManyError(Exception):
    """429: the budget knows how long to wait."""


@dataclass(frozen=True)
class Purpose:
    """What calls are made for: their name in the books, and how many of them a UTC day may have."""

    name: str
    per_day: int | None = None


@dataclass(frozen=True)
class WebApi:
    """Spotify's Web API for one client id."""

    settings: Settings
    budget: Budget
    timing: Timing
    _session: "requests.Session" = field(repr=False)
    made: Counter[str] = field(default_factory=Counter)
    """How many calls this one began, by purpose."""

    @classmethod
    def of(cls, settings: Settings, state: AccountState, timing: Timing | None = None) -> "WebApi":
        """The API as the settings say.

        Raises:
            AccountError: the extra is not installed, or no client is named.
        """
        if settings.client_id is None:
            raise AccountError("set SPOTIFY_CLIENT_ID to the Client ID of your app: docs/accounts.md, step 4")
        try:
            import requests  # noqa: PLC0415  # an extra
        except ImportError:
            raise AccountError(MISSING) from None
        timing = timing or Timing()
        budget = Budget(state, settings.client_id, settings.api_calls_per_minute, timing)
        return cls(settings, budget, timing, requests.Session())

    def get(
        self, path: str, access: Access, purpose: Purpose, params: Mapping[str, Any] | None = None
    ) -> Any:
        """The JSON at a path.

        Raises:
            LimitReachedError: no more calls for now.
            NotThereError: the API says that it has no such thing.
            ConnectAgainError: the API takes the listener's tokens no more.
            UnansweredError: no usable answer came.
            RefusedError: the API refuses, and says why.
        """
        from tenacity import (  # noqa: PLC0415
            RetryError,
            Retrying,
            retry_if_exception_type,
            stop_after_attempt,
            wait_random_exponential,
        )

        asked = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(max=60),
            retry=retry_if_exception_type(_AskAgainError),
            sleep=self.timing.sleep,
        )
        try:
            for _ in range(MOST_PAUSES):
                try:
                    return asked(self._call, path, access, purpose, dict(params or {}))
                except _TooManyError:
                    continue
        except RetryError as error:
            raise UnansweredError(f"{path}: {error.last_attempt.exception()}") from None
        raise LimitReachedError("the service asks for one pause after the other", self.timing.now() + 3600)

    def _call(self, path: str, access: Access, purpose: Purpose, params: dict[str, Any]) -> Any:
        status, headers, body = self._once(path, access, purpose, params)
        if status == 401:
            access.renew()
            status, headers, body = self._once(path, access, purpose, params)
        if status == 200:
            answer = _json(body)
            self.budget.came_of(purpose.name, budget.ANSWERED)
            return answer
        if status == 429:
            self.budget.came_of(purpose.name, budget.TOLD_TO_WAIT)
            self.budget.told_to_wait(_seconds(headers.get("Retry-After"), self.timing.now()))
            raise _TooManyError
        if status >= 500 or status == 408:
            self.budget.came_of(purpose.name, budget.FAILED)
            raise _AskAgainError(f"the service answers {status}")
        return self._refused(path, status, body, purpose)

    def _refused(self, path: str, status: int, body: bytes, purpose: Purpose) -> Any:
        """Raise what an answer of 4xx means."""
        try:
            words = str(json.loads(body)["error"]["message"])
        except (ValueError, KeyError, TypeError):
            self.budget.came_of(purpose.name, budget.FAILED)
            raise _AskAgainError(f"something other than the API answers {status}") from None
        self.budget.came_of(purpose.name, budget.NOT_THERE if status == 404 else budget.REFUSED)
        if status == 404:
            raise NotThereError(f"{path}: {words}")
        if status == 401:
            raise ConnectAgainError(
                f"the API takes these tokens no more ({words}): run spotify-assets connect spotify again"
            )
        raise RefusedError(f"the API refuses {path} ({status}): {words}")

    def _once(
        self, path: str, access: Access, purpose: Purpose, params: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of one call.

        Raises:
            _AskAgainError: the connection broke, or the answer was cut, too slow or too long.
        """
        import requests  # noqa: PLC0415

        signed = access.header()
        self.budget.take(purpose.name, purpose.per_day)
        self.made[purpose.name] += 1
        try:
            with self._session.get(
                f"{self.settings.api_url}{path}", params=params, headers=signed, timeout=TIMEOUT, stream=True
            ) as response:
                return response.status_code, response.headers, self._body(response)
        except requests.RequestException as error:
            self.budget.came_of(purpose.name, budget.FAILED)
            raise _AskAgainError(f"the connection broke ({type(error).__name__})") from None

    def _body(self, response: "requests.Response") -> bytes:
        until = self.timing.now() + LONGEST_ANSWER_SECONDS
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > MOST_BYTES or self.timing.now() > until:
                raise _AskAgainError("the answer takes too long or is too long")
        return bytes(body)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise _AskAgainError("the answer is no JSON, or half of it") from None


def _seconds(written: str | None, now: float) -> float:
    """How long `Retry-After` says to wait: seconds, or a date."""
    if written is None:
        return _PAUSE_WITHOUT_WORDS
    try:
        return max(0.0, float(written))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return _PAUSE_WITHOUT_WORDS
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
