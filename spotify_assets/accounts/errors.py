"""What can go wrong with a service, by what is to be done about it.

All are `RuntimeError`s, whose message a person can act on. None of them holds a token.
"""

from datetime import UTC, datetime


class AccountError(RuntimeError):
    """Something that a person can do something about: the message says what."""


class ConnectAgainError(AccountError):
    """The service takes the tokens of a listener no more."""


class NotThereError(AccountError):
    """The service knows nothing by that address, and says so."""


class RefusedError(AccountError):
    """The service refuses what was asked, and says why."""


class UnansweredError(AccountError):
    """The service gave no usable answer, however often it was asked; nothing is known by that."""


class LimitReachedError(AccountError):
    """No more calls for now: the day's budget is spent, or the service asked to be left alone for long.

    `until` is the UTC moment from which on it may be asked again.
    """

    def __init__(self, words: str, until: float) -> None:
        self.until = datetime.fromtimestamp(until, UTC)
        super().__init__(f"{words}; it goes on from {self.until:%Y-%m-%d %H:%M:%S} UTC")
