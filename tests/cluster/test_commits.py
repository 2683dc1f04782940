"""Writers that are killed around their commit, Postgres that is restarted, two drivers at once.

After each the day holds all rows of one write with its books, and of which one is known where it can be.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.store import read_rows
from tests.cluster.driver import ROWS, write
from tests.servers.holding import Holding, Moment
from tests.servers.postgres import Postgres
from tests.warehouse.plays import PLAYS

pytestmark = pytest.mark.cluster
KILLS = 50
"""Of drivers, one after the other, before and after their commit by turns."""


def begin(
    lakehouse: Lakehouse, number: int, port: int | None = None, server: Postgres | None = None
) -> subprocess.Popen[str]:
    """A driver as a process, by the proxy where its port is given."""
    address = lakehouse.address
    if port is not None and server is not None:
        address = address.replace(f":{server.port}/", f":{port}/")
    command = [sys.executable, "-m", "tests.cluster.driver", address, lakehouse.data, str(number)]
    return subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=dict(os.environ), stderr=subprocess.PIPE, text=True
    )


def said_by_rows(lakehouse: Lakehouse) -> list[int]:
    """The numbers that the rows of the day say; all of them are there once, and counted right."""
    with lakehouse.reader() as connection:
        assert disagreements(connection) == {}
        rows = read_rows(connection, PLAYS)
    assert rows.height == ROWS
    return sorted(set(rows["plays"].to_list()))


def kill_at(moment: Moment, lakehouse: Lakehouse, server: Postgres, number: int) -> None:
    """Kill a driver in the instant of its commit."""
    with Holding(server.port) as proxy:
        driver = begin(lakehouse, number, proxy.port, server)
        proxy.hold(moment, lambda: os.kill(driver.pid, signal.SIGKILL))
        driver.communicate(timeout=120)
        assert driver.returncode == -signal.SIGKILL
        assert proxy.held.wait(30)


@pytest.mark.parametrize("moment", Moment)
def test_a_driver_killed_at_its_commit_has_written_all_or_nothing(
    moment: Moment, lakehouse: Lakehouse, server: Postgres
):
    write(lakehouse, 1)
    kill_at(moment, lakehouse, server, 2)
    assert said_by_rows(lakehouse) == [1 if moment is Moment.BEFORE else 2]
    write(lakehouse, 2)
    assert said_by_rows(lakehouse) == [2]


@pytest.mark.slow  # fifty processes
def test_fifty_drivers_killed_at_their_commit(lakehouse: Lakehouse, server: Postgres):
    write(lakehouse, 0)
    expected = 0
    for number in range(1, KILLS + 1):
        moment = list(Moment)[number % 2]
        kill_at(moment, lakehouse, server, number)
        expected = number if moment is Moment.AFTER else expected
        assert said_by_rows(lakehouse) == [expected]
    write(lakehouse, KILLS)
    assert said_by_rows(lakehouse) == [KILLS]


def test_a_commit_whose_answer_is_lost_is_an_error_and_may_be_done_again(
    lakehouse: Lakehouse, server: Postgres
):
    write(lakehouse, 1)
    with Holding(server.port) as proxy:
        proxy.hold(Moment.AFTER, lambda: None)
        by_proxy = Lakehouse(
            lakehouse.address.replace(f":{server.port}/", f":{proxy.port}/"), lakehouse.data, 10.0
        )
        with pytest.raises(WarehouseError, match="unless Postgres had done it"):
            write(by_proxy, 2)
    assert said_by_rows(lakehouse) == [2]
    write(lakehouse, 2)
    assert said_by_rows(lakehouse) == [2]


def test_two_drivers_of_the_same_days_take_turns(lakehouse: Lakehouse):
    for number in (2, 4):
        drivers = [begin(lakehouse, number), begin(lakehouse, number + 1)]
        for driver in drivers:
            _, wrong = driver.communicate(timeout=120)
            assert driver.returncode == 0, wrong
        assert said_by_rows(lakehouse) in ([number], [number + 1])


def test_postgres_restarted_in_a_transaction_undoes_it(lakehouse: Lakehouse, server: Postgres):
    write(lakehouse, 1)
    with pytest.raises(WarehouseError, match="lock was lost"), lakehouse.transaction() as connection:
        connection.execute("delete from core.plays")
        server.restart()
    assert said_by_rows(lakehouse) == [1]
    write(lakehouse, 2)
    assert said_by_rows(lakehouse) == [2]


def test_the_lock_of_a_driver_that_died_is_free(lakehouse: Lakehouse, server: Postgres, tmp_path: Path):
    kill_at(Moment.BEFORE, lakehouse, server, 1)
    assert not lakehouse.exists()
    write(Lakehouse(lakehouse.address, lakehouse.data, lock_timeout_seconds=2.0), 2)
    assert said_by_rows(lakehouse) == [2]
