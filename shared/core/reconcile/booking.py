"""What records and rows add to the sums of their side.

Never converts, and rounds only as Dynamics does.
"""

from shared.core.answered import Money
from shared.core.identity import Kind
from shared.core.reconcile.clients import booked_client
from shared.core.reconcile.differences import Booked
from shared.core.reconcile.entries import Item, day_of
from shared.core.reconcile.facts import Entry, Header, to_amount
from shared.core.reconcile.months import month_of
from shared.core.reconcile.rules import Rules
from shared.core.records import Category, Client, Credit, Expense, Invoice, Payment, Record


def booked(record: Record, rules: Rules) -> tuple[Booked, ...]:
    """Return what a record adds to FreshBooks' sums, in the month of its own day."""
    match record:
        case Client():
            return booked_client(record, rules)
        case Invoice():
            return (_booked(month_of(record.create_date), record.amount),)
        case Payment() | Credit() | Expense():
            return (_booked(month_of(day_of(record)), record.amount),)
        case Category():
            return ()


def sold(row: Header | Entry, rules: Rules) -> Booked:
    """Return what a row that counts adds to Sales' sums, in the month that it says."""
    units = row.total if isinstance(row, Header) else row.amount
    code = rules.code_of(row.currency)
    return Booked(month_of(row.day), code, rules.kept(to_amount(units), code))


def kind_of_item(item: Item) -> Kind:
    """Return the kind of a payment, credit note or expense."""
    if isinstance(item, Payment):
        return Kind.PAYMENT
    return Kind.CREDIT if isinstance(item, Credit) else Kind.EXPENSE


def _booked(month: str, money: Money) -> Booked:
    return Booked(month, money.code, money.amount)
