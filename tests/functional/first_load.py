"""The first load of a business with many invoices, killed again and again: what it takes.

Never holds the records itself: the lists are made page by page, and what is noted is in a file.
"""

import json
import random
import secrets
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import requests

from sandbox.web import InProcess, json_response
from shared.adapters.freshbooks.accounting import FreshBooksApi
from shared.adapters.http.transport import Transport
from shared.adapters.telemetry.logs import Logs
from shared.core.events import SyncRequest
from shared.core.fingerprints import fingerprint
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.records import parse_record
from shared.core.retention import Cut, Slice
from shared.errors import ConflictError, ConnectorError
from shared.sync.heartbeats import Heartbeats
from shared.sync.poll import Poll
from shared.sync.ports import Journal, SyncQueue
from shared.sync.tickets import Tickets
from tests.conftest import Builders
from tests.memory import FakeClock, MemoryBusinesses, MemoryCheckpoints

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ADDRESS = "https://api.freshbooks.test"
BUSINESS = "xazq5"
ROOT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Load:
    """What a first load took.

    Attributes:
        asked: how often each invoice was asked for, by its number.
        peak: MiB that the process had at most.
        polls: how many it took.
        kills: how many of them were killed.
        requests: how many went to FreshBooks.
    """

    asked: dict[int, int]
    peak: float
    polls: int
    kills: int
    requests: int


