"""An import into a store through a bad network, a restarted gateway and kills: nothing lost, nothing doubled.

What lies in the lake afterwards is read past the product, from what receipts name, and compared with the
files that were handed in.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM

import pytest

from tests.servers.ceph import Ceph
from tests.servers.ceph.buckets import Bucket
from tests.servers.faulty import Fault, Faulty, at_random, on
from tests.servers.wire import Head
from tests.store.importing import LISTENER, Lake, played, reader_of, write_exports

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that somebody hands in."""
    return write_exports(tmp_path_factory.mktemp("exports"))


@pytest.fixture
def lake(bucket: Bucket, tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(bucket, tmp_path / "data")


@pytest.fixture
def proxy(server: Ceph) -> Iterator[Faulty]:
    """A bad network in front of the server, on which a connection stalls for two seconds."""
    with Faulty(server.ports.gateway) as running:
        running.stall_seconds = 2
        yield running


def must_hold_all(lake: Lake, exports: Path) -> None:
    """The lake has what was handed in, once, for the product and for whoever reads its receipts."""
    wanted = played(exports)
    assert lake.found() == wanted
    assert lake.seen_by_the_product() == wanted.total()


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.BUSY, Fault.RESET, Fault.LOST, Fault.STALL])
def test_of_a_network_that_breaks_a_part_of_the_requests_nothing_is_seen(lake, proxy, exports, fault: Fault):
    proxy.choice = at_random(1, {fault: 0.05})
    done = lake.load(exports, AWS_ENDPOINT_URL=proxy.endpoint)
    assert (done.code, done.wrong) == (0, "")
    assert proxy.counts[fault] > 0
    must_hold_all(lake, exports)


@pytest.mark.parametrize(
    ("method", "target"),
    [("PUT", "_receipts/"), ("PUT", r"\.parquet"), ("PUT", r"\.importing/"), ("GET", "list-type=2")],
)
def test_a_lost_answer_to_the_one_request_that_matters_is_no_other_answer(
    lake, proxy, exports, method, target
):
    """A receipt or a lock that this process itself has written is not somebody else's."""
    proxy.choice = on(Fault.LOST, method, target)
    done = lake.load(exports, AWS_ENDPOINT_URL=proxy.endpoint)
    assert (done.code, done.wrong) == (0, "")
    assert proxy.counts[Fault.LOST] > 0
    assert "landed before" not in done.said
    must_hold_all(lake, exports)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "target"), [("PUT", r"\.parquet"), ("PUT", "_receipts/"), ("GET", "list")]
)
def test_a_connection_that_stalls_for_longer_than_one_waits_is_given_up_and_made_anew(
    lake, proxy, exports, method, target
):
    proxy.stall_seconds = 600
    proxy.choice = on(Fault.STALL, method, target)
    done = lake.load(exports, AWS_ENDPOINT_URL=proxy.endpoint)
    assert (done.code, done.wrong) == (0, "")
    assert proxy.counts[Fault.STALL] == 1
    must_hold_all(lake, exports)


def test_the_gateway_is_restarted_in_the_middle(lake: Lake, server: Ceph, exports: Path):
    running = lake.begin("import", str(exports), "--user", LISTENER)
    wait_until(lambda: lake.bucket.has(r"\.parquet"))
    server.restart_gateway(SIGKILL)
    said, wrong = running.communicate(timeout=300)
    assert (running.returncode, wrong) == (0, ""), said
    must_hold_all(lake, exports)


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


