"""A firm in which both sides are equal, and differences of every cause that are planted in it.

Every plant says which differences it has to make: cause, kind, and what it is about.
"""

import dataclasses
from collections import Counter
from typing import Any

from shared.core.events import Cause as AskedBy
from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import DeadLetter
from shared.core.options import Status
from shared.core.reconcile.causes import Cause
from shared.core.reconcile.differences import Difference
from shared.core.reconcile.report import Report
from shared.core.waiting import Shown
from tests.functional.people import People
from tests.functional.world import Firm

Found = tuple[Cause, str, str]


def lines(price: str) -> list[dict[str, str]]:
    return [{"name": "Work", "qty": "1", "unit_cost": price}]


def found(report: Report) -> Counter[Found]:
    """Return what a report lists, each with its cause, its kind and what it is about."""
    return Counter(map(about, report.differences))


def about(each: Difference) -> Found:
    return each.cause, str(each.kind), str(each.number or each.label)


class Planted:
    """The firm.

    Attributes:
        expected: the differences that were planted.
        by_hand: rows that only a person can remove.
        listed: invoices that are on the connector's own list and nowhere else.
    """

    def __init__(self, **settings: Any) -> None:
        self.firm = Firm(unmatched_clients="hold", **settings)
        self.books, self.rows = self.firm.books, self.firm.dataverse
        self.people = People(self.firm)
        self.expected: Counter[Found] = Counter()
        self.by_hand: list[tuple[str, str]] = []
        self.listed: list[int] = []
        self._numbers = 0

    def client(self, name: str) -> int:
        """Return a client that has an account."""
        self.people.account(name)
        return int(self.books.create_client(organization=name)["id"])

    def invoice(self, client: int, price: str = "100.00", **fields: Any) -> int:
        fields = {"sent": True, **fields}
        return int(self.books.create_invoice(client, lines=lines(price), **fields)["id"])

    def settle(self) -> None:
        """Let everything be carried over, and no webhook after that."""
        self.firm.run()
        self.firm.connector.upkeep.mirror.run()
        self.firm.clock.advance(60)
        self.firm.freshbooks.deliveries.set(drop=1.0)

    def record(self, kind: Kind, number: int) -> RecordId:
        return RecordId(self.firm.account, kind, number)

    def header(self, invoice: int) -> str:
        return str(self.record(Kind.INVOICE, invoice).row)

    def entry(self, kind: Kind, number: int) -> str:
        return str(self.record(kind, number).entry)

    def expect(self, cause: Cause, kind: str, about: object) -> None:
        self.expected[cause, str(kind), str(about)] += 1

    def row(self, table: str, row: str) -> dict[str, Any]:
        found = self.rows.get(table, row)
        assert found is not None
        return found

    def change(self, table: str, row: str, **columns: Any) -> None:
        """Change a row by hand; one that is closed is opened for it, and closed again."""
        there = self.row(table, row)
        state = {name: there.get(name) for name in ("statecode", "statuscode")}
        closed = table == "fbx_financialactivity" and state["statecode"] == 1
        if closed:
            self.rows.update(table, row, statecode=0, statuscode=1)
        self.rows.update(table, row, **columns)
        if closed:
            self.rows.update(table, row, **state)

    def request(self, kind: Kind, number: int) -> SyncRequest:
        record = self.record(kind, number)
        return SyncRequest.of(record, cause=AskedBy.POLL, seen=self.firm.clock())

    def run(self) -> Report:
        """Compare both sides, in a process that knows nothing."""
        return self.firm.start().reconciling.whole.run([self.firm.account])

    def fix(self, report: Report, **chosen: Any) -> int:
        """Ask for what differs and let it be carried over."""
        asked = self.firm.connector.reconciling.whole.fix(report, **chosen)
        for _ in range(3):
            self.firm.drain()
            self.firm.clock.advance(700)
            self.firm.connector.upkeep.mirror.run()
        return asked


