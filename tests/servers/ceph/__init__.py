"""Ceph's S3 gateway from Debian's packages: one monitor, one OSD in memory, one gateway, all on loopback.

It checks signatures, bucket policies and conditional writes as real stores do. Every start is a new cluster
in a folder of its own, with keys of its own; all daemons stay children of the test and are ended by their id.
Where a program is missing, tests say so and are skipped.
"""

import json
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.servers.ceph.config import Ports, config_text
from tests.servers.daemon import Daemon
from tests.servers.ports import answers, free_ports, wait_for

PACKAGES = "radosgw ceph-mon ceph-osd ceph-mgr ceph-common"
PROGRAMS = (
    "setpriv",
    "ceph",
    "ceph-authtool",
    "ceph-mon",
    "ceph-osd",
    "monmaptool",
    "radosgw",
    "radosgw-admin",
)
REGION = "us-east-1"
MONITOR, OSD, GATEWAY = "a", "0", "client.rgw.a"
_CAPABILITIES = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *", "mgr": "allow *"},
    f"osd.{OSD}": {"mon": "allow profile osd", "osd": "allow *"},
    GATEWAY: {"mon": "allow rw", "osd": "allow rwx"},
}


def missing() -> str | None:
    """What is missing for starting Ceph; None when nothing is."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"Ceph is not installed ({', '.join(absent)}): apt-get install {PACKAGES}" if absent else None


@dataclass(frozen=True)
class User:
    """Somebody whom the gateway knows, with keys that it made."""

    name: str
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def arn(self) -> str:
        """How a bucket policy names them."""
        return f"arn:aws:iam:::user/{self.name}"


class Ceph:
    """A cluster with an S3 gateway, from `with` to its end.

    Raises:
        RuntimeError: a daemon ended, or a command failed; with what it said.
        TimeoutError: the gateway does not answer within a minute.
    """

    def __init__(self) -> None:
        # Not pytest's folder: the path of a socket has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="ceph-"))
        self.ports = Ports(*free_ports(2))
        self._config = self.folder / "ceph.conf"
        self._keyring = self.folder / "keyring"
        common = ["-c", str(self._config)]
        self.monitor = self._daemon("monitor", "ceph-mon", "-f", *common, "-i", MONITOR)
        self.osd = self._daemon("osd", "ceph-osd", "-f", *common, "-i", OSD)
        self.gateway = self._daemon("gateway", "radosgw", "-f", *common, "-n", GATEWAY)

    @property
    def endpoint(self) -> str:
        """Address of the gateway."""
        return f"http://127.0.0.1:{self.ports.gateway}"

    def __enter__(self) -> "Ceph":
        try:
            cluster = str(uuid4())
            for name in ("monitor", "osd", "gateway"):
                (self.folder / name).mkdir()
            self._config.write_text(config_text(self.folder, cluster, self.ports))
            self._make_keys()
            self._start_monitor(cluster)
            self._start_osd()
            self.start_gateway()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for daemon in (self.gateway, self.osd, self.monitor):
            daemon.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_gateway(self) -> None:
        """Start the gateway and wait until it answers."""
        self.gateway.start()
        wait_for(lambda: self.gateway.runs() and answers(self.ports.gateway), "Ceph's gateway")

    def stop_gateway(self, number: int = signal.SIGKILL) -> None:
        """End the gateway; what is stored stays."""
        self.gateway.stop(number)

    def restart_gateway(self, number: int = signal.SIGKILL) -> None:
        """End the gateway and start it again on the same port."""
        self.stop_gateway(number)
        self.start_gateway()

    def create_user(self, name: str) -> User:
        """Create somebody, with random keys."""
        said = self._run("radosgw-admin", "user", "create", "--uid", name, "--display-name", name)
        [keys] = json.loads(said)["keys"]
        return User(name, keys["access_key"], keys["secret_key"])

    def environment(self, user: User) -> dict[str, str]:
        """The variables by which the cloud's own tools, obstore and Polars find the gateway and the keys."""
        return {
            "AWS_ACCESS_KEY_ID": user.access_key,
            "AWS_SECRET_ACCESS_KEY": user.secret_key,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ALLOW_HTTP": "true",
        }

    def _daemon(self, name: str, *command: str) -> Daemon:
        return Daemon(list(command), self.folder / f"{name}.out")

    def _run(self, program: str, *arguments: str) -> str:
        """Run a command of the cluster; returns what it printed."""
        return _run(program, "-c", str(self._config), *arguments)

    def _make_keys(self) -> None:
        for name, capabilities in _CAPABILITIES.items():
            caps = [word for part, rights in capabilities.items() for word in ("--cap", part, rights)]
            new = [] if self._keyring.exists() else ["--create-keyring"]
            _run("ceph-authtool", *new, str(self._keyring), "--gen-key", "-n", name, *caps)

    def _start_monitor(self, cluster: str) -> None:
        drawn = str(self.folder / "monmap")
        address = f"[v1:127.0.0.1:{self.ports.monitor}]"
        _run("monmaptool", "--create", "--addv", MONITOR, address, "--fsid", cluster, drawn)
        self._run("ceph-mon", "--mkfs", "-i", MONITOR, "--monmap", drawn, "--keyring", str(self._keyring))
        self.monitor.start()
        wait_for(lambda: self.monitor.runs() and answers(self.ports.monitor), "Ceph's monitor")

    def _start_osd(self) -> None:
        identity = str(uuid4())
        self._run("ceph", "osd", "new", identity, OSD)
        self._run("ceph-osd", "-i", OSD, "--mkfs", "--no-mon-config", "--osd-uuid", identity)
        self.osd.start()


def _run(program: str, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}"[-3000:])
    return done.stdout
