"""How long the sample firm takes from connected to equal on both sides, and in how many messages.

Never counts the time until the function app is up.
"""

import tempfile
import time
from datetime import datetime
from pathlib import Path

from bench.effort import Effort, medians
from bench.spread import Spread
from bench.tables import Table
from sandbox.administrator import Administrator
from sandbox.check import count
from sandbox.firm import open_books, open_crm
from sandbox.freshbooks.eastern import EASTERN
from sandbox.ports import Ports
from sandbox.settling import Settling
from sandbox.stack import stack

NAME = "first-sync"
_QUEUES = ("process", "poisoned", "backfill", "backfill_poisoned")
_SETTINGS = {"UNMATCHED_CLIENTS": "create", "BALANCE_DELAY_SECONDS": "2"}


def measure(effort: Effort) -> Table:
    """Connect the sample firm with nothing carried, then let the function app loose."""
    found = [_synced() for _ in range(effort.runs)]
    return Table(
        columns=("the sample firm's first sync", "seconds", "messages/record", "requests/record"),
        rows=(
            (
                f"{found[0].records:,} records",
                Spread.of([each.seconds for each in found]).shown(1),
                Spread.of([each.messages for each in found]).shown(2),
                Spread.of([each.requests for each in found]).shown(2),
            ),
        ),
        basis=medians(effort.runs),
        notes=("Requests are those to Dataverse.",),
    )


class Synced:
    """What a first sync took.

    Attributes:
        records: of the firm.
        messages: from queues, per record.
        requests: to Dataverse, per record.
    """

    def __init__(self, records: int, seconds: float, messages: int, requests: int) -> None:
        self.records = records
        self.seconds = seconds
        self.messages = messages / records
        self.requests = requests / records


def _synced() -> Synced:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        stack(Path(folder) / "sandbox", Ports.free(), settings=_SETTINGS) as running,
        Settling(running) as settling,
    ):
        running.rows.post("/_sandbox/settings", {"limits": None})
        open_books(running.books, today=datetime.now(EASTERN).date())
        open_crm(running.rows)
        administrator = Administrator(running.environment)
        administrator.run("schema", "apply")
        running.start_host(disabled=(*_QUEUES, "poll", "upkeep"))
        administrator.connect(running.folder / "connect.log")
        running.stop_host()
        running.rows.forget_traffic()
        running.start_host(by_hand=("poll", "upkeep"))
        began = time.perf_counter()
        settling.drain()
        seconds = time.perf_counter() - began
        done = running.host.get("/_sandbox/invocations")
        messages = sum(done[name]["finished"] for name in _QUEUES)
        requests = sum(running.rows.traffic().values())
        return Synced(count(running.books), seconds, messages, requests)
