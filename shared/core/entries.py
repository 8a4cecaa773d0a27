"""Entries on the timeline: payments, credits and expenses as the rows Dataverse should hold.

Never reads a row and never decides what to do: it says how the rows should look.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from uuid import UUID

from shared.core.fitting import fit
from shared.core.identity import Edition
from shared.core.options import Billing, EntryKind, Status
from shared.core.place import Place
from shared.core.price_engine import rounded
from shared.core.records import Credit, Expense, Payment
from shared.core.rows import Reference, Row, Scalar, State
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE

ENTRY_OPEN: Final = State(0, 1)
ENTRY_DONE: Final = State(1, 2)
ENTRY_CANCELLED: Final = State(2, 3)

_ZERO: Final = Decimal(0)
_OUTSTANDING, _RECOUPED = 1, 4  # statuses of expenses


def render_payment(
    payment: Payment,
    *,
    edition: Edition,
    place: Place,
    invoice: UUID | None,
    number: str,
    received: Decimal | None,
    url: str,
    now: datetime,
) -> Row:
    """Return the timeline entry of a payment, a credit, or a credit's use.

    FreshBooks has no refunds: a payment is lowered, and what it was is known only here.

    Args:
        payment: the record.
        edition: its identity, and which of its rows are meant.
        place: where it belongs.
        invoice: the row of its invoice, None when there is none in Dataverse.
        number: the invoice's number, "" when there is none.
        received: the most it was known to be, None where nothing was known.
        url: address of its page in FreshBooks.
        now: written to `fbx_syncedon`, UTC.
    """
    amount, kind = rounded(payment.amount.amount, place.precision), kind_of(payment)
    known = rounded(received, place.precision) if received is not None else amount
    most = max(amount, known)
    returned = most - amount if kind is EntryKind.PAYMENT else _ZERO
    subject = f"{_TITLES[kind]} {spell_money(amount, payment.amount.code)}"
    if number:
        subject += f" for invoice {number}"
    if returned:
        code = payment.amount.code
        subject += (
            f" ({spell_money(most, code)} received, {spell_money(returned, code)} given back)"
        )
    return render_entry(
        edition,
        place=place,
        now=now,
        columns={
            "subject": subject,
            "fbx_kind": int(kind),
            "fbx_amount": amount,
            "fbx_received": most if kind is EntryKind.PAYMENT else None,
            "fbx_returned": returned if kind is EntryKind.PAYMENT else None,
            "fbx_date": payment.date,
            "fbx_status": int(Status.RECORDED),
            "fbx_method": payment.type,
            "fbx_reference": number,
            "fbx_url": url,
            "description": payment.note,
            "sortdate": noon(payment.date),
            "scheduledend": noon(payment.date),
        },
        day=payment.date,
        invoice=invoice,
        state=ENTRY_DONE,
        stamps=_version_of(payment),
    )


def kind_of(payment: Payment) -> EntryKind:
    """Return what a payment is: money received, a credit, or a credit that is used."""
    if payment.invoiceid is None:
        return EntryKind.CREDIT
    return EntryKind.PAYMENT if payment.is_received else EntryKind.CREDIT_APPLIED


_TITLES: Final = {
    EntryKind.PAYMENT: "Payment",
    EntryKind.CREDIT: "Credit",
    EntryKind.CREDIT_APPLIED: "Credit applied",
}


def render_credit(
    credit: Credit, *, edition: Edition, place: Place, url: str, now: datetime
) -> Row:
    """Return the timeline entry of a credit note.

    Args:
        credit: the record.
        edition: its identity, and which of its rows are meant.
        place: the account; for which invoices it is used is said by payments.
        url: address of its client's page in FreshBooks.
        now: written to `fbx_syncedon`, UTC.
    """
    amount, left = rounded(credit.amount.amount, place.precision), credit.left
    return render_entry(
        edition,
        place=place,
        now=now,
        columns={
            "subject": f"{_TITLES[EntryKind.CREDIT]} {spell_money(amount, credit.amount.code)}",
            "fbx_kind": int(EntryKind.CREDIT),
            "fbx_amount": amount,
            "fbx_outstanding": rounded(left, place.precision) if left is not None else None,
            "fbx_date": credit.create_date,
            "fbx_status": int(Status.RECORDED),
            "fbx_method": credit.credit_type,
            "fbx_reference": credit.credit_number,
            "fbx_url": url,
            "description": credit.notes,
            "sortdate": noon(credit.create_date),
            "scheduledend": noon(credit.create_date),
        },
        day=credit.create_date,
        invoice=None,
        state=ENTRY_DONE,
        stamps=_version_of(credit),
    )


def render_expense(
    expense: Expense, *, edition: Edition, place: Place, url: str, now: datetime
) -> Row:
    """Return the timeline entry of an expense; one of nobody's stands by itself."""
    amount = rounded(expense.amount.amount, place.precision)
    what = expense.category_name or expense.vendor
    return render_entry(
        edition,
        place=place,
        now=now,
        columns={
            "subject": f"Expense {spell_money(amount, expense.amount.code)}"
            + (f": {what}" if what else ""),
            "fbx_kind": int(EntryKind.EXPENSE),
            "fbx_amount": amount,
            "fbx_date": expense.date,
            "fbx_status": int(Status.RECORDED),
            "fbx_method": expense.category_name,
            "fbx_reference": expense.vendor,
            "fbx_tax": rounded(expense.tax, place.precision) if expense.tax is not None else None,
            "fbx_receipt": expense.has_receipt,
            "fbx_billing": int(billing_of(expense)),
            "fbx_url": url,
            "description": expense.notes,
            "sortdate": noon(expense.date),
            "scheduledend": noon(expense.date),
        },
        day=expense.date,
        invoice=None,
        state=ENTRY_DONE,
        stamps=_version_of(expense),
    )


