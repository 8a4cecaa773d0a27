"""Deliveries: what is sent to whom, how it is signed, and what goes wrong on the way.

Never how callbacks are made.
"""

import base64
import hashlib
import hmac
import json
import threading
from urllib.parse import parse_qsl

import pytest

from sandbox.freshbooks import FreshBooks
from sandbox.freshbooks.webhook import sign
from sandbox.web import serve


@pytest.fixture(autouse=True)
def plain(freshbooks):
    freshbooks.deliveries.set(extras=0.0)


def test_a_delivery_names_the_record_and_carries_no_data(api, books, inbox, deliver):
    api.subscribe("invoice.create")
    client = books.create_client(organization="X")

    invoice = books.create_invoice(client["id"], [{"unit_cost": "1"}])
    deliver()

    (post,) = inbox.posts
    business = books.business(None)
    assert post["fields"] == {
        "name": "invoice.create",
        "object_id": str(invoice["id"]),
        "account_id": business.account_id,
        "business_id": str(business.id),
        "identity_id": str(next(iter(books.identities))),
        "user_id": "1",
    }


def test_a_delivery_is_signed_with_its_callbacks_code_over_the_fields_as_sent(
    api, books, inbox, deliver
):
    verifiers = {}
    for event in ("client", "client.create"):
        uri = f"https://hooks.example/{event}"
        verifiers[uri] = api.subscribe(event, uri)[1]

    books.create_client(organization="X")
    deliver()

    assert len(inbox.posts) == 2
    for post in inbox.posts:
        message = "{" + ", ".join(f'"{k}": "{v}"' for k, v in post["fields"].items()) + "}"
        key = verifiers[post["url"]].encode()
        expected = base64.b64encode(hmac.digest(key, message.encode(), hashlib.sha256)).decode()
        assert post["headers"]["X-FreshBooks-Hmac-SHA256"] == expected


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (
            "name=client.update&object_id=177864&user_id=1&account_id=FrEsHb",
            "uQL7Cy82JtV4RlsEowUZ+hm4cziC6LYjxuKj1cqLqHM=",
        ),
        (
            "name=invoice.update&object_id=77&system=https%3A%2F%2Fthumbworks.freshbooks.com",
            "jspMQrBYVDGCxp/8opXKaxyWivFGI0Jk/r/c8utHy+A=",
        ),
        (
            "name=invoice.update&object_id=1&identity_id=&account_id=xazq5",
            "tpRmI9Kauep1m2z4NQ2RzzBluIsSVGw9o2NKn1+UMMM=",
        ),
    ],
)
def test_signatures_agree_with_vectors_computed_elsewhere(body, signature):
    fields = dict(parse_qsl(body, keep_blank_values=True))

    assert sign(fields, "UWQfd9zCzxmVwFZWKqqKwLxqz8gvzGdAn") == signature


def test_the_handshake_is_signed_with_the_code_it_carries(api, inbox, deliver):
    api.callbacks("", "POST", json={"callback": {"event": "client", "uri": "https://h.example/"}})
    deliver()

    (post,) = inbox.posts
    signed = sign(post["fields"], post["fields"]["verifier"])
    assert post["headers"]["X-FreshBooks-Hmac-SHA256"] == signed


def test_the_order_of_fields_varies_and_extra_fields_turn_up(
    api, books, inbox, deliver, freshbooks
):
    _, verifier = api.subscribe("client")
    freshbooks.deliveries.set(extras=0.5)

    for _ in range(20):
        books.create_client(organization="X")
    deliver()

    orders = {tuple(post["fields"]) for post in inbox.posts}
    extras = {post["fields"].get("verified") for post in inbox.posts}
    assert len(orders) > 5
    assert extras == {None, verifier}
    for post in inbox.posts:
        assert post["headers"]["X-FreshBooks-Hmac-SHA256"] == sign(post["fields"], verifier)


