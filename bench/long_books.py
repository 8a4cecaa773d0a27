"""A FreshBooks with many records, served until its input ends: `python -m bench.long_books N`.

Never delivers a webhook: who measures says what was heard.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sandbox.control import Controlled
from sandbox.freshbooks import FreshBooks
from sandbox.freshbooks.rendering import render
from sandbox.web import serve

YEARS: Final = timedelta(days=7 * 365)
BALANCES: Final = ("outstanding_balance", "overdue_balance", "credit_balance")
THREADS: Final = 4
_ONE_IN: Final = 50  # records is a client
_PAID: Final = 3  # of four invoices one is paid


class _Clock:
    """The time it is while the books are written, then the real one."""

    def __init__(self) -> None:
        self.moment: datetime | None = None

    def __call__(self) -> datetime:
        return self.moment or datetime.now(UTC)


def main() -> None:
    """Write the books, print what a reader needs to know, and serve them."""
    records, folder = int(sys.argv[1]), Path(sys.argv[2])
    clock = _Clock()
    freshbooks = FreshBooks(clock=clock, send=lambda *_posted: 200)
    _fill(freshbooks, records, clock)
    for kind in ("client", "invoice", "payment", "category"):
        with (folder / f"{kind}.jsonl").open("w") as rows:
            rows.writelines(f"{json.dumps(row)}\n" for row in _shown(freshbooks, kind))
    with serve(Controlled(freshbooks), threads=THREADS) as address:
        print(
            json.dumps(
                {
                    "address": address,
                    "account": freshbooks.account,
                    "token": freshbooks.grant(),
                    "identity": freshbooks.owner.id,
                }
            ),
            flush=True,
        )
        sys.stdin.read()


def _fill(freshbooks: FreshBooks, records: int, clock: _Clock) -> None:
    """Write invoices over seven years, the last one an hour ago; some of them are paid."""
    books, now = freshbooks.books, datetime.now(UTC) - timedelta(hours=1)
    clock.moment = now - YEARS
    clients = [
        books.create_client(organization=f"Customer {number}", currency_code="USD")["id"]
        for number in range(max(1, records // _ONE_IN))
    ]
    written = len(clients)
    number = 0
    while written < records:
        clock.moment = now - YEARS * (records - written - 1) / records
        lines = [{"name": "Work", "qty": "1", "unit_cost": f"{100 + number % 900}.25"}]
        client = clients[number % len(clients)]
        invoice = books.create_invoice(client, lines=lines, sent=True)["id"]
        number, written = number + 1, written + 1
        if number % _PAID == 0 and written < records:
            books.pay_invoice(invoice)
            written += 1
    clock.moment = None


def _shown(freshbooks: FreshBooks, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a kind as its list shows them."""
    books, account = freshbooks.books, freshbooks.account
    includes = BALANCES if kind == "client" else ()
    for row in books.tables[kind].rows(account):
        yield json.loads(json.dumps(render(books, kind, account, row.now, includes), default=str))


if __name__ == "__main__":
    main()
