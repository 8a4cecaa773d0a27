"""Lists: paging, filters, sorting, visibility, and everything that is silently ignored.

Never the fields of a record.
"""

import pytest


@pytest.fixture
def clients(books):
    return [books.create_client(organization=f"Client {n:03}") for n in range(120)]


def names(result):
    return [one["organization"] for one in result["clients"]]


def test_a_page_has_fifteen_rows_unless_asked(api, clients):
    result = api.result("users/clients")

    assert len(result["clients"]) == 15
    counts = {name: result[name] for name in ("page", "pages", "per_page", "total")}
    assert counts == {"page": 1, "pages": 8, "per_page": 15, "total": 120}


def test_per_page_is_capped_at_a_hundred_without_a_word(api, clients):
    result = api.result("users/clients", params={"per_page": 500})

    assert (len(result["clients"]), result["per_page"], result["pages"]) == (100, 100, 2)


def test_page_zero_is_page_one(api, clients):
    result = api.result("users/clients", params={"page": 0})

    assert result["page"] == 1
    assert names(result)[0] == "Client 000"


def test_a_page_beyond_the_end_is_empty_and_no_error(api, clients):
    result = api.result("users/clients", params={"page": 99})

    assert (result["clients"], result["page"], result["total"]) == ([], 99, 120)


def test_an_empty_list_has_no_pages(api):
    result = api.result("invoices/invoices")

    counts = {name: result[name] for name in ("invoices", "page", "pages", "total")}
    assert counts == {"invoices": [], "page": 1, "pages": 0, "total": 0}


@pytest.mark.parametrize(
    ("name", "value", "errno"),
    [("page", "-1", 1014), ("page", "x", 1014), ("per_page", "0", 1013), ("per_page", "x", 1013)],
)
def test_a_page_that_is_no_number_is_an_error(api, name, value, errno):
    assert api.errno("users/clients", params={name: value}) == (422, errno)


def test_the_walk_over_all_pages_meets_every_row_once(api, clients):
    seen = [
        one["id"]
        for page in range(1, 9)
        for one in api.result("users/clients", params={"page": page})["clients"]
    ]

    assert seen == [one["id"] for one in clients]


