"""Both sides of a business with many invoices, compared in a process of its own: what it takes.

Never holds the records itself: the lists are made page by page.
"""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs
from uuid import UUID

import requests

from sandbox.dataverse import Dataverse as DataverseSandbox
from sandbox.web import InProcess, json_response
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.crm import Dataverse
from shared.adapters.dataverse.row_lists import DataverseRowLists
from shared.adapters.dataverse.seen_waiting import DataverseSeenWaiting
from shared.adapters.freshbooks.accounting import FreshBooksApi
from shared.adapters.http.transport import Transport
from shared.core.figures import Amounts, Figures, write_amounts
from shared.core.identity import Kind, RecordId
from shared.core.options import ClientState, EntryKind, Health, Status
from shared.core.policies import Policies, Target
from shared.core.reconcile.report import Report
from shared.core.rows import Scalar
from shared.sync.reconcile.run import Reconcile
from shared.sync.reconcile.waiting import WaitingCheck
from shared.sync.tickets import Tickets
from tests.memory import FakeClock, MemoryCheckpoints, MemoryHolds, MemoryJournal, MemoryQueue

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BUSINESS: Final = "xazq5"
FRESHBOOKS: Final = "https://api.freshbooks.test"
DATAVERSE: Final = "https://org.crm.dynamics.com"
PLANTED: Final = 60
ROOT: Final = Path(__file__).resolve().parents[2]
_OF_ONE: Final = 100  # invoices of a client
_OPEN: Final = 10  # one of so many is
_PAGE: Final = 5000  # rows of a page of Dataverse
_NOW: Final = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Compared:
    """What a comparison took.

    Attributes:
        found: how many invoices differ.
        others: how many other differences there are.
        adds_up: whether the sums do.
        peak: MiB that the process had at most.
        requests: how many went to both services.
        pages: how many pages both sides have.
        cpu: seconds, without those of the stand-ins.
    """

    found: int
    others: int
    adds_up: bool
    peak: float
    requests: int
    pages: int
    cpu: float


