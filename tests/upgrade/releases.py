"""The previous release and this one, side by side over one firm, one queue and the same tables.

Never lets a release see the other's code: each runs in processes of its own.
"""

import base64
import contextlib
import heapq
import io
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from sandbox.azurite import free_ports
from sandbox.check import Told, differences
from sandbox.control import Controlled
from sandbox.dataverse import Dataverse
from sandbox.freshbooks import FreshBooks
from sandbox.remotes import RemoteBooks, RemoteRows
from sandbox.web import InProcess, serve
from shared.core.records import EASTERN
from tests.memory import FakeClock

# The last commit of the release before this one. When a release is made, it becomes that release's
# commit and `python -m tests.upgrade.frozen` freezes its rows and messages anew; old files stay for
# as long as anybody may come from their release.
PREVIOUS = "a84a6bd"

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("driver.py")
HIDDEN = timedelta(minutes=10)  # for so long the host hides a message from others
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

Send = Callable[[str, bytes, Mapping[str, str]], int]


def unpack(folder: Path) -> str:
    """Put the previous release's code into a folder; return why that cannot be, "" when it can."""
    made = subprocess.run(
        ["git", "archive", PREVIOUS, "shared"], cwd=ROOT, capture_output=True, check=False
    )
    if made.returncode:
        return f"the commit {PREVIOUS} is not in this clone: fetch it, or clone whole"
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return ""


class Killed(Exception):  # noqa: N818  # what happened, no fault
    """The process was killed in the middle of a command."""