def everywhere() -> Planted:
    """Return a firm in which differences of every cause are planted."""
    planted = Planted()
    clients = {name: planted.client(name) for name in _NAMES}
    invoices = {
        name: [planted.invoice(client, f"{number}0.00") for number in range(10, 18)]
        for name, client in clients.items()
    }
    opportunity = _sold(planted, clients["Dogwood"])
    payments = [
        int(planted.books.pay_invoice(number, "5.00")["id"]) for number in invoices["Birch"]
    ]
    spent = [
        int(planted.books.create_expense(f"{n}.00", clientid=clients["Cedar"])["id"])
        for n in range(1, 5)
    ]
    credit = int(planted.books.create_credit_note(clients["Cedar"], lines("7.00"))["id"])
    held = int(planted.books.create_client(organization="Nobody Knows")["id"])
    waiting = planted.invoice(held, "11.00")
    ignored = int(planted.books.create_client(organization="Nobody Wants")["id"])
    planted.firm.run()
    planted.firm.connector.review.ignore(planted.firm.account, ignored)
    left_out = planted.invoice(ignored, "12.00")
    draft = planted.invoice(clients["Aster"], "13.00", sent=False)
    own = int(planted.books.create_expense("14.00", clientid=None)["id"])
    planted.settle()
    _list(planted, {"held": held, "ignored": ignored}, waiting, left_out, draft, own)
    _lose(planted, invoices, payments, spent, credit)
    _edit(planted, invoices, payments)
    _misplace(planted, invoices, payments, clients)
    _double(planted, invoices["Fir"])
    _unbalance(planted, clients, opportunity, waiting)
    _miss(planted, clients, invoices, spent)
    _keep(planted, clients["Hazel"])
    planted.firm.clock.advance(1200)
    _touch(planted, invoices, spent)
    return planted


