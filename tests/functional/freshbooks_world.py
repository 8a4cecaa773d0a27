"""A FreshBooks under the real adapter, with what goes over the wire in view.

Never waits: pauses are noted instead.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import requests

from sandbox.control import Controlled
from sandbox.freshbooks import FreshBooks
from sandbox.web import InProcess, json_response
from shared.adapters.freshbooks.accounting import FreshBooksApi
from shared.adapters.http.transport import Transport
from shared.core.identity import Kind

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = "https://api.freshbooks.test"
LISTS = {
    Kind.CLIENT: "GET /accounting/account/*/users/clients",
    Kind.INVOICE: "GET /accounting/account/*/invoices/invoices",
}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Wire:
    """What the service sees, and how a query may be meddled with on the way."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app
        self.seen: list[tuple[str, str | None, str]] = []
        self.ignored: set[str] = set()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self.seen.append(
            (environ["REQUEST_METHOD"], environ.get("CONTENT_TYPE"), environ["QUERY_STRING"])
        )
        pairs = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
        environ["QUERY_STRING"] = urlencode([pair for pair in pairs if pair[0] not in self.ignored])
        return self.app(environ, start_response)


class World:
    """A FreshBooks under the real adapter."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.freshbooks = FreshBooks(clock=self.clock, background=False)
        self.books = self.freshbooks.books
        self.account = self.freshbooks.account
        self.control = Controlled(self.freshbooks)
        self.wire = Wire(self.control)
        self.slept: list[float] = []
        self.renewals = 0
        self.token: str = self.freshbooks.grant()["access_token"]
        self.api = FreshBooksApi(self.transport(self.wire), lambda _account: self.authorize)

    def transport(self, app: "WSGIApplication") -> Transport:
        session = requests.Session()
        session.mount(ADDRESS, InProcess(app))
        return Transport(
            service="FreshBooks",
            base_url=ADDRESS,
            timeout=(5, 30),
            session=session,
            sleep=self.slept.append,
        )

    def authorize(self, rejected: str | None) -> str:
        if rejected == self.token:
            self.renewals += 1
            self.token = self.freshbooks.grant()["access_token"]
        return self.token

    def client(self, **fields: Any) -> int:
        made = self.books.create_client(**{"organization": "Aster Works", **fields})
        return int(made["id"])

    def invoice(
        self, client: int, amount: str = "100.00", *, sent: bool = True, **fields: Any
    ) -> int:
        lines = [{"name": "Consulting", "qty": "1", "unit_cost": amount}]
        return int(self.books.create_invoice(client, lines, sent=sent, **fields)["id"])

    def ids(self, kind: Kind, **options: Any) -> list[int]:
        return [record.id for record in self.api.list_records(self.account, kind, **options)]


def answering(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> FreshBooksApi:
    """An adapter whose FreshBooks always answers the same."""
    session = requests.Session()
    session.mount(ADDRESS, InProcess(json_response(body, status=status, headers=headers)))
    transport = Transport(service="FreshBooks", base_url=ADDRESS, timeout=(5, 30), session=session)
    return FreshBooksApi(transport, lambda _account: lambda _rejected: "token")