def test_nothing_is_delivered_before_the_code_came_back(api, books, inbox, deliver):
    api.callbacks("", "POST", json={"callback": {"event": "client", "uri": "https://h.example/"}})
    books.create_client(organization="X")
    deliver()

    assert inbox.names == ["callback.verify"]


def test_what_changed_before_the_proof_is_not_delivered_after_it(
    api, books, inbox, deliver, freshbooks
):
    callback = freshbooks.callbacks.create(api.account, "client", "https://h.example/")
    books.create_client(organization="X")
    freshbooks.callbacks.verify(callback, callback.verifier)
    deliver()

    assert inbox.names == ["callback.verify"]


def test_what_waits_for_a_callback_that_is_deleted_is_not_delivered(api, books, inbox, deliver):
    callback, _ = api.subscribe("client")

    books.create_client(organization="X")
    api.callbacks(f"/{callback}", "DELETE")
    deliver()

    assert inbox.posts == []


@pytest.mark.parametrize(("verb", "name"), [(True, "client.create"), (False, "client")])
def test_a_bare_noun_hears_of_every_verb_under_either_name(
    api, books, inbox, deliver, freshbooks, verb, name
):
    freshbooks.switches.noun_events_name_the_verb = verb
    api.subscribe("client")

    client = books.create_client(organization="X")
    books.edit_client(client["id"], organization="Y")
    books.delete_client(client["id"])
    deliver()

    assert len(inbox.posts) == 3
    assert inbox.names[0] == name


def test_one_verb_does_not_hear_of_the_others(api, books, inbox, deliver, client):
    api.subscribe("client.delete")

    books.edit_client(client["id"], organization="Y")
    books.delete_client(client["id"])
    deliver()

    assert inbox.names == ["client.delete"]


def test_every_kind_of_change_fires_its_event(api, books, inbox, deliver, client, an_invoice):
    for noun in ("invoice", "payment", "client", "expense", "category"):
        api.subscribe(noun, f"https://hooks.example/{noun}")

    invoice = an_invoice("10.00")
    books.send_invoice(invoice["id"])
    payment = books.pay_invoice(invoice["id"], "12.00")
    books.edit_payment(payment["id"], note="n")
    books.delete_invoice(invoice["id"])
    books.restore_invoice(invoice["id"])
    books.archive_client(client["id"])
    expense = books.create_expense("3.00")
    books.edit_expense(expense["id"], notes="n")
    books.delete_expense(expense["id"])
    category = books.create_category("Ferries")
    books.edit_category(category["id"], name="Boats")
    deliver()

    assert inbox.names == [
        "invoice.create",
        "invoice.update",
        "invoice.sendByEmail",
        "payment.create",
        "payment.create",  # the credit that the overpayment became
        "payment.update",
        "invoice.delete",
        "invoice.update",
        "client.update",
        "expense.create",
        "expense.update",
        "expense.delete",
        "category.create",
        "category.update",
    ]


@pytest.mark.parametrize(
    ("touches", "events"),
    [(False, ["payment.create"]), (True, ["payment.create", "invoice.update"])],
)
def test_a_payment_fires_invoice_update_only_by_switch(
    api, books, inbox, deliver, freshbooks, an_invoice, touches, events
):
    freshbooks.switches.payments_touch_invoices = touches
    invoice = an_invoice()
    api.subscribe("invoice")
    api.subscribe("payment")

    books.pay_invoice(invoice["id"], "1.00")
    deliver()

    assert inbox.names == events


def test_time_alone_fires_nothing(api, inbox, deliver, an_invoice, clock):
    an_invoice()
    api.subscribe("invoice")

    clock.forward(days=40)
    deliver()

    assert inbox.posts == []