class Release:
    """A release that carries out commands, each in a process of its own."""

    def __init__(self, folder: Path, told: Mapping[str, Any]) -> None:
        self.sent: list[tuple[bytes, float]] = []
        self.steps = 0
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", str(DRIVER)],
            env={**os.environ, "PYTHONPATH": str(folder)},  # noqa: TID251  # a child's own
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._write(told)
        ready = self._read()
        assert str(folder) in ready["ready"], ready

    def __call__(self, do: str, *, now: datetime, **command: Any) -> Any:
        """Carry out a command; what it sends is in `sent`, also when it is killed.

        Raises:
            Killed: it was told to die, and did.
        """
        self._write({"do": do, "now": now.isoformat(), **command})
        result, done, error = None, False, ""
        while "ended" not in (told := self._read()):
            if "send" in told:
                self.sent.append((base64.b64decode(told["send"]), told["delay"]))
            error = told.get("error", error)
            if "steps" in told:
                result, done, self.steps = told["result"], True, told["steps"]
        if not done and not error:
            raise Killed
        assert not error, error
        return result

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)

    def _write(self, value: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the release's process ended"
        found: dict[str, Any] = json.loads(line)
        return found


def _nobody(_url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
    return 503


class Services:
    """A FreshBooks and a Dataverse at addresses that stay, and where the firm's secrets are.

    Attributes:
        told: what a release's process has to know.
        clock: the time in both.
        freshbooks: as it is now.
        dataverse: as it is now.
        deliver: takes a webhook.
    """

    def __init__(self, storage: str, folder: Path, *, port: int, seed: int) -> None:
        self._url, self._seed = f"http://127.0.0.1:{port}", seed
        self.renew()
        app = self.freshbooks.app
        self.told: dict[str, Any] = {
            "storage": storage,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "redirect_uri": app.redirect_uris[0],
            "secrets": str(folder),
        }

    def renew(self) -> None:
        """Begin anew: with empty books, and a Dataverse that has nothing of ours."""
        self.clock = FakeClock()
        self.deliver: Send = _nobody
        self.freshbooks = FreshBooks(
            clock=self.clock,
            seed=self._seed,
            send=lambda *sent: self.deliver(*sent),  # noqa: PLW0108  # another one for every firm
            background=False,
        )
        self.dataverse = Dataverse(url=self._url, clock=self.clock, key_delay=0, limits=None)
        self._books = Controlled(self.freshbooks, seed=self._seed)
        self._rows = Controlled(self.dataverse, seed=self._seed)

    def answer_books(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Be FreshBooks' address."""
        return self._books(environ, start_response)

    def answer_rows(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Be Dataverse's address."""
        return self._rows(environ, start_response)


@contextlib.contextmanager
def services(storage: str, folder: Path, *, seed: int = 0) -> Iterator[Services]:
    """Serve a FreshBooks and a Dataverse on loopback."""
    (port,) = free_ports(1)
    found = Services(storage, folder, port=port, seed=seed)
    with serve(found.answer_books) as books, serve(found.answer_rows, port=port) as rows:
        found.told |= {"freshbooks": books, "dataverse": rows}
        yield found


class Firm:
    """One firm that two releases serve at once.

    The queue is at hand here: a message is what travels, byte by byte, and goes to either.
    """

    def __init__(self, around: Services, old: Release, new: Release, *, seed: int = 0) -> None:
        self.clock, self.books = around.clock, around.freshbooks.books
        self.freshbooks, self.dataverse = around.freshbooks, around.dataverse
        self.old, self.new = old, new
        self.random = random.Random(seed)
        self.traced = False
        self.killed = 0
        self._messages: list[tuple[datetime, int, bytes]] = []
        self._order = itertools.count()
        around.deliver = self._deliver

    def either(self) -> Release:
        return self.random.choice([self.old, self.new])

    def ask(self, release: Release, do: str, **command: Any) -> Any:
        """Carry out a command and put what it sent on the queue, also when it was killed."""
        try:
            return release(do, now=self.clock(), **command)
        except Killed:
            self.killed += 1
            raise
        finally:
            for body, delay in release.sent:
                self.put(self._as_sent(body, release), delay=delay)
            release.sent.clear()

    def put(self, body: bytes, *, delay: float = 0.0) -> None:
        at = self.clock() + timedelta(seconds=delay)
        heapq.heappush(self._messages, (at, next(self._order), body))

    def next_visible(self) -> datetime:
        return self._messages[0][0]

    def take(self) -> bytes:
        """Take the next message off the queue, visible or not."""
        return heapq.heappop(self._messages)[2]

    def step(self, release: Release, *, die_at: int | None = None) -> bool:
        """Hand one visible message to a release; one that dies leaves it to come again."""
        if not self._messages or self._messages[0][0] > self.clock():
            return False
        _, _, body = heapq.heappop(self._messages)
        command = {} if die_at is None else {"die_at": die_at}
        try:
            self.ask(release, "handle", body=base64.b64encode(body).decode(), **command)
        except Killed:
            self.put(body, delay=HIDDEN.total_seconds())
        return True

    def drain(self, *releases: Release, most: int = 1000) -> None:
        """Hand out messages until none is left, moving time to the next one."""
        for _ in range(most):
            if not self._messages:
                return
            self.clock.now = max(self.clock.now, self._messages[0][0])
            self.step(self.random.choice(releases))
        raise AssertionError(f"messages go round: {[body for _, _, body in self._messages]}")

    def carry_all(self, release: Release) -> None:
        """Let a release bring up to date whatever there is, also what the other one wrote last."""
        for kind in ("client", "invoice", "payment", "expense"):
            for record in self.books.records(kind):
                message = {
                    "v": 1,
                    "account": self.freshbooks.account,
                    "kind": kind,
                    "record": record["id"],
                    "cause": "operator",
                    "seen": self.clock().isoformat(),
                }
                self.put(json.dumps(message).encode())
        self.drain(release)

    def lost_or_doubled(self) -> list[str]:
        """What is not in Sales exactly once with its total, whichever release carried it there."""
        shown: dict[str, list[Decimal]] = {}
        for row in self.dataverse.all("invoice"):
            if row["statecode"] != 3:
                shown.setdefault(row["fbx_sourcekey"], []).append(Decimal(row["fbx_total"]))
        wanted = {
            f"{self.freshbooks.account}-invoice-{each['id']}": [Decimal(each["amount"]["amount"])]
            for each in self.books.records("invoice")
            if each["vis_state"] != 1
        }
        keys = sorted({*shown, *wanted})
        return [key for key in keys if shown.get(key) != wanted.get(key)]

    def connect(self, release: Release) -> None:
        # Before a deployment, as the runbook has it: both releases can work with it.
        self.ask(self.new, "apply")
        invited = self.ask(release, "invite")
        session = requests.Session()
        session.mount("https://", InProcess(self.freshbooks))
        answer = session.post(invited["url"], data={"decision": "allow"}, allow_redirects=False)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        consent = invited["consent"]
        self.ask(release, "finish", consent=consent, code=query["code"][0])
        self.ask(release, "advance", consent=consent)
        self.freshbooks.deliveries.run_pending()
        # Each release has the webhooks it knows; the one that connects says when it is done.
        self.ask(self.either(), "advance", consent=consent)
        self.freshbooks.deliveries.run_pending()
        assert self.ask(release, "advance", consent=consent)

    def differences(self) -> list[str]:
        """What `sandbox.check`, which knows nothing of the connector, finds unequal."""
        books = RemoteBooks("https://books.example")
        rows = RemoteRows("https://rows.example", identity="https://id.example", header="x")
        books._session.mount("https://", InProcess(self.freshbooks))
        rows._session.mount("https://", InProcess(self.dataverse))
        rows._bearer = {"Authorization": "Bearer a-token"}
        today = self.clock().astimezone(EASTERN).date()
        return differences(books, rows, today=today, told=Told(earlier=True))

    def _as_sent(self, body: bytes, release: Release) -> bytes:
        """Give what this release sends a field that the previous one does not know."""
        if not self.traced or release is not self.new or self.random.random() < 0.3:
            return body
        return json.dumps({**json.loads(body), "traceparent": TRACE}).encode()

    def _deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        business, noun, key = urlsplit(url).path.split("/")[-3:]
        known = {name.lower(): value for name, value in headers.items()}
        status: int = self.ask(
            self.either(),
            "webhook",
            path={"business": business, "noun": noun, "key": key},
            body=base64.b64encode(body).decode(),
            signature=known.get("x-freshbooks-hmac-sha256"),
        )
        return status


def clean(connection_string: str, folder: Path) -> None:
    """Leave nothing of a firm: no table, no secret."""
    from azure.data.tables import TableServiceClient

    with TableServiceClient.from_connection_string(connection_string) as service:
        for table in list(service.list_tables()):
            service.delete_table(table.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
