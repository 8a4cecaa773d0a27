"""A token endpoint, a vault and leases, and processes that use them, die, stumble and pause.

Never waits: the clock is moved instead.
"""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import parse_qs

import requests

from sandbox.control import Controlled
from sandbox.freshbooks import FreshBooks
from sandbox.web import InProcess
from shared.adapters.freshbooks.token_chain import TokenChain, token_secret
from shared.adapters.freshbooks.token_set import TokenSet, read_grant
from shared.adapters.http.transport import Transport
from shared.core.consent import code_challenge, code_verifier
from shared.errors import RetryLaterError
from tests.memory import FakeClock, MemoryLeases, MemorySecrets

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

    def __init__(self, at=None):
        self.at = at
        self.steps = 0

    def step(self):
        self.steps += 1
        if self.at is not None and self.steps >= self.at:
            raise Killed


class Mortal:
    """A port whose every call has a step before and a step after it."""

    def __init__(self, port, doom):
        self._port = port
        self._doom = doom

    def __getattr__(self, name):
        method = getattr(self._port, name)

        def call(*args, **options):
            self._doom.step()
            result = method(*args, **options)
            self._doom.step()
            return result

        return call


class Wire:
    """FreshBooks' token endpoint as seen from outside: what was sent and what was granted."""

    def __init__(self, app):
        self.app = app
        self.forms = []
        self.newest = None
        self.created_at = None
        self.before_post = self.after_post = lambda: None
        self._lock = threading.Lock()

    def __call__(self, environ, start_response):
        if not environ["PATH_INFO"].endswith("/oauth/token"):
            return self.app(environ, start_response)
        size = int(environ["CONTENT_LENGTH"])
        raw = environ["wsgi.input"].read(size)
        form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
        with self._lock:
            self.forms.append(form)
        hook, self.before_post = self.before_post, lambda: None
        hook()
        answers = []

        def start(status, headers, *_):
            answers.append((status, headers))

        body = self._send(environ, start, raw)
        hook, self.after_post = self.after_post, lambda: None
        hook()
        status, headers = answers[0]
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        start_response(status, headers)
        return [body]

    def _send(self, environ, start, raw):
        environ["wsgi.input"] = io.BytesIO(raw)
        body = b"".join(self.app(environ, start))
        answer = json.loads(body)
        if "refresh_token" in answer:
            self.newest = answer["refresh_token"]
            if self.created_at is not None:
                answer["created_at"] = self.created_at
        return json.dumps(answer).encode()

    def refreshes(self):
        return [form["refresh_token"] for form in self.forms if "refresh_token" in form]


class World:
    """A FreshBooks, a vault and leases that outlive the processes which use them."""

    def __init__(self):
        self.clock = FakeClock(datetime(2026, 3, 10, 15, 0, tzinfo=UTC))
        self.freshbooks = FreshBooks(clock=self.clock, background=False)
        self.control = Controlled(self.freshbooks)
        self.wire = Wire(self.control)
        self.secrets = MemorySecrets()
        self.leases = MemoryLeases(self.clock)

    def process(self, *, doom=None, secrets=None, leases=None, sleep=None, client_secret=None):
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
            secrets=Mortal(secrets or self.secrets, doom),
            leases=Mortal(leases or self.leases, doom),
            client_id=app.client_id,
            client_secret=client_secret or app.client_secret,
            redirect_uri=REDIRECT,
            clock=self.clock,
            sleep=sleep or self.clock.advance,
            random=lambda: 0.5,
        )

    def _mortal_wire(self, doom):
        def answer(environ, start_response):
            doom.step()
            chunks = self.wire(environ, start_response)
            doom.step()
            return chunks

        return answer

    def connect(self):
        """Put the tokens of a consent into the vault, as an earlier process did."""
        grant = self.freshbooks.grant()
        self.wire.newest = grant["refresh_token"]
        tokens = read_grant(grant, now=self.clock()).model_copy(update={"generation": 1})
        self.secrets.values[SECRET] = tokens.model_dump_json()
        self.leases.release(self.leases.acquire(SECRET, seconds=1))
        return tokens

    def code(self):
        """Consent on the page and return the code of the redirect."""
        app, owner = self.freshbooks.app, self.freshbooks.owner.id
        scopes = self.freshbooks.oauth.scopes(app, "")
        return self.freshbooks.oauth.allow(
            app, owner, scopes, REDIRECT, challenge=code_challenge(VERIFIER)
        )

    def saved(self):
        return TokenSet.parse(self.secrets.values[SECRET])

    def accepts(self, access_token):
        return self.freshbooks.oauth.holder(access_token) is not None


def _no_time(_seconds):
    return None


class Failing:
    """A port that fails some calls of one method."""

    def __init__(self, port, method, *, times, applied=False):
        self._port, self._method = port, method
        self.times, self._applied = times, applied

    def __getattr__(self, name):
        method = getattr(self._port, name)
        if name != self._method:
            return method

        def call(*args, **options):
            if self.times > 0:
                self.times -= 1
                if self._applied:
                    method(*args, **options)
                raise RetryLaterError("the store is down")
            return method(*args, **options)

        return call


class Before:
    """A port that lets something happen before the n-th call of one method."""

    def __init__(self, port, method, number, happening):
        self._port, self._method = port, method
        self._left, self._happening = number, happening

    def __getattr__(self, name):
        if name == self._method:
            self._left -= 1
            if self._left == 0:
                self._happening()
        return getattr(self._port, name)


class After:
    """A port that lets something happen after the n-th call of one method."""

    def __init__(self, port, method, number, happening):
        self._port, self._method = port, method
        self._left, self._happening = number, happening

    def __getattr__(self, name):
        method = getattr(self._port, name)
        if name != self._method:
            return method

        def call(*args, **options):
            result = method(*args, **options)
            self._left -= 1
            if self._left == 0:
                self._happening()
            return result

        return call


def together(*calls):
    """Make all calls at once and return what they return."""
    gate = threading.Barrier(len(calls))

    def call(function):
        gate.wait(timeout=10)
        return function()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))
