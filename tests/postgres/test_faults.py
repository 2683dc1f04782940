"""Killed publishers, a server that goes away, a full disk, readers: nobody ever sees half."""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import psycopg
import pytest

from spotify_assets.serving.publishing import LOCK, publish_to_postgres
from spotify_assets.serving.server import PostgresError
from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.warehouse.database import Database
from tests.postgres.looking import asked, everything
from tests.servers.ports import wait_for
from tests.servers.postgres import Postgres

Change = Callable[[str], None]
DBT = PROJECT_ROOT / "dbt_project"
READERS = 20
STATE = """
select
    (select max(publishing) from serving.publishings),
    (select count(*) from marts.fact_listens),
    (select sum(ms_played) from marts.fact_listens),
    (select sum(plays) from marts.daily_aggregates),
    (select count(*) from bi.listens),
    (select count(*) from marts.dim_track)
"""


def publish(copy: Path, url: str) -> None:
    publish_to_postgres(Database(copy), url, DBT)


def worker(copy: Path, url: str, kill_at: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.postgres.worker", str(copy), url, str(kill_at)]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)


def next_day(change: Change, number: int) -> None:
    """Rows that change in several tables at once."""
    change(
        f"update marts.fact_listens set ms_played = ms_played + {number}, event_id = event_id || '{number}' "
        f"where event_date >= date '2025-03-01'; "
        f"update marts.daily_aggregates set plays = plays + 1; "
        f"insert into marts.dim_track by name select * replace ('new{number}' as track_id) "
        f"from marts.dim_track limit 1"
    )


def kill_and_publish(copy: Path, url: str, change: Change, kills: int) -> None:
    """Kill publishings at random statements: before, what was there before; after, all of the new."""
    publish(copy, url)
    random = Random(20)
    next_day(change, 0)
    dry = worker(copy, url, -1)
    steps = int(dry.stdout)
    assert steps > 100
    for number in range(1, kills + 1):
        before = everything(url)
        next_day(change, number)
        done = worker(copy, url, random.randint(1, steps))
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert everything(url) == before
        if number % 3 == 0:
            publish(copy, url)
            [(listens, ids)] = asked(url, "select count(*), count(distinct event_id) from marts.fact_listens")
            assert listens == ids == before["marts.fact_listens"][0]
            assert everything(url) != before
    publish(copy, url)
    fresh = asked(url, "select count(*) from marts.dim_track where track_id like 'new%'")
    assert fresh == [(kills + 1,)]
    served = everything(url)
    asked(url, "drop schema marts, bi, ml, ops, serving cascade")
    publish(copy, url)
    assert everything(url) == served


def test_a_killed_publisher_leaves_what_was_there(copied: Path, url: str, change: Change):
    kill_and_publish(copied, url, change, kills=6)


@pytest.mark.slow
def test_fifty_kills(copied: Path, url: str, change: Change):
    kill_and_publish(copied, url, change, kills=50)


def test_a_first_publishing_that_is_killed_leaves_nothing(copied: Path, url: str):
    done = worker(copied, url, 90)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert asked(url, "select to_regnamespace('marts'), to_regnamespace('serving')") == [(None, None)]
    publish(copied, url)
    assert asked(url, "select count(*) > 40 from serving.relations") == [(True,)]


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_server_that_dies_in_the_middle(
    server: Postgres, copied: Path, url: str, change: Change, number: signal.Signals
):
    publish(copied, url)
    before = everything(url)
    next_day(change, 1)
    with psycopg.connect(url) as blocking:
        blocking.execute("lock table marts.dim_track in share mode")
        with ThreadPoolExecutor(1) as pool:
            publishing = pool.submit(publish, copied, url)
            waiting = "select count(*) > 0 from pg_locks where not granted"
            wait_for(lambda: asked(url, waiting) == [(True,)], "the publisher at the locked table")
            server.stop(number)
            with pytest.raises(PostgresError, match="What was there before stays") as told:
                publishing.result()
        assert "\n" not in str(told.value)
        blocking.close()
    server.start()
    assert everything(url) == before
    publish(copied, url)
    assert everything(url) != before


def test_a_server_that_is_ended_orderly_takes_the_publisher_with_it(server: Postgres, copied: Path, url: str):
    publish(copied, url)
    server.restart(signal.SIGINT)
    publish(copied, url)
    assert asked(url, "select count(*) from serving.publishings") == [(1,)]


@pytest.fixture
def small(server: Postgres) -> Iterator[tuple[str, Path]]:
    """The address of a database on a file system of 16 MB, and its folder."""
    folder = server.folder / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a file system")
    (folder / "space").mkdir()
    shutil.chown(folder / "space", "postgres")
    asked(server.url(), f"create tablespace small location '{folder / 'space'}'")
    asked(server.url(), "create database small tablespace small")
    try:
        yield server.url(database="small"), folder
    finally:
        asked(server.url(), "drop database small with (force)", "drop tablespace small")
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_changed(small: tuple[str, Path], copied: Path, change: Change):
    url, folder = small
    with pytest.raises(PostgresError, match="the disk of the server is full"):
        publish(copied, url)
    assert asked(url, "select to_regnamespace('marts')") == [(None,)]
    subprocess.run(["mount", "-o", "remount,size=512m", str(folder)], check=True)
    publish(copied, url)
    before = everything(url)
    change(
        "insert into marts.dim_track by name select * exclude (i) replace (track_id || i as track_id) "
        "from marts.dim_track, range(400) r(i)"
    )
    [(used,)] = asked(url, "select pg_database_size('small') / 1024 / 1024")
    subprocess.run(["mount", "-o", f"remount,size={int(used) + 8}m", str(folder)], check=True)
    with pytest.raises(PostgresError, match="the disk of the server is full") as told:
        publish(copied, url)
    assert "\n" not in str(told.value)
    # A server without any room lets nobody in.
    subprocess.run(["mount", "-o", "remount,size=512m", str(folder)], check=True)
    assert everything(url) == before


def test_twenty_readers_see_one_publishing_or_the_next(copied: Path, url: str, change: Change):
    publish(copied, url)
    seen: list[set[tuple[object, ...]]] = [set() for _ in range(READERS)]
    done = threading.Event()
    start = threading.Barrier(READERS + 1)

    def read(mine: set[tuple[object, ...]]) -> None:
        with psycopg.connect(url, autocommit=True) as session:
            start.wait(60)
            while not done.is_set():
                mine.update(session.execute(STATE.encode()).fetchall())

    with ThreadPoolExecutor(READERS) as pool:
        reading = [pool.submit(read, mine) for mine in seen]
        start.wait(60)
        states = asked(url, STATE)
        try:
            for number in range(1, 4):
                next_day(change, number)
                publish(copied, url)
                states += asked(url, STATE)
        finally:
            done.set()
        for each in reading:
            each.result()
    assert len(set(states)) == 4
    assert set().union(*seen) <= set(states)
    assert len(set().union(*seen)) > 1


def test_two_publishers_take_turns(copied: Path, url: str):
    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(publish, copied, url) for _ in range(3)]:
            each.result()
    assert asked(url, "select count(*) from serving.publishings") == [(1,)]


def test_a_publisher_that_waits_too_long_says_so(copied: Path, url: str):
    with psycopg.connect(url) as other:
        other.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        with pytest.raises(PostgresError, match="SPOTIFY_LOCK_TIMEOUT_SECONDS"):
            publish_to_postgres(Database(copied), url, DBT, lock_timeout_seconds=0.2)
