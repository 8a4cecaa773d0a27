"""A connected sandbox to measure in: services, storage, connector, and books to change.

Never keeps anything: it is gone with the context, processes and files.
"""

import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.effort import Effort
from bench.load import Shot
from sandbox.administrator import Administrator
from sandbox.freshbooks.webhook import post
from sandbox.ports import Ports
from sandbox.remotes import RefusedError
from sandbox.settling import Settling
from sandbox.stack import Stack, stack
from shared.core.identity import Kind, RecordId

# Far enough from each other that none is held for being similar to another.
CLIENTS = (
    "Amberline Surveyors",
    "Brockhurst Dental",
    "Cinderford Kitchens",
    "Dovetail Joinery",
    "Elmswood Nurseries",
    "Foxglove Publishing",
    "Gatehouse Legal",
    "Hartfield Aviation",
    "Inkwell Stationers",
    "Jarrow Shipping",
)


class TooSlowError(Exception):
    """Something did not come about in time; the text says what."""


class Scene:
    """The sandbox with the connector connected, and its webhooks registered.

    Attributes:
        running: its processes and addresses.
        account: of the only business in FreshBooks.
        clients: ids of clients whose accounts exist and are linked.
        settling: waits until nothing is under way.
    """

    def __init__(self, running: Stack) -> None:
        self.running = running
        self.books = running.books
        self.rows = running.rows
        self.settling = Settling(running)
        self.account = running.books.account
        self.clients: list[int] = []
        self._own = dict(running.environment)
        self._prices = itertools.count(100)
        self._hooks: dict[str, dict[str, Any]] = {}

    @property
    def threads(self) -> int:
        """Return how many functions the app runs at once: as set, or Python's own number."""
        chosen = self._own.get("PYTHON_THREADPOOL_THREAD_COUNT")
        return int(chosen) if chosen else min(32, (os.cpu_count() or 1) + 4)

    def restart(self, *, without: Iterable[str] = (), **settings: str) -> None:
        """Start the function app anew, with some of its functions disabled, and other settings.

        The poll's timer is always off but for those who fire it: it would disturb a measurement.
        """
        self.running.stop_host()
        self.running.environment.clear()
        self.running.environment.update(self._own | settings)
        for name in without:
            self.running.environment[f"AzureWebJobs.{name}.Disabled"] = "true"
        self.running.start_host()

    def restart_apart(self) -> None:
        """Start the function app anew as Flex Consumption does: HTTP and queue in two processes."""
        queue = ("process", "poisoned")
        self.restart(without=(*queue, "poll"))
        for name in queue:
            del self.running.environment[f"AzureWebJobs.{name}.Disabled"]
        self.running.start_queue_host(disabled=("webhook", "poll"))

    @contextlib.contextmanager
    def settings(self, **changed: str) -> Iterator[None]:
        """Give the function app other settings, from its next start on."""
        before = dict(self._own)
        self._own.update(changed)
        try:
            yield
        finally:
            self._own = before

    @contextlib.contextmanager
    def limited(self, limits: dict[str, float], *, read: float, write: float) -> Iterator[None]:
        """Let Dataverse keep to limits, and take its time for each operation that reads or writes.

        Args:
            limits: by their names in the sandbox.
            read: seconds.
            write: seconds.
        """
        slow = {"latency_per_read": read, "latency_per_write": write}
        self.rows.post("/_sandbox/settings", {"limits": limits, **slow})
        try:
            yield
        finally:
            quick = dict.fromkeys(slow, 0)
            self.rows.post("/_sandbox/settings", {"limits": None, **quick})

    def used(self) -> dict[str, Any]:
        """Return what Dataverse has executed and refused until now."""
        found: dict[str, Any] = self.rows.get("/_sandbox/used")
        return found

    def settle(self) -> None:
        """Wait until no webhook, message or function is under way."""
        self.settling.drain()

    @contextlib.contextmanager
    def unheard(self) -> Iterator[None]:
        """Let FreshBooks lose the webhooks of what is done meanwhile."""
        self.books.deliveries(drop=1.0)
        try:
            yield
        finally:
            self.books.deliveries(drop=0.0)

    def bill(self, number: int) -> dict[str, Any]:
        """Write a sent invoice of three lines for the client with this number, modulo all."""
        return self.books.do(
            "create_invoice",
            customerid=self.clients[number % len(self.clients)],
            lines=self.lines(),
            sent=True,
        )

    def reprice(self, invoice: int) -> dict[str, Any]:
        """Change an invoice's lines, and with them its total, to what no invoice had before."""
        return self.books.do("edit_invoice", invoice=invoice, lines=self.lines())

    def lines(self) -> list[dict[str, str]]:
        """Return three lines with prices that were not used before."""
        price = next(self._prices)
        return [
            {"name": "Consulting", "description": "Hours", "qty": "8", "unit_cost": f"{price}.25"},
            {"name": "Travel", "qty": "1", "unit_cost": "72.30"},
            {"name": "Materials", "description": "At cost", "qty": "3", "unit_cost": "14.10"},
        ]

    def webhook(self, record: int, name: str = "invoice.update") -> Shot:
        """Return a delivery as FreshBooks would make it, signed."""
        noun = name.partition(".")[0]
        fields = {
            "name": name,
            "object_id": str(record),
            "account_id": self.account,
            "user_id": "1",
        }
        hook = self._hook(noun)
        body, headers = post(fields, hook["verifier"])
        path = urlsplit(hook["uri"]).path
        return Shot(path=path, body=body.decode(), headers=headers)

    def verifier(self, noun: str) -> str:
        """Return what the webhooks of a noun are signed with."""
        return str(self._hook(noun)["verifier"])

    def _hook(self, noun: str) -> dict[str, Any]:
        if not self._hooks:
            found = self.running.books.get("/_sandbox/callbacks")
            self._hooks = {each["event"]: each for each in found}
        return self._hooks[noun]

    def shown(self, invoice: int) -> Decimal | None:
        """Return the total that Dataverse shows of an invoice, None when it shows nothing."""
        row = RecordId(self.account, Kind.INVOICE, invoice).row
        try:
            found = self.rows.get(f"/_sandbox/rows/invoice/{row}")
        except RefusedError:
            return None
        return Decimal(str(found["fbx_total"] or 0))

    def slow_down(self, *, seconds: float) -> None:
        """Let every request at Dataverse take that much longer."""
        self.rows.post("/_sandbox/settings", {"latency": seconds})