def compare(records: int) -> Compared:
    """Compare so many invoices a side, of which some differ, in a process of its own."""
    command = [sys.executable, "-m", "tests.functional.both_sides", str(records)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Compared(**json.loads(done.stdout))


class _Served:
    """A service that is made while it is asked.

    Attributes:
        requests: how many there were.
        pages: how many pages were asked for that hold rows.
        cpu: seconds that it took.
    """

    def __init__(self) -> None:
        self.requests = self.pages = 0
        self.cpu = 0.0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        began = time.process_time()
        self.requests += 1
        try:
            return list(self.answer(environ, start_response))
        finally:
            self.cpu += time.process_time() - began

    def answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        raise NotImplementedError


class Books(_Served):
    """FreshBooks: invoices, and clients that owe what is open of them."""

    def __init__(self, records: int) -> None:
        super().__init__()
        self._totals = {"invoices": records, "clients": _clients(records)}

    def answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        query = parse_qs(environ["QUERY_STRING"])
        name = environ["PATH_INFO"].rpartition("/")[2]
        page, size = int(query["page"][0]), int(query["per_page"][0])
        total = 0 if any("search" in each for each in query) else self._totals.get(name, 0)
        last = min(page * size, total)
        make = _client if name == "clients" else _invoice
        rows = [make(number) for number in range((page - 1) * size + 1, last + 1)]
        self.pages += bool(rows)
        counts = {"page": page, "pages": -(-total // size), "per_page": size, "total": total}
        body = {"response": {"result": {name: rows, **counts}}}
        return json_response(body)(environ, start_response)


class Rows(_Served):
    """Dataverse: the rows of those; the rest is the sandbox's."""

    def __init__(self, records: int) -> None:
        super().__init__()
        self._sandbox = DataverseSandbox(
            url=DATAVERSE, clock=lambda: _NOW, key_delay=0, limits=None
        )
        self.currency = next(
            row["transactioncurrencyid"]
            for row in self._sandbox.all("transactioncurrency")
            if row["isocurrencycode"] == "USD"
        )
        self._step = max(1, records // PLANTED)
        self._lists = {
            "invoices": (records, self._header),
            "fbx_financialactivities": (records, self._entry),
            "fbx_clients": (_clients(records), self._client),
            "accounts": (_clients(records), self._account),
            "opportunities": (0, self._account),
        }

    def answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        name = environ["PATH_INFO"].rpartition("/")[2]
        if name not in self._lists:
            return self._sandbox(environ, start_response)
        total, make = self._lists[name]
        query = parse_qs(environ["QUERY_STRING"])
        start = int(query.get("$skiptoken", ["0"])[0])
        last = min(start + _PAGE, total)
        body: dict[str, Any] = {"value": [make(number) for number in range(start + 1, last + 1)]}
        self.pages += bool(body["value"])
        if last < total:
            body["@odata.nextLink"] = f"{DATAVERSE}/api/data/v9.2/{name}?$skiptoken={last}"
        return json_response(body)(environ, start_response)

    def _header(self, number: int) -> dict[str, Any]:
        record, account, client = _ids(number)
        left = _left(number)
        wrong = number % self._step == 0 and number // self._step <= PLANTED
        return {
            **_row("invoiceid", record.row),
            "fbx_sourcekey": record.key,
            "fbx_sourceversion": _version(number),
            "fbx_number": f"{number:07}",
            "fbx_invoicedate": _day(number),
            "fbx_status": int(Status.SENT if left else Status.PAID),
            "fbx_total": 99.0 if wrong else 100.0,
            "fbx_paid": 100.0 - left,
            "fbx_outstanding": left,
            "fbx_paidon": None,
            "fbx_overduesince": None,
            "fbx_complete": True,
            "fbx_adopted": None,
            "fbx_ponumber": None,
            "fbx_replacedby": None,
            "statecode": 0 if left else 2,
            "_customerid_value": str(account),
            "_opportunityid_value": None,
            "_fbx_clientid_value": str(client),
            "_transactioncurrencyid_value": self.currency,
        }

    def _entry(self, number: int) -> dict[str, Any]:
        record, account, client = _ids(number)
        left = _left(number)
        return {
            **_row("activityid", record.entry),
            "fbx_sourcekey": record.key,
            "fbx_sourceversion": _version(number),
            "fbx_kind": int(EntryKind.INVOICE),
            "fbx_amount": 100.0,
            "fbx_outstanding": left,
            "fbx_date": _day(number),
            "fbx_status": int(Status.SENT if left else Status.PAID),
            "fbx_paidon": None,
            "fbx_overduesince": None,
            "fbx_reference": f"{number:07}",
            "fbx_replacedby": None,
            "statecode": 0 if left else 1,
            "_regardingobjectid_value": str(account),
            "_transactioncurrencyid_value": self.currency,
            "_fbx_accountid_value": str(account),
            "_fbx_clientid_value": str(client),
            "_fbx_invoiceid_value": str(record.row),
        }

    def _client(self, number: int) -> dict[str, Any]:
        record = RecordId(BUSINESS, Kind.CLIENT, number)
        figures = _figures()
        return {
            **_row("fbx_clientid", record.client_row),
            "fbx_key": record.client_key,
            "fbx_state": int(ClientState.LINKED),
            "fbx_carriedout": int(ClientState.LINKED),
            "fbx_linkedto": str(record.row),
            **_shown(figures),
            "fbx_figures": write_amounts(figures.amounts),
            "_fbx_accountid_value": str(record.row),
            "_transactioncurrencyid_value": self.currency,
        }

    def _account(self, number: int) -> dict[str, Any]:
        record = RecordId(BUSINESS, Kind.CLIENT, number)
        return {
            **_row("accountid", record.row),
            "name": f"Client {number}",
            "statecode": 0,
            "statuscode": 1,
            **_shown(_figures()),
            "_transactioncurrencyid_value": self.currency,
        }


def run(records: int) -> tuple[Report, Books, Rows]:
    """Compare both sides in this process."""
    books, rows, clock = Books(records), Rows(records), FakeClock(_NOW)
    queue, journal = MemoryQueue(clock), MemoryJournal()
    api = DataverseApi(_transport("Dataverse", DATAVERSE, rows), lambda _rejected: "a-token")
    crm = Dataverse(api, match_column=None, price_lists={}, clock=clock)
    reconcile = Reconcile(
        freshbooks=FreshBooksApi(
            _transport("FreshBooks", FRESHBOOKS, books), lambda _business: lambda _no: "a-token"
        ),
        crm=crm,
        rows=DataverseRowLists(api, Target.RECORD),
        journal=journal,
        queue=queue,
        tickets=Tickets(
            queue=queue, journal=journal, clock=clock, new_ticket=lambda: secrets.token_hex(8)
        ),
        waiting=WaitingCheck(
            seen=DataverseSeenWaiting(api, crm.write),
            holds=MemoryHolds(),
            checkpoints=MemoryCheckpoints(),
            clock=clock,
        ),
        may_read=lambda _business, _kind: True,
        policies=Policies(),
        has_invoices=True,
        listed=lambda _business: [],
        clock=clock,
        share=20,
        version="0",
        rate=8,
    )
    return reconcile.run([BUSINESS]), books, rows


def _transport(service: str, url: str, app: _Served) -> Transport:
    session = requests.Session()
    session.trust_env = False
    session.mount(url, InProcess(app))
    return Transport(service=service, base_url=url, timeout=(5, 30), session=session)


def _clients(records: int) -> int:
    return -(-records // _OF_ONE)


def _owner(number: int) -> int:
    return (number - 1) // _OF_ONE + 1


def _ids(number: int) -> tuple[RecordId, UUID, UUID]:
    """Return an invoice's identity, its account and its client's row."""
    client = RecordId(BUSINESS, Kind.CLIENT, _owner(number))
    return RecordId(BUSINESS, Kind.INVOICE, number), client.row, client.client_row


def _left(number: int) -> float:
    return 0.0 if number % _OPEN else 100.0


def _day(number: int) -> str:
    return f"{2020 + number % 6}-{number % 12 + 1:02}-15"


def _version(number: int) -> str:
    return f"2026-10-01 10:00:00.{number % 1_000_000:06}"


def _row(key: str, row: UUID) -> dict[str, Any]:
    moment = "2026-11-02T10:00:00Z"
    return {"@odata.etag": 'W/"1"', key: str(row), "fbx_syncedon": moment, "modifiedon": moment}


def _figures() -> Figures:
    owed = Amounts()
    open_of_one = 100 * (_OF_ONE // _OPEN)
    zero = owed.credit
    amount = zero + open_of_one
    return Figures({"USD": Amounts(amount, zero, zero, (amount, zero, zero, zero, zero))})


def _shown(figures: Figures) -> dict[str, Scalar]:
    (owed,) = figures.amounts.values()
    ages = ("fbx_current", "fbx_overdue30", "fbx_overdue60", "fbx_overdue90", "fbx_overdueolder")
    assert owed.ages is not None
    return {
        "fbx_outstanding": float(owed.outstanding),  # type: ignore[dict-item]  # as JSON has it
        "fbx_overdue": 0,
        "fbx_credit": 0,
        **{name: int(value) for name, value in zip(ages, owed.ages, strict=True)},
        "fbx_balances": figures.text,
        "fbx_financialhealth": int(Health.PAYMENT_DUE),
        "fbx_converted": None,
        "fbx_conversion": None,
        "fbx_lastinvoiceon": None,
        "fbx_lastpaymenton": None,
        "fbx_nextdueon": None,
    }


def _money(amount: float) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "code": "USD"}


def _invoice(number: int) -> dict[str, Any]:
    left = _left(number)
    return {
        "id": number,
        "invoice_number": f"{number:07}",
        "customerid": _owner(number),
        "amount": _money(100),
        "outstanding": _money(left),
        "paid": _money(100 - left),
        "create_date": _day(number),
        "due_date": "2027-01-01",
        "v3_status": "sent" if left else "paid",
        "payment_status": "unpaid" if left else "paid",
        "currency_code": "USD",
        "po_number": None,
        "vis_state": 0,
        "updated": _version(number)[:19],
        "version": _version(number),
        "organization": f"Client {_owner(number)}",
        "notes": "Payable within thirty days. " * 8,
    }


def _client(number: int) -> dict[str, Any]:
    owed = _figures().amounts["USD"].outstanding
    return {
        "id": number,
        "organization": f"Client {number}",
        "currency_code": "USD",
        "vis_state": 0,
        "updated": "2026-10-01 10:00:00",
        "outstanding_balance": [{"amount": _money(float(owed))}],
        "overdue_balance": [],
        "credit_balance": [],
    }


def _peak() -> float:
    """Return how many MiB this program had at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _figures_of(records: int) -> Iterator[tuple[str, object]]:
    report, books, rows = run(records)
    invoices = [each for each in report.differences if each.kind == Kind.INVOICE]
    yield "found", len(invoices)
    yield "others", len(report.differences) - len(invoices)
    yield "adds_up", report.adds_up
    yield "peak", _peak()
    yield "requests", books.requests + rows.requests
    yield "pages", books.pages + rows.pages
    yield "cpu", time.process_time() - books.cpu - rows.cpu


def main() -> None:
    """Compare as the argument says, and print what it took as JSON."""
    print(json.dumps(dict(_figures_of(int(sys.argv[1])))))


if __name__ == "__main__":
    main()
