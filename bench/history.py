"""How fast a history is carried: from nothing, the same again, and with limits beside live edits.

Never counts the time in which the books are written.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.effort import Effort, medians
from bench.memory import peak_mib
from bench.scene import CLIENTS
from bench.spread import Spread
from bench.tables import Table
from sandbox.administrator import Administrator
from sandbox.ports import Ports
from sandbox.stack import Stack, stack

NAME = "history"
LIVE = "history-live"
YEARS = 7
LINES = 3
_LOOK_EVERY = 0.5  # seconds
_LONGEST = 3600.0
# What Dataverse grants in five minutes, in a window short enough that no burst hides it.
_COMMAND = ("backfill", "--kinds", "client,invoice", "--json")
LIMITS = {"requests": 300, "execution": 60.0, "concurrent": 52, "window": 15.0}


def measure(effort: Effort) -> Table:
    """Carry histories of several sizes from nothing, then once more."""
    rows: list[tuple[str, ...]] = []
    for size in effort.pick((1_000, 10_000, 20_000, 100_000), (40,)):
        runs = 1 if size > 20_000 else effort.runs  # the bar is about that many
        found = [_carried(size) for _ in range(runs)]
        rows += [
            (
                f"{size:,} invoices, {what}",
                Spread.of([each[what].rate for each in found]).shown(0),
                Spread.of([each[what].dataverse for each in found]).shown(3),
                Spread.of([each[what].freshbooks for each in found]).shown(3),
                Spread.of([each[what].messages for each in found]).shown(3),
                Spread.of([each[what].peak for each in found]).shown(0),
            )
            for what in ("from nothing", "nothing has changed")
        ]
    return Table(
        columns=(
            "three lines each",
            "invoices/s",
            "Dataverse requests/invoice",
            "FreshBooks requests/invoice",
            "messages/invoice",
            "peak MiB",
        ),
        rows=tuple(rows),
        basis=medians(effort.runs),
        notes=("One function app; a single run of the largest.",),
    )


class Carried:
    """What a backfill took.

    Attributes:
        rate: invoices a second.
        dataverse: requests per invoice.
        freshbooks: likewise.
        messages: from queues, per invoice.
        peak: most memory of the function app's process, MiB.
    """

    def __init__(self, running: Stack, size: int, seconds: float) -> None:
        self.rate = size / seconds
        self.dataverse = sum(running.rows.traffic().values()) / size
        self.freshbooks = sum(running.books.traffic().values()) / size
        done = running.host.get("/_sandbox/invocations")
        queues = ("process", "poisoned", "backfill", "backfill_poisoned")
        self.messages = sum(done[name]["finished"] for name in queues) / size
        self.peak = max(peak_mib(group) for group in running.groups[2:])


def _carried(size: int) -> dict[str, Carried]:
    with _books(size) as running:
        found = {}
        for what in ("from nothing", "nothing has changed"):
            running.stop_host()
            running.start_host(disabled=("poll", "upkeep"))
            running.rows.forget_traffic()
            running.books.forget_traffic()
            began = time.perf_counter()
            Administrator(running.environment).run(*_COMMAND, seconds=_LONGEST)
            found[what] = Carried(running, size, time.perf_counter() - began)
        return found


@contextlib.contextmanager
def _books(size: int) -> Iterator[Stack]:
    """Connect a business with so many invoices of seven years, and carry none of it."""
    settings = {"UNMATCHED_CLIENTS": "create", "BACKFILL": "manual"}
    settings |= {"DATAVERSE_REQUESTS_PER_SECOND": "0", "FRESHBOOKS_REQUESTS_PER_SECOND": "0"}
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        stack(Path(folder) / "sandbox", Ports.free(), settings=settings) as running,
    ):
        running.rows.post("/_sandbox/settings", {"limits": None})
        running.books.do("fill", invoices=size, clients=len(CLIENTS), lines=LINES, years=YEARS)
        administrator = Administrator(running.environment)
        administrator.run("schema", "apply")
        running.start_host(disabled=("poll", "upkeep"))
        administrator.connect(running.folder / "connect.log")
        yield running
