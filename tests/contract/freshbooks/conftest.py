"""A FreshBooks in-process, a clock and an inbox to watch it with, and one over loopback.

Never shared with other folders.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
import requests

from sandbox.freshbooks import FreshBooks
from sandbox.freshbooks.books import Books
from sandbox.web import InProcess, serve

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ORIGIN = "https://api.freshbooks.test"


class Clock:
    """A clock that moves when told; it starts on a winter evening, in UTC already tomorrow."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 2, 30, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class Inbox:
    """Where webhooks arrive: keeps each and answers `status`, or raises it."""

    def __init__(self) -> None:
        self.status: int | Exception = 200
        self.posts: list[dict[str, Any]] = []

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        self.posts.append({"url": url, "fields": fields, "headers": headers})
        if isinstance(self.status, Exception):
            raise self.status
        return self.status

    @property
    def names(self) -> list[str]:
        return [post["fields"]["name"] for post in self.posts]


class Api:
    """Plain requests with a token, on one account."""

    def __init__(self, freshbooks: FreshBooks, inbox: Inbox) -> None:
        self.inbox = inbox
        self.session = requests.Session()
        self.session.mount(ORIGIN, InProcess(freshbooks))
        self.freshbooks = freshbooks
        self.account = freshbooks.account
        self.log_in()

    def log_in(self, **grant: Any) -> None:
        token = self.freshbooks.grant(**grant)["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{ORIGIN}{path}", **options)

    def accounting(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        return self.call(method, f"/accounting/account/{self.account}/{path}", **options)

    def result(self, path: str, method: str = "GET", **options: Any) -> Any:
        response = self.accounting(path, method, **options)
        assert response.status_code == 200, response.text
        return response.json()["response"]["result"]

    def errno(self, path: str, method: str = "GET", **options: Any) -> tuple[int, int]:
        response = self.accounting(path, method, **options)
        return response.status_code, response.json()["response"]["errors"][0]["errno"]

    def callbacks(self, path: str = "", method: str = "GET", **options: Any) -> requests.Response:
        return self.call(
            method, f"/events/account/{self.account}/events/callbacks{path}", **options
        )

    def subscribe(self, event: str, uri: str = "https://hooks.example/fb/1") -> tuple[int, str]:
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
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def freshbooks(clock: Clock, inbox: Inbox) -> FreshBooks:
    return FreshBooks(clock=clock, send=inbox, background=False)


@pytest.fixture
def books(freshbooks: FreshBooks) -> Books:
    return freshbooks.books


@pytest.fixture
def api(freshbooks: FreshBooks, inbox: Inbox) -> Iterator[Api]:
    made = Api(freshbooks, inbox)
    with made.session:
        yield made


@pytest.fixture
def deliver(freshbooks: FreshBooks) -> Callable[[], int]:
    return freshbooks.deliveries.run_pending


@pytest.fixture
def client(books: Books) -> dict[str, Any]:
    return books.create_client(organization="Nordlys Fiber AS", email="ap@nordlys.example")


@pytest.fixture
def an_invoice(books: Books, client: Mapping[str, Any]) -> Callable[..., dict[str, Any]]:
    """Make a sent invoice of one line."""

    def make(amount: str = "100.00", **fields: Any) -> dict[str, Any]:
        line = {"name": "Survey", "qty": 1, "unit_cost": amount}
        return books.create_invoice(
            fields.pop("customerid", client["id"]), [line], **{"sent": True, **fields}
        )

    return make


class Stage:
    """An address that stays while the simulator behind it changes from test to test."""

    def __init__(self) -> None:
        self.app: WSGIApplication | None = None

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    stage = Stage()
    with serve(stage) as address:
        yield stage, address


@pytest.fixture
def served(stage: tuple[Stage, str]) -> Iterator[tuple[FreshBooks, str]]:
    """A FreshBooks over loopback that posts to whoever listens; yields it and its address."""
    place, address = stage
    place.app = simulator = FreshBooks()
    simulator.deliveries.set(retries=[0.05, 0.05], extras=0.0)
    yield simulator, address
    simulator.close()
