"""How fast a backlog is carried: without limits, and where Dataverse's limits are on.

Never counts the time until the function app is up.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import requests

from bench.effort import Effort
from bench.scene import Scene, wait_until
from bench.spread import Spread
from bench.tables import Table

NAME = "drain"
REQUESTS: Final = 20.0  # a second: what Dataverse takes
SECONDS: Final = 4.0  # of execution in a second
WINDOW: Final = 60.0  # seconds; a fifth of the real one's, at the same rates, so that it binds
LIMITS: Final[dict[str, float]] = {
    "requests": int(REQUESTS * WINDOW),
    "execution": SECONDS * WINDOW,
    "window": WINDOW,
    "concurrent": 52,
}
READ, WRITE = 0.015, 0.065  # seconds of execution for each operation in a batch
THREADS: Final = "32"  # as on Azure
PROCESSES: Final = (1, 4)
_MOST_RUNS: Final = 2  # of what takes minutes
_LONGEST: Final = 1200.0  # seconds
_LOOK_EVERY: Final = 0.05  # seconds


@dataclass(frozen=True)
class Drained:
    """What one backlog took.

    Attributes:
        records: how many waited.
        seconds: from the first message taken to the last row.
        requests: that Dataverse executed until then.
        executed: seconds of execution that they took.
        refused: requests that were over a limit.
    """

    records: int
    seconds: float
    requests: int
    executed: float
    refused: int

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def model(self) -> float:
        """Records a second that one web server's limits allow at this cost for each."""
        return self.records * min(REQUESTS / self.requests, SECONDS / self.executed)


def measure(scene: Scene, effort: Effort) -> Table:
    """Let webhooks wait on the queue, then let the function app loose on their messages."""
    free = [
        _drain(scene, effort.pick(500, 15), processes=1, limited=False) for _ in range(effort.runs)
    ]
    rows = [_row("no limits", 1, free, limited=False)]
    limited = {"DATAVERSE_REQUESTS_PER_SECOND": f"{REQUESTS:g}"}
    with (
        scene.settings(PYTHON_THREADPOOL_THREAD_COUNT=THREADS, **limited),
        scene.limited(LIMITS, read=READ, write=WRITE),
    ):
        for processes in PROCESSES:
            drained = [
                _drain(scene, effort.pick(2000, 15), processes=processes, limited=not effort.quick)
                for _ in range(min(effort.runs, _MOST_RUNS))
            ]
            rows.append(_row("limits on", processes, drained, limited=True))
    return Table(
        columns=(
            "waiting invoices",
            "processes",
            "records/s",
            "requests/record",
            "server-seconds/record",
            "model records/s",
            "of the model",
            "429s",
        ),
        rows=tuple(rows),
        basis=f"{_runs(effort.runs)} without limits, {_runs(min(effort.runs, _MOST_RUNS))} with",
        notes=(
            f"Limits: {REQUESTS:g} requests and {SECONDS:g} s of execution a second, 52 at once.",
            f"An operation takes {READ * 1000:g} ms to read and {WRITE * 1000:g} ms to write.",
        ),
    )


def _runs(runs: int) -> str:
    return "one run" if runs == 1 else f"median of {runs} runs, least and most in brackets,"


def _row(what: str, processes: int, drained: list[Drained], *, limited: bool) -> tuple[str, ...]:
    reached = [100 * each.rate / each.model for each in drained]
    refused = [100 * each.refused / (each.refused + each.requests) for each in drained]
    return (
        f"{drained[0].records:,}, {what}",
        str(processes),
        Spread.of([each.rate for each in drained]).shown(1),
        Spread.of([each.requests / each.records for each in drained]).shown(2),
        Spread.of([each.executed / each.records for each in drained]).shown(3),
        Spread.of([each.model for each in drained]).shown(1) if limited else "",
        f"{Spread.of(reached).shown(0)} %" if limited else "",
        f"{Spread.of(refused).shown(1)} %" if limited else "",
    )


def _drain(scene: Scene, waiting: int, *, processes: int, limited: bool) -> Drained:
    invoices = _prepare(scene, waiting)
    if limited:
        time.sleep(WINDOW)  # what was sent before is no part of any window
    before = scene.used()
    with ThreadPoolExecutor(1) as starter:
        starting = starter.submit(_start, scene, processes)
        wait_until(lambda: _works(scene), "processing", seconds=60, every=0.02)
        seconds = _seconds(scene, invoices)
        after = scene.used()
        starting.result()
    scene.settle()
    return Drained(
        records=waiting,
        seconds=seconds,
        requests=after["requests"] - before["requests"],
        executed=float(after["seconds"] - before["seconds"]),
        refused=sum(after["refused"].values()) - sum(before["refused"].values()),
    )


def _prepare(scene: Scene, waiting: int) -> list[int]:
    """Write the invoices, let their webhooks wait on the queue, and return their ids."""
    scene.restart(without=("process", "poll"))
    invoices = [int(scene.bill(number)["id"]) for number in range(waiting)]
    wait_until(lambda: scene.settling.depth() >= waiting, "webhooks", seconds=300, every=0.5)
    return invoices


def _start(scene: Scene, processes: int) -> None:
    scene.restart(without=("poll",))
    for _ in range(processes - 1):
        scene.running.start_queue_host(disabled=("webhook", "poll"))


def _seconds(scene: Scene, invoices: list[int]) -> float:
    """Return the seconds from the first message taken to the last row."""
    began = ended = time.perf_counter()
    for invoice in invoices:
        if scene.shown(invoice) is None:
            wait_until(
                lambda invoice=invoice: scene.shown(invoice) is not None,  # type: ignore[misc]  # bound here
                f"invoice {invoice}",
                seconds=_LONGEST,
                every=_LOOK_EVERY,
            )
            # Those that were there at the first look do not count: looking takes time too.
            ended = time.perf_counter()
    return max(ended - began, _LOOK_EVERY)


def _works(scene: Scene) -> bool:
    try:
        count = scene.running.host.get("/_sandbox/invocations")["process"]
    except requests.RequestException:
        return False
    return bool(count["running"] or count["finished"])