def test_a_change_over_rest_fires_too_and_names_who_made_it(api, books, inbox, deliver):
    api.subscribe("client")
    second = books.create_identity(email="second@example.org")
    books.business(None).members[second.id] = next(iter(books.business(None).members.values()))
    api.log_in(identity=second.id)

    api.result("users/clients", "POST", json={"client": {"organization": "X"}})
    deliver()

    assert inbox.names == ["client.create"]
    assert inbox.posts[0]["fields"]["identity_id"] == str(second.id)


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_2xx_is_success(api, books, inbox, deliver, clock, status):
    api.subscribe("client")
    inbox.status = status

    books.create_client(organization="X")
    deliver()
    clock.forward(hours=1)
    deliver()

    assert len(inbox.posts) == 1


@pytest.mark.parametrize("status", [301, 308, 401, 410, 500, ConnectionError("reset")])
def test_anything_else_is_retried_several_times_and_then_dropped(
    api, books, inbox, deliver, clock, freshbooks, status
):
    freshbooks.deliveries.set(retries=[1, 5])
    api.subscribe("client")
    inbox.status = status

    books.create_client(organization="X")
    sent = []
    for _ in range(5):
        deliver()
        sent.append(len(inbox.posts))
        clock.forward(seconds=5)

    assert sent == [1, 2, 3, 3, 3]
    assert len({json.dumps(post["fields"]) for post in inbox.posts}) == 1


def test_a_retry_waits_for_its_time(api, books, inbox, deliver, clock, freshbooks):
    freshbooks.deliveries.set(retries=[60])
    api.subscribe("client")
    inbox.status = 500

    books.create_client(organization="X")
    deliver()
    clock.forward(seconds=59)
    deliver()
    early = len(inbox.posts)
    clock.forward(seconds=1)
    deliver()

    assert (early, len(inbox.posts)) == (1, 2)


def test_long_failure_disables_a_callback_until_it_is_proven_again(
    api, books, inbox, deliver, clock, freshbooks
):
    freshbooks.deliveries.set(retries=[], disable_after=3600)
    callback, verifier = api.subscribe("client")
    inbox.status = 500
    for _ in range(3):
        books.create_client(organization="X")
        deliver()
        clock.forward(minutes=40)

    shown = api.callbacks(f"/{callback}").json()["response"]["result"]["callback"]
    inbox.posts.clear()
    inbox.status = 200
    books.create_client(organization="unheard")
    deliver()
    unheard = list(inbox.posts)
    api.callbacks(f"/{callback}", "PUT", json={"callback": {"resend": True}})
    deliver()
    api.callbacks(f"/{callback}", "PUT", json={"callback": {"verifier": verifier}})
    books.create_client(organization="heard")
    deliver()

    assert shown["verified"] is False
    assert unheard == []
    assert inbox.names == ["callback.verify", "client.create"]


def test_a_success_in_between_ends_the_run_of_failures(
    api, books, inbox, deliver, clock, freshbooks
):
    freshbooks.deliveries.set(retries=[], disable_after=3600)
    callback, _ = api.subscribe("client")
    for status in (500, 200, 500, 200, 500):
        inbox.status = status
        books.create_client(organization="X")
        deliver()
        clock.forward(minutes=40)

    shown = api.callbacks(f"/{callback}").json()["response"]["result"]["callback"]
    assert shown["verified"] is True


def test_deliveries_can_be_dropped_and_duplicated_one_by_one(
    api, books, inbox, deliver, freshbooks
):
    api.subscribe("client")
    freshbooks.deliveries.set(drop_next=1, duplicate_next=1)

    dropped, doubled, plain = (books.create_client(organization=n)["id"] for n in "abc")
    deliver()

    seen = [int(post["fields"]["object_id"]) for post in inbox.posts]
    assert dropped not in seen
    assert seen == [doubled, doubled, plain]


def test_deliveries_can_be_dropped_and_duplicated_by_share(api, books, inbox, deliver, freshbooks):
    api.subscribe("client")
    freshbooks.deliveries.set(drop=0.3, duplicate=0.3)

    made = [books.create_client(organization="X")["id"] for _ in range(100)]
    deliver()

    counts = [sum(post["fields"]["object_id"] == str(one) for post in inbox.posts) for one in made]
    assert 15 < counts.count(0) < 45
    assert 8 < counts.count(2) < 40
    assert set(counts) == {0, 1, 2}


