"""Spark standalone from pyspark's wheel: a master and workers of one core each, by default on loopback.

Every start is a new cluster. A worker is killed with its executor, which is in the same group of processes.
"""

import importlib.util
import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.servers.daemon import Daemon
from tests.servers.ports import answers, free_ports, wait_for

PROJECT = Path(__file__).parents[3]
_CLASSES = "org.apache.spark.deploy"
_START_SECONDS = 180.0
"""For a machine that has much else to do."""


def missing() -> str | None:
    """What is missing for Spark; None when nothing is."""
    if shutil.which("java") is None:
        return "Java 17 is not installed"
    return None if importlib.util.find_spec("pyspark") else "pyspark is not there: make bench"


class Standalone:
    """A master with workers, from `with` to its end; with `inside` and `host` the workers are elsewhere.

    `master` is then the address of this machine that they reach.

    Of the workers so many are `started`, by default all. Where they are `pinned`, each worker has one core of
    this machine to itself, with all that it starts.

    Raises:
        RuntimeError: a daemon ended, with what it said.
        TimeoutError: a worker is not known to the master within three minutes.
    """

    def __init__(
        self,
        workers: int = 2,
        inside: Sequence[str] = (),
        host: str = "127.0.0.1",
        master: str = "127.0.0.1",
        *,
        pinned: bool = False,
        started: int | None = None,
    ) -> None:
        self._host, self._pinned, self._started = master, pinned, started
        self.folder = Path(tempfile.mkdtemp(prefix="spark-"))
        self._port, page, *self._pages = free_ports(2 + workers)
        self.master = self._daemon("master", page, "master.Master", "--port", str(self._port), host=master)
        self.workers = [self._worker(number, host, inside) for number in range(workers)]

    @property
    def address(self) -> str:
        """The master, as `SPOTIFY_SPARK_MASTER` has it."""
        return f"spark://{self._host}:{self._port}"

    def __enter__(self) -> "Standalone":
        try:
            self.master.start()
            wait_for(
                lambda: self.master.runs() and answers(self._port, self._host),
                "Spark's master",
                _START_SECONDS,
            )
            for worker in self.workers[: self._started]:
                self.start_worker(worker)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            self.kill(worker)
        self.master.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_worker(self, worker: Daemon) -> None:
        """Start a worker and wait until the master knows it."""
        said = worker.log.stat().st_size if worker.log.exists() else 0
        worker.start()
        wait_for(
            lambda: worker.runs() and "Successfully registered" in worker.log.read_text()[said:],
            "a worker of Spark",
            _START_SECONDS,
        )

    @staticmethod
    def kill(worker: Daemon) -> None:
        """End a worker and its executor with SIGKILL."""
        if worker.process is not None and worker.process.poll() is None:
            os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.wait(30)

    @staticmethod
    def executors(worker: Daemon) -> list[int]:
        """The processes that a worker has started for drivers, by their ids."""
        assert worker.process is not None
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, parent, *_ = stat.read_text().rpartition(")")[2].split()
                # The shell that started the worker leaves one that has ended, of which nobody takes note.
                if int(parent) == worker.process.pid and state != "Z":
                    found.append(int(stat.parent.name))
        return found

    def _worker(self, number: int, host: str, inside: Sequence[str]) -> Daemon:
        folder = self.folder / f"work-{number}"
        options = ["--cores", "1", "--memory", "2g", "--work-dir", str(folder), self.address]
        worker = self._daemon(f"worker-{number}", self._pages[number], "worker.Worker", *options, host=host)
        worker.command = [*inside, *worker.command]
        if self._pinned:
            worker.command = ["taskset", "--cpu-list", str(number), *worker.command]
        return worker

    def _daemon(self, name: str, page: int, main: str, *options: str, host: str) -> Daemon:
        found = importlib.util.find_spec("pyspark")
        assert found is not None and found.origin is not None
        program = Path(found.origin).parent / "bin" / "spark-class"
        paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
        where = ["--host", host, "--webui-port", str(page)]
        return Daemon(
            [
                *("env", f"SPARK_LOCAL_IP={host}", f"PYTHONPATH={os.pathsep.join(paths)}"),
                *("SPARK_NO_DAEMONIZE=1", str(program), f"{_CLASSES}.{main}", *where, *options),
            ],
            self.folder / f"{name}.log",
        )
