"""A day at the firm: edits in FreshBooks, and how long each takes until Sales shows it.

Never drives the connector: it edits on one side and looks on the other.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.check.found import ENTRY
from sandbox.firm import Firm
from sandbox.remotes import RemoteBooks, RemoteRows

PATIENCE = 30.0  # seconds
_LOOK_EVERY = 0.02  # seconds
_OPEN, _PAID, _CANCELLED = 0, 2, 3  # states of a native invoice
_LINES = "invoice_details($select=lineitemnumber)"

Row = dict[str, Any]
Shown = Callable[[Row], bool]


class NotSeenError(Exception):
    """An edit did not show in Dataverse, or one that should not did; the text says which."""


@dataclass(frozen=True)
class Seen:
    """An edit and the seconds until its row showed it."""

    title: str
    seconds: float


class LiveEdits:
    """Edits one after the other, each awaited."""

    def __init__(self, books: RemoteBooks, rows: RemoteRows, firm: Firm) -> None:
        self._books = books
        self._rows = rows
        self._firm = firm

    def run(self) -> Iterator[Seen]:
        """Make the edits.

        Raises:
            NotSeenError: one did not show in time.
        """
        yield from self._invoice_life()
        yield from self._new_client()
        yield from self._new_expense()
        yield from self._new_credit()

    def edit_unheard(self) -> Row:
        """Make an invoice whose webhook FreshBooks loses, and return it."""
        self._books.deliveries(drop=1.0)
        _, invoice = self._bill("Umbra Security", "Incident review", "1875.00")
        self._books.deliveries(drop=0.0)
        return invoice

    def sees(self, invoice: Row) -> bool:
        """Say whether Dataverse shows the invoice."""
        return self._invoice(invoice) is not None

    def wait_for(self, invoice: Row) -> None:
        """Wait until Dataverse shows the invoice.

        Raises:
            NotSeenError: it did not in time.
        """
        began = time.perf_counter()
        _until("the invoice", began, lambda: self._invoice(invoice), lambda _: True)

    def _invoice_life(self) -> Iterator[Seen]:
        began, invoice = self._bill("Aldermoor Hospitality Group", "Season planning", "2400.00")

        def seen(title: str, since: float, shown: Shown) -> Seen:
            return _until(title, since, lambda: self._invoice(invoice), shown)

        yield seen("a new invoice of three lines", began, lambda row: _complete(row, lines=3))
        lines = [*invoice["lines"], {"name": "Second visit", "qty": "2", "unit_cost": "312.50"}]
        began, _ = self._do("edit_invoice", invoice=invoice["id"], lines=lines)
        yield seen("a fourth line on it", began, lambda row: _complete(row, lines=4))
        began, _ = self._do("pay_invoice", invoice=invoice["id"], amount="1000.00", type="Check")
        yield seen("a partial payment", began, lambda row: bool(row["fbx_paid"] == 1000))
        began, payment = self._do("pay_invoice", invoice=invoice["id"], type="Bank Transfer")
        yield seen("the rest paid: it is closed as paid", began, _is(_PAID))
        began, _ = self._do("refund", payment=payment["id"])
        yield seen("that payment refunded: it is open again", began, _is(_OPEN))
        began, _ = self._do("delete_invoice", invoice=invoice["id"])
        yield seen("the invoice deleted", began, _is(_CANCELLED))
        began, _ = self._do("restore_invoice", invoice=invoice["id"])
        yield seen("the invoice restored", began, _is(_OPEN))

    def _new_client(self) -> Iterator[Seen]:
        name = "Gullwing Marine Charters"
        began, client = self._do(
            "create_client",
            organization=name,
            email="office@gullwing.example",
            p_city="Lunenburg",
            p_province="Nova Scotia",
            p_country="Canada",
            currency_code="CAD",
        )
        self._firm.clients[name] = client["id"]
        key = f"{self._firm.account}-{client['id']}"
        yield _until(
            "a new client",
            began,
            lambda: self._look("account", filter=f"fbx_account_client/any(c:c/fbx_key eq '{key}')"),
            lambda row: row["name"] == name,
        )
        began, invoice = self._bill(name, "Fleet insurance review", "980.00")
        yield _until(
            "its first invoice",
            began,
            lambda: self._invoice(invoice),
            lambda row: _complete(row, lines=3),
        )

    def _new_expense(self) -> Iterator[Seen]:
        began, expense = self._do(
            "create_expense",
            amount="186.40",
            vendor="Harbour Air",
            clientid=self._firm.clients["Bluepine Logistics"],
            billable=True,
        )
        yield _until(
            "a billable expense",
            began,
            lambda: self._entry("expense", expense),
            lambda row: row["fbx_amount"] is not None,
        )

    def _new_credit(self) -> Iterator[Seen]:
        began, credit = self._do(
            "create_credit_note",
            clientid=self._firm.clients["Bluepine Logistics"],
            lines=[{"name": "For the delay", "unit_cost": "120.00"}],
        )
        yield _until(
            "a credit",
            began,
            lambda: self._entry("credit", credit),
            lambda row: bool(row["fbx_amount"] == 120),
        )

    def _do(self, operation: str, **arguments: Any) -> tuple[float, Row]:
        began = time.perf_counter()
        return began, self._books.do(operation, **arguments)

    def _bill(self, client: str, what: str, price: str) -> tuple[float, Row]:
        return self._do(
            "create_invoice",
            customerid=self._firm.clients[client],
            lines=[
                {"name": what, "qty": "1", "unit_cost": price},
                {"name": "Interviews", "qty": "6.5", "unit_cost": "165.00"},
                {"name": "Travel time", "qty": "3", "unit_cost": "72.33"},
            ],
            sent=True,
            due_offset_days=30,
        )

    def _invoice(self, invoice: Row) -> Row | None:
        key = f"{self._firm.account}-invoice-{invoice['id']}"
        return self._look("invoice", filter=f"fbx_sourcekey eq '{key}'", expand=_LINES)

    def _entry(self, kind: str, record: Row) -> Row | None:
        key = f"{self._firm.account}-{kind}-{record['id']}"
        return self._look(ENTRY, filter=f"fbx_sourcekey eq '{key}'")

    def _look(self, table: str, **query: str) -> Row | None:
        return next(iter(self._rows.look(table, **query)), None)


def _complete(row: Row, *, lines: int) -> bool:
    return bool(row["fbx_complete"]) and len(row["invoice_details"]) == lines


def _is(state: int) -> Shown:
    return lambda row: bool(row["statecode"] == state)


def _until(title: str, began: float, look: Callable[[], Row | None], shown: Shown) -> Seen:
    while (row := look()) is None or not shown(row):
        if time.perf_counter() - began > PATIENCE:
            raise NotSeenError(f"{title}: not seen in Dataverse after {PATIENCE:.0f} s")
        time.sleep(_LOOK_EVERY)
    return Seen(title, time.perf_counter() - began)
