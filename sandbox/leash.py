"""A process that ends what the sandbox started, in case the sandbox itself was killed.

Never ends anything else: it is told each process group, and told again when one has ended.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Self

_GRACE = 5.0  # seconds


class Leash:
    """Holds process groups for as long as this process lives.

    However this process goes, the leash's input closes with it, and what it still holds is ended.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start the watching process."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.leash"],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End what is still held."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def hold(self, group: int) -> None:
        """End process group `group` when we are gone."""
        self._tell(f"+{group}")

    def release(self, group: int) -> None:
        """Forget a group that has ended; its number may be somebody else's soon."""
        self._tell(f"-{group}")

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                print(line, file=self._process.stdin, flush=True)


def signal_group(group: int, number: signal.Signals) -> bool:
    """Send a signal to a whole process group; False when nothing is left of it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Read what to hold until the input ends, then end it."""
    # Ctrl-C is for the program that holds the leash.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    held: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (held.add if line[0] == "+" else held.discard)(group)
    held = {group for group in held if signal_group(group, signal.SIGTERM)}
    if held:
        time.sleep(_GRACE)
    for group in held:
        signal_group(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
