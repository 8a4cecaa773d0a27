"""The simulator under software that nobody here wrote: the Python SDK, over loopback.

Never plain requests; what the SDK cannot say is tested elsewhere.
"""

import contextlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from freshbooks import (
    Client,
    FilterBuilder,
    FreshBooksError,
    IncludesBuilder,
    PaginateBuilder,
    SortBuilder,
)
from werkzeug.wrappers import Request, Response

from sandbox.freshbooks import App
from sandbox.web import serve


def connect(simulator, address, **options):
    token = simulator.grant()
    client = Client(
        App().client_id,
        client_secret=App().client_secret,
        redirect_uri=App().redirect_uris[0],
        access_token=token["access_token"],
        refresh_token=token["refresh_token"],
        **options,
    )
    client.base_url = address
    client.token_url = f"{address}/auth/oauth/token"
    client.authorization_url = f"{address}/oauth/authorize"
    return client


@pytest.fixture
def simulator(served):
    return served[0]


@pytest.fixture
def account(simulator):
    return simulator.account


@pytest.fixture
def sdk(served):
    return connect(*served)


@contextlib.contextmanager
def receiver():
    """Listen for webhooks; yields the address and what has arrived."""
    arrived = []

    def app(environ, start_response):
        body = Request(environ).get_data(as_text=True)
        arrived.append(dict(parse_qsl(body, keep_blank_values=True)))
        return Response(status=200)(environ, start_response)

    with serve(app, threads=4) as address:
        yield address, arrived


def test_a_token_is_refreshed_and_the_old_refresh_token_is_spent(sdk):
    first = sdk.refresh_token
    fresh = sdk.refresh_access_token()

    assert fresh.refresh_token != first
    left = fresh.access_token_expires_at - datetime.now(UTC)
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
    assert sdk.current_user().email == "owner@harbourlight.example"
    with pytest.raises(FreshBooksError, match="invalid, expired, revoked"):
        sdk.refresh_access_token(first)


def test_the_identity_names_the_account(sdk, account):
    identity = sdk.current_user()

    (membership,) = identity.business_memberships.data["business_memberships"]

    assert identity.full_name == "Robin Hale"
    assert membership["business"]["account_id"] == account


def test_a_client_is_created_read_changed_and_deleted(sdk, account):
    made = sdk.clients.create(account, {"organization": "Fjord Foods", "email": "a@fjord.example"})
    changed = sdk.clients.update(account, made.id, {"note": "prefers fish"})
    sdk.clients.delete(account, made.id)
    gone = sdk.clients.get(account, made.id)

    assert changed.note == "prefers fish"
    assert gone.vis_state == 1
    assert sdk.clients.list(account).data["clients"] == []


def test_the_sdk_reads_the_time_of_a_client_as_now(sdk, account):
    made = sdk.clients.create(account, {"organization": "Fjord Foods"})

    now = datetime.now(UTC)
    for moment in (made.updated, made.signup_date):
        assert abs(now - moment.replace(tzinfo=UTC)) < timedelta(minutes=1)


def test_clients_are_filtered_and_sorted(sdk, simulator, account):
    for name in ("Baker", "Carter", "Abbott"):
        simulator.books.create_client(organization=name, email=f"{name}@x.example")

    by_email = FilterBuilder().equals("email", "Carter@x.example")
    like = FilterBuilder().like("organization_like", "e")
    ascending = SortBuilder().ascending("organization_name")

    assert [one.organization for one in sdk.clients.list(account, [by_email])] == ["Carter"]
    assert [one.organization for one in sdk.clients.list(account, [like])] == ["Baker", "Carter"]
    assert [one.organization for one in sdk.clients.list(account, [ascending])] == [
        "Abbott",
        "Baker",
        "Carter",
    ]