class TestWhatCannotWork:
    """One line that says why, and nothing in the lake."""

    @staticmethod
    def must_say(lake: Lake, exports: Path, words: str, **changes: str) -> None:
        done = lake.load(exports, **changes)
        assert done.code != 0
        [line] = done.lines_of_trouble
        assert words in line, line
        secret = lake.bucket.owner.secret_key
        assert secret not in done.said + done.wrong
        assert "landed" not in done.said

    def test_a_wrong_secret(self, lake: Lake, exports: Path):
        self.must_say(lake, exports, "AWS_SECRET_ACCESS_KEY", AWS_SECRET_ACCESS_KEY="x" * 40)
        assert lake.bucket.keys() == {}

    def test_an_unknown_key(self, lake: Lake, exports: Path):
        self.must_say(lake, exports, "AWS_ACCESS_KEY_ID", AWS_ACCESS_KEY_ID="NOBODY")
        assert lake.bucket.keys() == {}

    def test_a_bucket_that_is_not_there(self, lake: Lake, exports: Path):
        elsewhere = Lake(replace(lake.bucket, name="not-there"), lake.data_dir)
        self.must_say(elsewhere, exports, "no such bucket")

    def test_a_bucket_that_may_only_be_read(self, lake: Lake, exports: Path, server: Ceph):
        reader = reader_of(lake.bucket)
        self.must_say(lake, exports, "access is denied", **server.environment(reader))
        assert lake.bucket.keys() == {}

    def test_a_clock_that_is_wrong(self, lake: Lake, exports: Path, proxy: Faulty):
        proxy.choice = at_random(1, {Fault.SKEW: 1.0})
        self.must_say(lake, exports, "clock", AWS_ENDPOINT_URL=proxy.endpoint)
        assert lake.bucket.keys() == {}


def kill_at_random(lake: Lake, exports: Path, kills: int, seed: int) -> int:
    """Kill an import so often, each after a random number of objects; returns how many were alive."""
    random, met = Random(seed), 0
    for _ in range(kills):
        before, more = len(lake.bucket.keys()), random.randint(1, 12)
        running = lake.begin("import", str(exports), "--user", LISTENER)
        while running.poll() is None and len(lake.bucket.keys()) < before + more:
            time.sleep(random.uniform(0.0, 0.05))
        met += running.poll() is None
        running.send_signal(random.choice([SIGKILL, SIGKILL, SIGTERM]))
        running.communicate(timeout=60)
        found = lake.found()
        assert found <= played(exports)
        assert lake.seen_by_the_product() == found.total()
    return met


def test_killed_at_random_moments_nothing_is_half_there_and_the_next_import_ends_it(
    lake: Lake, exports: Path
):
    assert kill_at_random(lake, exports, 5, seed=1) > 0
    assert lake.load(exports).code == 0
    must_hold_all(lake, exports)


@pytest.mark.slow
def test_killed_fifty_times_nothing_is_half_there(make_bucket, tmp_path: Path, exports: Path):
    met = 0
    for seed in range(10):
        lake = Lake(make_bucket(), tmp_path / str(seed))
        met += kill_at_random(lake, exports, 5, seed)
        assert lake.load(exports).code == 0
        must_hold_all(lake, exports)
    assert met >= 25


def kill_after(lake: Lake, exports: Path, proxy: Faulty, objects: int) -> bool:
    """Kill an import when the store has so many objects of it, before it hears so; whether it had as many."""
    running = lake.begin("import", str(exports), "--user", LISTENER, AWS_ENDPOINT_URL=proxy.endpoint)
    written = count(1)

    def served(request: Head, answer: Head) -> None:
        if request.method == "PUT" and answer.status == 200 and next(written) == objects:
            running.send_signal(SIGKILL)

    proxy.served = served
    running.communicate(timeout=300)
    return running.returncode == -SIGKILL


@pytest.mark.slow
def test_killed_after_each_object_that_it_writes_nothing_is_half_there(make_bucket, proxy, tmp_path: Path):
    exports, reached = write_exports(tmp_path / "exports", files=2, rows=50), 0
    for objects in count(1):
        lake = Lake(make_bucket(), tmp_path / str(objects))
        if not kill_after(lake, exports, proxy, objects):
            break
        reached = objects
        found = lake.found()
        assert found <= played(exports), objects
        assert lake.seen_by_the_product() == found.total(), objects
        assert lake.load(exports).code == 0, objects
        must_hold_all(lake, exports)
    assert reached >= 5, "a lock, files of events and two receipts at least"


def test_two_at_once_of_the_same_files_one_lands_each_and_the_other_says_so(lake: Lake, exports: Path):
    other = replace(lake, data_dir=lake.data_dir / "other")
    both = [each.begin("import", str(exports), "--user", LISTENER) for each in (lake, other)]
    said = [running.communicate(timeout=300) for running in both]
    assert [running.returncode for running in both] == [0, 0], said
    assert [wrong for _, wrong in said] == ["", ""]
    assert sum(text.count("landed before") for text, _ in said) == 6
    must_hold_all(lake, exports)
