"""What edits do to money: refunds, other currencies, invoices that move to another client.

Never credits, except that what was overpaid becomes one.
"""

import pytest

from sandbox.freshbooks.errors import RefusedError


def amount(value):
    return value["amount"]


def figures(books, invoice):
    shown = books.record("invoice", invoice["id"])
    return tuple(
        shown[name] if name == "v3_status" else amount(shown[name])
        for name in ("amount", "paid", "outstanding", "v3_status")
    )


@pytest.fixture
def paid(books, an_invoice):
    """A sent invoice of 100.00 that is paid in full, with its payment."""
    invoice = an_invoice("100.00", due_offset_days=30)
    return invoice, books.pay_invoice(invoice["id"], type="Check", date="2026-01-09")


def test_a_part_is_refunded_by_lowering_the_payment(books, paid):
    invoice, payment = paid

    lowered = books.refund(payment["id"], "30.00")

    assert (amount(lowered["amount"]), lowered["date"]) == ("70.00", "2026-01-09")
    assert figures(books, invoice) == ("100.00", "70.00", "30.00", "partial")


@pytest.mark.parametrize(("keep", "row"), [(True, ("0.00", 0)), (False, ("100.00", 1))])
def test_all_is_refunded_by_a_payment_of_nothing_or_by_deleting_it(books, paid, keep, row):
    invoice, payment = paid

    refunded = books.refund(payment["id"], keep=keep)
    shown = books.record("invoice", invoice["id"])

    assert (amount(refunded["amount"]), refunded["vis_state"]) == row
    assert figures(books, invoice) == ("100.00", "0.00", "100.00", "sent")
    assert (shown["payment_status"], shown["date_paid"]) == ("unpaid", None)


def test_more_than_was_paid_cannot_be_refunded(books, paid):
    with pytest.raises(RefusedError, match="No more than was paid"):
        books.refund(paid[1]["id"], "100.01")


def test_a_refund_is_a_payment_update_and_nothing_else(api, books, paid, inbox, deliver):
    for noun in ("payment", "invoice", "credit_note"):
        api.subscribe(noun, f"https://hooks.example/{noun}")

    books.refund(paid[1]["id"], "30.00")
    deliver()

    assert inbox.names == ["payment.update"]


def test_a_negative_line_tells_of_a_refund_and_the_invoice_stays_paid(books, paid):
    invoice, payment = paid
    books.refund(payment["id"], "30.00")

    shown = books.refund_by_line(invoice["id"], "30.00")

    assert [(line["name"], amount(line["amount"])) for line in shown["lines"]] == [
        ("Survey", "100.00"),
        ("Refund", "-30.00"),
    ]
    assert figures(books, invoice) == ("70.00", "70.00", "0.00", "paid")


def test_an_invoice_lowered_below_what_was_paid_is_owed_back(books, client, paid):
    invoice, _ = paid

    books.refund_by_line(invoice["id"], "30.00")
    balance = books.record("client", client["id"])["outstanding_balance"]

    assert figures(books, invoice) == ("70.00", "100.00", "-30.00", "paid")
    assert balance == [{"amount": {"amount": "-30.00", "code": "USD"}}]
    assert books.record("client", client["id"])["credit_balance"] == []


def test_an_invoice_of_less_than_nothing_is_open_and_never_overdue(books, an_invoice, clock):
    invoice = an_invoice("-20.00")
    clock.forward(days=9)

    assert figures(books, invoice) == ("-20.00", "0.00", "-20.00", "sent")


def test_an_invoice_in_another_currency_keeps_its_numbers(api, books, client, paid):
    invoice, payment = paid
    path = f"invoices/invoices/{invoice['id']}"
    body = {"invoice": {"currency_code": "CAD"}}

    shown = api.result(path, "PUT", json=body, params={"include[]": "lines"})["invoice"]

    money = ("amount", "outstanding", "paid", "discount_total", "net_paid_amount")
    assert {shown[name]["code"] for name in money} == {"CAD"}
    assert {line[name]["code"] for line in shown["lines"] for name in ("unit_cost", "amount")} == {
        "CAD"
    }
    assert amount(shown["amount"]) == "100.00"
    assert books.record("payment", payment["id"])["amount"] == {"amount": "100.00", "code": "CAD"}