def test_pages_are_walked(sdk, simulator, account):
    for number in range(35):
        simulator.books.create_client(organization=f"C{number}")

    paginator, seen = PaginateBuilder(1, 10), []
    while True:
        clients = sdk.clients.list(account, [paginator])
        seen += [one.id for one in clients]
        if clients.pages.page >= clients.pages.pages:
            break
        paginator.page(clients.pages.page + 1)

    assert len(set(seen)) == 35
    assert clients.pages.pages == 4


def test_an_invoice_is_created_with_lines_and_shows_them_on_request(sdk, simulator, account):
    client = simulator.books.create_client(organization="Fjord Foods")
    line = {"name": "Fish", "qty": 3, "unit_cost": {"amount": "12.50", "code": "USD"}}
    sent = {"customerid": client["id"], "create_date": "2026-02-01", "lines": [line]}

    made = sdk.invoices.create(account, sent)
    with_lines = sdk.invoices.get(account, made.id, IncludesBuilder().include("lines"))

    assert made.data["amount"] == {"amount": "37.50", "code": "USD"}
    assert made.lines is None
    assert [one.name for one in with_lines.lines] == ["Fish"]


def test_an_invoice_is_deleted_by_the_delete_verb(sdk, simulator, account):
    client = simulator.books.create_client(organization="Fjord Foods")
    made = simulator.books.create_invoice(client["id"], [{"unit_cost": "5"}])

    sdk.invoices.delete(account, made["id"])

    assert sdk.invoices.get(account, made["id"]).vis_state == 1
    assert sdk.invoices.list(account).pages.total == 0


def test_a_payment_pays_an_invoice(sdk, simulator, account):
    client = simulator.books.create_client(organization="Fjord Foods")
    invoice = simulator.books.create_invoice(client["id"], [{"unit_cost": "40"}], sent=True)

    made = sdk.payments.create(
        account,
        {
            "amount": {"amount": "15.00"},
            "invoiceid": invoice["id"],
            "date": "2026-02-03",
            "type": "Check",
        },
    )
    paid = sdk.invoices.get(account, invoice["id"])

    assert made.clientid == client["id"]
    assert paid.v3_status == "partial"
    assert paid.data["outstanding"] == {"amount": "25.00", "code": "USD"}


def test_a_credit_note_is_created_read_changed_listed_and_deleted(sdk, simulator, account):
    client = simulator.books.create_client(organization="Fjord Foods")
    line = {"name": "Credit", "qty": 1, "unit_cost": {"amount": "150", "code": "USD"}}
    sent = {"clientid": client["id"], "credit_type": "goodwill", "lines": [line]}

    made = sdk.credit_notes.create(account, sent)
    with_lines = sdk.credit_notes.get(account, made.id, IncludesBuilder().include("lines"))
    changed = sdk.credit_notes.update(account, made.id, {"notes": "Thank you"})
    listed = list(sdk.credit_notes.list(account))
    sdk.credit_notes.delete(account, made.id)

    assert made.data["amount"] == {"amount": "150.00", "code": "USD"}
    assert [one.name for one in with_lines.lines] == ["Credit"]
    assert (changed.notes, changed.creditid) == ("Thank you", made.id)
    assert [one.creditid for one in listed] == [made.id]
    assert sdk.credit_notes.get(account, made.id).vis_state == 1
    assert sdk.credit_notes.list(account).pages.total == 0


def test_an_overpayment_is_seen_as_a_credit(sdk, simulator, account):
    client = simulator.books.create_client(organization="Fjord Foods")
    invoice = simulator.books.create_invoice(client["id"], [{"unit_cost": "40"}], sent=True)
    sent = {"amount": {"amount": "50.00"}, "invoiceid": invoice["id"], "date": "2026-02-03"}

    paid = sdk.payments.create(account, sent | {"type": "Check"})
    credits_only = FilterBuilder().equals("payment_or_credit", "credit")
    (row,) = sdk.payments.list(account, [credits_only])
    (note,) = sdk.credit_notes.list(account)
    with_credit = IncludesBuilder().include("credit_balance")
    (shown,) = sdk.clients.list(account, [with_credit]).data["clients"]

    assert (paid.overpaymentid, note.creditid) == (row.id, row.creditid)
    assert (note.credit_type, note.data["amount"]["amount"]) == ("overpayment", "10.00")
    assert shown["credit_balance"] == [{"amount": {"amount": "10.00", "code": "USD"}}]