_NAMES = ("Aster", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper")


def _sold(planted: Planted, client: int) -> str:
    """Return an opportunity with an invoice on it."""
    account = next(
        row["accountid"] for row in planted.rows.all("account") if row["name"] == "Dogwood"
    )
    opportunity = planted.people.opportunity(account, "A deal")
    planted.invoice(client, "500.00", po_number="A deal")
    return opportunity


def _list(
    planted: Planted,
    clients: dict[str, int],
    waiting: int,
    left_out: int,
    draft: int,
    own: int,
) -> None:
    """Expect what is left out by a decision, or waits for one."""
    planted.expect(Cause.HELD, "client", clients["held"])
    planted.expect(Cause.HELD, "invoice", waiting)
    planted.expect(Cause.IGNORED, "client", clients["ignored"])
    planted.expect(Cause.IGNORED, "invoice", left_out)
    planted.expect(Cause.DRAFT, "invoice", draft)
    planted.expect(Cause.SKIPPED, "expense", own)


def _lose(
    planted: Planted,
    invoices: dict[str, list[int]],
    payments: list[int],
    spent: list[int],
    credit: int,
) -> None:
    """Delete rows in Dynamics."""
    for number in invoices["Aster"][:4]:
        planted.rows.delete("invoice", planted.header(number))
        planted.expect(Cause.MISSING, "invoice", number)
    for number in invoices["Aster"][4:7]:
        entry = planted.entry(Kind.INVOICE, number)
        planted.rows.delete("fbx_financialactivity", entry)
        planted.expect(Cause.MISSING, "invoice", number)
    lost = [(Kind.PAYMENT, payments[0]), (Kind.PAYMENT, payments[1])]
    lost += [(Kind.EXPENSE, spent[0]), (Kind.CREDIT, credit)]
    for kind, number in lost:
        planted.rows.delete("fbx_financialactivity", planted.entry(kind, number))
        planted.expect(Cause.MISSING, kind, number)


def _edit(planted: Planted, invoices: dict[str, list[int]], payments: list[int]) -> None:
    """Change figures and states by hand, right after they were written."""
    columns: list[dict[str, Any]] = [
        {"fbx_total": 1},
        {"fbx_total": None},
        {"fbx_outstanding": 0},
        {"fbx_paid": 3},
    ]
    for number, change in zip(invoices["Elm"], columns, strict=False):
        planted.change("invoice", planted.header(number), **change)
        planted.expect(Cause.AMOUNT, "invoice", number)
    entry = planted.entry(Kind.INVOICE, invoices["Elm"][4])
    planted.change("fbx_financialactivity", entry, fbx_amount=2)
    planted.expect(Cause.AMOUNT, "invoice", invoices["Elm"][4])
    planted.change("fbx_financialactivity", planted.entry(Kind.PAYMENT, payments[2]), fbx_amount=2)
    planted.expect(Cause.AMOUNT, "payment", payments[2])
    states: list[dict[str, Any]] = [
        {"fbx_status": int(Status.PAID)},
        {"fbx_invoicedate": "2020-01-01"},
        {"fbx_number": "another"},
    ]
    for number, change in zip(invoices["Elm"][5:], states, strict=True):
        planted.change("invoice", planted.header(number), **change)
        planted.expect(Cause.STATUS, "invoice", number)


def _misplace(
    planted: Planted,
    invoices: dict[str, list[int]],
    payments: list[int],
    clients: dict[str, int],
) -> None:
    """Move rows elsewhere, and cut their links."""
    account = next(
        row["accountid"] for row in planted.rows.all("account") if row["name"] == "Juniper"
    )
    moved, beside = invoices["Cedar"][:2]
    planted.change("invoice", planted.header(moved), customerid=("account", account))
    entry = planted.entry(Kind.INVOICE, beside)
    planted.change("fbx_financialactivity", entry, regardingobjectid=("account", account))
    for number in (moved, beside):
        planted.expect(Cause.PLACE, "invoice", number)
    for number in payments[3:5]:
        entry = planted.entry(Kind.PAYMENT, number)
        planted.change("fbx_financialactivity", entry, fbx_invoiceid=None)
        planted.expect(Cause.PLACE, "payment", number)
    for row in (planted.header(invoices["Cedar"][2]),):
        planted.change("invoice", row, fbx_clientid=None)
        planted.expect(Cause.PLACE, "invoice", invoices["Cedar"][2])
    assert clients


def _double(planted: Planted, invoices: list[int]) -> None:
    """Add rows that say they are a record's, and rows of records that never were."""
    for number, cause in (
        (invoices[0], Cause.DOUBLED),
        (invoices[1], Cause.DOUBLED),
        (999_991, Cause.EXTRA),
        (999_992, Cause.EXTRA),
    ):
        like = planted.row("invoice", planted.header(invoices[0]))
        key = planted.record(Kind.INVOICE, number).key
        made = planted.rows.add(
            "invoice",
            name="A copy",
            customerid=("account", like["_customerid_value"]),
            transactioncurrencyid=("transactioncurrency", like["_transactioncurrencyid_value"]),
            fbx_sourcekey=key,
            fbx_total=like["fbx_total"],
            fbx_status=like["fbx_status"],
            fbx_invoicedate=like["fbx_invoicedate"],
        )
        planted.by_hand.append(("invoice", str(made)))
        planted.expect(cause, "invoice", number)


def _unbalance(planted: Planted, clients: dict[str, int], opportunity: str, waiting: int) -> None:
    """Wipe balances and sums."""
    wiped: list[tuple[str, dict[str, Any]]] = [
        ("Fir", {"fbx_outstanding": None}),
        ("Ivy", {"fbx_balances": "nothing"}),
        ("Juniper", {"fbx_current": 1}),
    ]
    for name, change in wiped:
        row = planted.firm.row_of({"id": clients[name]})
        assert row is not None
        planted.change("fbx_client", row["fbx_clientid"], **change)
        planted.expect(Cause.AMOUNT, "client", clients[name])
    for name, change in (("Elm", {"fbx_outstanding": None}), ("Birch", {"fbx_credit": 5})):
        account = planted.firm.account_of({"id": clients[name]})
        assert account is not None
        planted.change("account", account["accountid"], **change)
        planted.expect(Cause.AMOUNT, "account", account["accountid"])
    planted.change("opportunity", opportunity, fbx_invoiced=1)
    planted.expect(Cause.AMOUNT, "opportunity", opportunity)
    shown = planted.record(Kind.INVOICE, waiting).derived("invoice-waiting")
    planted.rows.delete("fbx_waiting", str(shown))
    planted.expect(Cause.MISSING, "waiting record", shown)


def _miss(
    planted: Planted,
    clients: dict[str, int],
    invoices: dict[str, list[int]],
    spent: list[int],
) -> None:
    """Change records in FreshBooks of which no webhook arrives."""
    books, ginkgo = planted.books, invoices["Ginkgo"]
    for number in ginkgo[:4]:
        books.edit_invoice(number, notes="by phone")
        planted.expect(Cause.STALE, "invoice", number)
    for price in ("21.00", "22.00"):
        planted.expect(Cause.MISSING, "invoice", planted.invoice(clients["Ginkgo"], price))
    payment = int(books.pay_invoice(ginkgo[4], "6.00")["id"])
    planted.expect(Cause.MISSING, "payment", payment)
    planted.expect(Cause.AMOUNT, "invoice", ginkgo[4])
    for number in ginkgo[5:7]:
        books.delete_invoice(number)
        planted.expect(Cause.EXTRA, "invoice", number)
    books.edit_invoice(ginkgo[7], stage="draft")
    planted.expect(Cause.EXTRA, "invoice", ginkgo[7])
    books.delete_expense(spent[1])
    planted.expect(Cause.EXTRA, "expense", spent[1])
    books.edit_invoice(invoices["Juniper"][0], currency_code="CAD")
    planted.expect(Cause.CURRENCY, "invoice", invoices["Juniper"][0])
    planted.expect(Cause.AMOUNT, "client", clients["Ginkgo"])


def _keep(planted: Planted, client: int) -> None:
    """Put records on the connector's own list that nobody has heard of otherwise."""
    firm = planted.firm
    refused, dismissed, waits, asked = (
        planted.invoice(client, price) for price in ("31.00", "32.00", "33.00", "34.00")
    )
    for number in (refused, dismissed):
        request = planted.request(Kind.INVOICE, number)
        letter = DeadLetter(
            request.record.key, request.model_dump_json(), "it is refused", firm.clock()
        )
        at = firm.clock() if number == dismissed else None
        firm.dead_letters.add(dataclasses.replace(letter, dismissed_at=at))
    request = planted.request(Kind.INVOICE, waits)
    firm.holds.add_waiting(Awaited.problem("abc"), request, reason="refused", shown=Shown())
    tickets = firm.connector.poll.tickets
    request = planted.request(Kind.INVOICE, asked)
    tickets.note(request, None, tickets.send(request))
    listed = {
        refused: Cause.REFUSED,
        dismissed: Cause.DISMISSED,
        waits: Cause.WAITING,
        asked: Cause.DEFERRED,
    }
    for number, cause in listed.items():
        planted.expect(cause, "invoice", number)
    planted.expect(Cause.AMOUNT, "client", client)
    planted.listed = [refused, dismissed, waits]


def _touch(planted: Planted, invoices: dict[str, list[int]], spent: list[int]) -> None:
    """Change figures by hand, long after they were written."""
    for number, change in zip(
        invoices["Hazel"], ({"fbx_total": 9}, {"fbx_paid": 9}, {"fbx_outstanding": 9}), strict=False
    ):
        planted.change("invoice", planted.header(number), **change)
        planted.expect(Cause.CHANGED, "invoice", number)
    entry = planted.entry(Kind.EXPENSE, spent[2])
    planted.change("fbx_financialactivity", entry, fbx_amount=9)
    planted.expect(Cause.CHANGED, "expense", spent[2])