def test_balances_move_with_an_invoices_currency(books, client, an_invoice):
    invoice = an_invoice("80.00")

    books.edit_invoice(invoice["id"], currency_code="EUR")

    assert books.record("client", client["id"])["outstanding_balance"] == [
        {"amount": {"amount": "80.00", "code": "EUR"}}
    ]


@pytest.mark.parametrize("aloud", [False, True])
def test_payments_follow_their_invoices_currency_silently_or_aloud(
    api, books, freshbooks, paid, clock, inbox, deliver, aloud
):
    freshbooks.switches.moves_touch_payments = aloud
    invoice, payment = paid
    api.subscribe("payment")
    clock.forward(hours=1)

    books.edit_invoice(invoice["id"], currency_code="CAD")
    deliver()

    after = books.record("payment", payment["id"])
    assert (after["updated"] != payment["updated"]) is aloud
    assert inbox.names == (["payment.update"] if aloud else [])


def test_credit_applied_to_an_invoice_is_spent_in_its_own_currency(books, client, an_invoice):
    books.create_credit_note(client["id"], [{"unit_cost": "50"}])
    invoice = an_invoice("30.00")
    books.pay_invoice(invoice["id"], from_credit=True)

    books.edit_invoice(invoice["id"], currency_code="CAD")

    balance = books.record("client", client["id"])["credit_balance"]
    assert balance == [{"amount": {"amount": "20.00", "code": "USD"}}]


@pytest.mark.parametrize("follow", [False, True])
def test_payments_keep_or_follow_the_client_of_an_invoice_that_moves(
    api, books, freshbooks, client, paid, follow
):
    freshbooks.switches.payments_follow_clients = follow
    invoice, payment = paid
    other = books.create_client(organization="Other")

    moved = books.edit_invoice(invoice["id"], customerid=other["id"])

    theirs = api.result("payments/payments", params={"search[clientid]": other["id"]})["payments"]
    assert (moved["customerid"], moved["organization"]) == (other["id"], "Nordlys Fiber AS")
    assert [each["id"] for each in theirs] == ([payment["id"]] if follow else [])
    assert books.record("payment", payment["id"])["invoiceid"] == invoice["id"]


def test_a_credit_stays_its_clients_when_the_invoice_it_paid_moves(
    books, freshbooks, client, an_invoice
):
    freshbooks.switches.payments_follow_clients = True
    books.create_credit_note(client["id"], [{"unit_cost": "50"}])
    invoice = an_invoice("30.00")
    books.pay_invoice(invoice["id"], from_credit=True)
    other = books.create_client(organization="Other")

    books.edit_invoice(invoice["id"], customerid=other["id"])

    assert books.record("client", other["id"])["credit_balance"] == []
    assert books.record("client", client["id"])["credit_balance"] == [
        {"amount": {"amount": "20.00", "code": "USD"}}
    ]


def test_a_client_may_change_its_currency_and_its_documents_keep_theirs(
    api, books, client, an_invoice
):
    invoice = an_invoice("10.00")
    body = {"client": {"currency_code": "GBP"}}

    shown = api.result(f"users/clients/{client['id']}", "PUT", json=body)["client"]

    assert shown["currency_code"] == "GBP"
    assert books.record("invoice", invoice["id"])["currency_code"] == "USD"
    assert an_invoice("10.00")["currency_code"] == "GBP"


def test_an_expense_in_another_currency_keeps_its_numbers(api, books):
    expense = books.create_expense("54.00", taxName1="HST", taxAmount1="6.21", code="USD")
    body = {"expense": {"amount": {"amount": "54.00", "code": "CAD"}}}

    path = f"expenses/expenses/{expense['id']}"
    shown = api.result(path, "PUT", json=body)["expense"]
    again = books.edit_expense(expense["id"], code="EUR")

    assert shown["amount"] == {"amount": "54.00", "code": "CAD"}
    assert shown["taxAmount1"] == {"amount": "6.21", "code": "CAD"}
    assert {again[name]["code"] for name in ("amount", "taxAmount1")} == {"EUR"}


def test_an_amount_without_a_currency_leaves_an_expenses_own(api, books):
    expense = books.create_expense("54.00", code="CAD")
    body = {"expense": {"amount": {"amount": "60.00"}}}

    shown = api.result(f"expenses/expenses/{expense['id']}", "PUT", json=body)["expense"]

    assert shown["amount"] == {"amount": "60.00", "code": "CAD"}
