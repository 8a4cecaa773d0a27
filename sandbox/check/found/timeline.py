"""Rows of the timeline, in the words of expectations.

Never looks at other activities than the connector's.
"""

from decimal import Decimal

from sandbox.check.found.crm import ENTRY, FoundRow
from sandbox.check.found.tables import Row, Tables, created, day, filled, shown_day

STATES = {0: "open", 1: "completed", 2: "canceled"}
_ROOMS = {
    "subject": "subject",
    "method": "fbx_method",
    "reference": "fbx_reference",
    "description": "description",
    "purchase order": "fbx_ponumber",
    "placed by": "fbx_placedby",
}


def entry(tables: Tables, row: Row) -> FoundRow:
    """Describe an entry."""
    opportunity = tables.opportunity(row, "regardingobjectid")
    fields = {
        "kind": tables.label(ENTRY, row, "fbx_kind"),
        "subject": filled(row["subject"]),
        "description": filled(row["description"]),
        "currency": tables.currency(row),
        "amount": row["fbx_amount"],
        "outstanding": row["fbx_outstanding"],
        "received": row["fbx_received"],
        "returned": row["fbx_returned"],
        "received less returned": _left(row),
        "status": tables.label(ENTRY, row, "fbx_status"),
        "state": STATES[row["statecode"]],
        "date": day(row["fbx_date"]),
        "due date": day(row["fbx_duedate"]),
        "paid on": day(row["fbx_paidon"]),
        "overdue since": day(row["fbx_overduesince"]),
        "sort date": shown_day(row["sortdate"]),
        "scheduled end": shown_day(row["scheduledend"]),
        "actual end": shown_day(row["actualend"]),
        "method": filled(row["fbx_method"]),
        "reference": filled(row["fbx_reference"]),
        "purchase order": filled(row["fbx_ponumber"]),
        "placed by": filled(row["fbx_placedby"]),
        "replaced by": filled(row["fbx_replacedby"]),
        "url": filled(row["fbx_url"]),
        "tax": row["fbx_tax"],
        "receipt": row["fbx_receipt"],
        "billing": tables.label(ENTRY, row, "fbx_billing"),
        "regarding": opportunity or tables.account(row, "regardingobjectid"),
        "opportunity": opportunity,
        "account": tables.account(row, "fbx_accountid"),
        "client row": tables.client(row),
        "invoice": tables.invoice(row),
        "owner": row["_ownerid_value"],
        "creator": row["_createdby_value"],
        "created": created(row),
    }
    key = str(row["fbx_sourcekey"] or "")
    rooms = tables.rooms(ENTRY, _ROOMS)
    return FoundRow(key, row["activityid"], fields, rooms, tables.digits(row))


def _left(row: Row) -> Decimal | None:
    """Return what was received less what went back."""
    received = row["fbx_received"]
    return None if received is None else Decimal(received) - Decimal(row["fbx_returned"] or 0)
