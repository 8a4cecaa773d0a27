"""Lines in every shape, and what an invoice makes of them: taxes, discount, deposit, status.

Never payments, except to see a deposit come in.
"""

from decimal import Decimal

import pytest

INCLUDED = {"include[]": "lines"}


def amount(value):
    return value["amount"]


@pytest.fixture
def bill(books, client):
    """Make a sent invoice of these lines."""

    def make(*lines, **fields):
        return books.create_invoice(client["id"], list(lines), **{"sent": True, **fields})

    return make


@pytest.fixture
def edit(api):
    """Change an invoice over the wire and return it with its lines."""

    def put(invoice, **fields):
        path = f"invoices/invoices/{invoice['id']}"
        return api.result(path, "PUT", json={"invoice": fields}, params=INCLUDED)["invoice"]

    return put


@pytest.mark.parametrize("nothing", [False, True])
@pytest.mark.parametrize(
    ("line", "qty", "cost"),
    [
        ({"name": "See the note", "qty": None, "unit_cost": None}, None, None),
        ({"name": "By the hour", "qty": None, "unit_cost": "80.00"}, None, "80.00"),
        ({"name": "Included", "qty": "3", "unit_cost": None}, "3", None),
        ({"name": "Included", "qty": "3", "unit_cost": {"amount": None}}, "3", None),
    ],
)
def test_a_line_without_quantity_or_price_says_something_and_costs_nothing(
    freshbooks, bill, edit, nothing, line, qty, cost
):
    freshbooks.switches.empty_lines_without_amount = nothing
    taxed = line | {"taxName1": "HST", "taxAmount1": "13"}

    shown = edit(bill({"unit_cost": "10"}), lines=[taxed, {"name": "Work", "unit_cost": "10"}])

    said = shown["lines"][0]
    assert said["qty"] == qty
    assert said["unit_cost"] == (cost and {"amount": cost, "code": "USD"})
    assert said["amount"] == (None if nothing else {"amount": "0.00", "code": "USD"})
    assert amount(shown["amount"]) == "10.00"


@pytest.mark.parametrize(
    ("qty", "cost", "total"),
    [
        ("0", "50.00", "0.00"),
        ("1", "0", "0.00"),
        ("1", "-35.50", "-35.50"),
        ("-2", "10.00", "-20.00"),
        ("0.33333", "99.99", "33.33"),
        ("120", "0.655", "78.60"),
        ("10000", "0.003", "30.00"),
        ("1", "0.005", "0.01"),
        ("1", "-0.005", "-0.01"),
        ("3", "19.123456789", "57.37"),
        ("1000000000000", "1.00", "1000000000000.00"),
    ],
)
def test_quantities_and_prices_keep_their_decimals_and_the_line_has_cents(bill, qty, cost, total):
    (line,) = bill({"name": "Work", "qty": qty, "unit_cost": cost})["lines"]

    assert line["qty"] == qty
    assert Decimal(amount(line["unit_cost"])) == Decimal(cost)
    assert amount(line["amount"]) == total


@pytest.mark.parametrize(
    ("compounded", "net", "total"),
    [(False, "99.99", "114.96"), (True, "99.99", "115.46")],
)
def test_two_taxes_are_rounded_line_by_line(bill, compounded, net, total):
    line = {
        "unit_cost": net,
        "taxName1": "GST",
        "taxAmount1": "5",
        "taxName2": "QST",
        "taxAmount2": "9.975",
        "compounded_tax": compounded,
    }

    assert amount(bill(line)["amount"]) == total


@pytest.mark.parametrize(("per_line", "total"), [(True, "0.33"), (False, "0.32")])
def test_taxes_are_rounded_by_line_or_once_for_each(freshbooks, bill, per_line, total):
    freshbooks.switches.tax_per_line = per_line
    line = {"unit_cost": "0.10", "taxName1": "GST", "taxAmount1": "5"}

    made = bill(*[line] * 3)

    assert amount(made["amount"]) == total


@pytest.mark.parametrize(
    ("discount", "off"),
    [("15.93303", "-15.93"), ("33.333333333", "-33.33"), ("-5", "5.00"), ("100", "-100.00")],
)
def test_a_discount_may_have_many_decimals(bill, discount, off):
    made = bill({"unit_cost": "100.00"}, discount_value=discount)

    assert made["discount_value"] == discount
    assert amount(made["discount_total"]) == off
    assert Decimal(amount(made["amount"])) == 100 + Decimal(off)


def test_lines_are_reordered_removed_and_added_and_keep_the_ids_they_are_sent_with(bill, edit):
    invoice = bill(*({"name": name, "unit_cost": "1"} for name in "abc"))
    a, _, c = invoice["lines"]

    shown = edit(invoice, lines=[c, {"name": "d", "unit_cost": "1"}, a])

    assert [(line["name"], line["lineid"], line["taskno"]) for line in shown["lines"]] == [
        ("c", 3, 1),
        ("d", 4, 2),
        ("a", 1, 3),
    ]


def test_an_edit_may_give_all_lines_new_ids(freshbooks, bill, edit):
    freshbooks.switches.lines_renumbered = True
    invoice = bill(*({"name": name, "unit_cost": "1"} for name in "abc"))
    a, _, c = invoice["lines"]

    shown = edit(invoice, lines=[c, a])

    assert [(line["name"], line["lineid"]) for line in shown["lines"]] == [("c", 1), ("a", 2)]


