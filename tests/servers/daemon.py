"""One server process of a test: started in the foreground, looked at, signalled and ended by its id."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Daemon:
    """One server process in the foreground, whose output goes to a log file."""

    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it serves some time later."""
        with self.log.open("ab") as log:
            # A test run that is killed ends nothing itself: the system ends its daemons, where it can.
            leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
            command = [*leash, *self.command]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def runs(self) -> bool:
        """Whether it runs; raises what it said last where it has ended."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.command[0]} ended: {self.log.read_text(errors='replace')[-3000:]}")
        return True

    def send(self, number: int) -> None:
        """Send it a signal: SIGSTOP, SIGCONT."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it and wait until it has ended."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(30)