def test_lists_may_run_from_the_newest_down(api, clients, freshbooks):
    freshbooks.switches.newest_first = True

    assert names(api.result("users/clients"))[0] == "Client 119"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("invoices/invoices", "search[status]"),
        ("invoices/invoices", "search[statusid]"),
        ("invoices/invoices", "search[payment_status]"),
        ("invoices/invoices", "search[create_date_min]"),
        ("users/clients", "search[fname]"),
        ("users/clients", "search[organization]"),
        ("expenses/expenses", "search[status]"),
        ("expenses/categories", "search[updated_min]"),
        ("payments/payments", "search[nonsense]"),
        ("users/clients", "updated_since"),
    ],
)
def test_a_filter_that_does_not_work_gives_the_whole_list(api, books, an_invoice, path, key):
    invoice = an_invoice()
    books.pay_invoice(invoice["id"], "1.00")
    books.create_expense("5.00")
    whole = api.result(path)["total"]

    assert whole > 0
    assert api.result(path, params={key: "2099-01-01"})["total"] == whole


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("invoices/invoices", "search[customerid]", "1"),
        ("invoices/invoices", "search[date_min]", "2099-01-01"),
        ("invoices/invoices", "search[date_max]", "2000-01-01"),
        ("invoices/invoices", "search[updated_min]", "2099-01-01"),
        ("invoices/invoices", "search[updated_max]", "2000-01-01"),
        ("invoices/invoices", "search[v3_status]", "disputed"),
        ("invoices/invoices", "search[vis_state]", "1"),
        ("invoices/invoices", "paid", "True"),
        ("invoices/invoices", "outstanding", "False"),
        ("payments/payments", "search[logid]", "1"),
        ("payments/payments", "search[logids][]", "1"),
        ("payments/payments", "search[invoiceid]", "1"),
        ("payments/payments", "search[clientid]", "1"),
        ("payments/payments", "search[clientids][]", "1"),
        ("payments/payments", "search[customerid]", "1"),
        ("payments/payments", "search[date_min]", "2099-01-01"),
        ("payments/payments", "search[updated_min]", "2099-01-01"),
        ("payments/payments", "search[amount_min]", "1000"),
        ("payments/payments", "search[amount_max]", "0.01"),
        ("payments/payments", "search[type]", "Cash"),
        ("payments/payments", "search[currency]", "XTS"),
        ("payments/payments", "search[from_credit]", "true"),
        ("payments/payments", "search[notes]", "nothing"),
        ("payments/payments", "search[client_name]", "nobody"),
        ("payments/payments", "search[number]", "nothing"),
        ("payments/payments", "search[payment_or_credit]", "credit"),
        ("users/clients", "search[email]", "no@no.example"),
        ("users/clients", "search[organization_like]", "zzz"),
        ("users/clients", "search[fname_like]", "zzz"),
        ("users/clients", "search[user_like]", "zzz"),
        ("users/clients", "search[phone_like]", "zzz"),
        ("users/clients", "search[address_like]", "zzz"),
        ("users/clients", "search[note_like]", "zzz"),
        ("users/clients", "has_draft", "True"),
        ("users/clients", "has_credit", "True"),
        ("users/clients", "has_overdue", "True"),
        ("users/clients", "has_outstanding", "False"),
        ("users/clients", "search[updated_min]", "2099-01-01"),
        ("expenses/expenses", "search[clientid]", "1"),
        ("expenses/expenses", "search[projectid]", "1"),
        ("expenses/expenses", "search[categoryid]", "1"),
        ("expenses/expenses", "search[date_max]", "2000-01-01"),
        ("expenses/expenses", "search[updated_min]", "2099-01-01"),
        ("expenses/categories", "search[name]", "nothing"),
        ("expenses/categories", "search[categoryids][]", "1"),
        ("expenses/categories", "search[parentid]", "1"),
        ("expenses/categories", "search[is_cogs]", "true"),
        ("expenses/categories", "search[is_editable]", "false"),
    ],
)
def test_a_filter_that_works_can_leave_nothing(api, books, an_invoice, path, key, value):
    books.pay_invoice(an_invoice()["id"], "1.00")
    books.create_expense("5.00")

    assert api.result(path)["total"] > 0
    assert api.result(path, params={key: value})["total"] == 0


def test_filters_also_find_what_they_should(api, books, client, an_invoice):
    first = an_invoice("10.00", invoice_number="A-1")
    second = an_invoice("20.00", invoice_number="A-2")
    books.pay_invoice(first["id"], "10.00", type="Cash", note="at the fair")
    books.pay_invoice(second["id"], "25.00", type="Check")

    def amounts(**search):
        params = {f"search[{key}]": value for key, value in search.items()}
        return [
            one["amount"]["amount"]
            for one in api.result("payments/payments", params=params)["payments"]
        ]

    assert amounts() == ["10.00", "20.00", "5.00"]
    assert amounts(payment_or_credit="invoice") == ["10.00", "20.00"]
    assert amounts(payment_or_credit="credit") == ["5.00"]
    assert amounts(invoiceid=second["id"]) == ["20.00"]
    assert amounts(number=first["invoice_number"]) == ["10.00"]
    assert amounts(number="A-") == ["10.00", "20.00"]
    assert amounts(number="0000001") == ["5.00"]  # the credit's own number
    assert amounts(payment_or_credit="credit", notes="#A-2") == ["5.00"]
    assert amounts(amount_min="6", amount_max="15") == ["10.00"]
    assert amounts(notes="the fair", type="Cash") == ["10.00"]
    assert amounts(client_name="ordlys", currency="USD") == amounts()


