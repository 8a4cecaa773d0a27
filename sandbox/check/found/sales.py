"""Rows of invoices with their lines, in the words of expectations.

Never looks at the timeline.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.check.found import pricing
from sandbox.check.found.crm import FoundLine, FoundRow
from sandbox.check.found.tables import Row, Tables, created, day, filled

STATES = {0: "active", 1: "closed", 2: "paid", 3: "canceled"}
REASONS = {
    1: "new",
    2: "partially shipped",
    4: "billed",
    5: "booked",
    6: "installed",
    100001: "complete",
    100002: "partial",
    100003: "canceled",
}
ADDRESS = {
    "billing street": "billto_line1",
    "billing street 2": "billto_line2",
    "billing city": "billto_city",
    "billing province": "billto_stateorprovince",
    "billing postal code": "billto_postalcode",
    "billing country": "billto_country",
}
_ROOMS = {
    "number": "fbx_number",
    "name": "name",
    "purchase order": "fbx_ponumber",
    "placed by": "fbx_placedby",
    **ADDRESS,
}


def invoice(tables: Tables, row: Row, match_field: str) -> FoundRow:
    """Describe an invoice.

    Args:
        tables: all of Dataverse.
        row: the invoice.
        match_field: a column in which its number may stand too, "" for none.
    """
    digits = tables.digits(row)
    lines = sorted(tables.lines[row["invoiceid"]], key=lambda line: line["lineitemnumber"] or 0)
    price_list = tables.price_lists.get(row["_pricelevelid_value"])
    fields = {
        **_ours(tables, row),
        "name": filled(row["name"]),
        "due date": day(row["duedate"]),
        "customer": tables.account(row, "customerid"),
        "opportunity": tables.opportunity(row, "opportunityid"),
        "state": STATES[row["statecode"]],
        "status reason": REASONS.get(row["statuscode"]),
        "currency": tables.currency(row),
        "price list": tables.currency(price_list) if price_list else None,
        "native total": row["totalamount"],
        "owner": row["_ownerid_value"],
        "creator": row["_createdby_value"],
        "created": created(row),
        **{name: filled(row[column]) for name, column in ADDRESS.items()},
        "numbers": _numbers(row, match_field),
        "sum of lines": pricing.total(row, lines, tables.organization, digits),
        "lines": len(lines),
        **dict(_lines(lines, 2 if digits is None else digits)),
    }
    rooms = tables.rooms("invoice", _ROOMS) | _room_of_lines(tables, len(lines))
    key = str(row["fbx_sourcekey"] or "")
    return FoundRow(key, row["invoiceid"], fields, rooms, digits)


def _ours(tables: Tables, row: Row) -> dict[str, Any]:
    return {
        "number": filled(row["fbx_number"]),
        "date": day(row["fbx_invoicedate"]),
        "status": tables.label("invoice", row, "fbx_status"),
        "total": row["fbx_total"],
        "paid": row["fbx_paid"],
        "outstanding": row["fbx_outstanding"],
        "paid on": day(row["fbx_paidon"]),
        "overdue since": day(row["fbx_overduesince"]),
        "complete": row["fbx_complete"],
        "adopted": bool(row["fbx_adopted"]),
        "purchase order": filled(row["fbx_ponumber"]),
        "placed by": filled(row["fbx_placedby"]),
        "replaced by": filled(row["fbx_replacedby"]),
        "url": filled(row["fbx_url"]),
        "client row": tables.client(row),
    }


def _numbers(row: Row, match_field: str) -> frozenset[str]:
    """Return everything that may be the number of an invoice in FreshBooks."""
    columns = ["invoicenumber", "name", *([match_field] if match_field else [])]
    return frozenset(str(row[column]).strip() for column in columns if row[column])


def _lines(lines: list[Row], digits: int) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, start=1):
        yield (
            f"line {number}",
            FoundLine(
                str(line["productdescription"] or ""),
                str(line["description"] or ""),
                pricing.of(line, "quantity"),
                pricing.of(line, "priceperunit"),
            ),
        )
        yield f"amount of line {number}", pricing.net(line, digits)


def _room_of_lines(tables: Tables, count: int) -> dict[str, int]:
    (room,) = tables.rooms("invoicedetail", {"": "productdescription"}).values()
    return {f"line {number}": room for number in range(1, count + 1)}
