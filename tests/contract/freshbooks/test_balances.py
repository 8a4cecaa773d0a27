"""What clients owe and are owed, currency by currency, in lists and alone; who is found by it.

Never how a figure of one invoice comes about.
"""

import pytest

NAMES = ("outstanding", "overdue", "credit", "draft", "grand_total")
INCLUDED = {"include[]": [f"{name}_balance" for name in NAMES]}


def plain(client):
    """Return the balances of a body as `{name: {currency: amount}}`."""
    return {
        name: {
            entry["amount"]["code"]: entry["amount"]["amount"]
            for entry in client[f"{name}_balance"]
        }
        for name in NAMES
        if f"{name}_balance" in client
    }


@pytest.fixture
def busy(api, books, client, an_invoice, clock):
    """A client with something of everything in several currencies; two days have passed since."""
    an_invoice("100.00")
    an_invoice("70.00", currency_code="EUR", due_offset_days=30)
    an_invoice("-15.00", currency_code="JPY")
    books.create_invoice(client["id"], [{"unit_cost": "9"}], currency_code="CAD")
    for code in ("USD", "CAD"):
        books.create_credit_note(client["id"], [{"unit_cost": "20"}], currency_code=code)
    books.pay_invoice(an_invoice("5.00", due_offset_days=30)["id"], from_credit=True)
    books.pay_invoice(an_invoice("60.00", currency_code="GBP")["id"])
    books.create_client(organization="Idle")
    clock.forward(days=2)
    api.log_in()
    return client


def test_a_list_shows_every_balance_in_every_currency(api, busy):
    first, second = api.result("users/clients", params=INCLUDED)["clients"]

    assert plain(first) == {
        "outstanding": {"EUR": "70.00", "JPY": "-15.00", "USD": "100.00"},
        "overdue": {"USD": "100.00"},
        "credit": {"CAD": "20.00", "USD": "15.00"},
        "draft": {"CAD": "9.00"},
        "grand_total": {"CAD": "9.00", "EUR": "70.00", "JPY": "-15.00", "USD": "100.00"},
    }
    assert plain(second) == {name: {} for name in NAMES}


def test_a_client_alone_shows_the_same_as_the_list(api, busy):
    (listed,) = api.result("users/clients", params=INCLUDED | {"per_page": 1})["clients"]

    alone = api.result(f"users/clients/{busy['id']}", params=INCLUDED)["client"]

    assert plain(alone) == plain(listed)


def test_only_the_balances_asked_for_are_shown(api, busy):
    shown = api.result("users/clients", params={"include[]": "credit_balance"})["clients"][0]

    assert plain(shown).keys() == {"credit"}
    assert not plain(api.result("users/clients")["clients"][0])


@pytest.mark.parametrize(("zero", "settled"), [(False, {}), (True, {"GBP": "0.00"})])
def test_a_currency_in_which_nothing_is_left_may_have_an_entry(
    api, freshbooks, busy, zero, settled
):
    freshbooks.switches.zero_balances = zero
    shown = plain(api.result(f"users/clients/{busy['id']}", params=INCLUDED)["client"])

    assert {code: each for code, each in shown["outstanding"].items() if code == "GBP"} == settled


def test_clients_are_found_by_a_balance_in_any_currency(api, busy):
    def total(name, value):
        return api.result("users/clients", params={name: value})["total"]

    for name in ("has_credit", "has_draft", "has_outstanding", "has_overdue"):
        assert (total(name, "true"), total(name, "false")) == (1, 1)


@pytest.mark.parametrize("works", [True, False])
@pytest.mark.parametrize("form", ["{}", "search[{}]"])
def test_invoices_are_found_by_paid_and_outstanding_or_all_are_shown(
    api, books, freshbooks, an_invoice, works, form
):
    freshbooks.switches.invoice_booleans_filter = works
    is_paid, is_open = an_invoice("10.00"), an_invoice("20.00")
    books.pay_invoice(is_paid["id"])

    def ids(name, value):
        found = api.result("invoices/invoices", params={form.format(name): value})["invoices"]
        return [each["id"] for each in found]

    both = [is_paid["id"], is_open["id"]]
    assert ids("paid", "true") == ([is_paid["id"]] if works else both)
    assert ids("paid", "false") == ([is_open["id"]] if works else both)
    assert ids("outstanding", "true") == ([is_open["id"]] if works else both)
    assert ids("outstanding", "false") == ([is_paid["id"]] if works else both)


@pytest.mark.parametrize("counts", [True, False])
def test_an_overpaid_invoice_is_outstanding_or_is_not(api, books, freshbooks, an_invoice, counts):
    freshbooks.switches.overpaid_are_outstanding = counts
    overpaid = an_invoice("20.00")["id"]
    books.pay_invoice(overpaid)
    books.edit_invoice(overpaid, lines=[{"name": "Less", "qty": "1", "unit_cost": "5.00"}])

    found = api.result("invoices/invoices", params={"search[outstanding]": "true"})["invoices"]

    assert books.record("invoice", overpaid)["outstanding"]["amount"] == "-15.00"
    assert [each["id"] for each in found] == ([overpaid] if counts else [])


def test_a_part_paid_invoice_is_outstanding_and_not_paid(api, books, an_invoice):
    books.pay_invoice(an_invoice("20.00")["id"], "5.00")

    def total(name):
        return api.result("invoices/invoices", params={f"search[{name}]": "true"})["total"]

    assert (total("outstanding"), total("paid")) == (1, 0)


def test_records_are_found_by_what_they_belong_to(api, books, client, an_invoice):
    other = books.create_client(organization="Other")
    category = books.create_category("Ferries")["id"]
    for each in (client, other):
        books.pay_invoice(an_invoice("1.00", customerid=each["id"])["id"])
        books.create_credit_note(each["id"], [{"unit_cost": "2"}])
        books.create_expense("3.00", clientid=each["id"])
    books.create_expense("4.00", categoryid=category)
    invoice = books.records("invoice")[0]["id"]

    def total(path, **search):
        params = {f"search[{key}]": value for key, value in search.items()}
        return api.result(path, params=params)["total"]

    assert total("payments/payments", clientid=client["id"]) == 2  # one of them is its credit
    assert total("payments/payments", invoiceid=invoice) == 1
    assert total("credit_notes/credit_notes", clientid=client["id"]) == 1
    assert total("expenses/expenses", clientid=client["id"]) == 1
    assert total("expenses/expenses", categoryid=category) == 1


def test_date_max_of_payments_leaves_the_day_itself_out(api, books, an_invoice):
    books.pay_invoice(an_invoice("1.00")["id"], date="2026-01-09")

    def total(**search):
        params = {f"search[{key}]": value for key, value in search.items()}
        return api.result("payments/payments", params=params)["total"]

    assert (total(date_max="2026-01-09"), total(date_max="2026-01-10")) == (0, 1)
    assert (total(date_min="2026-01-09"), total(date_min="2026-01-10")) == (1, 0)