def billing_of(expense: Expense) -> Billing:
    """Return whether an expense is billed on to its client."""
    if expense.status == _RECOUPED:
        return Billing.RECOUPED
    if expense.billed:
        return Billing.BILLED
    # Where nothing is said about it, one that waits to be billed has a status that says so.
    billable = expense.status == _OUTSTANDING if expense.billable is None else expense.billable
    return Billing.TO_BE_BILLED if billable else Billing.NOT_BILLABLE


def _version_of(record: Payment | Credit | Expense) -> dict[str, Scalar]:
    """Return the version an entry is written from, no reason to write by itself.

    Another version that shows the same would move the entry up on timelines that go by changes. A
    stale answer of FreshBooks from before it is not refused then; the next poll finds it out.
    """
    return {"fbx_sourceversion": record.version.text} if record.version.text else {}


def render_entry(
    edition: Edition,
    *,
    place: Place,
    now: datetime,
    columns: Mapping[str, Scalar],
    day: date,
    invoice: UUID | None,
    state: State,
    stamps: Mapping[str, Scalar] = MappingProxyType({}),
) -> Row:
    """Return a timeline entry.

    Args:
        edition: what it stands for.
        place: where it belongs.
        now: written to `fbx_syncedon`, UTC.
        columns: what it says.
        day: the record's own.
        invoice: the row of its invoice, None for none.
        state: in which it ends.
        stamps: written along with every change but never a reason for one.
    """
    # When an activity was done Dataverse may say by itself, so it is no reason to write.
    done = {"actualend": noon(day)} if state == ENTRY_DONE else {}
    return Row(
        table=ACTIVITY_TABLE,
        id=edition.entry,
        columns=fit(
            ACTIVITY_TABLE, {**columns, "fbx_sourcekey": edition.record.key, "fbx_replacedby": None}
        ),
        lookups={
            "regardingobjectid": place.regarding,
            "fbx_accountid": optional("account", place.account),
            "fbx_clientid": optional(CLIENT_TABLE, place.client),
            "fbx_invoiceid": optional("invoice", invoice),
        },
        never_blank=frozenset({"description"}),  # people write there too
        initial_lookups={
            "transactioncurrencyid": Reference("transactioncurrency", place.currency),
            "ownerid": place.owner,
        },
        stamps={"fbx_syncedon": now, **done, **stamps},
        open_state=ENTRY_OPEN,
        state=state,
    )


def crossed_out(subject: str, word: str) -> str:
    """Return the subject of an entry whose record is gone: what was open is not any more."""
    what, _, standing = subject.rpartition(", ")
    if standing == word:
        return subject
    ended = standing in {"settled", "draft", "deleted"} or standing.endswith((" open", " too much"))
    return f"{what if ended else subject}, {word}"


def noon(day: date | None) -> datetime | None:
    """Return noon of a day: in whichever zone it is shown, it is that day."""
    return datetime.combine(day, time(12), UTC) if day is not None else None


def optional(table: str, target: UUID | None) -> Reference | None:
    """Return a lookup's target, None for none."""
    return Reference(table, target) if target is not None else None


def spell_money(amount: Decimal, code: str) -> str:
    """Return an amount with its currency, as subjects have it."""
    return f"{amount:,} {code}"
