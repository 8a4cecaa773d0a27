"""How long an edit in FreshBooks takes until its row in Dataverse shows it.

Never overlaps two edits.
"""

import random
import time
from decimal import Decimal

from bench.effort import Effort
from bench.scene import Scene, wait_until
from bench.spread import percentile
from bench.tables import Table

NAME = "visibility"
_LOOK_EVERY = 0.005  # seconds
# The listener of a quiet queue looks every two seconds once it has seen nothing for about four.
_QUIET = (4.0, 6.0)


def measure(scene: Scene, effort: Effort) -> Table:
    """Measure edits that follow each other at once, and edits after a quiet time."""
    drawing = random.Random(1)
    scene.restart(without=("poll",))
    invoices = [int(scene.bill(number)["id"]) for number in range(len(scene.clients))]
    scene.settle()
    following, quiet = [], []
    for _ in range(effort.runs):
        following += [_seconds(scene, _pick(invoices, n)) for n in range(effort.pick(40, 3))]
        for number in range(effort.pick(8, 1)):
            scene.settle()
            time.sleep(drawing.uniform(*effort.pick(_QUIET, (0.0, 0.1))))
            quiet.append(_seconds(scene, _pick(invoices, number)))
    scene.settle()
    return Table(
        columns=("from the edit to the row", "edits", "p50 ms", "p90 ms", "p99 ms", "max ms"),
        rows=(
            _row("one edit after the other", following),
            _row("after a quiet time", quiet),
        ),
        basis=f"the edits of {effort.runs} runs together",
    )


def _seconds(scene: Scene, invoice: int) -> float:
    began = time.perf_counter()
    total = Decimal(scene.reprice(invoice)["amount"]["amount"])
    wait_until(
        lambda: scene.shown(invoice) == total,
        f"invoice {invoice} in Dataverse",
        seconds=60,
        every=_LOOK_EVERY,
    )
    return time.perf_counter() - began


def _pick(invoices: list[int], number: int) -> int:
    return invoices[number % len(invoices)]


def _row(title: str, seconds: list[float]) -> tuple[str, ...]:
    figures = (f"{percentile(seconds, share) * 1000:,.0f}" for share in (0.5, 0.9, 0.99, 1))
    return (title, str(len(seconds)), *figures)
