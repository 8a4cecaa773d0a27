"""What the first webhook of a fresh process costs, and the first message: from the process's start.

Never counts what a service does: it is the CPU of the process alone, and the time that passes.
"""

import base64
import json
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.effort import Effort, medians
from bench.scene import Scene
from bench.spread import Spread
from bench.startup import BARE, FEWEST_RUNS, ROOT, deployed
from bench.tables import Table
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId

NAME = "coldstart"
BAR = 2.5  # times the CPU of a process that only imports azure.functions
_WEBHOOK = "... until the first webhook is answered"
_UP = "... the first webhook alone, where the process was up for a second"
_MESSAGE = "... until the first message is handled: a new invoice"
_BARRED = (_WEBHOOK, _UP)
_TIMEOUT = 60  # seconds


@dataclass(frozen=True)
class _Process:
    """One fresh process: seconds of CPU, seconds that passed, how much it imported."""

    cpu: float
    taken: float
    modules: int


def measure(scene: Scene, effort: Effort) -> Table:
    """Start fresh processes in turns, with compiled modules already there."""
    runs = effort.pick(max(effort.runs, FEWEST_RUNS), 1)
    with scene.unheard():
        invoices = [int(scene.bill(number)["id"]) for number in range(runs + 1)]
    scene.running.stop_host()
    found: dict[str, list[_Process]] = {BARE: [], _WEBHOOK: [], _UP: [], _MESSAGE: []}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        python, packages = deployed(Path(folder), effort)
        environment = _environment(scene, Path(folder) / "compiled")
        for number, invoice in enumerate(invoices):
            for title, asked in _asked(scene, invoice).items():
                before = scene.settling.depth()
                process = _run(python, asked, environment)
                if title in _BARRED and scene.settling.depth() != before + 1:
                    raise RuntimeError("The webhook was answered, and nothing is on the queue.")
                if number:  # the first round compiles
                    found[title].append(process)
    scene.running.start_host()
    bare = Spread.of([each.cpu for each in found[BARE]]).median
    return Table(
        columns=("a fresh process", "CPU ms", f"x {BARE}", "bar", "ms", "modules"),
        rows=tuple(_row(title, processes, bare) for title, processes in found.items()),
        basis=medians(runs),
        notes=(f"Packages: {packages}.",),
    )


def _row(title: str, processes: list[_Process], bare: float) -> tuple[str, ...]:
    cpu = Spread.of([each.cpu * 1000 for each in processes])
    times = cpu.median / 1000 / bare
    met = "met" if times <= BAR else "missed"
    return (
        title,
        cpu.shown(),
        f"{times:.1f}",
        f"{met}: <= {BAR}" if title in _BARRED else "",
        Spread.of([each.taken * 1000 for each in processes]).shown(),
        Spread.of([each.modules for each in processes]).shown(),
    )


def _asked(scene: Scene, invoice: int) -> dict[str, dict[str, Any]]:
    """Return what each process is asked to do."""
    shot = scene.webhook(invoice)
    record = RecordId(scene.account, Kind.INVOICE, invoice)
    message = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=datetime.now(UTC))
    webhook = {
        "function": "webhook",
        "path": shot.path,
        "headers": shot.headers,
        "body": shot.body,
    }
    return {
        BARE: {"function": ""},
        _WEBHOOK: webhook,
        _UP: webhook | {"up": True},
        _MESSAGE: {"function": "process", "body": base64.b64decode(message.encode()).decode()},
    }


def _environment(scene: Scene, compiled: Path) -> dict[str, str]:
    # Nothing of ours: a variable such as PYTHONDONTWRITEBYTECODE would change the figure.
    kept = {
        name: text
        for name, text in scene.running.environment.items()
        if not name.startswith("PYTHON")
    }
    # One authority, as one is read of the folder that the platform has; docs/performance.md.
    trusted = str(scene.running.folder / "certificates" / "ca.pem")
    return kept | {"REQUESTS_CA_BUNDLE": trusted, "PYTHONPYCACHEPREFIX": str(compiled)}


def _run(python: str, asked: dict[str, Any], environment: Mapping[str, str]) -> _Process:
    began = time.monotonic()
    done = subprocess.run(
        [python, "-m", "bench.first"],
        cwd=ROOT,
        env=environment,
        input=f"{json.dumps(asked)}\n",
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{asked['function'] or BARE} failed: {done.stderr}")
    said = json.loads(done.stdout)
    return _Process(said["cpu"], said["ended"] - (said["began"] or began), len(said["modules"]))
