"""How long FreshBooks waits for the answer to a webhook, at 50 webhooks a second.

Never counts a webhook from when it was sent: it counts from when it was due.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from bench import load
from bench.effort import Effort, medians
from bench.load import Answer, Shot
from bench.scene import Scene
from bench.spread import Spread, percentile
from bench.tables import Table

NAME = "acknowledgement"
ALONE_MS = 20.0  # p99 of the acknowledgement alone
MOST_MS = 100.0  # p99 while anything else happens
RATE = 50.0  # a second


@dataclass(frozen=True)
class _Run:
    answers: Sequence[Answer]
    backlog: int

    def milliseconds(self, share: float) -> float:
        return percentile([answer.latency for answer in self.answers], share) * 1000

    @property
    def refused(self) -> int:
        return sum(answer.status != 200 for answer in self.answers)


def measure(scene: Scene, effort: Effort) -> Table:
    """Measure with processing stopped, with nothing to change, with everything changed.

    As on Flex Consumption, webhooks and queue are in processes of their own; once they share one.
    """
    seconds = effort.pick(10, 1)
    with scene.unheard():
        # Two webhooks for each: a record that is reported unchanged more often is left to rest.
        invoices = [int(scene.bill(number)["id"]) for number in range(int(RATE * seconds) // 2)]
        first: list[float] = []
        stopped, quiet, busy, together = [], [], [], []
        for _ in range(effort.runs):
            scene.restart(without=("process", "poll"))
            first.append(_first(scene, invoices[0]))
            _warm_up(scene, invoices)
            stopped.append(_send(scene, _shots(scene, invoices, seconds)))
            scene.restart_apart()
            scene.settle()
            _warm_up(scene, invoices)
            scene.settle()
            quiet.append(_send(scene, _shots(scene, invoices, seconds)))
            scene.settle()
            busy.append(_send_while_editing(scene, invoices, seconds))
            scene.settle()
            scene.restart(without=("poll",))
            _warm_up(scene, invoices)
            scene.settle()
            together.append(_send(scene, _shots(scene, invoices, seconds)))
            scene.settle()
    runs = (*stopped, *quiet, *busy, *together)
    late = max(answer.late for run in runs for answer in run.answers) * 1000
    return Table(
        columns=(
            f"at {RATE:.0f} webhooks/s",
            "p50 ms",
            "p99 ms",
            "max ms",
            "not 200",
            "waiting after",
            "bar of p99",
        ),
        rows=(
            _row("only queued, processing stopped", stopped, stopped=True),
            _row("processed, nothing has changed", quiet),
            _row("processed, every record has changed", busy),
            _row("nothing has changed, one process for all", together),
        ),
        basis=medians(effort.runs),
        notes=(
            f"{int(RATE * seconds)} webhooks a run.",
            "As on Flex Consumption, webhooks and queue have a process each, but in the last row.",
            f"The generator sent the latest one {late:.1f} ms after it was due.",
            f"The first webhook of a fresh function app took {Spread.of(first).shown()} ms.",
        ),
    )


def _row(title: str, runs: Sequence[_Run], *, stopped: bool = False) -> tuple[str, ...]:
    most = ALONE_MS if stopped else MOST_MS
    met = sum(run.milliseconds(0.99) <= most for run in runs)
    return (
        title,
        *(
            Spread.of([run.milliseconds(share) for run in runs]).shown(1)
            for share in (0.5, 0.99, 1)
        ),
        str(sum(run.refused for run in runs)),
        "all" if stopped else Spread.of([run.backlog for run in runs]).shown(),
        f"<= {most:.0f} ms in {met} of {len(runs)} runs",
    )


def _shots(scene: Scene, invoices: Sequence[int], seconds: int) -> list[Shot]:
    return [
        scene.webhook(invoices[number % len(invoices)]) for number in range(int(RATE * seconds))
    ]


def _first(scene: Scene, invoice: int) -> float:
    answer = load.send(_port(scene), [scene.webhook(invoice)], rate=RATE)[0]
    return answer.latency * 1000


def _warm_up(scene: Scene, invoices: Sequence[int]) -> None:
    """Report a change of each invoice, so that none of them rests when this is worked off."""
    for invoice in invoices:
        scene.reprice(invoice)
    load.send(_port(scene), [scene.webhook(invoice) for invoice in invoices], rate=RATE)


def _send(scene: Scene, shots: Sequence[Shot]) -> _Run:
    answers = load.send(_port(scene), shots, rate=RATE)
    return _Run(answers, scene.settling.depth())


def _send_while_editing(scene: Scene, invoices: Sequence[int], seconds: int) -> _Run:
    """Send webhooks for invoices that are edited at the same rate, a moment before."""
    shots = _shots(scene, invoices, seconds)
    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(_send, scene, shots)
        for number in _ticks(sending):
            scene.reprice(invoices[number % len(invoices)])
        return sending.result()


def _ticks(sending: "Future[_Run]") -> Iterator[int]:
    began, number = time.perf_counter(), 0
    while not sending.done():
        yield number
        number += 1
        time.sleep(max(0.0, began + number / RATE - time.perf_counter()))


def _port(scene: Scene) -> int:
    return scene.running.ports.functions
