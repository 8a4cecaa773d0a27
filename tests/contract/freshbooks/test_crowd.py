"""The simulator under many requests at once.

Never how fast it is.
"""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests

from sandbox.control import Controlled
from sandbox.freshbooks import FreshBooks
from sandbox.web import InProcess

ORIGIN = "https://api.freshbooks.test"


def test_readers_and_writers_at_once_lose_nothing(api, books):
    clients = [books.create_client(organization=f"C{n}")["id"] for n in range(5)]

    def work(number):
        client = clients[number % 5]
        invoice = books.create_invoice(client, [{"unit_cost": "10.00"}], sent=True)
        books.pay_invoice(invoice["id"], "4.00")
        params = {"search[customerid]": client, "include[]": "lines", "per_page": 100}
        api.result("invoices/invoices", params=params)
        params = {"search[updated_min]": "2026-01-01", "include[]": "outstanding_balance"}
        return api.result("users/clients", params=params)["total"]

    with ThreadPoolExecutor(16) as pool:
        totals = list(pool.map(work, range(80)))

    owed = [
        Decimal(books.record("client", one)["outstanding_balance"][0]["amount"]["amount"])
        for one in clients
    ]
    assert set(totals) == {5}
    assert owed == [Decimal("96.00")] * 5
    assert len({one["id"] for one in books.records("invoice")}) == 80


def test_one_refresh_token_used_by_many_at_once_works_for_one(api, freshbooks):
    token = freshbooks.grant()["refresh_token"]
    body = {
        "grant_type": "refresh_token",
        "client_id": freshbooks.app.client_id,
        "client_secret": freshbooks.app.client_secret,
        "redirect_uri": freshbooks.app.redirect_uris[0],
        "refresh_token": token,
    }

    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: api.call("POST", "/auth/oauth/token", data=body), range(32))
        )

    assert sorted(one.status_code for one in answers) == [200] + [400] * 31


def test_many_webhooks_in_the_background_all_arrive():
    arrived = []

    def send(_url, body, _headers):
        arrived.append(body)
        return 200

    freshbooks = FreshBooks(send=send)
    freshbooks.deliveries.set(reorder=True)
    callback = freshbooks.callbacks.create(freshbooks.account, "client", "https://h.example")
    freshbooks.callbacks.verify(callback, callback.verifier)
    for number in range(300):
        freshbooks.books.create_client(organization=f"C{number}")
    settled = freshbooks.deliveries.settle(10)
    freshbooks.close()

    assert settled
    assert len(arrived) == 301


def test_a_token_lost_on_the_way_back_is_spent_all_the_same(freshbooks, api):
    controlled = Controlled(freshbooks)
    controlled.fail(kind="drop-after", method="POST", path="/auth/oauth/token")
    token = freshbooks.grant()["refresh_token"]
    api.session.mount(ORIGIN, InProcess(controlled))
    body = {
        "grant_type": "refresh_token",
        "client_id": freshbooks.app.client_id,
        "client_secret": freshbooks.app.client_secret,
        "redirect_uri": freshbooks.app.redirect_uris[0],
        "refresh_token": token,
    }

    with pytest.raises(requests.ConnectionError, match="dropped"):
        api.call("POST", "/auth/oauth/token", data=body)
    again = api.call("POST", "/auth/oauth/token", data=body)

    assert again.json()["error"] == "invalid_grant"
