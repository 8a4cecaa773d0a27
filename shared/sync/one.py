"""One record of FreshBooks by its identity, whatever its kind.

Never reads a list.
"""

from shared.core.identity import Kind, RecordId
from shared.core.records import Record
from shared.sync.ports import FreshBooks


def read_one(freshbooks: FreshBooks, record: RecordId) -> Record | None:
    """Return a record as FreshBooks has it now, None when it has none."""
    business, number = record.business, record.number
    match record.kind:
        case Kind.CLIENT:
            return freshbooks.get_client(business, number)
        case Kind.INVOICE:
            return freshbooks.get_invoice(business, number)
        case Kind.PAYMENT:
            return freshbooks.get_payment(business, number)
        case Kind.EXPENSE:
            return freshbooks.get_expense(business, number)
        case Kind.CREDIT:
            return freshbooks.get_credit(business, number)
        case Kind.CATEGORY:
            return freshbooks.get_category(business, number)
