"""The connector's timers, webhook and backfill run by a program of its own, and what a run costs.

Never runs two at a time: nothing else is under way meanwhile.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.load import Shot
from bench.scene import Scene
from sandbox.stack import ROOT


@dataclass(frozen=True)
class Ran:
    """One run, and what was asked of others.

    Attributes:
        storage: requests at tables and queues by what they do.
        vaults: requests at Key Vault.
        cpu_ms: the program's own processor time.
    """

    storage: Counter[str]
    vaults: int
    freshbooks: int
    dataverse: int
    cpu_ms: float


def as_given(shot: Shot) -> dict[str, Any]:
    """Return what lets the program take a webhook."""
    return {"do": "webhook", "path": shot.path, "body": shot.body, "headers": shot.headers}


@contextmanager
def by_itself(scene: Scene, *, delay: int) -> Iterator[Callable[[Mapping[str, Any]], Ran]]:
    """Run the program; yield what lets it do one thing, such as `{"do": "poll"}`.

    Args:
        scene: where the function app does not do it itself.
        delay: seconds that balances wait for further changes.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.timer_runs"],
        cwd=ROOT,
        env=scene.running.environment | {"BALANCE_DELAY_SECONDS": str(delay)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the program of timers has no input or no output")
    given, printed = process.stdin, process.stdout

    def ask(what: Mapping[str, Any]) -> Ran:
        for service in (scene.books, scene.rows):
            service.forget_traffic()
        print(json.dumps(what), file=given, flush=True)
        line = printed.readline()
        if not line:
            raise RuntimeError("the program of timers ended")
        said = json.loads(line)
        return Ran(
            storage=Counter(said["storage"]),
            vaults=said["vaults"],
            freshbooks=sum(scene.books.traffic().values()),
            dataverse=sum(scene.rows.traffic().values()),
            cpu_ms=said["cpu_ms"],
        )

    try:
        yield ask
    finally:
        process.kill()
        process.communicate()
