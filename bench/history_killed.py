"""What is left of a history whose function app is killed ten times, with live edits throughout.

Never takes the connector's word for what arrived: both sides are compared row by row.
"""

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from bench.effort import Effort
from bench.history import FREE, LINES, long_books
from bench.tables import Table
from sandbox.administrator import Administrator
from sandbox.bookkeeper import Bookkeeper
from sandbox.check import differences
from sandbox.check.found import ENTRY
from sandbox.settling import Settling
from sandbox.stack import Stack

NAME = "history-killed"
SEED: Final = 12
MOST_TWICE: Final = 5.0  # percent
_TIMERS: Final = ("poll", "upkeep", "reconcile")
_LEASE: Final = 4.0  # seconds until what was under way comes again; the platform takes ten minutes
_RETRIES: Final = (0.5, 1, 2, 4, 8)  # seconds after which a webhook comes again
_EVERY: Final = 0.25  # seconds between two edits
_LONGEST: Final = 1200.0


@dataclass(frozen=True)
class _Killed:
    """What came of a run.

    Attributes:
        records: the history's.
        kills: that it survived.
        edits: that were made meanwhile.
        differences: between both sides, in sentences.
        doubled: rows of which there are two.
        again: records of the history that were read and compared though they had been written.
    """

    records: int
    kills: int
    edits: int
    differences: list[str]
    doubled: int
    again: int


def measure(effort: Effort) -> Table:
    """Carry 20,000 invoices and their payments, and kill the function app ten times meanwhile."""
    size, kills = effort.pick((20_000, 10), (300, 1))
    done = _carried(size, kills, pause=effort.pick((2.0, 12.0), (0.5, 1.0)))
    twice = 100 * done.again / done.records
    return Table(
        columns=(
            f"{size:,} invoices of {LINES} lines, and their payments",
            "records",
            "kills",
            "edits meanwhile",
            "missing or half",
            "doubled",
            "done twice",
        ),
        rows=(
            (
                "killed at random",
                f"{done.records:,}",
                str(done.kills),
                f"{done.edits:,}",
                str(len(done.differences)),
                str(done.doubled),
                f"{twice:.1f} %",
            ),
        ),
        basis="a single run",
        notes=(
            f"The bar is {MOST_TWICE:g} % done twice, and nothing missing, half or doubled.",
            *done.differences[:5],
        ),
    )


def _carried(size: int, kills: int, *, pause: tuple[float, float]) -> _Killed:
    draw = random.Random(SEED)
    with long_books(size, **FREE) as running:
        running.books.deliveries(retries=list(_RETRIES))
        running.stop_host()
        _start(running)
        administrator = Administrator(running.environment)
        administrator.run("backfill", "--detach")
        with _edited(running) as edits:
            killed = 0
            for _ in range(kills):
                time.sleep(draw.uniform(*pause))
                # One that comes when the history is over says nothing of it.
                killed += administrator.backfill()["state"] == "running"
                running.kill_host()
                _start(running)
            history = _ended(administrator)
        with Settling(running) as settling:
            for _ in range(2):
                settling.drain(seconds=_LONGEST)
                settling.poll()
            settling.drain(seconds=_LONGEST)
        counts = history["counts"]
        return _Killed(
            records=int(history["records"]),
            kills=killed,
            edits=len(edits),
            differences=differences(running.books, running.rows),
            doubled=_doubled(running),
            again=counts["unchanged"] + counts["updated"],
        )


def _start(running: Stack) -> None:
    running.start_host(lease=_LEASE, by_hand=_TIMERS)


@contextlib.contextmanager
def _edited(running: Stack) -> Iterator[list[str]]:
    """Edit invoices of the history and new ones while the context lasts; yield what was done."""
    done: list[str] = []
    over = threading.Event()
    old = [each for each in running.books.records("invoice") if not each["vis_state"]]
    draw = random.Random(SEED + 1)

    def edit() -> None:
        someone = Bookkeeper(running.books, draw)
        while not over.wait(_EVERY):
            if draw.random() < 0.5:
                done.append(someone.edit())
            else:
                done.append(_touched(running, draw, old))

    with ThreadPoolExecutor(1) as threads:
        editing = threads.submit(edit)
        try:
            yield done
        finally:
            over.set()
    editing.result()


def _touched(running: Stack, draw: random.Random, old: list[dict[str, Any]]) -> str:
    """Change or delete one of the history's invoices."""
    invoice = old.pop(draw.randrange(len(old)))
    if draw.random() < 0.2:
        running.books.do("delete_invoice", invoice=invoice["id"])
        return "delete an old invoice"
    running.books.do(
        "edit_invoice",
        invoice=invoice["id"],
        lines=[{"name": "Edited", "qty": "1", "unit_cost": f"{draw.randrange(1, 900)}.10"}],
    )
    return "edit an old invoice"


def _ended(administrator: Administrator) -> dict[str, Any]:
    until = time.monotonic() + _LONGEST
    while (history := administrator.backfill())["state"] == "running":
        if time.monotonic() > until:
            break
        time.sleep(1)
    return history


def _doubled(running: Stack) -> int:
    """Count the entries beyond the first of a record."""
    keys = [row["fbx_sourcekey"] for row in running.rows.rows(ENTRY)]
    return len(keys) - len(set(keys))
