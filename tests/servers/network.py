"""A machine of its own as far as the network goes: a namespace behind a cable that can be pulled.

It has its own loopback, and one cable to this machine. The processes in it share the files, as machines do
that have a file server. Needs root and Linux; where it cannot be had, tests say so and are skipped.
"""

import os
import shutil
import subprocess
from uuid import uuid4

HERE, THERE = "10.213.77.1", "10.213.77.2"
"""Addresses of the two ends of the cable."""


def missing() -> str | None:
    """Why there can be no namespace; None when there can."""
    if shutil.which("ip") is None:
        return "iproute2 is not installed: apt-get install iproute2"
    if os.geteuid() != 0:
        return "a network namespace needs root"
    try:
        _ip("netns", "list")
        with Namespace():
            return None
    except RuntimeError as error:
        return f"no network namespace can be made here ({error})"


class Namespace:
    """A namespace with its cable, from `with` to its end.

    Raises:
        RuntimeError: the kernel does not allow it, with what it said.
    """

    def __init__(self) -> None:
        self.name = f"t{uuid4().hex[:8]}"
        self._near, self._far = f"{self.name}n", f"{self.name}f"

    @property
    def inside(self) -> list[str]:
        """What a command begins with that runs in it."""
        return ["ip", "netns", "exec", self.name]

    def __enter__(self) -> "Namespace":
        _ip("netns", "add", self.name)
        try:
            far = ("-n", self.name)
            _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self.name)
            _ip("address", "add", f"{HERE}/30", "dev", self._near)
            _ip(*far, "address", "add", f"{THERE}/30", "dev", self._far)
            _ip(*far, "link", "set", "lo", "up")
            _ip(*far, "link", "set", self._far, "up")
            self.mend()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Its cable goes with it.
        _ip("netns", "delete", self.name)

    def cut(self) -> None:
        """Pull the cable: what is sent is lost, and nobody is told."""
        _ip("link", "set", self._near, "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("link", "set", self._near, "up")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
