"""A Dataverse whose rows a careful person typed in, until they showed a small FreshBooks.

Never uses the connector but for its schema: the columns are to be the ones it makes.
"""

import functools
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.check import Policies, Told, count, differences
from sandbox.check.found import CLIENT, ENTRY
from sandbox.freshbooks import FreshBooks
from sandbox.remotes import RefusedError, RemoteBooks, RemoteRows
from sandbox.web import InProcess
from shared.core.policies import Target
from tests.contract.check.picture.books import NOON, TODAY
from tests.contract.check.small import MOST, NUMBER, keep
from tests.functional.dataverse_world import AdministeredEnvironment

Columns = dict[str, Any]

_MOMENT = "T17:00:00Z"


@functools.cache
def _with_columns() -> bytes:
    """Return an environment with the columns of both targets, made once for all of a process."""
    environment = AdministeredEnvironment()
    for target in Target:
        environment.admin(target=target).apply(wait=60)
    return environment.sandbox.environment.saved()


class Rows(RemoteRows):
    """A Dataverse in which some tables are not there."""

    hidden: tuple[str, ...] = ()

    def rows(self, table: str) -> list[dict[str, Any]]:
        if table in self.hidden:
            raise RefusedError(f"no such table: {table}")
        return super().rows(table)


class Sales:
    """Both services, equal, and what the judge says of them.

    Attributes:
        dataverse: to be changed.
        ids: of the rows, by what they are.
    """

    def __init__(self) -> None:
        self.freshbooks = FreshBooks(send=lambda *_: 200, background=False, clock=lambda: NOON)
        environment = AdministeredEnvironment()
        environment.sandbox.environment.restore(_with_columns())
        self.dataverse = environment.sandbox
        self._clock = environment.clock
        self._books = RemoteBooks("https://books.example")
        self._books._session.mount("https://", InProcess(self.freshbooks))
        self._rows = Rows("https://rows.example", identity="https://id.example", header="x")
        self._rows._session.mount("https://", InProcess(self.dataverse))
        self._rows._bearer = {"Authorization": "Bearer a-token"}
        self._options: dict[tuple[str, str], dict[str, int]] = {}
        self.ids: dict[str, str] = {}
        self._kept = keep(self.freshbooks.books)
        self._open_crm()
        self._show_client()
        self._show_invoice()
        self._show_payment()
        self._show_expense()

    def differences(self, **given: Any) -> list[str]:
        """Ask the judge."""
        told = {"told": Told(most={self.key("payment"): MOST})} | given
        return differences(self._books, self._rows, today=TODAY, **told)

    def as_entries(self, *, left: bool = False) -> list[str]:
        """Ask a judge who was told that entries are all there is."""
        told = Told(most={self.key("payment"): MOST}, left=left)
        return self.differences(policies=Policies(target="activity"), told=told)

    def count(self) -> int:
        """Count FreshBooks' records."""
        return count(self._books)

    def hide(self, *tables: str) -> None:
        """Let tables not be there for the judge."""
        self._rows.hidden = tables

    def option(self, table: str, column: str, label: str) -> int:
        """Return the number of a choice by what it reads."""
        if (table, column) not in self._options:
            labels = self._rows.labels(table, column)
            self._options[table, column] = {text: number for number, text in labels.items()}
        return self._options[table, column][label]

    def close(self) -> None:
        self.freshbooks.close()
        self._books.close()
        self._rows.close()

    def key(self, kind: str) -> str:
        """Return the key of a record."""
        account = self.freshbooks.books.business(None).account_id
        return f"{account}-{kind}-{getattr(self._kept, kind)}"

    def _open_crm(self) -> None:
        currencies = {
            row["isocurrencycode"]: row["transactioncurrencyid"]
            for row in self.dataverse.all("transactioncurrency")
        }
        self._dollar, self.ids["other currency"] = currencies["USD"], currencies["CAD"]
        prices = {
            row["_transactioncurrencyid_value"]: row["pricelevelid"]
            for row in self.dataverse.all("pricelevel")
        }
        self.ids["prices"] = prices[self._dollar]
        for name in ("account", "other account"):
            self._add(name, "account", name=name.title(), transactioncurrencyid=self._dollar)
        retreat = {"customerid_account": self.ids["account"], "name": "PO-4471"}
        self._add("opportunity", "opportunity", **retreat)
        self._add("other opportunity", "opportunity", **retreat | {"name": "Renewal"})

    def _show_client(self) -> None:
        figures: Columns = {
            "fbx_outstanding": 365,
            "fbx_overdue": 365,
            "fbx_credit": 0,
            "fbx_current": 0,
            "fbx_overdue30": 0,
            "fbx_overdue60": 365,
            "fbx_overdue90": 0,
            "fbx_overdueolder": 0,
            "fbx_balances": "USD: 365.00 open (365.00 overdue), 0.00 credit",
            "fbx_financialhealth": self.option("account", "fbx_financialhealth", "Overdue"),
            "fbx_lastinvoiceon": "2025-11-01",
            "fbx_lastpaymenton": "2026-01-05",
        }
        self.dataverse.update("account", self.ids["account"], **figures)
        self.dataverse.update(
            "opportunity",
            self.ids["opportunity"],
            fbx_invoiced=405,
            fbx_paid=40,
            fbx_outstanding=365,
            fbx_overdue=365,
            fbx_financialhealth=self.option("opportunity", "fbx_financialhealth", "Overdue"),
        )
        account = self.freshbooks.books.business(None).account_id
        self._add(
            "client",
            CLIENT,
            fbx_name="Harbour Group",
            fbx_key=f"{account}-{self._kept.client}",
            fbx_state=self.option(CLIENT, "fbx_state", "Linked"),
            fbx_accountid=self.ids["account"],
            fbx_linkedto=self.ids["account"],
            fbx_carriedout=self.option(CLIENT, "fbx_carriedout", "Linked"),
            fbx_url=f"https://my.freshbooks.com/#/client/{self._kept.client}",
            transactioncurrencyid=self._dollar,
            **figures,
        )

    def _show_invoice(self) -> None:
        self._clock.now += timedelta(hours=1)  # the opportunity was there before
        shared: Columns = {
            "fbx_status": self.option("invoice", "fbx_status", "Overdue"),
            "fbx_outstanding": 365,
            "fbx_overduesince": "2025-12-02",
            "fbx_ponumber": "PO-4471",
            "fbx_placedby": "PO-4471",
            "fbx_clientid": self.ids["client"],
            "fbx_url": f"https://my.freshbooks.com/#/invoice/{self._kept.invoice}",
            "fbx_sourcekey": self.key("invoice"),
            "transactioncurrencyid": self._dollar,
        }
        self._add(
            "invoice",
            "invoice",
            **shared,
            name=f"{NUMBER} Harbour Group",
            customerid_account=self.ids["account"],
            opportunityid=self.ids["opportunity"],
            pricelevelid=self.ids["prices"],
            duedate="2025-12-01",
            billto_line1="9 Oak Lane",
            billto_line2="Suite 4",
            billto_city="Austin",
            billto_stateorprovince="TX",
            billto_postalcode="78701",
            billto_country="United States",
            fbx_number=NUMBER,
            fbx_invoicedate="2025-11-01",
            fbx_total=405,
            fbx_paid=40,
            fbx_complete=True,
            statecode=0,
            statuscode=4,
        )
        for place, (quantity, tax) in enumerate((("2", 30), ("0.5", 0)), start=1):
            self._add(
                f"line {place}",
                "invoicedetail",
                invoiceid=self.ids["invoice"],
                isproductoverridden=True,
                productdescription="Workshop",
                description="On site",
                quantity=Decimal(quantity),
                priceperunit=150,
                tax=tax,
                lineitemnumber=place,
            )
        self._entry(
            "invoice entry",
            "Invoice",
            "2025-11-01",
            **shared,
            subject=f"Invoice {NUMBER}, 405.00 USD",
            fbx_amount=405,
            fbx_duedate="2025-12-01",
            regardingobjectid_opportunity_fbx_financialactivity=self.ids["opportunity"],
            fbx_invoiceid=self.ids["invoice"],
            scheduledend="2025-12-01" + _MOMENT,
            actualend=None,
            statecode=0,
        )

    def _show_payment(self) -> None:
        self._entry(
            "payment",
            "Payment",
            "2026-01-05",
            subject=f"Payment 60.00 USD for invoice {NUMBER}, 20.00 returned",
            fbx_amount=40,
            fbx_received=60,
            fbx_returned=20,
            fbx_method="Check",
            fbx_reference=NUMBER,
            fbx_status=self.option(ENTRY, "fbx_status", "Recorded"),
            fbx_sourcekey=self.key("payment"),
            fbx_url=f"https://my.freshbooks.com/#/invoice/{self._kept.invoice}",
            regardingobjectid_opportunity_fbx_financialactivity=self.ids["opportunity"],
            fbx_invoiceid=self.ids["invoice"],
        )

    def _show_expense(self) -> None:
        self._entry(
            "expense",
            "Expense",
            "2026-01-07",
            subject="Expense 54.00 USD, Ferry Co.",
            description="Crossing",
            fbx_amount=54,
            fbx_receipt=False,
            fbx_billing=self.option(ENTRY, "fbx_billing", "Not billable"),
            fbx_method="Advertising",
            fbx_reference="Ferry Co.",
            fbx_status=self.option(ENTRY, "fbx_status", "Recorded"),
            fbx_sourcekey=self.key("expense"),
            fbx_url=f"https://my.freshbooks.com/#/expense/{self._kept.expense}",
            regardingobjectid_account_fbx_financialactivity=self.ids["account"],
        )

    def _entry(self, row: str, kind: str, on: str, /, **columns: Any) -> None:
        shared: Columns = {
            "fbx_kind": self.option(ENTRY, "fbx_kind", kind),
            "fbx_date": on,
            "fbx_accountid": self.ids["account"],
            "fbx_clientid": self.ids["client"],
            "transactioncurrencyid": self._dollar,
            "sortdate": on + _MOMENT,
            "scheduledend": on + _MOMENT,
            "actualend": on + _MOMENT,
            "statecode": 1,
        }
        self._add(row, ENTRY, **shared | columns)

    def _add(self, row: str, table: str, /, **columns: Any) -> str:
        self.ids[row] = self.dataverse.add(table, **columns)
        return self.ids[row]
