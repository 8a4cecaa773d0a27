"""FreshBooks, a vault, and a way to the tables that can fail, served by a process of its own.

Never judges: it writes down who sent which refresh token, what was saved and what was used when.
"""

import contextlib
import io
import json
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from werkzeug.wrappers import Request

from sandbox.authority import Certificates
from sandbox.freshbooks import FreshBooks
from sandbox.front import Front
from sandbox.keyvault import KeyVault, Version
from sandbox.web import drop_connection, json_response, serve
from shared.core.consent import code_challenge
from tests.functional.token_race.clock import FastClock
from tests.functional.token_world import REDIRECT, SECRET, VERIFIER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BEARER = "the-identity-of-the-app"
SENDER = "X-Race-Process"
THREADS = 20  # more than there are processes: none waits for another one's connection


class Ledger:
    """What happened, with every token named by the number of the set it came in.

    Attributes:
        posts: refresh tokens as they arrived, in this round.
        uses: access tokens as they were shown to the API, in this round.
        saved: numbers of the sets in the order in which the vault took them, over all rounds.
        broken: what must never happen and did, in this round.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.saved: list[int] = []
        self._numbers: dict[str, int] = {}
        self._granted = 0
        self._used = 0
        self.new_round()

    def new_round(self) -> None:
        with self.lock:
            self.posts: list[dict[str, Any]] = []
            self.uses: list[dict[str, Any]] = []
            self.broken: list[str] = []

    def granted(self, answer: Mapping[str, Any]) -> int:
        with self.lock:
            self._granted += 1
            self._numbers |= dict.fromkeys(
                (answer["access_token"], answer["refresh_token"]), self._granted
            )
            return self._granted

    def number(self, token: str) -> int:
        with self.lock:
            return self._numbers.get(token, 0)

    def save(self, value: str) -> None:
        with self.lock:
            number = self.number(json.loads(value)["refresh_token"])
            if number < self._used:
                self.broken.append(f"set {number} was saved over set {self._used}, already used")
            self.saved.append(number)

    def use(self, token: str, process: str) -> dict[str, Any]:
        """Write down the use of a set, at the API's door, before it is answered."""
        with self.lock:
            number = self.number(token)
            if number not in self.saved:
                self.broken.append(f"process {process} used set {number}, which was never saved")
            elif self.saved[-1] < number:
                self.broken.append(f"set {number} was used while the vault holds {self.saved[-1]}")
            self._used = max(self._used, number)
            use = {"process": process, "set": number, "status": None}
            self.uses.append(use)
            return use

    def facts(self) -> dict[str, Any]:
        with self.lock:
            return {
                "posts": self.posts,
                "uses": self.uses,
                "broken": self.broken,
                "living": self._granted,
                "in vault": self.saved[-1] if self.saved else 0,
            }


class Vault(KeyVault):
    """A vault whose ledger knows every version of the tokens from the moment it can be read."""

    def __init__(self, ledger: Ledger, **options: Any) -> None:
        super().__init__(**options)
        self._ledger = ledger

    def set(self, name: str, value: str, **properties: Any) -> Version:
        with self._ledger.lock:
            if name == SECRET:
                self._ledger.save(value)
            return super().set(name, value, **properties)


class Fallible:
    """A store that can be brought down for a while.

    The harder way to be down does what is asked and loses the answer.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._until = 0.0
        self._applies = False

    def bring_down(self, seconds: float, *, applies: bool) -> None:
        self._applies = applies
        self._until = time.monotonic() + seconds

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if time.monotonic() >= self._until:
            return self._app(environ, start_response)
        if self._applies:
            list(self._app(environ, start_response))
            drop_connection()
        return json_response({"error": {"code": "ServerBusy"}}, status=503)(environ, start_response)


class Door:
    """FreshBooks as it is reached: everything about tokens is written down on the way.

    `/_race/` is where the race itself asks and tells.
    """

    def __init__(self, ledger: Ledger, stores: "Mapping[str, Fallible]") -> None:
        self.clock = FastClock(datetime(2026, 3, 10, 15, tzinfo=UTC), time.monotonic(), 1)
        self.freshbooks = FreshBooks(clock=self._now, background=False)
        self._ledger = ledger
        self._stores = stores
        self._lose = ""

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        process = request.headers.get(SENDER, "")
        if request.path.startswith("/_race/"):
            answer = getattr(self, request.path.removeprefix("/_race/"))(request.get_json())
            return json_response(answer)(environ, start_response)
        if request.path.endswith("/oauth/token"):
            return self._token(environ, start_response, process)
        use = self._ledger.use(request.headers["Authorization"].removeprefix("Bearer "), process)

        def start(status: str, *rest: Any) -> Any:
            use["status"] = int(status.split(maxsplit=1)[0])
            return start_response(status, *rest)

        return self.freshbooks(environ, start)

    def _token(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", process: str
    ) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(raw)
        refresh_token = parse_qs(raw.decode()).get("refresh_token", [""])[0]
        number = self._ledger.number(refresh_token)
        post: dict[str, Any] = {"process": process, "set": number, "answer": ""}
        if refresh_token:
            self._ledger.posts.append(post)
            lose, self._lose = self._lose, ""
            if lose == "request":
                post["answer"] = "request lost"
                drop_connection()
        with self._ledger.lock:
            body = b"".join(self.freshbooks(environ, start_response))
            answer = json.loads(body)
            granted = "refresh_token" in answer and self._ledger.granted(answer)
        post["answer"] = f"granted {granted}" if granted else answer["error"]
        if refresh_token and lose == "answer":
            post["answer"] += ", answer lost"
            drop_connection()
        return [body]

    def _now(self) -> datetime:
        return self.clock()  # another one every round

    # what the race asks and tells

    def begin(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Begin a round: its clock, what the wire loses, and what a refresh ends."""
        self.clock = FastClock.from_json(told["clock"])
        self._lose = told["lose"]
        self.freshbooks.switches.set(refresh_ends_access_tokens=told["ends_access_tokens"])
        self._ledger.new_round()
        return {}

    def facts(self, _told: object) -> dict[str, Any]:
        return self._ledger.facts()

    def bring_down(self, told: Mapping[str, Any]) -> dict[str, Any]:
        self._stores[told["store"]].bring_down(told["seconds"], applies=told["applies"])
        return {}

    def consent(self, _told: object) -> str:
        """Consent on the page, as a person does, and return the code of the redirect."""
        app, oauth = self.freshbooks.app, self.freshbooks.oauth
        challenge = code_challenge(VERIFIER)
        owner = self.freshbooks.owner.id
        return oauth.allow(app, owner, oauth.scopes(app, ""), REDIRECT, challenge=challenge)


def main() -> None:
    """Serve until the input ends: `world TABLES CERTIFICATES`."""
    tables, folder = sys.argv[1], Path(sys.argv[2])
    certificates = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    ledger = Ledger()
    stores = {
        "vault": Fallible(Vault(ledger, accepts=lambda token: token == BEARER)),
        "tables": Fallible(Front(tables)),
    }
    door = Door(ledger, stores)
    with contextlib.ExitStack() as stack:
        addresses = {
            "freshbooks": stack.enter_context(serve(door, threads=THREADS)),
            "tables": stack.enter_context(serve(stores["tables"], threads=THREADS)),
            "vault": stack.enter_context(
                serve(
                    stores["vault"],
                    threads=THREADS,
                    certificate=str(certificates.chain),
                    key=str(certificates.key),
                )
            ),
        }
        print(json.dumps(addresses), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
