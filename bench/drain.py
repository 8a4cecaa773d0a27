"""How fast a backlog is carried: 500 waiting invoices, with and without Dataverse's latency.

Never counts the time until the function app is up.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import requests

from bench.effort import Effort, medians
from bench.scene import Scene, wait_until
from bench.spread import Spread
from bench.tables import Table
from sandbox.settling import PATIENCE

NAME = "drain"
LATENCIES = (0, 50)  # milliseconds that every request at Dataverse takes longer
_LOOK_EVERY = 0.05  # seconds


def measure(scene: Scene, effort: Effort) -> Table:
    """Let a poll find new invoices, then let the function app loose on their messages."""
    waiting = effort.pick(500, 15)
    rates: dict[int, list[float]] = {latency: [] for latency in LATENCIES}
    costs: dict[int, list[float]] = {latency: [] for latency in LATENCIES}
    for _ in range(effort.runs):
        for latency in LATENCIES:
            invoices = _prepare(scene, waiting)
            scene.rows.forget_traffic()
            scene.slow_down(seconds=latency / 1000)
            rates[latency].append(waiting / _seconds(scene, invoices))
            scene.slow_down(seconds=0)
            costs[latency].append(sum(scene.rows.traffic().values()) / waiting)
            scene.settle()
    return Table(
        columns=(
            f"{waiting} waiting invoices",
            "records/s",
            "seconds",
            "Dataverse requests/record",
        ),
        rows=tuple(
            (
                f"Dataverse answers {latency} ms later" if latency else "Dataverse answers at once",
                Spread.of(rates[latency]).shown(1),
                Spread.of([waiting / rate for rate in rates[latency]]).shown(1),
                Spread.of(costs[latency]).shown(2),
            )
            for latency in LATENCIES
        ),
        basis=medians(effort.runs),
        notes=(f"One function app; its functions share {scene.threads} threads.",),
    )


def _prepare(scene: Scene, waiting: int) -> list[int]:
    """Write the invoices unheard, have a poll put them on the queue, and return their ids."""
    scene.restart(without=("process",))
    with scene.unheard():
        invoices = [int(scene.bill(number)["id"]) for number in range(waiting)]
    scene.settling.poll()
    if scene.settling.depth() < waiting:
        raise RuntimeError(f"the poll asked for {scene.settling.depth()} records, not {waiting}")
    return invoices


def _seconds(scene: Scene, invoices: list[int]) -> float:
    """Carry what waits, and return the seconds from the first message taken to the last row."""
    with ThreadPoolExecutor(1) as starter:
        starting = starter.submit(scene.restart, without=("poll",))
        wait_until(lambda: _works(scene), "processing", seconds=60, every=0.02)
        began = ended = time.perf_counter()
        for invoice in invoices:
            if scene.shown(invoice) is None:
                wait_until(
                    lambda invoice=invoice: scene.shown(invoice) is not None,  # type: ignore[misc]  # bound here
                    f"invoice {invoice}",
                    seconds=PATIENCE,
                    every=_LOOK_EVERY,
                )
                # Those that were there at the first look do not count: looking takes time too.
                ended = time.perf_counter()
        starting.result()
    return max(ended - began, _LOOK_EVERY)


def _works(scene: Scene) -> bool:
    try:
        count = scene.running.host.get("/_sandbox/invocations")["process"]
    except requests.RequestException:
        return False
    return bool(count["running"] or count["finished"])
