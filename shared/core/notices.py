"""Notices in the app: when an invoice is worth one to its account's owner, and what it says.

Never tells of an invoice that was not shown before, and never says who may be told.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.core.entries import ENTRY_DONE, spell_money
from shared.core.fitting import fit
from shared.core.identity import RecordId
from shared.core.mapping import INVOICE_PAID, called, overdue_since, settled
from shared.core.options import Status
from shared.core.policies import NoticePolicy
from shared.core.price_engine import rounded
from shared.core.records import Invoice
from shared.core.rows import Insert, Reference
from shared.core.schema import NOTICE_TABLE
from shared.core.views import RecordRow

USERS: Final = "systemuser"

# Values of the platform's own choices:
# https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/appnotification
_SUCCESS: Final = 100000001
_WARNING: Final = 100000003
_TIMED: Final = 200000000
_FORTNIGHT: Final = 14 * 24 * 60 * 60  # seconds; the platform's own default

_PAID: Final = frozenset({Status.PAID, Status.AUTOPAID})
# Of these only the row's state says whether everything was paid.
_UNCERTAIN: Final = frozenset({Status.SUCCESS, Status.UNKNOWN})
# A row that comes back becomes nothing: it was overdue or paid before it went.
_WENT: Final = frozenset({Status.DELETED, Status.REPLACED})


class Event(StrEnum):
    """What is told of an invoice, once each."""

    OVERDUE = "overdue"
    PAID = "paid"


@dataclass(frozen=True)
class Notice:
    """A notice that is due with the next write of its invoice.

    Attributes:
        recipient: the user who owns the account.
        account: of the invoice.
        name: the account's.
        precision: decimals of amounts in the invoice's currency.
    """

    event: Event
    recipient: UUID
    account: UUID
    name: str
    precision: int


def event_of(invoice: Invoice, row: RecordRow | None, policy: NoticePolicy) -> Event | None:
    """Return what an invoice becomes that its row does not say yet, None for nothing.

    Args:
        invoice: the record.
        row: what stands for it as it is; without a row, or where the row says no status of ours,
            the invoice is seen for the first time, and whatever it became is history.
        policy: which events are told.
    """
    if policy is NoticePolicy.OFF or row is None or invoice.draft:
        return None
    before = row.columns.get("fbx_status")
    if before is None or before in _WENT:
        return None
    if settled(invoice):
        told = policy is NoticePolicy.BOTH and not _was_settled(row)
        return Event.PAID if told else None
    late = Status.of(invoice.status) is Status.OVERDUE and before != Status.OVERDUE
    return Event.OVERDUE if late else None


def _was_settled(row: RecordRow) -> bool:
    before = row.columns.get("fbx_status")
    return before in _PAID or (before in _UNCERTAIN and row.state in {INVOICE_PAID, ENTRY_DONE})


def render_notice(invoice: Invoice, notice: Notice, *, record: RecordId) -> Insert:
    """Return the row of a notice.

    Its id is the invoice's and the event's, so there is one at most. Where it cannot be written the
    rest is written without it.

    Args:
        invoice: the record.
        notice: what is told, and to whom.
        record: the invoice's identity.
    """
    code, name = invoice.amount.code, notice.name or "its account"
    what = f"Invoice {called(invoice)} of {name}"
    if notice.event is Event.PAID:
        title, icon = "Invoice paid", _SUCCESS
        body = f"{what} is paid: {_spell(invoice.amount.amount, code, notice)}."
    else:
        title, icon = "Invoice overdue", _WARNING
        since = overdue_since(invoice)
        day = f" since {since}" if since is not None else ""
        body = f"{what} is overdue{day}: {_spell(invoice.outstanding.amount, code, notice)} open."
    return Insert(
        NOTICE_TABLE,
        record.derived(f"notice-{notice.event}"),
        columns=fit(
            NOTICE_TABLE,
            {
                "title": title,
                "body": body,
                "icontype": icon,
                "toasttype": _TIMED,
                "ttlinseconds": _FORTNIGHT,
                "data": json.dumps({"actions": [_opens(notice.account)]}),
            },
        ),
        lookups={"ownerid": Reference(USERS, notice.recipient)},
        optional=True,
    )


def _spell(amount: Decimal, code: str, notice: Notice) -> str:
    return spell_money(rounded(amount, notice.precision), code)


def _opens(account: UUID) -> dict[str, object]:
    """Return the action that opens an account in whichever app the notice is read."""
    url = f"?pagetype=entityrecord&etn=account&id={account}"
    return {"title": "Open account", "data": {"url": url}}
