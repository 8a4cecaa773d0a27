"""Control from other processes, and the page for a person.

Never FreshBooks' own endpoints, except to see the effect.
"""

import re

import pytest


@pytest.fixture
def control(api):
    def post(path, /, **arguments):
        response = api.call("POST", f"/_sandbox/{path}", json=arguments)
        assert response.status_code == 200, response.text
        return response.json()

    return post


def test_the_books_are_changed_by_operation_name(control, api):
    client = control("books/create_client", organization="Fjord Foods")
    invoice = control(
        "books/create_invoice",
        customerid=client["id"],
        lines=[{"name": "Fish", "qty": 2, "unit_cost": "12.50"}],
        sent=True,
    )
    payment = control("books/pay_invoice", invoice=invoice["id"], amount="5.00")

    shown = api.result(f"invoices/invoices/{invoice['id']}")["invoice"]
    assert payment["amount"] == {"amount": "5.00", "code": "USD"}
    assert shown["outstanding"] == {"amount": "20.00", "code": "USD"}


def test_all_records_of_a_kind_are_read_deleted_ones_and_lines_included(control, api, an_invoice):
    control("books/delete_invoice", invoice=an_invoice()["id"])

    (found,) = api.call("GET", "/_sandbox/books/invoices").json()

    assert found["vis_state"] == 1
    assert len(found["lines"]) == 1


def test_another_accounts_records_are_read_by_its_id(control, api):
    business = control("books/create_business", name="Second", currency="EUR")
    control("books/create_client", account=business["account_id"], organization="Over there")

    params = {"account": business["account_id"]}
    (found,) = api.call("GET", "/_sandbox/books/client", params=params).json()

    assert (found["organization"], found["currency_code"]) == ("Over there", "EUR")


def test_a_stale_read_is_ordered_from_outside(control, api, books, client):
    books.edit_client(client["id"], organization="After")
    control("books/serve_stale", kind="client", record=client["id"], times=1)

    path = f"users/clients/{client['id']}"
    seen = [api.result(path)["client"]["organization"] for _ in range(2)]

    assert seen == ["Nordlys Fiber AS", "After"]


def test_tokens_switches_knobs_and_refusals_are_set_from_outside(control, api, freshbooks):
    token = control("grant", scopes="user:clients:read")
    control("switches", payments_touch_invoices=True)
    knobs = control("deliveries", drop=0.5)
    control("refusals", path="/users/clients", errno=1003)
    api.session.headers["Authorization"] = f"Bearer {token['access_token']}"

    assert api.errno("users/clients") == (200, 1003)
    assert api.accounting("users/clients").status_code == 200
    assert freshbooks.switches.payments_touch_invoices is True
    assert (knobs["drop"], knobs["waiting"]) == (0.5, 0)


def test_access_tokens_are_ended_from_outside_and_the_refresh_token_lives_on(
    control, api, freshbooks
):
    token = freshbooks.grant()
    control("expire")
    app = freshbooks.app
    fields = {
        "grant_type": "refresh_token",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": app.redirect_uris[0],
        "refresh_token": token["refresh_token"],
    }

    assert api.accounting("users/clients").status_code == 401
    assert api.call("POST", "/auth/oauth/token", data=fields).status_code == 200


def test_deliveries_are_settled_and_looked_at_from_outside(control, api):
    api.callbacks("", "POST", json={"callback": {"event": "client", "uri": "https://h.example/"}})

    settled = control("deliveries/settle", timeout=2)
    attempts = api.call("GET", "/_sandbox/deliveries/attempts").json()
    callbacks = api.call("GET", "/_sandbox/callbacks").json()

    assert settled == {"settled": True, "waiting": 0, "sending": 0, "held": 0}
    assert [one["name"] for one in attempts] == ["callback.verify"]
    assert len(callbacks[0]["verifier"]) >= 31


@pytest.mark.parametrize(
    ("path", "arguments", "status"),
    [
        ("books/drop_table", {}, 404),
        ("books/_insert", {}, 404),
        ("nothing", {}, 404),
        ("books/create_client", {"nonsense": 1}, 400),
        ("books/edit_client", {"client": 1, "organization": "X"}, 400),
        ("books/pay_invoice", {}, 400),
        ("grant", {"scopes": "user:cake:read"}, 400),
        ("switches", {"cake": True}, 400),
    ],
)
def test_what_cannot_be_done_is_said(api, path, arguments, status):
    response = api.call("POST", f"/_sandbox/{path}", json=arguments)

    assert response.status_code == status
    assert response.json()["error"]


def submit(api, operation, **fields):
    return api.call("POST", f"/_sandbox/forms/{operation}", data=fields, allow_redirects=False)


def test_a_person_creates_edits_pays_deletes_and_restores_by_forms(api, books):
    submit(api, "create_client", organization="Åse & Sønner", currency_code="NOK")
    client = books.records("client")[0]
    submit(api, "create_invoice", customerid=client["id"], name="Fish", qty="2", unit_cost="10")
    invoice = books.records("invoice")[0]["id"]
    submit(api, "send_invoice", id=invoice)
    submit(api, "edit_invoice", id=invoice, name="Fish", qty="3", unit_cost="10")
    submit(api, "pay_invoice", id=invoice, amount="12")
    shown = books.record("invoice", invoice)
    submit(api, "delete_invoice", id=invoice)
    deleted = books.record("invoice", invoice)["vis_state"]
    back = submit(api, "restore_invoice", id=invoice)
    page = api.call("GET", "/_sandbox/")

    assert shown["outstanding"] == {"amount": "18.00", "code": "NOK"}
    assert (deleted, books.record("invoice", invoice)["vis_state"]) == (1, 0)
    assert (back.status_code, back.headers["Location"][:11]) == (303, "/_sandbox/?")
    assert page.text.count("Åse &amp; Sønner") == 2
    assert "Åse & Sønner" not in page.text
    assert "18.00 NOK" in page.text


def test_the_page_says_why_something_was_not_done(api):
    answer = submit(api, "create_invoice", customerid="1")

    assert "Not+done" in answer.headers["Location"]
    assert submit(api, "drop_table").status_code == 404


def test_the_page_offers_every_form_it_takes(api, an_invoice):
    an_invoice()

    page = api.call("GET", "/_sandbox/").text

    offered = set(re.findall(r'action="/_sandbox/forms/(\w+)"', page))
    assert offered >= {"create_client", "create_invoice", "edit_client", "edit_invoice"}
    assert offered >= {"send_invoice", "pay_invoice", "delete_client", "delete_invoice"}
