"""A token endpoint, a vault and leases, and processes that use them, die, stumble and pause.

Never waits: the clock is moved instead.
"""

import io
import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qs

import requests

from sandbox.control import Controlled
from sandbox.freshbooks import FreshBooks
from sandbox.web import InProcess
from shared.adapters.freshbooks.token_chain import TokenChain
from shared.adapters.freshbooks.token_endpoint import read_grant
from shared.adapters.http.transport import Transport
from shared.core.consent import code_challenge, code_verifier
from shared.core.identity import token_secret
from shared.core.tokens import TokenSet
from shared.errors import RetryLaterError
from shared.sync.ports import Leases, Secrets
from tests.memory import FakeClock, MemoryLeases, MemorySecrets

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

T = TypeVar("T")

API = "https://api.freshbooks.test"
CONNECTION = "a-connection"
VERIFIER = code_verifier("a secret", CONNECTION)
SECRET = token_secret(CONNECTION)
REDIRECT = "https://localhost:8443/api/connect/freshbooks/callback"
HALF_A_DAY = 12 * 3600


class Killed(BaseException):
    """The process is gone: nothing of it runs any more, not even its clean-up."""


class Doom:
    """Kills at the n-th step; afterwards every step of that process is dead."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.at is not None and self.steps >= self.at:
            raise Killed


class Between:
    """Stands between a process and a port and passes on what it does not meddle with."""

    def __init__(self, port: object) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


class Mortal(Between):
    """A port whose every call has a step before and a step after it."""

    def __init__(self, port: object, doom: Doom) -> None:
        super().__init__(port)
        self._doom = doom

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)

        def call(*args: Any, **options: Any) -> Any:
            self._doom.step()
            result = method(*args, **options)
            self._doom.step()
            return result

        return call


class Wire:
    """FreshBooks' token endpoint as seen from outside: what was sent and what was granted."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app
        self.forms: list[dict[str, str]] = []
        self.newest: str | None = None
        self.created_at: int | None = None
        self.before_post: Callable[[], object] = lambda: None
        self.after_post: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith("/oauth/token"):
            return self.app(environ, start_response)
        size = int(environ["CONTENT_LENGTH"])
        raw = environ["wsgi.input"].read(size)
        form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
        with self._lock:
            self.forms.append(form)
        hook, self.before_post = self.before_post, lambda: None
        hook()
        answers: list[tuple[str, list[tuple[str, str]]]] = []

        def start(
            status: str, headers: list[tuple[str, str]], *_: object
        ) -> Callable[[bytes], object]:
            answers.append((status, headers))
            return lambda _written: None

        body = self._send(environ, start, raw)
        hook, self.after_post = self.after_post, lambda: None
        hook()
        status, headers = answers[0]
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        start_response(status, headers)
        return [body]

    def _send(self, environ: "WSGIEnvironment", start: "StartResponse", raw: bytes) -> bytes:
        environ["wsgi.input"] = io.BytesIO(raw)
        body = b"".join(self.app(environ, start))
        answer = json.loads(body)
        if "refresh_token" in answer:
            self.newest = answer["refresh_token"]
            if self.created_at is not None:
                answer["created_at"] = self.created_at
        return json.dumps(answer).encode()

    def refreshes(self) -> list[str]:
        return [form["refresh_token"] for form in self.forms if "refresh_token" in form]


class World:
    """A FreshBooks, a vault and leases that outlive the processes which use them."""

    def __init__(self) -> None:
        self.clock = FakeClock(datetime(2026, 3, 10, 15, 0, tzinfo=UTC))
        self.freshbooks = FreshBooks(clock=self.clock, background=False)
        self.control = Controlled(self.freshbooks)
        self.wire = Wire(self.control)
        self.secrets = MemorySecrets()
        self.leases = MemoryLeases(self.clock)

    def process(
        self,
        *,
        doom: Doom | None = None,
        secrets: Between | None = None,
        leases: Between | None = None,
        sleep: Callable[[float], object] | None = None,
        client_secret: str | None = None,
    ) -> TokenChain:
        """Start a process: a chain with nothing in memory."""
        doom = doom or Doom()
        session = requests.Session()
        session.mount(API, InProcess(self._mortal_wire(doom)))
        app = self.freshbooks.app
        return TokenChain(
            CONNECTION,
            Transport(
                service="FreshBooks", base_url=API, timeout=(5, 30), session=session, sleep=_no_time
            ),
            # What stands between passes on the port's own calls, which no type can say.
            secrets=cast("Secrets", Mortal(secrets or self.secrets, doom)),
            leases=cast("Leases", Mortal(leases or self.leases, doom)),
            client_id=app.client_id,
            client_secret=client_secret or app.client_secret,
            redirect_uri=REDIRECT,
            clock=self.clock,
            sleep=sleep or self.clock.advance,
            random=lambda: 0.5,
        )

    def _mortal_wire(self, doom: Doom) -> "WSGIApplication":
        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            doom.step()
            chunks = self.wire(environ, start_response)
            doom.step()
            return chunks

        return answer

    def connect(self) -> TokenSet:
        """Put the tokens of a consent into the vault, as an earlier process did."""
        grant = self.freshbooks.grant()
        self.wire.newest = grant["refresh_token"]
        granted, lease = read_grant(grant, now=self.clock()), self.leases.acquire(SECRET, seconds=1)
        assert granted is not None
        assert lease is not None
        tokens = granted.model_copy(update={"generation": 1})
        self.secrets.values[SECRET] = tokens.model_dump_json()
        self.leases.give_back(lease)
        return tokens

    def code(self) -> str:
        """Consent on the page and return the code of the redirect."""
        app, owner = self.freshbooks.app, self.freshbooks.owner.id
        scopes = self.freshbooks.oauth.scopes(app, "")
        return self.freshbooks.oauth.allow(
            app, owner, scopes, REDIRECT, challenge=code_challenge(VERIFIER)
        )

    def saved(self) -> TokenSet:
        tokens = TokenSet.parse(self.secrets.values[SECRET])
        assert tokens is not None
        return tokens

    def accepts(self, access_token: str) -> bool:
        return self.freshbooks.oauth.holder(access_token) is not None


def _no_time(_seconds: float) -> None:
    return None


class Failing(Between):
    """A port that fails some calls of one method."""

    def __init__(self, port: object, method: str, *, times: int, applied: bool = False) -> None:
        super().__init__(port)
        self._method = method
        self.times, self._applied = times, applied

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)
        if name != self._method:
            return method

        def call(*args: Any, **options: Any) -> Any:
            if self.times > 0:
                self.times -= 1
                if self._applied:
                    method(*args, **options)
                raise RetryLaterError("the store is down")
            return method(*args, **options)

        return call


class Around(Between):
    """A port around whose n-th call of one method something happens."""

    def __init__(
        self, port: object, method: str, number: int, happening: Callable[[], object]
    ) -> None:
        super().__init__(port)
        self._method = method
        self._left, self._happening = number, happening


class Before(Around):
    """A port that lets something happen before the n-th call of one method."""

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._left -= 1
            if self._left == 0:
                self._happening()
        return super().__getattr__(name)


class After(Around):
    """A port that lets something happen after the n-th call of one method."""

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)
        if name != self._method:
            return method

        def call(*args: Any, **options: Any) -> Any:
            result = method(*args, **options)
            self._left -= 1
            if self._left == 0:
                self._happening()
            return result

        return call


def together(*calls: Callable[[], T]) -> list[T]:
    """Make all calls at once and return what they return."""
    gate = threading.Barrier(len(calls))

    def call(function: Callable[[], T]) -> T:
        gate.wait(timeout=10)
        return function()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))
