"""A record whose currency changes: its number never stands under another currency."""

from decimal import Decimal

import pytest

from shared.core.options import Status
from tests.functional.world import Firm

REPLACED = int(Status.REPLACED)
DAY = 86_400


@pytest.fixture
def firm():
    return Firm()


def an_invoice(firm, client=None, **fields):
    client = client or firm.books.create_client(organization="Aster Works")
    line = {"name": "Work", "qty": "1", "unit_cost": "135.00"}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True, **fields)
    firm.run()
    firm.clock.advance(60)
    return invoice


def change(firm, invoice, code):
    firm.books.edit_invoice(invoice["id"], currency_code=code)
    firm.run()
    firm.clock.advance(60)


def currency_of(firm, row):
    return firm.dataverse.get("transactioncurrency", row["_transactioncurrencyid_value"])[
        "isocurrencycode"
    ]


def by_currency(firm, rows):
    return {currency_of(firm, row): row for row in rows}


def test_an_invoice_in_another_currency_is_another_row_and_the_first_asks_for_nothing(firm):
    invoice = an_invoice(firm)

    change(firm, invoice, "CAD")

    rows = by_currency(firm, firm.invoices())
    assert (rows["USD"]["fbx_status"], rows["USD"]["statecode"]) == (REPLACED, 3)
    assert Decimal(rows["USD"]["fbx_outstanding"]) == 0
    assert rows["USD"]["fbx_replacedby"] == "CAD"
    assert Decimal(rows["CAD"]["fbx_total"]) == 135
    assert rows["CAD"]["statecode"] == 0
    assert firm.differences() == []


def test_it_comes_back_to_its_first_row_and_goes_again(firm):
    invoice = an_invoice(firm)

    for code in ("CAD", "USD", "CAD", "USD"):
        change(firm, invoice, code)

        (living,) = [row for row in firm.invoices() if row["statecode"] == 0]
        assert currency_of(firm, living) == code
        assert firm.differences() == []
    assert len(firm.invoices()) == 2


def test_payments_follow_their_invoice_into_its_currency(firm):
    invoice = an_invoice(firm)
    payment = firm.books.pay_invoice(invoice["id"], "35.00")
    firm.run()
    firm.clock.advance(60)

    change(firm, invoice, "CAD")

    entries = by_currency(firm, firm.entries("payment"))
    living = by_currency(firm, [row for row in firm.invoices() if row["statecode"] == 0])["CAD"]
    assert entries["USD"]["fbx_status"] == REPLACED
    assert entries["CAD"]["_fbx_invoiceid_value"] == living["invoiceid"]
    assert firm.differences() == []

    firm.books.edit_payment(payment["id"], amount="30.00")
    firm.run()
    assert firm.differences() == []


def test_an_expense_in_another_currency_is_another_entry(firm):
    client = firm.books.create_client(organization="Aster Works")
    expense = firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    firm.clock.advance(60)

    firm.books.edit_expense(expense["id"], code="CAD")
    firm.run()

    entries = by_currency(firm, firm.entries("expense"))
    assert entries["USD"]["statecode"] == 2
    assert Decimal(entries["CAD"]["fbx_amount"]) == Decimal("12.50")
    assert firm.differences() == []


@pytest.mark.parametrize("then", ["delete", "draft", "pay"])
def test_what_happens_to_it_afterwards_happens_to_the_row_that_stands_for_it(firm, then):
    invoice = an_invoice(firm)
    change(firm, invoice, "CAD")

    match then:
        case "delete":
            firm.books.delete_invoice(invoice["id"])
        case "draft":
            firm.books.edit_invoice(invoice["id"], stage="draft")
        case "pay":
            firm.books.pay_invoice(invoice["id"], "135.00")
    firm.run()

    states = {code: row["statecode"] for code, row in by_currency(firm, firm.invoices()).items()}
    assert states == {"USD": 3, "CAD": 2 if then == "pay" else 3}
    assert firm.differences() == []


def test_a_reading_from_before_does_not_bring_the_old_row_back(firm):
    invoice = an_invoice(firm)
    change(firm, invoice, "CAD")
    firm.books.serve_stale("invoice", invoice["id"], times=2)

    firm.queue.send(next(each for each in firm.queue.sent if each.kind == "invoice"))
    firm.step()

    assert firm.outcomes()["invoice", invoice["id"]] == "deferred"
    (living,) = [row for row in firm.invoices() if row["statecode"] == 0]
    assert currency_of(firm, living) == "CAD"


def test_handling_it_again_writes_nothing(firm):
    invoice = an_invoice(firm)
    firm.books.pay_invoice(invoice["id"], "35.00")
    firm.run()
    firm.clock.advance(60)
    change(firm, invoice, "CAD")
    before = firm.everything()

    for request in list(firm.queue.sent):
        firm.queue.send(request)
    firm.drain()

    assert firm.everything() == before


def test_an_invoice_that_changes_to_a_currency_dataverse_lacks_waits_and_is_named(firm):
    invoice = an_invoice(firm)

    change(firm, invoice, "XOF")

    (hold,) = [each.hold for each in firm.connector.review.list_held()]
    assert hold.awaited.name == "XOF"


def without_replaced(firm):
    """Let a person delete every row that another one replaced; return how many those were."""
    rows = [("invoice", row["invoiceid"], row) for row in firm.invoices()]
    rows += [("fbx_financialactivity", row["activityid"], row) for row in firm.entries()]
    replaced = [(table, key) for table, key, row in rows if row["fbx_replacedby"]]
    for table, key in replaced:
        firm.dataverse.delete(table, key)
    return len(replaced)


@pytest.mark.parametrize("then", ["edit", "move on", "delete"])
def test_rows_that_stand_are_found_though_a_person_deleted_those_they_replaced(firm, then):
    client = firm.books.create_client(organization="Aster Works")
    invoice = an_invoice(firm, client)
    expense = firm.books.create_expense("54.00", clientid=client["id"])
    firm.run()
    change(firm, invoice, "CAD")
    firm.books.edit_expense(expense["id"], code="CAD")
    firm.run()
    assert without_replaced(firm) == 3
    firm.clock.advance(60)

    if then == "edit":
        firm.books.edit_invoice(invoice["id"], notes="Thank you")
        firm.books.edit_expense(expense["id"], amount="55.00")
    elif then == "move on":
        firm.books.edit_invoice(invoice["id"], currency_code="USD")
        firm.books.edit_expense(expense["id"], code="USD")
    else:
        firm.books.delete_invoice(invoice["id"])
        firm.books.delete_expense(expense["id"])
    firm.run()

    assert firm.differences() == []
    standing = [
        row
        for row in (*firm.invoices(), *firm.entries())
        if not row["fbx_replacedby"] and (then == "delete" or row["statecode"] == 0)
    ]
    keys = [row["fbx_sourcekey"] for row in standing if "invoiceid" in row]
    assert len(keys) == len(set(keys)) == 1


def test_what_was_received_is_known_in_the_next_currency_too(firm):
    invoice = an_invoice(firm)
    payment = firm.books.pay_invoice(invoice["id"], "60.00")
    firm.run()
    firm.clock.advance(60)
    firm.books.refund(payment["id"], "15.00", keep=True)
    firm.run()

    change(firm, invoice, "CAD")
    firm.run()

    entry = by_currency(firm, firm.entries("payment"))["CAD"]
    assert (Decimal(entry["fbx_received"]), Decimal(entry["fbx_returned"])) == (60, 15)