def test_updated_min_is_an_eastern_day_and_a_time_behind_it_is_dropped(api, client, clock):
    # It is 02:30 UTC on the 15th, still the evening of the 14th in New York.
    def total(**search):
        params = {f"search[{key}]": value for key, value in search.items()}
        return api.result("users/clients", params=params)["total"]

    assert client["updated"] == "2026-01-14 21:30:00"
    assert total(updated_min="2026-01-14") == 1
    assert total(updated_min="2026-01-14 23:59:59") == 1
    assert total(updated_min="2026-01-15") == 0
    assert total(updated_max="2026-01-14") == 0
    assert total(updated_max="2026-01-15") == 1


def test_updated_min_on_expenses_can_be_switched_off(api, books, freshbooks):
    books.create_expense("5.00")
    freshbooks.switches.expenses_filter_updated = False

    found = api.result("expenses/expenses", params={"search[updated_min]": "2099-01-01"})

    assert found["total"] == 1


@pytest.mark.parametrize(
    ("path", "key", "errno"),
    [
        ("invoices/invoices", "search[updated_min]", 1023),
        ("invoices/invoices", "search[customerid]", 1024),
        ("payments/payments", "search[amount_min]", 1024),
        ("users/clients", "has_outstanding", 1032),
    ],
)
def test_a_bad_value_of_a_filter_that_works_is_an_error(api, path, key, errno):
    assert api.errno(path, params={key: "soon"}) == (422, errno)


def test_default_lists_hold_active_and_archived_rows_but_no_deleted_ones(api, books):
    active, archived, deleted = (books.create_client(organization=n)["id"] for n in "abc")
    books.archive_client(archived)
    books.delete_client(deleted)

    def ids(**params):
        return [one["id"] for one in api.result("users/clients", params=params)["clients"]]

    assert ids() == [active, archived]
    assert ids(**{"search[vis_state]": 0}) == [active]
    assert ids(**{"search[vis_state]": 1}) == [deleted]
    assert ids(**{"search[vis_state]": 2}) == [archived]
    assert ids(**{"search[vis_state]": 1, "search[updated_min]": "2026-01-14"}) == [deleted]
    assert ids(**{"search[vis_state]": 1, "search[updated_min]": "2026-01-15"}) == []


def test_invoices_honour_only_the_sort_by_invoice_date(api, books, an_invoice, clock):
    later, sooner = an_invoice(create_date="2026-01-09"), an_invoice(create_date="2026-01-02")
    clock.forward(hours=1)
    books.edit_invoice(later["id"], notes="touched")

    def order(sort):
        found = api.result("invoices/invoices", params={"sort": sort})["invoices"]
        return [one["id"] for one in found]

    assert order("invoice_date_asc") == [sooner["id"], later["id"]]
    assert order("invoice_date_desc") == [later["id"], sooner["id"]]
    for ignored in ("updated_asc", "updated_desc", "create_date_asc", "date_desc", "nonsense"):
        assert order(ignored) == [later["id"], sooner["id"]]


def test_clients_sort_by_their_documented_keys(api, books, an_invoice):
    for name in ("b", "C", "a"):
        books.create_client(organization=name)
    an_invoice(customerid=api.result("users/clients")["clients"][1]["id"])

    def order(sort):
        return names(api.result("users/clients", params={"sort": sort}))

    assert order("organization_name_asc") == ["a", "b", "C", "Nordlys Fiber AS"]
    assert order("organization_name_desc")[0] == "Nordlys Fiber AS"
    assert order("outstanding_desc")[0] != order("outstanding_asc")[0]


def test_two_accounts_do_not_see_each_other(api, books, client):
    other = books.create_business("Second").account_id
    books.create_client(account=other, organization="Over there")

    assert names(api.result("users/clients")) == ["Nordlys Fiber AS"]
    api.account = other
    assert names(api.result("users/clients")) == ["Over there"]
    assert api.errno(f"users/clients/{client['id']}") == (404, 1012)
