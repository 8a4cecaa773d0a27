"""What people are shown of a record that is not in Sales: its number, whose it is, its amount.

Never computes a figure: amounts are FreshBooks' own, to the digit.
"""

from typing import assert_never

from shared.core.records import Category, Client, Credit, Expense, Invoice, Payment, Record
from shared.core.waiting import Shown


def shown_of(record: Record) -> Shown:
    """Return what people are shown of a record."""
    match record:
        case Client():
            return Shown(str(record.id), record.name)
        case Invoice():
            label, name, money = record.invoice_number, record.organization, record.amount
        case Payment() | Expense():
            label, name, money = str(record.id), "", record.amount
        case Credit():
            label, name, money = record.credit_number or str(record.id), "", record.amount
        case Category():
            return Shown(str(record.id))
        case _:
            assert_never(record)
    return Shown(label, name, str(money.amount), money.code)
