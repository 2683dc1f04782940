"""PostgreSQL from Debian's packages: one server on loopback, with a password, in a folder of its own.

The server refuses to run as root: there it runs as the system's user `postgres`. It stays a child of the test
and is ended by its id. Where its programs are missing, tests say so and are skipped.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from tests.servers.daemon import Daemon
from tests.servers.ports import free_ports, wait_for

PACKAGES = "postgresql"
ADMIN, PASSWORD = "owner", "pass:word/with@signs"
_AS_ROOT = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL"]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "5s",
}


def programs() -> Path | None:
    """The folder of the newest server that is installed; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders else None


def missing() -> str | None:
    """What is missing for starting Postgres; None when nothing is."""
    return None if programs() else f"Postgres is not installed: apt-get install {PACKAGES}"


class Postgres:
    """A server, from `with` to its end.

    Raises:
        RuntimeError: it ended, with what it said.
        TimeoutError: it does not answer within a minute.
    """

    def __init__(self, *, superuser: str = ADMIN, password: str = PASSWORD) -> None:
        self.superuser, self.password = superuser, password
        # Not pytest's folder: the server's own user must be able to reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        [self.port] = free_ports(1)
        folder = programs()
        assert folder is not None
        self._programs, self._as_user = folder, _AS_ROOT if os.geteuid() == 0 else []
        options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        self.daemon = Daemon(
            [
                *self._as_user,
                *(str(folder / "postgres"), "-D", str(self.data), "-p", str(self.port)),
                *(f"--unix_socket_directories={self.data}", *options),
            ],
            self.folder / "log",
        )

    @property
    def data(self) -> Path:
        """The server's own folder."""
        return self.folder / "data"

    def url(self, user: str | None = None, password: str | None = None, database: str = "postgres") -> str:
        """The address for somebody, by default the superuser."""
        name, secret = user or self.superuser, password or self.password
        return f"postgresql://{quote(name)}:{quote(secret, safe='')}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> "Postgres":
        try:
            secret = self.folder / "password"
            secret.write_text(self.password)
            if self._as_user:
                for path in (self.folder, secret):
                    shutil.chown(path, "postgres")
            self._call(
                *("initdb", "-D", str(self.data), "-U", self.superuser, "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--pwfile={secret}"),
            )
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server and wait until it lets somebody in."""
        self.daemon.start()
        wait_for(lambda: self.daemon.runs() and self._is_ready(), "Postgres")

    def stop(self, number: int = signal.SIGQUIT) -> None:
        """End the server at once, as a power cut would: it recovers from its log at the next start.

        One that was killed leaves processes that see it a moment later; before they end, none can start.
        """
        self.daemon.stop(number)
        wait_for(lambda: not any(map(self._is_one, Path("/proc").glob("[0-9]*"))), "the end of its processes")

    def _is_one(self, process: Path) -> bool:
        """Whether a process is one of the server's: they all work in its folder."""
        with suppress(OSError):  # it has ended meanwhile
            return (process / "cwd").readlink() == self.data
        return False

    def restart(self, number: int = signal.SIGQUIT) -> None:
        """End the server and start it again on the same port."""
        self.stop(number)
        self.start()

    def _is_ready(self) -> bool:
        ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def _call(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), *arguments]
        done = subprocess.run(command, check=False, cwd="/", capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")
