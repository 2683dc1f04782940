"""Manners: one budget for all, pauses obeyed to the second, and errors that are never taken for an answer."""

import threading
from collections import deque

import pytest

from spotify_assets.accounts.authorising import Access
from spotify_assets.accounts.budget import Budget
from spotify_assets.accounts.calls import ATTEMPTS, Purpose, WebApi
from spotify_assets.accounts.errors import (
    ConnectAgainError,
    LimitReachedError,
    NotThereError,
    RefusedError,
    UnansweredError,
)
from spotify_assets.accounts.polling import connected
from spotify_assets.accounts.state import AccountState
from spotify_assets.accounts.tokens import TokenStore
from tests.accounts.conftest import START, Clock, World
from tests.servers.spotify_api.world import id_of

TRACK_7 = f"/tracks/{id_of('track', 7)}"
PURPOSE = Purpose("test")


class Caller:
    """A process that calls the API as the first of the connected listeners."""

    def __init__(self, world: World, **settings: object) -> None:
        self.settings = world.settings(**settings)
        self.api = WebApi.of(self.settings, AccountState(self.settings.accounts_dir), world.clock.timing)
        self.access = Access(self.settings, connected(self.settings)[0], world.clock.timing)

    def get(self, path: str = TRACK_7, purpose: Purpose = PURPOSE) -> object:
        return self.api.get(path, self.access, purpose)


@pytest.fixture
def caller(world: World) -> Caller:
    world.connect("anna")
    return Caller(world)


def outcomes(caller: Caller) -> dict[str, int]:
    with AccountState(caller.settings.accounts_dir).step() as connection:
        return dict(connection.execute("select outcome, sum(calls) from calls group by outcome order by 1"))


def test_an_answer_comes_whole(world: World, caller: Caller):
    answer = caller.get()
    assert isinstance(answer, dict)
    assert answer["name"] == "Song 7"
    assert world.clock.slept == []
    assert outcomes(caller) == {"begun": 1, "answered": 1}


@pytest.mark.parametrize("fault", ["500", "503", "reset", "cut", "html"])
def test_what_is_no_answer_is_asked_again_after_a_random_pause(world: World, caller: Caller, fault: str):
    world.api.faults["/v1/"] = deque([fault, fault])
    assert caller.get()["name"] == "Song 7"  # type: ignore[index]
    assert len(world.clock.slept) == 2
    assert all(0 <= slept <= 60 for slept in world.clock.slept)
    assert outcomes(caller)["begun"] == 3


@pytest.mark.parametrize("fault", ["500", "reset", "cut", "html"])
def test_what_is_never_answered_is_told_as_that(world: World, caller: Caller, fault: str):
    world.api.faults["/v1/"] = deque([fault] * ATTEMPTS)
    with pytest.raises(UnansweredError):
        caller.get()
    assert "not there" not in outcomes(caller)


def test_a_slow_answer_is_waited_for(world: World, caller: Caller):
    world.api.faults["/v1/"] = deque(["slow"])
    assert caller.get()["name"] == "Song 7"  # type: ignore[index]


def test_a_pause_is_obeyed_to_the_second_by_all(world: World, caller: Caller):
    world.api.faults["/v1/"] = deque(["429:7"])
    other = Caller(world)
    assert caller.get()["name"] == "Song 7"  # type: ignore[index]
    assert world.clock.seconds == pytest.approx(START + 7)
    caller.api.budget.told_to_wait(11)
    assert other.get()["name"] == "Song 7"  # type: ignore[index]
    assert world.clock.seconds == pytest.approx(START + 18)
    assert world.api.early == []


def test_a_pause_that_is_longer_than_a_run_waits_ends_it(world: World, caller: Caller):
    world.api.faults["/v1/"] = deque(["429:3600"])
    for each in (caller, Caller(world)):
        with pytest.raises(LimitReachedError, match="it goes on from 2026-03-01 01:00:00 UTC"):
            each.get()
    assert world.clock.slept == []
    world.clock.seconds += 3_600
    world.connect("anna")
    assert Caller(world).get()["name"] == "Song 7"  # type: ignore[index]


