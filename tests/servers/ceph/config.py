"""What the daemons of a cluster of one are told."""

from pathlib import Path
from typing import NamedTuple

MEMORY = 4 * 2**30
"""Most bytes that the OSD says it holds; it takes what is stored."""


class Ports(NamedTuple):
    """Ports of loopback; the OSD chooses its own."""

    monitor: int
    gateway: int


def config_text(folder: Path, cluster: str, ports: Ports) -> str:
    """The text of `ceph.conf`.

    Addresses stand with each daemon: one for all would make the gateway bind the monitor's.
    """
    monitor = f"v1:127.0.0.1:{ports.monitor}"
    sections: dict[str, dict[str, object]] = {
        "global": {
            "fsid": cluster,
            "mon host": monitor,
            "keyring": folder / "keyring",
            "run dir": folder,
            "admin socket": folder / "$name.asok",
            "log file": folder / "$name.log",
            "crash dir": folder,
            **{f"auth {who} required": "cephx" for who in ("cluster", "service", "client")},
            # One copy on one disk of one host, and no complaint about that.
            "osd pool default size": 1,
            "osd pool default min size": 1,
            "osd pool default pg num": 4,
            "osd pool default pg autoscale mode": "off",
            "osd crush chooseleaf type": 0,
            "mon allow pool size one": "true",
            "mon warn on pool no redundancy": "false",
            # A cache is told of changes, and the one of a killed gateway would be waited for.
            "rgw cache enabled": "false",
        },
        "mon.a": {"mon data": folder / "monitor", "public addr": monitor},
        "osd.0": {
            "osd data": folder / "osd",
            "osd objectstore": "memstore",
            "memstore device bytes": MEMORY,
            "public addr": "127.0.0.1",
            "cluster addr": "127.0.0.1",
        },
        "client.rgw.a": {
            "rgw data": folder / "gateway",
            "rgw frontends": f"beast endpoint=127.0.0.1:{ports.gateway} tcp_nodelay=1",
            "rgw thread pool size": 32,
        },
    }
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        for name, values in sections.items()
    )
