"""What Dataverse holds of the connector's rows, in the words the expectations use.

Never looks at FreshBooks. The columns are those that the operator's guide names.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.remotes import RemoteRows

Row = Mapping[str, Any]

ENTRY = "fbx_financialactivity"
_INVOICE_STATES = {0: "open", 1: "closed", 2: "paid", 3: "cancelled"}
_CANCELLED = 2


@dataclass(frozen=True)
class FoundRow:
    """A row of the connector's.

    Attributes:
        key: names the FreshBooks record, "" when the row belongs to none.
        id: the row's.
        fields: as the expectations name them, and a few more for the report.
    """

    key: str
    id: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Crm:
    """Everything that is compared.

    Attributes:
        opportunities: ids by the client key of their account and their name.
    """

    accounts: list[FoundRow]
    invoices: list[FoundRow]
    entries: list[FoundRow]
    opportunities: Mapping[tuple[str, str], list[str]]


def read_crm(rows: RemoteRows) -> Crm:
    """Read all of it."""
    return _Reader(rows).read()


class _Reader:
    """Reads the tables once and resolves what refers to what."""

    def __init__(self, rows: RemoteRows) -> None:
        self._rows = rows
        self._accounts = {row["accountid"]: row for row in rows.rows("account")}
        self._invoices = {row["invoiceid"]: row for row in rows.rows("invoice")}
        self._opportunities = {row["opportunityid"]: row for row in rows.rows("opportunity")}
        self._currencies = {
            row["transactioncurrencyid"]: row["isocurrencycode"]
            for row in rows.rows("transactioncurrency")
        }
        self._lines: dict[str, list[Row]] = defaultdict(list)
        for line in rows.rows("invoicedetail"):
            self._lines[line["_invoiceid_value"]].append(line)
        self._health = self._labels("account", "fbx_financialhealth")
        self._kinds = self._labels(ENTRY, "fbx_kind")
        self._statuses = {table: self._labels(table, "fbx_status") for table in ("invoice", ENTRY)}

    def read(self) -> Crm:
        opportunities = defaultdict(list)
        for identity, row in self._opportunities.items():
            opportunities[self._client(row, "customerid"), row["name"]].append(identity)
        return Crm(
            accounts=[self._account(row) for row in self._accounts.values()],
            invoices=[self._invoice(row) for row in self._invoices.values() if _key(row)],
            entries=[self._entry(row) for row in self._rows.rows(ENTRY) if _key(row)],
            opportunities=opportunities,
        )

    def _labels(self, table: str, column: str) -> dict[int, str]:
        """Return the labels as people say them: FreshBooks' own words for its statuses."""
        return {option: label.lower() for option, label in self._rows.labels(table, column).items()}

    def _account(self, row: Row) -> FoundRow:
        fields = {
            "name": row["name"],
            "currency": self._currency(row),
            "outstanding": row["fbx_outstanding"],
            "overdue": row["fbx_overdue"],
            "credit": row["fbx_credit"],
            "health": self._health.get(row["fbx_financialhealth"]),
            "last invoice": _day(row["fbx_lastinvoiceon"]),
            "last payment": _day(row["fbx_lastpaymenton"]),
        }
        return FoundRow(row["fbx_clientkey"] or "", row["accountid"], fields)

    def _invoice(self, row: Row) -> FoundRow:
        lines = sorted(self._lines[row["invoiceid"]], key=lambda line: line["lineitemnumber"] or 0)
        fields = {
            "number": row["fbx_number"],
            "currency": self._currency(row),
            "total": row["fbx_total"],
            "paid": row["fbx_paid"],
            "outstanding": row["fbx_outstanding"],
            "status": self._status("invoice", row),
            "date": _day(row["fbx_invoicedate"]),
            "due date": _day(row["duedate"]),
            "client": self._client(row, "customerid"),
            "opportunity": row["_opportunityid_value"],
            "state": _INVOICE_STATES[row["statecode"]],
            "complete": row["fbx_complete"],
            "lines": [
                (line["productdescription"], line["quantity"], line["priceperunit"])
                for line in lines
            ],
            "sum of lines": sum((_extended(line) for line in lines), Decimal(0)),
        }
        return FoundRow(_key(row), row["invoiceid"], fields)

    def _entry(self, row: Row) -> FoundRow:
        invoice = self._invoices.get(row["_fbx_invoiceid_value"])
        opportunity = self._opportunities.get(row["_regardingobjectid_value"])
        fields = {
            "kind": self._kinds.get(row["fbx_kind"]),
            "currency": self._currency(row),
            "total": row["fbx_amount"],
            "outstanding": row["fbx_outstanding"],
            "status": self._status(ENTRY, row),
            "date": _day(row["fbx_date"]),
            "invoice": _key(invoice) if invoice else None,
            "client": self._client(opportunity, "customerid")
            if opportunity
            else self._client(row, "regardingobjectid"),
            "opportunity": opportunity["opportunityid"] if opportunity else None,
            "cancelled": row["statecode"] == _CANCELLED,
        }
        return FoundRow(_key(row), row["activityid"], fields)

    def _status(self, table: str, row: Row) -> str | None:
        label = self._statuses[table].get(row["fbx_status"])
        return label.replace(" ", "-") if label else None

    def _client(self, row: Row, lookup: str) -> str:
        """Return the client key of the account a row points at, "" when it has none."""
        account = self._accounts.get(row[f"_{lookup}_value"])
        return str(account["fbx_clientkey"] or "") if account else ""

    def _currency(self, row: Row) -> str | None:
        return self._currencies.get(row["_transactioncurrencyid_value"])


def _key(row: Row) -> str:
    return str(row["fbx_sourcekey"] or "")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _extended(line: Row) -> Decimal:
    """Return quantity times price in cents, without taxes and discounts."""
    return (Decimal(line["quantity"]) * Decimal(line["priceperunit"])).quantize(
        Decimal("0.01"), rounding=ROUND_HALF_UP
    )