@pytest.mark.parametrize("knobs", [{"reorder": True}, {"delay": 30.0}])
def test_deliveries_can_overtake_each_other(api, books, inbox, deliver, freshbooks, clock, knobs):
    api.subscribe("client")
    freshbooks.deliveries.set(**knobs)

    made = [books.create_client(organization="X")["id"] for _ in range(20)]
    clock.forward(seconds=30)
    deliver()

    seen = [int(post["fields"]["object_id"]) for post in inbox.posts]
    assert sorted(seen) == made
    assert seen != made


@pytest.mark.parametrize(("disturbs", "arrived"), [(False, 1), (True, 0)])
def test_handshakes_are_spared_unless_told_otherwise(
    freshbooks, api, inbox, deliver, disturbs, arrived
):
    freshbooks.deliveries.set(drop=1.0, disturb_handshakes=disturbs)

    api.callbacks("", "POST", json={"callback": {"event": "client", "uri": "https://h.example/"}})
    deliver()

    assert len(inbox.posts) == arrived


def test_held_deliveries_wait_for_their_release(api, books, inbox, deliver, freshbooks):
    api.subscribe("client")
    freshbooks.deliveries.set(hold=True)
    books.create_client(organization="X")
    deliver()
    held, under_way = list(inbox.posts), freshbooks.deliveries.under_way()

    freshbooks.deliveries.release()
    deliver()

    assert (held, under_way["held"]) == ([], 1)
    assert inbox.names == ["client.create"]


def test_a_knob_that_does_not_exist_is_refused(freshbooks):
    with pytest.raises(ValueError, match="no such setting: speed"):
        freshbooks.deliveries.set(speed=9)


def test_the_same_seed_disturbs_the_same_way(clock):
    def run(seed):
        seen = []

        def send(_url, body, _headers):
            seen.append(body)
            return 200

        freshbooks = FreshBooks(clock=clock, send=send, seed=seed, background=False)
        callback = freshbooks.callbacks.create(freshbooks.account, "client", "https://h.example")
        freshbooks.callbacks.verify(callback, callback.verifier)
        freshbooks.deliveries.set(drop=0.3, duplicate=0.3)
        for _ in range(20):
            freshbooks.books.create_client(organization="X")
        freshbooks.deliveries.run_pending()
        return seen

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_in_the_background_a_change_returns_at_once_and_settle_waits_for_its_webhook(api):
    arrived, gate = [], threading.Event()

    def send(_url, body, _headers):
        gate.wait(5)
        arrived.append(dict(parse_qsl(body.decode()))["name"])
        return 200

    freshbooks = FreshBooks(send=send)
    callback = freshbooks.callbacks.create(freshbooks.account, "client", "https://h.example")
    freshbooks.callbacks.verify(callback, callback.verifier)
    freshbooks.books.create_client(organization="X")
    before = list(arrived)
    settled_early = freshbooks.deliveries.settle(0.05)
    gate.set()
    settled = freshbooks.deliveries.settle(5)

    assert (before, settled_early, settled) == ([], False, True)
    assert sorted(arrived) == ["callback.verify", "client.create"]


def test_over_loopback_a_redirect_is_not_followed_and_counts_as_failure():
    paths = []

    def receiver(environ, start_response):
        paths.append(environ["PATH_INFO"])
        start_response("308 Permanent Redirect", [("Location", "/hook/"), ("Content-Length", "0")])
        return [b""]

    freshbooks = FreshBooks()
    freshbooks.deliveries.set(retries=[0.01])
    with serve(receiver) as address:
        freshbooks.callbacks.create(freshbooks.account, "client", f"{address}/hook")
        settled = freshbooks.deliveries.settle(5)
    freshbooks.close()

    assert settled
    assert paths == ["/hook", "/hook"]
    assert [one.status for one in freshbooks.deliveries.attempts] == [308, 308]
