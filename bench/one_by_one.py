"""Messages handled one at a time by a program of their own, and what each of them costs.

Never counts what another message asked for: nothing else is under way meanwhile.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.scene import Scene
from sandbox.stack import ROOT

JOINED = "joined"
_DONE = {"created", "updated", "cancelled", "unchanged", JOINED}


@dataclass(frozen=True)
class Handled:
    """One message that was handled, and what was asked of others meanwhile.

    Attributes:
        storage: requests at tables and queues by what they do, such as `journal read`.
        cpu_ms: the program's own processor time; that of the services is theirs.
    """

    kind: str
    cause: str
    outcome: str
    freshbooks: Counter[str]
    dataverse: Counter[str]
    storage: Counter[str]
    cpu_ms: float


class Handler:
    """The program that handles messages, with its input and output."""

    def __init__(self, scene: Scene, process: "subprocess.Popen[str]") -> None:
        self._scene = scene
        self._process = process

    def handle_all(self) -> list[Handled]:
        """Handle all that waits, and return what each cost, but those others stand for."""
        self._scene.books.post("/_sandbox/deliveries/settle", {})
        handled = []
        while self._scene.settling.depth():
            for service in (self._scene.books, self._scene.rows):
                service.forget_traffic()
            handled.append(self._read(self._ask("next")))
        # One for which another one stands costs nothing and has no row of its own.
        return [each for each in handled if each.outcome != JOINED]

    def _ask(self, line: str) -> str:
        given, printed = self._process.stdin, self._process.stdout
        if given is None or printed is None:
            raise RuntimeError("the handler has no input or no output")
        print(line, file=given, flush=True)
        return printed.readline()

    def _read(self, line: str) -> Handled:
        if not line:
            raise RuntimeError("the handler ended")
        said = json.loads(line)
        if said["outcome"] not in _DONE:
            raise RuntimeError(f"{said['kind']} is {said['outcome']}: {said['reason']}")
        return Handled(
            kind=said["kind"],
            cause=said["cause"],
            outcome=said["outcome"],
            freshbooks=Counter(self._scene.books.traffic()),
            dataverse=Counter(self._scene.rows.traffic()),
            storage=Counter(said["storage"]),
            cpu_ms=said["cpu_ms"],
        )


@contextmanager
def handler(scene: Scene, *, delay: int = 0) -> Iterator[Handler]:
    """Run the program that handles messages.

    Args:
        scene: where the function app does not handle them itself.
        delay: seconds that balances wait for further changes; 0, so that nobody has to wait.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.handler"],
        cwd=ROOT,
        env=scene.running.environment | {"BALANCE_DELAY_SECONDS": str(delay)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Handler(scene, process)
    finally:
        process.kill()
        process.communicate()
