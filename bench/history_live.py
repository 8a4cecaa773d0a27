"""How long an edit takes to its row while a history is carried, where Dataverse's limits are on.

Never lets the history end before the last edit.
"""

import time
from decimal import Decimal
from typing import Any, Final

from bench.drain import LIMITS, READ, WINDOW, WRITE
from bench.effort import Effort
from bench.history import long_books
from bench.scene import wait_until
from bench.spread import percentile
from bench.tables import Table
from sandbox.administrator import Administrator
from sandbox.remotes import RefusedError
from sandbox.stack import Stack
from shared.core.identity import Kind, RecordId

NAME = "history-live"
_FREE: Final = {"FRESHBOOKS_REQUESTS_PER_SECOND": "0"}
_BULK: Final = ("backfill", "backfill_poisoned")
_LIVE: Final = ("webhook", "process", "poisoned")
_TIMERS: Final = ("poll", "upkeep", "reconcile")
_EVERY: Final = 2.0  # seconds
_LOOK_EVERY: Final = 0.05
_WARM: Final = 30.0  # seconds until the processes share what there is
_LONGEST: Final = 120.0


def measure(effort: Effort) -> Table:
    """Edit invoices one after the other while 20,000 others are carried."""
    size, edits = effort.pick((20_000, 100), (200, 3))
    with long_books(size, **_FREE) as running:
        running.stop_host()
        running.start_host(disabled=(*_BULK, *_TIMERS))
        clients = [int(each["id"]) for each in running.books.records("client")[:10]]
        invoices = [_bill(running, client) for client in clients]
        for invoice in invoices:
            wait_until(
                lambda invoice=invoice: _shown(running, invoice) is not None,  # type: ignore[misc]  # bound here
                f"invoice {invoice}",
                seconds=_LONGEST,
                every=_LOOK_EVERY,
            )
        time.sleep(effort.pick(WINDOW, 0.0))  # what set it up is no part of any window
        slow = {"latency_per_read": READ, "latency_per_write": WRITE}
        running.rows.post("/_sandbox/settings", {"limits": LIMITS, **slow})
        running.start_queue_host(disabled=(*_LIVE, *_TIMERS))
        administrator = Administrator(running.environment)
        administrator.run("backfill", "--detach")
        time.sleep(effort.pick(_WARM, 0.0))
        seconds = [_seconds(running, invoices[n % len(invoices)], n) for n in range(edits)]
        history = administrator.backfill()
        used = running.rows.get("/_sandbox/used")
    figures = (f"{percentile(seconds, share):,.1f}" for share in (0.5, 0.9, 0.99, 1))
    carried = f"{history['records_per_second']:,.1f}"
    over = sum(used["refused"].values())
    refused = f"{100 * over / max(1, used['requests'] + over):.1f} %"
    return Table(
        columns=(
            "from the edit to the row",
            "edits",
            "p50 s",
            "p90 s",
            "p99 s",
            "max s",
            "history, records/s",
            "429s",
        ),
        rows=((f"while {size:,} are carried", str(edits), *figures, carried, refused),),
        basis="the edits of a single run",
        notes=(f"The history was {history['state']} when the last edit was shown.",),
    )


def _bill(running: Stack, client: int) -> int:
    made = running.books.do(
        "create_invoice", customerid=client, lines=_lines(Decimal("100.00")), sent=True
    )
    return int(made["id"])


def _lines(price: Decimal) -> list[dict[str, str]]:
    return [
        {"name": "Consulting", "qty": "8", "unit_cost": str(price)},
        {"name": "Travel", "qty": "1", "unit_cost": "72.30"},
        {"name": "Materials", "qty": "3", "unit_cost": "14.10"},
    ]


def _seconds(running: Stack, invoice: int, number: int) -> float:
    price = Decimal(101 + number)
    began = time.perf_counter()
    edited: dict[str, Any] = running.books.do("edit_invoice", invoice=invoice, lines=_lines(price))
    total = Decimal(edited["amount"]["amount"])
    wait_until(
        lambda: _shown(running, invoice) == total,
        f"invoice {invoice} in Dataverse",
        seconds=_LONGEST,
        every=_LOOK_EVERY,
    )
    taken = time.perf_counter() - began
    time.sleep(max(0.0, _EVERY - taken))
    return taken


def _shown(running: Stack, invoice: int) -> Decimal | None:
    row = RecordId(running.books.account, Kind.INVOICE, invoice).row
    try:
        found = running.rows.get(f"/_sandbox/rows/invoice/{row}")
    except RefusedError:
        return None
    return Decimal(str(found["fbx_total"] or 0))
