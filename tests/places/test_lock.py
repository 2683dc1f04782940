"""One process at a time, in a folder and in a store; a holder that is dead holds nothing."""

import json
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest

from spotify_assets import places
from spotify_assets.places import Place, StorePlace, lock
from spotify_assets.places.store import StoreError


@pytest.fixture(params=["folder", "store"])
def place(request, tmp_path: Path) -> Place:
    root: Place = tmp_path if request.param == "folder" else StorePlace.of(f"memory://{uuid4().hex}")
    return root / "lock"


@pytest.fixture
def in_store() -> StorePlace:
    return StorePlace.of(f"memory://{uuid4().hex}") / "lock"


def test_another_one_waits_until_the_lock_is_free(place: Place):
    order: list[str] = []
    waits = Event()

    def second() -> None:
        waits.set()
        with lock.held(place):
            order.append("second")

    with lock.held(place):
        thread = Thread(target=second)
        thread.start()
        waits.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_who_is_not_to_wait_is_told(place: Place):
    with lock.held(place), pytest.raises(lock.HeldByAnotherError), lock.held(place, wait=False):
        pass
    with lock.held(place, wait=False):
        lock.must_be_held(place)


def test_many_that_want_it_have_it_one_after_the_other(place: Place):
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with lock.held(place):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    threads = [Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


def dead_holder(place: StorePlace, **changed: object) -> None:
    told = {"token": "x", "beats": 3, "machine": "another machine", "pid": 1, "released": False, **changed}
    places.write(place / "000000000007", json.dumps(told).encode())


def test_a_holder_of_this_machine_that_is_no_more_is_known_at_once(in_store: StorePlace):
    dead_holder(in_store, machine=lock._machine(), pid=2**22 + 1)
    with lock.held(in_store, wait=False):
        assert [each.name for each in in_store.listed()] == ["000000000008"]


def test_a_holder_elsewhere_is_dead_when_it_says_nothing_for_its_lease(in_store: StorePlace, monkeypatch):
    dead_holder(in_store)
    with pytest.raises(lock.HeldByAnotherError), lock.held(in_store, wait=False):
        pass
    monkeypatch.setattr(lock, "LEASE_SECONDS", 0.3)
    monkeypatch.setattr(lock, "_ASK_SECONDS", 0.05)
    with lock.held(in_store):
        assert [each.name for each in in_store.listed()] == ["000000000008"]


def test_a_holder_that_says_that_it_lives_keeps_the_lock(in_store: StorePlace, monkeypatch):
    monkeypatch.setattr(lock, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(lock, "_ASK_SECONDS", 0.05)
    had = Event()

    def other() -> None:
        with lock.held(in_store):
            had.set()

    with lock.held(in_store):
        thread = Thread(target=other)
        thread.start()
        assert not had.wait(2.5)
    thread.join()
    assert had.is_set()


def test_who_was_taken_for_dead_commits_nothing(in_store: StorePlace):
    with ExitStack() as held:
        held.enter_context(lock.held(in_store))
        lock.must_be_held(in_store)
        places.write(in_store / "000000000002", b"{}")
        with pytest.raises(StoreError, match="do it again"):
            lock.must_be_held(in_store)
