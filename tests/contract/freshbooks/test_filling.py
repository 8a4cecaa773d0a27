"""Books filled with years of history at once, and lists of them page by page.

Never a figure that the books would not have come to one invoice after the other.
"""

import pytest

from sandbox.freshbooks import FreshBooks


def everything(api, path, **query):
    found, page = [], 1
    while True:
        result = api.result(path, params={"per_page": 100, "page": page, **query})
        rows = next(each for each in result.values() if isinstance(each, list))
        found += rows
        if page >= result["pages"]:
            return found
        page += 1


def test_filled_books_hold_years_of_invoices_that_are_paid_open_overdue_or_deleted(api, books):
    made = books.fill(invoices=400, clients=7, years=3)

    invoices = books.records("invoice")
    numbers = [each["invoice_number"] for each in invoices]
    days = [each["create_date"] for each in invoices]
    states = {each["v3_status"] for each in invoices}
    assert made["invoices"] == len(invoices) == 400
    assert (len(books.records("client")), len(books.records("payment"))) == (7, made["payments"])
    assert (numbers, days) == (sorted(numbers), sorted(days))
    assert (days[0][:4], days[-1]) == ("2023", "2026-01-14")
    assert {"paid", "overdue", "sent"} <= states
    assert "partial" in {each["payment_status"] for each in invoices}
    assert {len(each["lines"]) for each in invoices} == {3}


def test_filled_figures_are_those_an_edit_comes_to(books):
    books.fill(invoices=200, clients=3, years=2)
    figures = ("amount", "outstanding", "paid", "v3_status", "payment_status", "date_paid")

    for invoice in books.records("invoice"):
        again = books.edit_invoice(invoice["id"], notes="looked at")
        assert [again[name] for name in figures] == [invoice[name] for name in figures]


def test_the_same_seed_fills_alike_and_another_one_does_not(clock):
    first, again, other = (FreshBooks(clock=clock, background=False) for _ in range(3))
    first.books.fill(invoices=60, seed=5)
    again.books.fill(invoices=60, seed=5)
    other.books.fill(invoices=60, seed=6)

    amounts = [
        [each["amount"] for each in one.books.records("invoice")] for one in (first, again, other)
    ]
    assert amounts[0] == amounts[1] != amounts[2]


def test_books_are_filled_from_outside_and_no_webhook_tells_of_it(api, books):
    api.subscribe("invoice.create")

    answer = api.call("POST", "/_sandbox/books/fill", json={"invoices": 30, "clients": 2})
    refused = api.call("POST", "/_sandbox/books/fill", json={"invoices": 0})

    api.freshbooks.deliveries.run_pending()
    assert (answer.json()["invoices"], refused.status_code) == (30, 400)
    assert len(books.records("invoice")) == 30
    assert api.inbox.posts == []


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("sort", ["", "invoice_date_asc", "invoice_date_desc"])
def test_a_list_that_is_kept_while_records_change_is_the_list_made_anew(
    api, books, newest_first, sort
):
    books.fill(invoices=240, clients=4, years=1)
    api.freshbooks.switches.set(newest_first=newest_first)
    query = {"sort": sort, "search[date_min]": "2025-03-01"}
    before = [each["id"] for each in everything(api, "invoices/invoices", **query)]

    books.edit_invoice(before[3], create_date="2025-02-01")
    books.edit_invoice(before[9], create_date="2025-12-24")
    books.delete_invoice(before[20])
    client = books.records("client")[0]["id"]
    made = books.create_invoice(client, create_date="2025-06-01")
    kept = [each["id"] for each in everything(api, "invoices/invoices", **query)]

    # A limit that changes nothing makes it another list, which has to be made.
    anew = everything(api, "invoices/invoices", **query, **{"search[date_max]": "2099-01-01"})
    assert kept == [each["id"] for each in anew]
    assert set(before) - set(kept) == {before[3], before[20]}
    assert made["id"] in kept


def test_a_page_beyond_the_end_is_empty_in_either_order(api, books):
    books.fill(invoices=30, clients=2)

    for sort in ("invoice_date_asc", "invoice_date_desc"):
        page = api.result("invoices/invoices", params={"page": 9, "sort": sort})
        assert page["invoices"] == []


def test_what_is_overdue_follows_the_day(api, books, clock, client):
    books.create_invoice(
        client["id"], [{"name": "Work", "unit_cost": "5.00"}], sent=True, due_offset_days=3
    )
    query = {"search[v3_status]": "overdue"}

    on_time = everything(api, "invoices/invoices", **query)
    clock.forward(days=5)
    api.log_in()
    late = everything(api, "invoices/invoices", **query)

    assert (len(on_time), len(late)) == (0, 1)
