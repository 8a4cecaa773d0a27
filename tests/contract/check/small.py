"""Books with one client, and one of what is shown of it.

Never shows it.
"""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.freshbooks.books import Books

NUMBER = "0001"
MOST = Decimal(60)  # what the payment was before a part of it was returned


@dataclass(frozen=True)
class Kept:
    """The ids of the records."""

    client: int
    invoice: int
    payment: int
    expense: int


def keep(books: Books) -> Kept:
    """Fill the first business."""
    client = books.create_client(
        organization="Harbour Group",
        p_street="9 Oak Lane",
        p_street2="Suite 4",
        p_city="Austin",
        p_province="TX",
        p_code="78701",
        p_country="United States",
    )["id"]
    line = {"name": "Workshop", "description": "On site", "qty": "2", "unit_cost": "150"}
    invoice = books.create_invoice(
        client,
        [line | {"taxName1": "HST", "taxAmount1": "10"}, line | {"qty": "0.5"}],
        sent=True,
        invoice_number=NUMBER,
        create_date="2025-11-01",
        due_offset_days=30,
        po_number="PO-4471",
    )["id"]
    payment = books.pay_invoice(invoice, str(MOST), date="2026-01-05", type="Check")["id"]
    books.refund(payment, "20.00")
    expense = books.create_expense(
        "54.00", clientid=client, vendor="Ferry Co.", notes="Crossing", date="2026-01-07"
    )["id"]
    return Kept(client, invoice, payment, expense)
