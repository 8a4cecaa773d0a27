"""What was paid too much of an invoice: on its client it is nobody's debt, however many it has."""

from decimal import Decimal

import pytest

from tests.functional.scene import lines
from tests.functional.world import Firm

DUE = {"create_date": "2025-06-05", "due_offset_days": 0}
AGES = ("current", "overdue30", "overdue60", "overdue90", "overdueolder")


@pytest.mark.parametrize("others", [0, 110], ids=["few", "more than a page of them"])
@pytest.mark.parametrize("listed", [True, False], ids=["listed as open", "not listed as open"])
@pytest.mark.parametrize("still_open", ["40.00", "85.00"], ids=["owes less", "nets to nothing"])
def test_ages_are_those_of_what_is_open_and_add_up_with_what_was_overpaid(
    others, listed, still_open
):
    firm = Firm()
    firm.freshbooks.switches.overpaid_are_outstanding = listed
    client = firm.books.create_client(organization="Aster Works")
    for _ in range(others):
        firm.books.create_invoice(client["id"], lines=lines("0.00"), sent=True, **DUE)
    firm.books.create_invoice(client["id"], lines=lines(still_open), sent=True, **DUE)
    overpaid = firm.books.create_invoice(client["id"], lines=lines("100.00"), sent=True, **DUE)
    firm.books.pay_invoice(overpaid["id"])
    firm.books.edit_invoice(overpaid["id"], lines=lines("15.00"))
    firm.run()

    row = firm.row_of(client)
    assert Decimal(row["fbx_outstanding"]) == Decimal(still_open) - 85
    assert [Decimal(row[f"fbx_{age}"]) for age in AGES] == [-85, 0, 0, 0, Decimal(still_open)]
    assert firm.differences() == []
    assert firm.connector.reconciling.whole.run([firm.account]).differences == ()
