"""What is to be reached: no play lost by outages, little memory for many listeners, kills cost nothing."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.accounts.conftest import World
from tests.accounts.month import simulate
from tests.servers.spotify_api.server import RECENTLY_PLAYED, serving
from tests.servers.spotify_api.world import id_of

SNAPSHOTS = """
    import json, sys
    from spotify_assets.accounts.snapshots import snapshot
    from spotify_assets.settings import Settings
    settings = Settings(**json.loads(sys.argv[1]), _env_file=None)
    done = snapshot(settings, [f"track{number:017d}" for number in range(int(sys.argv[2]))])
    print(done.calls, done.left, sum(done.landed.values()))
"""
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
    ("days", "listeners"), [(2, 1), pytest.param(30, 1, marks=pytest.mark.slow, id="month")]
)
def test_no_play_is_lost_and_each_counts_once(world: World, days: int, listeners: int):
    told = simulate(world, days, listeners, seed=7)
    print(told)
    assert told.overrun == 0
    assert told.arrived == told.listed
    assert told.made > told.listed > days * listeners * 150
    wrong = told.kept - told.made
    assert told.kept_of_history == told.made
    assert wrong / told.listed <= 0.005, f"{wrong} of {told.listed} plays count twice"


@pytest.mark.parametrize(
    ("tracks", "kills"), [(150, 2), pytest.param(5_000, 6, marks=pytest.mark.slow, id="5000")]
)
def test_a_process_that_is_killed_asks_for_nothing_twice(world: World, tracks: int, kills: int):
    world.clock.seconds = time.time()
    world.connect("anna")
    settings = {"api_calls_per_minute": 1_000_000, "snapshot_calls_per_day": 10_000_000}
    told = ""
    for number in range(kills + 1):
        goes_on_until = len(world.calls()) + (tracks // (kills + 1) if number < kills else 10**9)
        process = started(world, SNAPSHOTS, tracks, **settings)
        while process.poll() is None and len(world.calls()) < goes_on_until:
            time.sleep(0.005)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        told = process.communicate(timeout=600)[0]
        assert process.returncode in (0, -signal.SIGKILL), told
    again = Counter(world.calls())
    extra = sum(count - 1 for count in again.values())
    print(f"{len(again)} things, {extra} asked for twice, {told}")
    assert extra <= kills, "no more than what was under way when the process was killed"
    assert len([path for path in again if path.startswith("/v1/tracks")]) == tracks
    assert told.split()[-1] == str(tracks)


@pytest.mark.parametrize("listeners", [60, pytest.param(1_000, marks=pytest.mark.slow, id="1000")])
def test_many_listeners_are_polled_in_one_process(world: World, listeners: int):
    world.clock.seconds = time.time()
    people = [f"listener-{number}" for number in range(listeners)]
    now = round(time.time() * 1_000)
    for number, name in enumerate(people):
        for play in range(50):
            world.api.person(name).played(now - (51 - play) * 200_000, number * 31 + play)
    world.connect(*people)
    process = started(world, POLLING, 2, api_calls_per_minute=1_000_000)
    told = process.communicate(timeout=600)[0]
    first, second = (line.split() for line in told.splitlines())
    print(told)
    assert first[:2] == [str(listeners), str(listeners * 50)]
    assert second[:2] == [str(listeners), "0"]
    assert int(second[3]) <= 200, f"{second[3]} MB"
    assert len(world.calls(RECENTLY_PLAYED)) == 2 * listeners


def test_two_processes_share_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Seven calls a minute for both together: the eighth waits, whoever makes it."""
    with serving() as api:
        world = World(api, None, tmp_path)  # type: ignore[arg-type]
        _connect_now(world)
        processes = [started(world, SNAPSHOTS, 8, api_calls_per_minute=7) for _ in range(2)]
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


def started(world: World, script: str, number: int, **settings: object) -> "subprocess.Popen[str]":
    """A process of its own that calls the server."""
    given = world.api.settings(world.folder / "data", **settings)
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), json.dumps(given, default=str), str(number)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
    )