@pytest.fixture
def expense(books, client):
    return books.create_expense(
        "40.00",
        clientid=client["id"],
        billable=True,
        vendor="Ferry Co.",
        markup_percent="10",
        code="USD",
    )


def test_a_rebilled_expense_is_a_line_of_its_own_type(books, bill, expense):
    invoice = bill({"name": "Work", "unit_cost": "60"})

    line = books.rebill_expense(expense["id"], invoice["id"])["lines"][1]
    billed = books.record("expense", expense["id"])

    assert (line["type"], line["expenseid"], line["qty"]) == (1, expense["id"], "1")
    assert (line["name"], line["description"]) == ("Advertising", "Ferry Co.")
    assert amount(line["unit_cost"]) == "44.00"
    assert (billed["invoiceid"], billed["status"]) == (invoice["id"], 2)


def test_an_expense_whose_line_is_removed_waits_to_be_billed_again(
    api, books, bill, edit, expense, inbox, deliver
):
    invoice = books.rebill_expense(expense["id"], bill()["id"])
    api.subscribe("expense")

    kept = edit(invoice, lines=[*invoice["lines"], {"name": "Work", "unit_cost": "1"}])
    billed = books.record("expense", expense["id"])["invoiceid"]
    edit(invoice, lines=kept["lines"][1:])
    deliver()

    free = books.record("expense", expense["id"])
    assert billed == invoice["id"]
    assert (free["invoiceid"], free["status"]) == (None, 1)
    assert inbox.names == ["expense.update"]


@pytest.mark.parametrize(
    ("asked", "deposit"),
    [({"deposit_percentage": "25"}, "50.00"), ({"deposit_amount": {"amount": "30"}}, "30.00")],
)
def test_a_deposit_is_asked_for_and_comes_in(books, bill, edit, asked, deposit):
    invoice = bill({"unit_cost": "200"}, due_offset_days=30)

    def state():
        shown = books.record("invoice", invoice["id"])
        names = ("deposit_status", "v3_status", "payment_status")
        return amount(shown["deposit_amount"]), *(shown[name] for name in names)

    edit(invoice, **asked)
    seen = [state()]
    for value in ("20.00", "40.00", "140.00"):
        books.pay_invoice(invoice["id"], value)
        seen.append(state())

    assert seen == [
        (deposit, "unpaid", "sent", "unpaid"),
        (deposit, "partial", "deposit_partial", "partial"),
        (deposit, "paid", "deposit_paid", "partial"),
        (deposit, "paid", "paid", "paid"),
    ]


def test_a_deposit_as_an_amount_takes_the_place_of_a_percentage(bill, edit):
    invoice = bill({"unit_cost": "200"}, deposit_percentage="12.5")

    shown = edit(invoice, deposit_amount="10.00")
    none = edit(invoice, deposit_amount=None)

    assert amount(invoice["deposit_amount"]) == "25.00"
    assert (amount(shown["deposit_amount"]), shown["deposit_percentage"]) == ("10.00", None)
    assert (none["deposit_amount"], none["deposit_status"]) == (None, "none")


@pytest.mark.parametrize(
    ("hyphens", "spelled"), [(False, "deposit_partial"), (True, "deposit-partial")]
)
def test_deposit_statuses_have_two_spellings(api, books, freshbooks, bill, hyphens, spelled):
    freshbooks.switches.hyphenated_statuses = hyphens
    invoice = bill({"unit_cost": "200"}, deposit_percentage="50", due_offset_days=30)
    books.pay_invoice(invoice["id"], "20.00")

    found = api.result("invoices/invoices", params={"search[v3_status]": spelled})

    assert [each["v3_status"] for each in found["invoices"]] == [spelled]


def test_a_status_may_be_called_by_a_name_nobody_knows(api, freshbooks, bill):
    freshbooks.switches.renamed_statuses = {"sent": "dispatched"}
    invoice = bill({"unit_cost": "200"}, due_offset_days=30)

    shown = api.result(f"invoices/invoices/{invoice['id']}")["invoice"]
    found = api.result("invoices/invoices", params={"search[v3_status]": "sent"})

    assert (shown["v3_status"], shown["display_status"]) == ("dispatched", "sent")
    assert found["total"] == 0


def test_an_open_deposit_does_not_keep_an_invoice_from_being_overdue(books, bill, clock):
    invoice = bill({"unit_cost": "200"}, deposit_percentage="50")
    books.pay_invoice(invoice["id"], "20.00")
    clock.forward(days=2)

    assert books.record("invoice", invoice["id"])["v3_status"] == "overdue"


def test_a_sent_invoice_can_be_a_draft_again(books, client, bill, edit):
    invoice = bill({"unit_cost": "200"})

    shown = edit(invoice, status=1)

    names = ("status", "v3_status", "display_status")
    assert tuple(shown[name] for name in names) == (1, "draft", "draft")
    balances = books.record("client", client["id"])
    assert balances["outstanding_balance"] == []
    assert [amount(each["amount"]) for each in balances["draft_balance"]] == ["200.00"]


def test_an_invoice_is_renumbered_and_its_purchase_order_changes(bill, edit):
    invoice = bill({"unit_cost": "1"}, po_number="PO-1")

    shown = edit(invoice, invoice_number="R-2026-7", po_number="PO-2")
    emptied = edit(invoice, po_number=None)

    assert (shown["invoice_number"], shown["po_number"]) == ("R-2026-7", "PO-2")
    assert (emptied["invoice_number"], emptied["po_number"]) == ("R-2026-7", None)
