"""Programs the sandbox runs: each in a process group of its own, with its output in a file.

Never knows which programs they are.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.leash import Leash, signal_group

PATIENCE = 60.0  # seconds until a program has to answer
_TAIL = 40  # lines of a log that tell how it ended
_DRAIN = 10.0  # seconds a program may take to finish what it does


class StartError(Exception):
    """A program did not come up; the text holds the end of its log."""


class Program:
    """A running program.

    Args:
        name: for messages.
        command: what is run, in `folder`.
        environment: the whole of its environment.
        log: its output is appended here.
        leash: ends it if we are killed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        leash: Leash,
    ) -> None:
        self.name = name
        self.log = log
        self._leash = leash
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        leash.hold(self.group)

    @property
    def group(self) -> int:
        """The process group, which has the number of its first process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its first process has not ended."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
        """Wait until `ready` says so.

        Raises:
            StartError: it ended, or took too long.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise StartError(f"{self.name} ended:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} is not ready:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL:])

    def end(self) -> None:
        """Let it finish for some seconds, then kill what is left of its group."""
        signal_group(self.group, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_DRAIN)
        self.kill()

    def kill(self) -> None:
        """Kill the whole group on the spot, as a machine that fails would."""
        signal_group(self.group, signal.SIGKILL)
        self._process.wait()
        self._leash.release(self.group)