def test_a_line_without_a_price_has_none(sdk, simulator, account):
    client = simulator.books.create_client(organization="Fjord Foods")
    line = {"name": "See the note", "qty": None, "unit_cost": None}
    made = sdk.invoices.create(account, {"customerid": client["id"], "lines": [line]})

    (shown,) = sdk.invoices.get(account, made.id, IncludesBuilder().include("lines")).lines

    assert (shown.qty, shown.unit_cost) == (None, None)


def test_an_invoice_in_another_currency_takes_its_payments_along(sdk, simulator, account):
    client = simulator.books.create_client(organization="Fjord Foods")
    invoice = simulator.books.create_invoice(client["id"], [{"unit_cost": "40"}], sent=True)
    simulator.books.pay_invoice(invoice["id"], "15.00")

    sdk.invoices.update(account, invoice["id"], {"currency_code": "EUR"})
    (payment,) = sdk.payments.list(account, [FilterBuilder().equals("invoiceid", invoice["id"])])

    assert payment.data["amount"] == {"amount": "15.00", "code": "EUR"}


def test_an_expense_and_its_category(sdk, account):
    category = next(iter(sdk.expenses_categories.list(account)))
    made = sdk.expenses.create(
        account,
        {
            "amount": {"amount": "7.10", "code": "EUR"},
            "categoryid": category.id,
            "date": "2026-02-03",
            "staffid": 1,
        },
    )

    shown = sdk.expenses.get(account, made.id, IncludesBuilder().include("category"))

    assert shown.data["amount"] == {"amount": "7.10", "code": "EUR"}
    assert shown.category.category == category.category


def test_errors_reach_the_sdk_with_number_and_message(sdk, account):
    with pytest.raises(FreshBooksError, match="Client not found") as caught:
        sdk.clients.get(account, 1)

    assert (caught.value.status_code, caught.value.error_code) == (404, 1012)


def test_an_error_inside_200_looks_like_an_empty_list_to_the_sdk(sdk, account):
    assert sdk.items.list(account).data.get("items") is None


def test_a_bad_token_is_told(served, account):
    sdk = connect(*served)
    sdk.access_token = "stale"

    with pytest.raises(FreshBooksError) as caught:
        sdk.clients.list(account)

    assert caught.value.status_code == 401


def test_a_callback_is_created_proven_repeated_and_deleted(sdk, simulator, account):
    with receiver() as (address, arrived):
        made = sdk.callbacks.create(account, {"event": "client", "uri": f"{address}/hook"})
        simulator.deliveries.settle(5)
        code = arrived[0]["verifier"]
        proven = sdk.callbacks.verify(account, made.callbackid, code)
        sdk.callbacks.resend_verification(account, made.callbackid)
        client = sdk.clients.create(account, {"organization": "Fjord Foods"})
        settled = simulator.deliveries.settle(5)
        listed = [one.callbackid for one in sdk.callbacks.list(account)]
        sdk.callbacks.delete(account, made.callbackid)

    assert made.verified is False
    assert proven.verified is True
    assert settled
    assert listed == [made.callbackid]
    later = sorted((one["name"], one["object_id"]) for one in arrived[1:])
    assert later == [
        ("callback.verify", str(made.callbackid)),
        ("client.create", str(client.id)),
    ]
    with pytest.raises(FreshBooksError, match="could not be found"):
        sdk.callbacks.get(account, made.callbackid)


def test_a_callback_for_an_unknown_event_is_refused_with_details(sdk, account):
    with pytest.raises(FreshBooksError) as caught:
        sdk.callbacks.create(account, {"event": "invoice.explode", "uri": "nowhere"})

    assert (caught.value.status_code, caught.value.error_code) == (400, 422)
    assert len(caught.value.error_details) == 2
