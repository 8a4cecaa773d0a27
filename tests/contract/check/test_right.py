"""Every field that is compared can be seen to differ, and what is not compared is written down."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from sandbox.check.compare import compare
from sandbox.check.found.crm import FoundLine
from tests.contract.check.picture import FIRST, NOBODYS, RENEWAL, SECOND

AMOUNTS = {
    "outstanding",
    "overdue",
    "credit",
    "not yet due",
    "1 to 30 days overdue",
    "31 to 60 days overdue",
    "61 to 90 days overdue",
    "over 90 days overdue",
}
LATEST = {"last invoice", "last payment", "next due"}
CLIENT = AMOUNTS | {"name", "state", "account", "url", "currency", "balances", "health"}
CLIENT |= {"carried out"}
LINKED = CLIENT | LATEST | {"linked to"}

ACCOUNT = AMOUNTS | LATEST | {"balances", "health", "converted", "conversion"}

ADDRESS = {
    "billing street",
    "billing street 2",
    "billing city",
    "billing province",
    "billing postal code",
    "billing country",
}
LINES = {"lines", "line 1", "amount of line 1"}
TURNS = {"paid on", "overdue since"}
CANCELED_INVOICE = TURNS | {"status", "outstanding", "state", "status reason", "replaced by"}
INVOICE = LINES | {"status", "outstanding", "state", "replaced by", "customer", "client row"}
INVOICE |= {
    "opportunity",
    "number",
    "name",
    "date",
    "due date",
    "currency",
    "total",
    "paid",
    "complete",
}
INVOICE |= TURNS | {"purchase order", "url", "price list", "native total", "sum of lines"}

PLACE = {"regarding", "account", "client row", "invoice"}
CANCELED_ENTRY = {"kind", "status", "state", "outstanding", "replaced by"}
DAYS = {"date", "sort date", "scheduled end", "state"}
ENTRY = PLACE | DAYS | {"kind", "subject", "currency", "amount", "url", "replaced by"}
INVOICE_ENTRY = ENTRY | TURNS | {"status", "outstanding", "due date", "purchase order"}
COMPLETED = ENTRY | {"actual end"}
PAYMENT = COMPLETED | {"method", "reference", "received less returned"}
EXPENSE = COMPLETED | {"status", "method", "reference", "description"}
EXPENSE |= {"tax", "receipt", "billing"}

# What one change makes differ in other rows too: rows that belong together are read together.
SPREADING = {"state", "account", "customer", "opportunity", "replaced by", "name", "currency"}


def compared(ids):
    """The fields of each row that are compared, by table and the row's key or id."""
    first = {
        "clients": {
            f"{FIRST}-{ids.harbour}": LINKED,
            f"{FIRST}-{ids.bea}": LINKED,
            f"{FIRST}-{ids.gone}": CLIENT | {"linked to"},
            f"{FIRST}-{ids.asks}": CLIENT | LATEST,
            f"{FIRST}-{ids.ignored}": CLIENT - {"account"},
            f"{SECOND}-{ids.elsewhere}": LINKED,
        },
        "accounts": {
            "a-harbour": ACCOUNT | {"currency"},
            "a-dormant": set(),
            "a-former": AMOUNTS | {"converted", "conversion", "balances"},
            "a-elsewhere": ACCOUNT | {"currency"},
            "a-nobodys": ACCOUNT,
        },
        "opportunities": {
            "o-retreat": {"name", "account", "currency"}
            | {"invoiced", "paid", "outstanding", "overdue", "health"},
            "o-renewal": {"invoiced", "paid", "outstanding", "overdue", "health"},
        },
    }
    invoices = {
        ids.late: INVOICE | ADDRESS | {"placed by", "line 2", "amount of line 2"},
        ids.taxed: INVOICE | ADDRESS,
        ids.paid: INVOICE | ADDRESS | {"status reason"},
        ids.deleted: CANCELED_INVOICE,
        ids.withdrawn: CANCELED_INVOICE,
        ids.euro: INVOICE | ADDRESS,
        ids.overpaid: INVOICE | ADDRESS | {"status reason"},
        ids.beas: INVOICE,
    }
    late = CANCELED_ENTRY - {"outstanding"}
    entries = {
        f"invoice-{ids.late}": INVOICE_ENTRY,
        f"invoice-{ids.taxed}": INVOICE_ENTRY,
        f"invoice-{ids.paid}": INVOICE_ENTRY | {"actual end"},
        f"invoice-{ids.deleted}": CANCELED_ENTRY | TURNS,
        f"invoice-{ids.withdrawn}": CANCELED_ENTRY | TURNS,
        f"invoice-{ids.euro}": INVOICE_ENTRY,
        f"invoice-{ids.overpaid}": INVOICE_ENTRY | {"actual end"},
        f"invoice-{ids.beas}": INVOICE_ENTRY,
        f"payment-{ids.first_part}": PAYMENT,
        f"payment-{ids.lowered}": PAYMENT - {"received less returned"} | {"received", "returned"},
        f"payment-{ids.taken_back}": late | {"outstanding"},
        f"payment-{ids.whole}": PAYMENT,
        f"payment-{ids.exact}": PAYMENT,
        f"payment-{ids.applied}": PAYMENT,
        f"payment-{ids.standing}": CANCELED_ENTRY,
        f"credit-{ids.note}": COMPLETED | {"method", "reference", "outstanding"},
        f"expense-{ids.crossing}": EXPENSE,
        f"expense-{ids.returned}": CANCELED_ENTRY,
    }
    first["invoices"] = {f"{FIRST}-invoice-{number}": each for number, each in invoices.items()}
    first["invoices"][f"{SECOND}-invoice-{ids.far}"] = INVOICE
    first["invoices"]["the old row"] = TURNS | {"status", "outstanding", "state", "replaced by"}
    first["entries"] = {f"{FIRST}-{name}": each for name, each in entries.items()}
    first["entries"][f"{SECOND}-invoice-{ids.far}"] = INVOICE_ENTRY
    first["entries"]["the old row"] = first["invoices"]["the old row"]
    return first


