"""The connector beside Node-RED doing the same writes: processor time for each new invoice.

Never part of the tests: Node-RED is installed from npm for this figure alone.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from azure.storage.queue import QueueClient

from bench.by_itself import as_given, by_itself
from bench.effort import Effort, medians
from bench.load import Shot, send
from bench.nodered.flow import PATH
from bench.nodered.program import PACKAGES, NodeRed, NotInstalledError, running
from bench.one_by_one import handler
from bench.scene import Scene, wait_until
from bench.spread import Spread
from bench.tables import Table
from sandbox.settling import PATIENCE
from sandbox.stack import ROOT
from shared.adapters.azure.names import QUEUE

NAME: Final = "nodered"
BAR: Final = 3.0  # times Node-RED's processor time, at most
_RATE: Final = 20.0  # webhooks a second
_WARM: Final = 30  # invoices before, so that whatever is imported or compiled is there
PROCESSES: Final = Path("/proc")  # where Linux shows them
# Balances are refreshed after this, the longest there is: both write the same rows until then.
_LATER: Final = "300"
_SOON: Final = 5
_BOTH: Final = (
    "Both verify the webhook, read the invoice, read its rows, its entry and its client's account "
    "in one `$batch`, and write header, three lines and entry in one change set."
)
_BEYOND: Final = (
    "The connector also puts a message on a queue before it answers, reads the invoice once more "
    "after it wrote, creates each row only where there is none, journals the outcome, and asks for "
    "its client's balances; Node-RED loses what it was doing when it is killed, and overwrites "
    "whatever it finds."
)


@dataclass
class _Side:
    """What one of the two cost in each run, for each invoice."""

    cpu: list[float] = field(default_factory=list)
    freshbooks: list[float] = field(default_factory=list)
    dataverse: list[float] = field(default_factory=list)

    def row(self, title: str, ratio: str = "", judged: str = "") -> tuple[str, ...]:
        return (
            title,
            Spread.of(self.cpu).shown(1),
            Spread.of(self.freshbooks).shown(1),
            Spread.of(self.dataverse).shown(1),
            ratio,
            judged,
        )


def measure(scene: Scene, effort: Effort) -> Table:
    """Let both carry as many new invoices in turns, and compare their processor time."""
    count = effort.pick(300, 10)
    if not PROCESSES.exists():
        return _not_measured("the processor time of another process is read as Linux shows it")
    scene.restart(without=("poll", "upkeep"), BALANCE_DELAY_SECONDS=_LATER)
    try:
        with running(_environment(scene)) as other:
            theirs, ours = _Side(), _Side()
            for run in range(effort.runs + 1):
                some = count if run else _WARM
                told = _by_node_red(scene, other, some), _by_the_connector(scene, some)
                for side, cost in zip((theirs, ours), told, strict=True) if run else ():
                    side.cpu.append(cost[0])
                    side.freshbooks.append(cost[1])
                    side.dataverse.append(cost[2])
    except NotInstalledError as error:
        return _not_measured(f"Node-RED is not here: {error}")
    own = _own_code(scene, effort.runs, count)
    ratios = [mine / its for mine, its in zip(ours.cpu, theirs.cpu, strict=True)]
    found = Spread.of(ratios)
    version = next(iter(PACKAGES.values()))
    return Table(
        columns=(
            f"{count} new invoices of three lines",
            "CPU ms each",
            "FreshBooks",
            "Dataverse",
            "x Node-RED",
            "bar",
        ),
        rows=(
            theirs.row(f"Node-RED {version}, one flow"),
            ours.row(
                "the connector, its function app whole",
                found.shown(1),
                f"{'met' if found.median <= BAR else 'missed'}: <= {BAR:g}",
            ),
            (
                "its webhook and handler alone, one at a time",
                own.shown(1),
                "",
                "",
                f"{own.median / Spread.of(theirs.cpu).median:.1f}",
                "",
            ),
        ),
        basis=medians(effort.runs),
        notes=(_BOTH, _BEYOND),
    )


def _not_measured(why: str) -> Table:
    return Table(("beside Node-RED", "why"), (("not measured", why),), "nothing was measured")


def _by_node_red(scene: Scene, other: NodeRed, count: int) -> tuple[float, float, float]:
    before = other.written()
    return _carried(
        scene,
        count,
        port=other.port,
        group=other.group,
        path=PATH,
        until=lambda _: other.written() >= before + count,
    )


def _by_the_connector(scene: Scene, count: int) -> tuple[float, float, float]:
    _clear_queue(scene)  # refreshes that are due by now would be handled in between
    return _carried(
        scene,
        count,
        port=scene.running.ports.functions,
        group=scene.running.groups[2],
        path="",
        until=lambda invoices: all(scene.shown(each) is not None for each in invoices),
    )


def _clear_queue(scene: Scene) -> None:
    connection = scene.running.storage.connection_string
    with QueueClient.from_connection_string(connection, QUEUE) as queue:
        queue.clear_messages()


def _own_code(scene: Scene, runs: int, count: int) -> Spread:
    """Return the CPU ms of taking a webhook and handling its message, without any host."""
    scene.restart(without=("process", "poll", "upkeep"))
    _clear_queue(scene)  # the program would wait for refreshes that are due much later
    found: list[float] = []
    with by_itself(scene, delay=_SOON) as ask, handler(scene, delay=_SOON) as program:
        for run in range(runs + 1):
            with scene.unheard():
                invoices = [int(scene.bill(number)["id"]) for number in range(count)]
            taken = [ask(as_given(scene.webhook(each, "invoice.create"))) for each in invoices]
            handled = [each for each in program.handle_all() if each.kind == "invoice"]
            spent = sum(each.cpu_ms for each in taken) + sum(each.cpu_ms for each in handled)
            # The first run also reads what is remembered from then on, and imports.
            found += [spent / count] if run else []
    return Spread.of(found)


def _carried(
    scene: Scene,
    count: int,
    *,
    port: int,
    group: int,
    path: str,
    until: Callable[[Sequence[int]], bool],
) -> tuple[float, float, float]:
    """Let one side carry new invoices, and return its CPU ms and requests for each.

    Args:
        scene: the books.
        count: how many.
        port: where the side takes webhooks.
        group: its process group.
        path: its address there, "" for the connector's own.
        until: says whether they are all in Dataverse.
    """
    with scene.unheard():
        invoices = [int(scene.bill(number)["id"]) for number in range(count)]
    shots = [scene.webhook(each, "invoice.create") for each in invoices]
    if path:
        shots = [Shot(path, shot.body, shot.headers) for shot in shots]
    for service in (scene.books, scene.rows):
        service.forget_traffic()
    began = cpu_seconds(group)
    answers = send(port, shots, rate=_RATE)
    refused = [each.status for each in answers if each.status != 200]  # HTTP's own number
    if refused:
        raise RuntimeError(f"{len(refused)} webhooks were answered {refused[0]}")
    wait_until(lambda: until(invoices), "all written", seconds=PATIENCE, every=0.5)
    time.sleep(0.5)  # whatever follows the last write
    spent = cpu_seconds(group) - began
    asked = [sum(service.traffic().values()) / count for service in (scene.books, scene.rows)]
    return spent / count * 1000, asked[0], asked[1]


def cpu_seconds(group: int) -> float:
    """Return the processor time of the processes that are in a group now."""
    ticks = 0
    for stat in PROCESSES.glob("[0-9]*/stat"):
        try:
            # The name may hold blanks and brackets; fields are counted from behind it.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _environment(scene: Scene) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.access"],
        cwd=ROOT,
        env=scene.running.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    access = json.loads(done.stdout)
    return {
        "BUSINESS": access["business"],
        "VERIFIER": scene.verifier("invoice"),
        "FRESHBOOKS": scene.running.addresses.freshbooks,
        "FRESHBOOKS_TOKEN": access["freshbooks"],
        "DATAVERSE": scene.running.addresses.dataverse,
        "DATAVERSE_TOKEN": access["dataverse"],
        "PRICE_LIST": access["price_list"],
    }
