"""What is asked of a cluster that lost a broker: again while the error may pass, once where it does not."""

from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from spotify_assets.stream import client
from spotify_assets.stream.client import NoAnswerError, StreamError, patiently

NO_LEADER = KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
TIMED_OUT = KafkaException(KafkaError(KafkaError._TIMED_OUT))
FORBIDDEN = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_RETRY_SECONDS", 0.0)


def asked(*answers: int | Exception) -> tuple[Callable[[], int], Iterator[int | Exception]]:
    """A question with these answers, one after the other, and those that were not needed."""
    left = iter(answers)

    def ask() -> int:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask, left


def test_what_passes_is_asked_again():
    ask, left = asked(NoAnswerError("silent"), NO_LEADER, TIMED_OUT, 7)
    assert patiently(ask) == 7
    assert list(left) == []


@pytest.mark.parametrize("error", [FORBIDDEN, StreamError("no such topic")])
def test_what_does_not_pass_is_said_at_once(error: Exception):
    ask, left = asked(error, 7)
    with pytest.raises(type(error)):
        patiently(ask)
    assert list(left) == [7]


def test_who_is_to_stop_asks_no_more():
    ask, left = asked(NO_LEADER, 7)
    with pytest.raises(KafkaException):
        patiently(ask, stop=lambda: True)
    assert list(left) == [7]


def test_patience_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "PATIENCE_SECONDS", 0.0)
    ask, left = asked(NoAnswerError("silent"), 7)
    with pytest.raises(StreamError, match="silent"):
        patiently(ask)
    assert list(left) == [7]
