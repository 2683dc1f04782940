"""What is to be reached: no play lost by outages, little memory for many listeners, kills cost nothing."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.accounts.conftest import World
from tests.accounts.killed import killed, python, started
from tests.accounts.month import simulate
from tests.servers.spotify_api.server import RECENTLY_PLAYED, serving
from tests.servers.spotify_api.world import id_of

POLLING = """
    import json, sys
    from spotify_assets.accounts.polling import poll
    from spotify_assets.settings import Settings
    from tests.memory import peak_mb
    settings = Settings(**json.loads(sys.argv[1]), _env_file=None)
    before = peak_mb()
    for _ in range(int(sys.argv[2])):
        polled = poll(settings, all_now=True)
        print(polled.listeners, polled.plays, before, peak_mb())
"""


@pytest.mark.parametrize(
    ("days", "listeners"), [(2, 2), pytest.param(30, 2, marks=pytest.mark.slow, id="month")]
)
def test_no_play_is_lost_and_each_counts_once(world: World, days: int, listeners: int):
    told = simulate(world, days, listeners, seed=7)
    print(told, f"precision {told.precision:.4f}, recall {told.recall:.4f}")
    assert told.overrun == 0
    assert told.arrived == told.listed
    assert told.made > told.listed > days * 200
    assert told.recall >= 0.995
    assert told.precision >= 0.995, f"{told.kept - told.kept_of_history} of {told.listed} plays count twice"


@pytest.mark.slow
def test_processes_that_are_killed_ask_for_nothing_twice_that_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tracks, kills = 5_000, 6
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    told = killed(tmp_path, tracks, kills, per_minute=180)
    print(told)
    assert told.answered_asked_again == 0
    assert told.under_way <= kills, "no more than what was under way when a process was killed"
    assert told.told.split()[-1] == str(tracks)
    assert told.hours >= tracks / 180 / 60


@pytest.mark.slow
def test_a_thousand_listeners_are_polled_in_one_process(world: World, tmp_path: Path):
    listeners = 1_000
    world.clock.seconds = time.time()
    people = [f"listener-{number}" for number in range(listeners)]
    now = round(time.time() * 1_000)
    for number, name in enumerate(people):
        for play in range(50):
            world.api.person(name).played(now - (51 - play) * 200_000, number * 31 + play)
    world.connect(*people)
    given = world.api.settings(tmp_path / "data", api_calls_per_minute=1_000_000)
    process = python(POLLING, json.dumps(given, default=str), "2")
    told = process.communicate(timeout=600)[0]
    first, second = (line.split() for line in told.splitlines())
    print(told)
    assert first[:2] == [str(listeners), str(listeners * 50)]
    assert second[:2] == [str(listeners), "0"]
    assert int(second[3]) <= 200, f"{second[3]} MB"
    assert len(world.calls(RECENTLY_PLAYED)) == 2 * listeners


@pytest.mark.slow
def test_two_processes_share_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Seven calls a minute for both together: the eighth waits, whoever makes it."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with serving() as api:
        world = World(api, None, tmp_path)  # type: ignore[arg-type]
        _connect_now(world)
        processes = [started(api, tmp_path, 8, api_calls_per_minute=7) for _ in range(2)]
        until = time.monotonic() + 40
        while len(api.calls) < 7 and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(2)
        for each in processes:
            os.kill(each.pid, signal.SIGKILL)
            each.communicate()
        assert len(api.calls) == 7
        assert id_of("track", 0) in api.calls[0][1]


def _connect_now(world: World) -> None:
    from spotify_assets.accounts.tokens import Account, TokenStore

    token = {**world.api.grant("anna"), "expires_at": time.time() + 3_600}
    TokenStore(world.settings().tokens_dir).save(Account("anna", "client", "2026-03-01"), token)