def wait_until(satisfied: Callable[[], bool], what: str, *, seconds: float, every: float) -> None:
    """Look `every` so many seconds until `satisfied` says yes.

    Raises:
        TooSlowError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not satisfied():
        if time.monotonic() > deadline:
            raise TooSlowError(f"after {seconds:.0f} s still not: {what}")
        time.sleep(every)


@contextlib.contextmanager
def scene(effort: Effort) -> Iterator[Scene]:
    """Set everything up: schema, connection, webhooks, and clients with their accounts.

    Raises:
        StartError: something did not come up.
        CommandError: the connector could not be set up.
    """
    # The settings as they are by default, but nobody decides here about clients.
    settings = {"UNMATCHED_CLIENTS": "create"}
    settings |= effort.pick({}, {"BALANCE_DELAY_SECONDS": "0"})
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        stack(Path(folder) / "sandbox", Ports.free(), settings=settings) as running,
    ):
        # What is measured here would take hours at what Dataverse grants in five minutes.
        running.rows.post("/_sandbox/settings", {"limits": None})
        administrator = Administrator(running.environment)
        administrator.run("schema", "apply")
        running.start_host()
        administrator.connect(running.folder / "connect.log")
        set_up = Scene(running)
        for name in CLIENTS:
            made = set_up.books.do("create_client", organization=name, currency_code="USD")
            set_up.clients.append(int(made["id"]))
        set_up.settle()
        yield set_up