def test_a_longer_pause_is_not_shortened_by_a_later_word(caller: Caller, world: World):
    caller.api.budget.told_to_wait(100)
    caller.api.budget.told_to_wait(3)
    caller.get()
    assert world.clock.seconds == pytest.approx(START + 100)


def test_the_limit_of_the_service_is_never_met_twice_for_one_pause(world: World, caller: Caller):
    world.api.calls_per_window = 10
    for _ in range(25):
        caller.get()
    assert world.api.refused[429] == 2
    assert world.api.early == []


def test_in_no_minute_begin_more_calls_than_allowed(world: World):
    world.connect("anna")
    caller = Caller(world, api_calls_per_minute=5)
    for _ in range(23):
        caller.get()
        world.clock.seconds += 1.5
    moments = [at for at, _, _ in world.api.calls]
    assert all(later - at >= 60 for at, later in zip(moments, moments[5:], strict=False))
    assert world.api.refused[429] == 0


def test_threads_share_one_budget(tmp_path):
    clock = Clock()
    begun: list[float] = []
    lock = threading.Lock()

    def work() -> None:
        budget = Budget(AccountState(tmp_path), "client", 10, clock.timing)
        for _ in range(10):
            with lock:  # the clock is not made for several
                budget.take("test")
                begun.append(clock.now())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(begun) == 40
    assert all(later - at >= 60 for at, later in zip(begun, begun[10:], strict=False))


def test_clients_have_budgets_of_their_own(tmp_path):
    clock = Clock()
    one, other = (Budget(AccountState(tmp_path), name, 1, clock.timing) for name in ("one", "other"))
    one.take("test")
    other.take("test")
    assert clock.slept == []


def test_a_days_budget_is_one_purposes_and_ends_at_midnight(world: World, caller: Caller):
    few = Purpose("few", per_day=2)
    caller.get(purpose=few)
    caller.get(purpose=few)
    with pytest.raises(LimitReachedError, match=r"2 calls for few .* from 2026-03-02 00:00:00"):
        caller.get(purpose=few)
    caller.get()
    world.clock.seconds += 86_400
    world.connect("anna")
    Caller(world).get(purpose=few)


def test_only_the_api_says_that_something_is_not_there(world: World, caller: Caller):
    with pytest.raises(NotThereError):
        caller.get(f"/tracks/{id_of('track', 999_999)}")
    with pytest.raises(RefusedError, match="400"):
        caller.get("/tracks/unknown")
    with pytest.raises(RefusedError, match="403"):
        caller.get("/tracks")


def test_a_token_is_renewed_before_it_expires_and_when_it_was_taken_back(world: World, caller: Caller):
    caller.get()
    world.clock.seconds += world.api.expires_in - 30
    caller.get()
    assert world.api.refused[401] == 0
    world.api.access.clear()
    caller.get()
    assert world.api.refused[401] == 1


@pytest.mark.parametrize("rotates", [True, False])
def test_two_processes_renew_once(world: World, rotates: bool):
    world.api.rotates_refresh_tokens = rotates
    world.connect("anna")
    one, other = Caller(world), Caller(world)
    granted = len(world.api.access)
    world.clock.seconds += world.api.expires_in
    one.get()
    other.get()
    one.get()
    assert len(world.api.access) == granted + 1


def test_who_took_the_access_back_is_to_connect_again(world: World, caller: Caller):
    world.api.refresh.clear()
    world.api.access.clear()
    with pytest.raises(ConnectAgainError, match="connect spotify again"):
        caller.get()


def test_the_accounts_service_is_asked_again_too(world: World, caller: Caller):
    world.clock.seconds += world.api.expires_in
    world.api.faults["/api/token"] = deque(["503", "reset"])
    assert caller.get()["name"] == "Song 7"  # type: ignore[index]
    assert TokenStore(caller.settings.tokens_dir).token_of("anna")["expires_at"] > world.clock.now()
