"""FreshBooks as a WSGI app: which request goes where, who may make it, and how a refusal reads.

Never holds records, tokens or webhooks; it wires those who do.
"""

import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox.freshbooks import accounting, errors
from sandbox.freshbooks.accounting import Accounting
from sandbox.freshbooks.auth import Auth
from sandbox.freshbooks.books import Books
from sandbox.freshbooks.businesses import Business, Identity, users_me
from sandbox.freshbooks.callbacks import Callback, Callbacks
from sandbox.freshbooks.consent import consent
from sandbox.freshbooks.deliveries import Deliveries, Send
from sandbox.freshbooks.errors import RefusedError
from sandbox.freshbooks.events import Events
from sandbox.freshbooks.limits import RateHeaders
from sandbox.freshbooks.oauth import App, OAuth, OAuthError, Token
from sandbox.freshbooks.refusals import Refusals
from sandbox.freshbooks.remote import Remote
from sandbox.freshbooks.switches import Switches
from sandbox.freshbooks.webhook import event_form, handshake_form
from sandbox.web import json_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WEBHOOK_TIMEOUT = 10

_ROUTES = Map(
    [
        Rule("/oauth/authorize", endpoint="authorize"),
        Rule("/service/auth/oauth/authorize", endpoint="authorize"),
        *(
            Rule(f"{base}/oauth/{name}", endpoint=name, methods=["POST"])
            for base in ("/auth", "/service/auth")
            for name in ("token", "revoke", "introspect")
        ),
        Rule("/.well-known/oauth-authorization-server", endpoint="metadata"),
        Rule("/auth/api/v1/users/me", endpoint="me", methods=["GET"]),
        Rule("/accounting/account/<account>/<family>/<name>", endpoint="accounting"),
        Rule("/accounting/account/<account>/<family>/<name>/<int:record>", endpoint="accounting"),
        Rule("/events/account/<account>/events/callbacks", endpoint="events"),
        Rule("/events/account/<account>/events/callbacks/<int:record>", endpoint="events"),
    ],
    strict_slashes=False,
)