def first_load(records: int, kills: int, seed: int) -> Load:
    """Load a business for the first time, in a process of its own.

    Args:
        records: how many invoices it has.
        kills: how often a process ends, before a random call of a service.
        seed: decides before which.
    """
    command = [
        sys.executable,
        "-m",
        "tests.functional.first_load",
        *map(str, (records, kills, seed)),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return Load(**{**found, "asked": dict(enumerate(found["asked"], start=1))})


class Strikes:
    """Ends the process before some of the calls to the world."""

    def __init__(self, before: Collection[int]) -> None:
        self._before = set(before)
        self.calls = 0
        self.kills = 0

    def called(self, *_given: object) -> None:
        """Count a call; it may be the last."""
        self.calls += 1
        if self.calls in self._before:
            self.kills += 1
            raise Killed


class PagedInvoices:
    """A FreshBooks that has nothing but invoices, made when they are listed."""

    def __init__(self, records: int, called: Callable[[], None]) -> None:
        self._records = records
        self._called = called
        self.requests = 0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request for a list."""
        self._called()
        self.requests += 1
        query = parse_qs(environ["QUERY_STRING"])
        name = environ["PATH_INFO"].rpartition("/")[2]
        page, size = int(query["page"][0]), int(query["per_page"][0])
        whole = name == "invoices" and not any("search" in each for each in query)
        total = self._records if whole else 0
        last = min(page * size, total)
        rows = [row_of(number) for number in range((page - 1) * size + 1, last + 1)]
        counts = {"page": page, "pages": -(-total // size), "per_page": size, "total": total}
        body = {"response": {"result": {name: rows, **counts}}}
        return json_response(body)(environ, start_response)


def row_of(number: int) -> dict[str, Any]:
    """Return an invoice as a list shows it."""
    row = Builders.invoice_json(number, customerid=number % 500 + 1)
    del row["lines"]
    return row


class Outside(SyncQueue, Journal):
    """The queue and the journal, in a file."""

    def __init__(self, file: Path, called: Callable[[], None]) -> None:
        self._called = called
        self._rows = sqlite3.connect(file, isolation_level=None)
        self._rows.execute("pragma synchronous = off")
        self._rows.execute("create table sent (number integer, times integer, waits integer)")
        self._rows.execute("create unique index sent_number on sent (number)")
        self._rows.execute(
            "create table entries (number integer primary key, version integer, ticket text, "
            "since text, handled integer)"
        )

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:  # the port's
        self._called()
        request.encode()
        self._rows.execute(
            "insert into sent values (?, 1, 1) "
            "on conflict (number) do update set times = times + 1, waits = 1",
            (request.number,),
        )

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        raise NotImplementedError

    def write_all(
        self, entries: Sequence[JournalEntry], *, past: Collection[JournalEntry] = ()
    ) -> set[RecordId]:
        raise NotImplementedError

    def depth(self) -> int:
        self._called()
        return int(self._rows.execute("select count(*) from sent where waits").fetchone()[0])

    def prune(self, cut: Cut, *, position: str = "", most: int) -> Slice:
        raise NotImplementedError

    def visible_since(self) -> datetime | None:
        self._called()
        return None  # whatever was sent is handled by now

    def handle(self) -> None:
        """Handle all messages: each clears its ticket and notes what it read."""
        self._rows.execute(
            "update entries set ticket = '', handled = 1, version = version + 1 "
            "where number in (select number from sent where waits)"
        )
        self._rows.execute("update sent set waits = 0")

    def asked(self) -> Counter[int]:
        """Return how often each was asked for."""
        return Counter(dict(self._rows.execute("select number, times from sent")))

    def get_latest(self, record: RecordId) -> JournalEntry | None:
        self._called()
        return self._find(record)

    def get_many(
        self, business: str, kind: Kind, numbers: Collection[int]
    ) -> dict[int, JournalEntry]:
        self._called()
        found = {number: self._find(RecordId(business, kind, number)) for number in numbers}
        return {number: entry for number, entry in found.items() if entry is not None}

    def replace(self, entry: JournalEntry, *, past: JournalEntry | None = None) -> JournalEntry:
        self._called()
        number = entry.record.number
        row = self._rows.execute("select version from entries where number = ?", (number,))
        there = row.fetchone()
        if (str(there[0]) if there else "") != entry.version:
            raise ConflictError("changed")
        since = entry.pending_since.isoformat() if entry.pending_since else ""
        version = (there[0] if there else 0) + 1
        self._rows.execute(
            "insert or replace into entries values (?, ?, ?, ?, 0)",
            (number, version, entry.pending, since),
        )
        return entry

    def _find(self, record: RecordId) -> JournalEntry | None:
        found = self._rows.execute("select * from entries where number = ?", (record.number,))
        row = found.fetchone()
        if row is None:
            return None
        number, version, ticket, since, handled = row
        moment = datetime.fromisoformat(since)
        return JournalEntry(
            record=record,
            outcome=OutcomeName.CREATED if handled else OutcomeName.ASKED,
            at=moment,
            pending=ticket,
            pending_since=moment if ticket else None,
            fingerprint=fingerprint(parse_record(Kind.INVOICE, row_of(number))) if handled else "",
            read_at=moment if handled else None,
            version=str(version),
        )

    def write(self, entry: JournalEntry, *, history: bool = True) -> None:
        raise NotImplementedError

    def list_latest(self, business: str, kind: Kind) -> Iterator[JournalEntry]:
        if kind is not Kind.CREDIT:
            raise AssertionError("the journal is not read as a whole")
        return iter(())

    def list_history(self, record: RecordId) -> Iterator[JournalEntry]:
        raise NotImplementedError

    def find_by_label(self, business: str, kind: Kind, label: str) -> Iterator[JournalEntry]:
        raise NotImplementedError

    def list_by_outcome(
        self, business: str, kind: Kind, outcomes: Collection[OutcomeName]
    ) -> Iterator[JournalEntry]:
        raise NotImplementedError


class _NothingWaits:
    def run(self, _businesses: Collection[str], _trouble: Callable[..., None]) -> None:
        pass


class _Loading:
    def __init__(self, records: int, kills: int, seed: int, folder: Path) -> None:
        draw = random.Random(seed)
        # Each record takes a message and a note of it.
        self.strikes = Strikes(draw.sample(range(1, 2 * records), kills))
        self.clock = FakeClock(datetime(2026, 11, 2, 15, 0, tzinfo=UTC))
        self.outside = Outside(folder / "state", self.strikes.called)
        self.checkpoints = MemoryCheckpoints()
        for method in ("get", "get_note", "set", "delete"):
            self.checkpoints.before(method, self.strikes.called)
        self.books = PagedInvoices(records, self.strikes.called)

    def start(self) -> Poll:
        """Start another process: nothing is kept but what is stored."""
        session = requests.Session()
        session.mount(ADDRESS, InProcess(self.books))
        transport = Transport(
            service="FreshBooks", base_url=ADDRESS, timeout=(5, 30), session=session
        )
        return Poll(
            freshbooks=FreshBooksApi(transport, lambda _business: lambda _rejected: "token"),
            queue=self.outside,
            journal=self.outside,
            tickets=Tickets(
                queue=self.outside,
                journal=self.outside,
                clock=self.clock,
                new_ticket=lambda: secrets.token_hex(8),
            ),
            checkpoints=self.checkpoints,
            businesses=MemoryBusinesses(BUSINESS),
            recheck=_NothingWaits(),  # type: ignore[arg-type]  # nothing waits here
            telemetry=Logs(),
            heartbeats=Heartbeats(self.checkpoints, self.clock),
            clock=self.clock,
            overlap_days=2,
            max_backlog=1000,
        )

    def run(self) -> dict[str, Any]:
        polls = 0
        while f"poll.{BUSINESS}.invoice" not in self.checkpoints.moments:
            polls += 1
            try:
                problems = self.start().run().problems
            except Killed:
                problems = []
            if problems:
                raise ConnectorError("; ".join(problems))
            self.outside.handle()
            self.clock.advance(300)
        peak = _peak()
        asked = self.outside.asked()
        return {
            "asked": [asked[number] for number in range(1, max(asked) + 1)],
            "peak": peak,
            "polls": polls,
            "kills": self.strikes.kills,
            "requests": self.books.requests,
        }


def _peak() -> float:
    """Return how many MiB this program had at most; `getrusage` counts the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def main() -> None:
    """Load as the arguments say, and print what it took as JSON."""
    records, kills, seed = map(int, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(_Loading(records, kills, seed, Path(folder)).run()))


if __name__ == "__main__":
    main()