# What a row may refer to, or say, instead.
INSTEAD = {
    "account": lambda _: NOBODYS,
    "customer": lambda _: NOBODYS,
    "regarding": lambda _: NOBODYS,
    "opportunity": lambda value: None if value else RENEWAL,
    "replaced by": lambda value: None if value else "EUR",
    "currency": lambda value: "USD" if value == "EUR" else "EUR",
    "state": lambda value: "canceled" if value == "active" else "something else",
}
OTHERS = {
    bool: lambda value: not value,
    Decimal: lambda value: value + Decimal("0.01"),
    datetime: lambda value: value.replace(year=2031),
    date: lambda value: value.replace(year=value.year - 1),
    int: lambda value: value - 1,
    FoundLine: lambda value: replace(value, text="something else"),
}
DATES = {"date", "due date", *TURNS, "sort date", "scheduled end", "actual end", *LATEST}


def other(field, value):
    """Something else of the same kind."""
    if field in INSTEAD:
        return INSTEAD[field](value)
    if value is None and field in DATES:
        return date(2019, 1, 1)
    return OTHERS.get(type(value), lambda _: "something else")(value)


def test_equal_sides_have_no_difference(judge):
    assert judge() == []


@pytest.mark.parametrize("table", ["clients", "accounts", "invoices", "entries", "opportunities"])
def test_every_field_that_is_compared_can_be_seen_to_differ(source, crm, ids, table):
    listed = getattr(crm, table)
    for place, row in enumerate(listed):
        seen = {}
        for field, value in row.fields.items():
            changed = replace(row, fields={**row.fields, field: other(field, value)})
            now = [*listed[:place], changed, *listed[place + 1 :]]
            if found := compare(source, replace(crm, **{table: now})):
                seen[field] = found

        assert seen.keys() == compared(ids)[table][row.id.removeprefix("row of ")], row.id
        for field in seen.keys() - SPREADING:
            assert len(seen[field]) == 1, (row.id, field)
            assert row.key in seen[field][0], (row.id, field)
