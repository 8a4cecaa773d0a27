"""What rows cost Dataverse, by each way of writing them: invoices of three lines.

Never touches a row it did not make: invoices that carry the mark, of an account that does.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import requests

from tools.contract_live.dataverse import batch, part
from tools.contract_live.dataverse_writes import a_line, an_account, later, sold_to
from tools.contract_live.findings import Check, Findings, confirmed, unsaid
from tools.contract_live.site import Site, code

_INVOICES: Final = 5  # for each way
_LINES: Final = 3
_ROWS: Final = _INVOICES * (1 + _LINES)
_HUNDREDS: Final = 400
# Seconds that are left of those a user has in five minutes: what they fell by is what was used.
_LEFT: Final = "x-ms-ratelimit-time-remaining-xrm-requests"
_TYPE: Final = "Microsoft.Dynamics.CRM."
_Row = dict[str, Any]


@dataclass(frozen=True)
class _Books:
    """Invoices to be written, each with its lines."""

    invoices: list[_Row]
    lines: list[_Row]

    def deep(self) -> list[_Row]:
        """Return invoices with their lines inside."""
        found = []
        for invoice in self.invoices:
            bound = f"/invoices({invoice['invoiceid']})"
            inside = [
                {name: value for name, value in line.items() if name != "invoiceid@odata.bind"}
                for line in self.lines
                if line["invoiceid@odata.bind"] == bound
            ]
            found.append({**invoice, "invoice_details": inside})
        return found


def _books(site: Site, bound: _Row) -> _Books:
    invoices = [
        {"invoiceid": str(uuid4()), "name": site.mark + "cost", **bound} for _ in range(_INVOICES)
    ]
    for invoice in invoices:
        later(site, "invoices", invoice["invoiceid"])
    lines = [
        {
            "invoicedetailid": str(uuid4()),
            "invoiceid@odata.bind": f"/invoices({invoice['invoiceid']})",
            **a_line(),
        }
        for invoice in invoices
        for _ in range(_LINES)
    ]
    return _Books(invoices, lines)


def _targets(table: str, rows: list[_Row]) -> _Row:
    return {"Targets": [{"@odata.type": f"{_TYPE}{table}", **row} for row in rows]}


def _one_by_one(site: Site, books: _Books) -> list[requests.Response]:
    invoices = [site.call("POST", "invoices", json=each) for each in books.invoices]
    return invoices + [site.call("POST", "invoicedetails", json=each) for each in books.lines]


def _deep(site: Site, books: _Books) -> list[requests.Response]:
    return [site.call("POST", "invoices", json=each) for each in books.deep()]


def _in_batch(site: Site, books: _Books) -> list[requests.Response]:
    sets = []
    for invoice in books.invoices:
        bound = f"/invoices({invoice['invoiceid']})"
        lines = [each for each in books.lines if each["invoiceid@odata.bind"] == bound]
        inner = [("invoices", invoice), *(("invoicedetails", line) for line in lines)]
        sets.append(_change_set(site, inner))
    return [batch(site, *sets, changes=True)]


def _change_set(site: Site, requests_: list[tuple[str, _Row]]) -> str:
    name = f"changeset_{uuid4().hex}"
    text = "".join(
        f"--{name}\r\n{part(site, 'POST', path, given, number=number)}\r\n"
        for number, (path, given) in enumerate(requests_, 1)
    )
    return f"Content-Type: multipart/mixed; boundary={name}\r\n\r\n{text}--{name}--\r\n"


def _multiple(message: str) -> Callable[[Site, _Books], list[requests.Response]]:
    def write(site: Site, books: _Books) -> list[requests.Response]:
        return [site.call("POST", path, json=given) for path, given in _messages(message, books)]

    return write


def _multiple_in_set(site: Site, books: _Books) -> list[requests.Response]:
    return [batch(site, _change_set(site, _messages("CreateMultiple", books)), changes=True)]


def _messages(message: str, books: _Books) -> list[tuple[str, _Row]]:
    return [
        (f"invoices/{_TYPE}{message}", _targets("invoice", books.invoices)),
        (f"invoicedetails/{_TYPE}{message}", _targets("invoicedetail", books.lines)),
    ]


_WAYS: Final[dict[str, Callable[[Site, _Books], list[requests.Response]]]] = {
    "POST": _one_by_one,
    "deep insert": _deep,
    "$batch": _in_batch,
    "CreateMultiple": _multiple("CreateMultiple"),
    "CreateMultiple in a change set": _multiple_in_set,
    "UpsertMultiple": _multiple("UpsertMultiple"),
}


def _costs(site: Site) -> Findings:
    bound = sold_to(site, an_account(site))
    told = [f"{name} {_measured(site, bound, write)}" for name, write in _WAYS.items()]
    if all("refused" in each for each in told):
        return {"D79": unsaid("; ".join(told))}
    return {"D79": confirmed(f"ms a row, of an invoice with {_LINES} lines: {'; '.join(told)}")}


def _measured(
    site: Site, bound: _Row, write: Callable[[Site, _Books], list[requests.Response]]
) -> str:
    books = _books(site, bound)
    before = _left(site.call("GET", "WhoAmI"))
    began = time.monotonic()
    answers = write(site, books)
    waited = (time.monotonic() - began) * 1000 / _ROWS
    if refused := [each for each in answers if _is_refused(each)]:
        return f"refused ({code(refused[0])})"
    after = _left(answers[-1])
    if before is None or after is None or after > before:
        return f"{waited:.0f} to wait for"
    return f"{(before - after) * 1000 / _ROWS:.0f} of execution time, {waited:.0f} to wait for"


def _is_refused(answer: requests.Response) -> bool:
    if answer.status_code >= _HUNDREDS:
        return True
    lines = (
        answer.text.splitlines() if "multipart" in answer.headers.get("Content-Type", "") else ()
    )
    return any(line.startswith(("HTTP/1.1 4", "HTTP/1.1 5")) for line in lines)


def _left(answer: requests.Response) -> float | None:
    try:
        return float(answer.headers.get(_LEFT, "").replace(",", ""))
    except ValueError:
        return None


CHECKS: Final = (
    Check(
        "what rows cost",
        ("D79",),
        f"{_INVOICES} invoices with {_LINES} lines by each of {len(_WAYS)} ways",
        45,
        _costs,
        writes=True,
    ),
)
