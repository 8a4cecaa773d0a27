"""What a poll costs by how many records the books hold and how many of them changed.

Never counts what the simulators spend: they and the poll are processes of their own.
"""

import contextlib
import json
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.effort import Effort, medians
from bench.spread import Spread
from bench.tables import Table
from sandbox.azurite import Storage, azurite
from sandbox.remotes import RemoteBooks
from sandbox.stack import ROOT

NAME: Final = "poll"

SIZES: Final = (1_000, 10_000, 20_000, 100_000)
CHANGED: Final = 60
RECENT: Final = 1_000  # invoices: what changes is mostly among the newest
# Seconds by which each process's clock is ahead of the one before: none goes back in time.
LATER: Final = 3600.0
HOURLY: Final = 4  # polls that what an hour makes due is spread over
BAR: Final = (25, 0.2)  # storage operations and seconds of CPU, of a poll after 60 heard changes

_REST: Final = "nothing changed"
_HEARD: Final = f"{CHANGED} changed, their webhooks handled"
_SPREAD: Final = f"{CHANGED} changed anywhere, their webhooks handled"
_LOST: Final = f"{CHANGED} changed, their webhooks lost"
_FRESH: Final = "nothing changed, a fresh process"
_WHOLE: Final = "a first walk through all, nothing to ask for (once)"
ORDER: Final = (_REST, _FRESH, _HEARD, _SPREAD, _LOST, _WHOLE)


@dataclass(frozen=True)
class _Poll:
    """One poll."""

    storage: int
    freshbooks: int
    cpu: float
    seconds: float
    asked: int
    peak: float


def measure(effort: Effort) -> Table:
    """Measure polls of books of each size."""
    rows = [
        row
        for size in effort.pick(SIZES, SIZES[:1])
        for row in _rows(size, _measured(size, effort.runs))
    ]
    return Table(
        columns=(
            "records, and what changed",
            "storage operations",
            "FreshBooks requests",
            "our CPU s",
            "asked for",
            "peak MiB",
            f"<= {BAR[0]} and {BAR[1]} s",
        ),
        rows=tuple(rows),
        basis=medians(effort.runs),
    )


def _rows(size: int, polls: dict[str, list[_Poll]]) -> Iterator[tuple[str, ...]]:
    for title in ORDER:
        found = polls[title]
        storage = Spread.of([each.storage for each in found])
        cpu = Spread.of([each.cpu for each in found])
        met = storage.most <= BAR[0] and cpu.median <= BAR[1]
        yield (
            f"{size:,}: {title}",
            storage.shown(),
            Spread.of([each.freshbooks for each in found]).shown(),
            cpu.shown(2),
            Spread.of([each.asked for each in found]).shown(),
            Spread.of([each.peak for each in found]).shown(),
            ("met" if met else "missed") if title == _HEARD else "",
        )


def _measured(size: int, runs: int) -> dict[str, list[_Poll]]:
    found: defaultdict[str, list[_Poll]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        azurite() as storage,
        _long_books(size, Path(name)) as books,
    ):
        with _poller(books, storage) as poller:
            for kind in ("client", "invoice", "payment", "category"):
                poller.tell(do="fill", kind=kind, file=str(Path(name) / f"{kind}.jsonl"))
        # A process of its own, so that its peak is its own; once, as it takes minutes.
        with _poller(books, storage) as poller:
            found[_WHOLE].append(poller.poll(whole=True))
        for run in range(runs):
            with _poller(books, storage, later=(run + 1) * LATER) as poller:
                found[_FRESH].append(poller.poll())
                for title, polled in _polls(books, poller):
                    found[title].append(polled)
    return found


def _polls(books: "_Books", poller: "_Poller") -> Iterator[tuple[str, _Poll]]:
    for _ in range(HOURLY):
        poller.poll()
    yield _REST, poller.poll()
    for title, invoices in ((_HEARD, books.recent), (_SPREAD, books.invoices)):
        poller.tell(do="handle", kind="invoice", rows=books.change(invoices))
        yield title, poller.poll()
    changed = books.change(books.recent)
    yield _LOST, poller.poll()
    poller.tell(do="clear")
    poller.tell(do="handle", kind="invoice", rows=changed)
    poller.poll()


class _Books:
    """Books that are served, and the invoices in them."""

    def __init__(self, told: dict[str, Any], invoices: Sequence[int]) -> None:
        self.told = told
        self.invoices = invoices
        self.recent = invoices[-RECENT:]
        self._remote = RemoteBooks(told["address"])
        self._drawing = random.Random(1)

    def change(self, among: Sequence[int]) -> list[dict[str, Any]]:
        """Write another note on some invoices and return them; nobody's balance changes."""
        chosen = self._drawing.sample(among, min(CHANGED, len(among)))
        return [self._changed(invoice) for invoice in chosen]

    def _changed(self, invoice: int) -> dict[str, Any]:
        done = self._remote.do("edit_invoice", invoice=invoice, notes=str(self._drawing.random()))
        shown: dict[str, Any] = json.loads(json.dumps(done, default=str))
        return shown


class _Poller:
    """The program that polls."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, **told: Any) -> Any:
        """Tell it what to do and return what it says."""
        return _told(self._process, told)

    def poll(self, *, whole: bool = False) -> _Poll:
        """Let it poll."""
        return _Poll(**self.tell(do="poll", whole=whole))


@contextlib.contextmanager
def _long_books(size: int, folder: Path) -> Iterator[_Books]:
    with _program("bench.long_books", str(size), str(folder)) as process:
        told = _told(process, None)
        with (folder / "invoice.jsonl").open() as lines:
            invoices = [int(json.loads(line)["id"]) for line in lines]
        yield _Books(told, invoices)


@contextlib.contextmanager
def _poller(books: _Books, storage: Storage, *, later: float = 0) -> Iterator[_Poller]:
    settings = {
        "FRESHBOOKS_CLIENT_ID": "bench",
        "FRESHBOOKS_CLIENT_SECRET": "a-secret-of-the-bench-alone",
        "FRESHBOOKS_REDIRECT_URI": "https://localhost/callback",
        "FRESHBOOKS_API_URL": books.told["address"],
        "FRESHBOOKS_REQUESTS_PER_SECOND": "0",
        "DATAVERSE_URL": "https://localhost",
        "KEY_VAULT_URL": "https://localhost",
        "AzureWebJobsStorage": storage.connection_string,
        "PUBLIC_URL": "https://localhost",
    }
    with _program("bench.poller") as process:
        if process.stdin is None:
            raise RuntimeError("the poller has no input")
        print(
            json.dumps(books.told | {"settings": settings, "later": later}),
            file=process.stdin,
            flush=True,
        )
        yield _Poller(process)


@contextlib.contextmanager
def _program(name: str, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        [sys.executable, "-m", name, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _told(process: "subprocess.Popen[str]", told: dict[str, Any] | None) -> Any:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a program has no input or no output")
    if told is not None:
        print(json.dumps(told), file=process.stdin, flush=True)
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a program ended instead of an answer to {told}")
    return json.loads(line)
