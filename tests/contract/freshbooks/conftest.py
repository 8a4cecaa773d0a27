"""A FreshBooks in-process, a clock and an inbox to watch it with, and one over loopback.

Never shared with other folders.
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
import requests

from sandbox.freshbooks import FreshBooks
from sandbox.web import InProcess, serve

ORIGIN = "https://api.freshbooks.test"


class Clock:
    """A clock that moves when told; it starts on a winter evening, in UTC already tomorrow."""

    def __init__(self):
        self.now = datetime(2026, 1, 15, 2, 30, 0, 123456, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, **duration):
        self.now += timedelta(**duration)


class Inbox:
    """Where webhooks arrive: keeps each and answers `status`, or raises it."""

    def __init__(self):
        self.status = 200
        self.posts = []

    def __call__(self, url, body, headers):
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        self.posts.append({"url": url, "fields": fields, "headers": headers})
        if isinstance(self.status, Exception):
            raise self.status
        return self.status

    @property
    def names(self):
        return [post["fields"]["name"] for post in self.posts]


class Api:
    """Plain requests with a token, on one account."""

    def __init__(self, freshbooks, inbox):
        self.inbox = inbox
        self.session = requests.Session()
        self.session.mount(ORIGIN, InProcess(freshbooks))
        self.freshbooks = freshbooks
        self.account = freshbooks.account
        self.log_in()

    def log_in(self, **grant):
        token = self.freshbooks.grant(**grant)["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, **options):
        return self.session.request(method, f"{ORIGIN}{path}", **options)

    def accounting(self, path, method="GET", **options):
        return self.call(method, f"/accounting/account/{self.account}/{path}", **options)

    def result(self, path, method="GET", **options):
        response = self.accounting(path, method, **options)
        assert response.status_code == 200, response.text
        return response.json()["response"]["result"]

    def errno(self, path, method="GET", **options):
        response = self.accounting(path, method, **options)
        return response.status_code, response.json()["response"]["errors"][0]["errno"]

    def callbacks(self, path="", method="GET", **options):
        return self.call(
            method, f"/events/account/{self.account}/events/callbacks{path}", **options
        )

    def subscribe(self, event, uri="https://hooks.example/fb/1"):
        """Register a callback, and prove it with the code that its address was sent."""
        made = self.callbacks("", "POST", json={"callback": {"event": event, "uri": uri}})
        callback = made.json()["response"]["result"]["callback"]["callbackid"]
        self.freshbooks.deliveries.run_pending()
        verifier = self.inbox.posts[-1]["fields"]["verifier"]
        proven = self.callbacks(f"/{callback}", "PUT", json={"callback": {"verifier": verifier}})
        assert proven.json()["response"]["result"]["callback"]["verified"] is True
        self.inbox.posts.clear()
        return callback, verifier


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def freshbooks(clock, inbox):
    return FreshBooks(clock=clock, send=inbox, background=False)


@pytest.fixture
def books(freshbooks):
    return freshbooks.books


@pytest.fixture
def api(freshbooks, inbox):
    made = Api(freshbooks, inbox)
    with made.session:
        yield made


@pytest.fixture
def deliver(freshbooks):
    return freshbooks.deliveries.run_pending


@pytest.fixture
def client(books):
    return books.create_client(organization="Nordlys Fiber AS", email="ap@nordlys.example")


@pytest.fixture
def an_invoice(books, client):
    """Make a sent invoice of one line."""

    def make(amount="100.00", **fields):
        line = {"name": "Survey", "qty": 1, "unit_cost": amount}
        return books.create_invoice(
            fields.pop("customerid", client["id"]), [line], **{"sent": True, **fields}
        )

    return make


class Stage:
    """An address that stays while the simulator behind it changes from test to test."""

    def __init__(self):
        self.app = None

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


@pytest.fixture(scope="session")
def stage():
    stage = Stage()
    with serve(stage) as address:
        yield stage, address


@pytest.fixture
def served(stage):
    """A FreshBooks over loopback that posts to whoever listens; yields it and its address."""
    place, address = stage
    place.app = simulator = FreshBooks()
    simulator.deliveries.set(retries=[0.05, 0.05], extras=0.0)
    yield simulator, address
    simulator.close()
