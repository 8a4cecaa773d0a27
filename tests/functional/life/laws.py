"""The few laws that Sales obeys, whatever is done; a sentence for each breach.

Never reads FreshBooks: the model knows what there is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.functional.life.model import ZERO, Account, Client, Expense, Invoice, Model, Payment

Row = dict[str, Any]
TABLES = ("account", "invoice", "fbx_client", "fbx_financialactivity", "transactioncurrency")

# The values of the choice `fbx_state`, and of states.
LINKED, WAITS, IGNORED = 417650000, 417650001, 417650002
_STATES = {"linked": LINKED, "waits": WAITS, "ignored": IGNORED}
_ACTIVE, _PAID, _CANCELED = 0, 2, 3
_ENTRY_CANCELED = 2


def breaches(model: Model, tables: Mapping[str, list[Row]]) -> Iterator[str]:
    """Say what Dataverse does not show as it must.

    Args:
        model: what was done.
        tables: the rows of `TABLES` as Dataverse stores them.
    """
    laws = _Laws(model, tables)
    yield from laws.nothing_stands_twice()
    yield from laws.clients_are_where_they_were_put()
    yield from laws.invoices_say_what_they_come_to()
    yield from laws.payments_are_where_their_invoice_is()
    yield from laws.expenses_are_on_their_account()
    yield from laws.accounts_add_up()
    yield from laws.nothing_comes_to_an_inactive_account()
    yield from laws.what_people_wrote_stands()


@dataclass
class _Laws:
    model: Model
    tables: Mapping[str, list[Row]]

    def __post_init__(self) -> None:
        self.codes = {
            row["transactioncurrencyid"]: row["isocurrencycode"]
            for row in self.tables["transactioncurrency"]
        }
        self.invoices = _living(self.tables["invoice"])
        self.entries = _living(self.tables["fbx_financialactivity"])

    def nothing_stands_twice(self) -> Iterator[str]:
        for rows in (self.invoices, self.entries):
            for key, times in Counter(row["fbx_sourcekey"] for row in rows).items():
                if times > 1:
                    yield f"{key} stands {times} times"

    def clients_are_where_they_were_put(self) -> Iterator[str]:
        found = {row["fbx_key"]: row for row in self.tables["fbx_client"]}
        for client in self.model.clients:
            row = found.get(f"{self.model.business}-{client.id}")
            if client.gone or client.state is None:
                continue
            home = client.home.id if client.home else None
            wanted = {"fbx_state": _STATES[client.state], "_fbx_accountid_value": home}
            yield from self._differs(f"client {client.id}", row, wanted)

    def invoices_say_what_they_come_to(self) -> Iterator[str]:
        found = {row["fbx_sourcekey"]: row for row in self.invoices}
        for invoice in self.model.invoices:
            key = self.model.key(invoice)
            if invoice.deleted or invoice.draft:
                if key in found:
                    gone = {"statecode": _CANCELED, "fbx_outstanding": ZERO}
                    yield from self._differs(key, found[key], gone)
            elif self._is_shown(invoice, invoice.client):
                yield from self._differs(key, found.get(key), self._figures(invoice))

    def _figures(self, invoice: Invoice) -> Row:
        paid = self.model.paid(invoice)
        return {
            "currency": invoice.currency,
            "fbx_total": invoice.total,
            "fbx_paid": paid,
            "fbx_outstanding": invoice.total - paid,
            "fbx_number": invoice.number,
            "_customerid_value": _id(invoice.client.home),
            "statecode": _PAID if paid and paid >= invoice.total else _ACTIVE,
        }

    def payments_are_where_their_invoice_is(self) -> Iterator[str]:
        invoices = {row["fbx_sourcekey"]: row for row in self.invoices}
        entries = {row["fbx_sourcekey"]: row for row in self.entries}
        for payment in self.model.payments:
            key = self.model.key(payment)
            if payment.deleted:
                if key in entries:
                    yield from self._differs(key, entries[key], {"statecode": _ENTRY_CANCELED})
            elif self._is_shown(payment, payment.invoice.client):
                billed = invoices.get(self.model.key(payment.invoice))
                yield from self._differs(
                    key,
                    entries.get(key),
                    {
                        "currency": payment.invoice.currency,
                        "fbx_amount": payment.amount,
                        **(_beside(billed) if billed else {}),
                    },
                )

    def expenses_are_on_their_account(self) -> Iterator[str]:
        entries = {row["fbx_sourcekey"]: row for row in self.entries}
        for expense in self.model.expenses:
            key = self.model.key(expense)
            if expense.deleted:
                if key in entries:
                    yield from self._differs(key, entries[key], {"statecode": _ENTRY_CANCELED})
            elif self._is_shown(expense, expense.client):
                yield from self._differs(
                    key,
                    entries.get(key),
                    {
                        "currency": expense.currency,
                        "fbx_amount": expense.amount,
                        "_fbx_accountid_value": _id(expense.client.home),
                    },
                )

    def accounts_add_up(self) -> Iterator[str]:
        found = {row["accountid"]: row for row in self.tables["account"]}
        for account in self.model.accounts:
            if not account.active or account.stale:
                continue
            row = found[account.id]
            currency = self.codes.get(row["_transactioncurrencyid_value"], "")
            before = self.model.currencies.get(account.id) or currency
            self.model.currencies[account.id] = currency
            if currency != before:
                yield f"account {account.name} was in {before} and is in {currency}"
            owed, shown = self._owed(account)[currency], Decimal(row["fbx_outstanding"] or 0)
            if shown != owed:
                yield f"account {account.name} owes {owed} {currency}, and shows {shown}"

    def _owed(self, account: Account) -> dict[str, Decimal]:
        owed: dict[str, Decimal] = defaultdict(Decimal)
        for invoice in self.model.invoices:
            client = invoice.client
            counts = client.home is account and client.belongs and not client.gone
            if counts and not invoice.draft and not invoice.deleted:
                owed[invoice.currency] += self.model.outstanding(invoice)
        return owed

    def nothing_comes_to_an_inactive_account(self) -> Iterator[str]:
        for account in self.model.accounts:
            if account.exists and not account.active:
                on_it = {
                    row["invoiceid"]
                    for row in self.tables["invoice"]
                    if row["_customerid_value"] == account.id
                }
                if on_it - account.there:
                    yield f"{len(on_it - account.there)} came to the inactive {account.name}"

    def what_people_wrote_stands(self) -> Iterator[str]:
        found = {row["accountid"]: row for row in self.tables["account"]}
        for account in self.model.accounts:
            if account.exists:
                wanted = {"name": account.name, **account.set_by_hand}
                yield from self._differs(f"account {account.name}", found[account.id], wanted)
        for row in self.tables["invoice"]:
            owner = self.model.owners.get(row["invoiceid"], row["_ownerid_value"])
            yield from self._differs("an invoice", row, {"_ownerid_value": owner})

    def _is_shown(self, record: Invoice | Payment | Expense, client: Client) -> bool:
        """Say whether a record has to be there: what a person deleted need not."""
        return client.belongs and self.model.key(record) not in self.model.lost

    def _differs(self, what: str, row: Row | None, wanted: Row) -> Iterator[str]:
        if row is None:
            yield f"{what} is missing"
            return
        for name, value in wanted.items():
            if name == "currency":
                shown = self.codes[row["_transactioncurrencyid_value"]]
            else:
                shown = row[name]
            if isinstance(value, Decimal) and shown is not None:
                shown = Decimal(shown)
            if shown != value:
                yield f"{what}: {name} is {shown}, and has to be {value}"


def _beside(invoice: Row) -> Row:
    """Return where a payment is, by its invoice."""
    return {
        "_fbx_invoiceid_value": invoice["invoiceid"],
        "_fbx_accountid_value": invoice["_customerid_value"],
        "_regardingobjectid_value": invoice["_opportunityid_value"] or invoice["_customerid_value"],
    }


def _id(account: Account | None) -> str | None:
    return account.id if account is not None else None


def _living(rows: list[Row]) -> list[Row]:
    """Return the rows that stand for a record and were not replaced by another."""
    return [row for row in rows if row["fbx_sourcekey"] and not row["fbx_replacedby"]]