class FreshBooks:
    """The simulator.

    Attributes:
        books: changes what FreshBooks holds.
        oauth: applications and tokens.
        callbacks: webhook registrations.
        deliveries: webhooks under way, and their disturbances.
        switches: what the public sources leave open.
        owner: the first person, an owner of the first business.
        refuse: lets the next accounting requests be refused; see `Refusals.add`.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: int = 0,
        send: Send | None = None,
        app: App | None = None,
        background: bool = True,
    ) -> None:
        """Open a FreshBooks with one person, one business and one application.

        Args:
            clock: the aware time it is.
            seed: decides ids that are drawn, codes, field orders and disturbances.
            send: posts one webhook and returns the status; raising is a failed delivery.
            app: the application that is registered in the developer portal.
            background: deliver from threads; off, `deliveries.run_pending()` does it.
        """
        self.switches = Switches()
        self.oauth = OAuth(clock=clock, seed=seed, switches=self.switches)
        self.app = self.oauth.register(app or App())
        self.deliveries = Deliveries(
            clock=clock, send=send or http_send, seed=seed, background=background
        )
        self.callbacks = Callbacks(
            clock=clock, seed=seed, switches=self.switches, handshake=self._handshake
        )
        self.books = Books(clock=clock, seed=seed, switches=self.switches, notify=self._notify)
        self.owner = self.books.create_identity()
        self.books.create_business()
        self._accounting = Accounting(self.books)
        self._events = Events(self.callbacks)
        self._auth = Auth(self.oauth)
        self._rates = RateHeaders(clock)
        self._clock = clock
        self._refusals = Refusals()
        self.refuse = self._refusals.add
        self._remote = Remote(
            books=self.books,
            callbacks=self.callbacks,
            deliveries=self.deliveries,
            oauth=self.oauth,
            switches=self.switches,
            grant=self.grant,
            refuse=self.refuse,
        )

    @property
    def account(self) -> str:
        """Return the account id of the first business."""
        return self.books.business(None).account_id

    def grant(
        self, *, scopes: str | None = None, identity: int | None = None, app: App | None = None
    ) -> dict[str, Any]:
        """Return a token response as if a person had just consented.

        Like any new consent, it kills that person's older refresh token for the application.
        """
        chosen = app or self.app
        granted = self.oauth.scopes(chosen, scopes or "")
        return self.oauth.grant(chosen, identity or self.owner.id, granted)

    def close(self) -> None:
        """Stop delivering."""
        self.deliveries.close()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        if request.path.startswith("/_sandbox"):
            return self._remote.answer(request)(environ, start_response)
        try:
            endpoint, values = _ROUTES.bind_to_environ(environ).match()
            response = self._answer(request, endpoint, dict(values))
        except OAuthError as refusal:
            response = json_response(refusal.body, status=refusal.status)
        except HTTPException as refusal:
            # A path that is none: a bare status, as a swapped kind of id gets.
            response = Response(status=refusal.code or 404)
        response.headers["Date"] = http_date(self._clock())
        return response(environ, start_response)

    def _answer(self, request: Request, endpoint: str, values: dict[str, Any]) -> Response:
        if endpoint == "authorize":
            return consent(request, self.oauth, list(self.books.identities.values()))
        if endpoint in {"token", "revoke", "introspect", "metadata"}:
            answered: Response = getattr(self._auth, endpoint)(request)
            return answered
        try:
            response = self._api(request, endpoint, values)
        except RefusedError as error:
            return self._refused(request, endpoint, error)
        if self.switches.rate_limit_headers:
            token = request.headers.get("Authorization", "")
            response.headers.update(self._rates.next(token, self.switches.rate_limit))
        return response

    def _api(self, request: Request, endpoint: str, values: dict[str, Any]) -> Response:
        if endpoint == "me":
            token = self._token(request)
            identity = self.books.identities[token.identity]
            return json_response(users_me(identity, list(self.books.businesses.values())))
        # An unknown account is told even to those who are not logged in.
        business = self.books.business(values["account"])
        token = self._token(request)
        member = business.members.get(token.identity)
        if member is None:
            raise RefusedError(403, 1003, "Permission Denied")
        with self.books.acting(self.books.identities[token.identity]):
            if endpoint == "events":
                if member.role == "client":
                    raise RefusedError(403, 403, "Permission Denied")
                return self._events.answer(
                    request, business.account_id, values.get("record"), token.scopes
                )
            own = member.userid if member.role == "client" else None
            return self._account(request, business, token, values, own)

    def _account(
        self,
        request: Request,
        business: Business,
        token: Token,
        values: dict[str, Any],
        own_client: int | None,
    ) -> Response:
        path = f"{values['family']}/{values['name']}"
        if path in accounting.REFUSED_IN_200:
            errno, message = accounting.REFUSED_IN_200[path]
            raise RefusedError(200, errno, message)
        kind = accounting.PATHS.get(path)
        if kind is None:
            raise RefusedError(404, 404, "Requested resource could not be found.")
        verb = "read" if request.method == "GET" else "write"
        _refuse_missing(f"user:{accounting.SCOPES[kind]}:{verb}", token)
        self._refusals.check(request.path)
        return self._accounting.answer(
            request, kind, business.account_id, values.get("record"), own_client=own_client
        )

    def _token(self, request: Request) -> Token:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        token = self.oauth.holder(text) if kind.lower() == "bearer" else None
        if token is None:
            raise errors.unauthenticated()
        return token

    def _refused(self, request: Request, endpoint: str, error: RefusedError) -> Response:
        if endpoint == "events":
            return json_response(errors.events_body(error), status=error.status)
        if endpoint == "me":
            return json_response(errors.UNAUTHENTICATED, status=error.status)
        body = errors.accounting_body(error, version=request.headers.get("X-API-VERSION"))
        hidden = any(re.search(path, request.path) for path in self.switches.errors_in_200)
        return json_response(body, status=200 if hidden else error.status)

    def _handshake(self, callback: Callback) -> None:
        business = self.books.businesses[callback.account]
        form = handshake_form(business, callback.id, callback.verifier)
        self.deliveries.handshake(callback, form, at_once=self.switches.handshake_first)

    def _notify(self, business: Business, event: str, record: int, actor: Identity) -> None:
        for callback in self.callbacks.of(business.account_id, event):
            if callback.verified:
                full = self.switches.noun_events_name_the_verb or callback.event == event
                name = event if full else callback.event
                self.deliveries.event(callback, event_form(business, name, record, actor))


def _refuse_missing(scope: str, token: Token) -> None:
    """Refuse a request whose scope the token lacks; both sides are named."""
    if scope not in token.scopes:
        text = f"Insufficient scope. Required: {scope}. Given: {' '.join(token.scopes)}."
        raise RefusedError(403, 1003, text)


_sessions = threading.local()


def http_send(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post one webhook: ten seconds, no redirects; the answer's body does not matter."""
    session = getattr(_sessions, "session", None)
    if session is None:
        session = _sessions.session = requests.Session()
    with session.post(
        url, data=body, headers=headers, timeout=WEBHOOK_TIMEOUT, allow_redirects=False
    ) as response:
        return int(response.status_code)
