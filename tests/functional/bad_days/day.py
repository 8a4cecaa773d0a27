"""A firm on a bad day: both simulators behind a network, the connector in a host, time that passes.

Never decides what is right; who lets it pass looks at both sides afterwards.
"""

import contextlib
import hashlib
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.remotes import RefusedError
from sandbox.seasoned import SeasonedBookkeeper
from shared.app import Connector
from shared.sync.letters import Wanted
from tests.functional.bad_days.host import Host
from tests.functional.bad_days.service import Service
from tests.functional.bad_days.storage import HostQueue, Storage
from tests.functional.bad_days.timeline import Timeline
from tests.functional.world import Firm
from tests.memory import Breakable

HOUR = 3600.0


class DistantFirm(Firm):
    """A firm whose services are a network away."""

    def __init__(self, timeline: Timeline, *, seed: int = 0, **settings: Any) -> None:
        self._timeline, self._seed = timeline, seed
        self.services: dict[str, Service] = {}
        self.delivered: list[tuple[str, bytes, Mapping[str, str]]] = []
        super().__init__(seed=seed, clock=timeline, **settings)

    def door(self, service: str) -> Service:
        """Return the way to a service, one for all processes."""
        if service not in self.services:
            behind = self.freshbooks_door if service == "FreshBooks" else self.dataverse_door
            self.services[service] = Service(behind, self._timeline, seed=self._seed)
        return self.services[service]

    def deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Take a webhook, and keep it for whoever wants to send it again."""
        self.delivered.append((url, body, headers))
        return super().deliver(url, body, headers)


class Day:
    """A firm, and a host that runs its connector.

    Attributes:
        firm: both sides, and the connector that takes webhooks.
        host: runs the functions.
        freshbooks, dataverse: the ways to the services.
        storage: the calls of queue and tables.
        guilty: keys of records that were refused for what they are; all others are innocent.
    """

    def __init__(
        self, *, seed: int = 0, instances: int = 1, at_once: int = 24, **settings: object
    ) -> None:
        random.seed(seed)  # the connector's own spreading of tries
        self.timeline = Timeline()
        self.firm = DistantFirm(self.timeline, seed=seed, **settings)
        self.firm.queue = queue = HostQueue(self.timeline.true)
        self.firm.connector = self.firm.start()
        self.books = self.firm.books
        self.freshbooks = self.firm.door("FreshBooks")
        self.dataverse = self.firm.door("Dataverse")
        self.queue = queue
        self.host = Host(
            self.timeline,
            queue,
            self._build,
            instances=instances,
            seed=seed,
            at_once=at_once,
        )
        self.guilty: set[str] = set()
        self.firm.add_currencies(EUR=2, JPY=0, BHD=3)
        self._bookkeeper = SeasonedBookkeeper(
            self.firm.remote_books(), random.Random(f"bookkeeper {seed}"), clock=self.timeline.true
        )
        self.storage = Storage(
            {name: fake for name, fake in vars(self.firm).items() if isinstance(fake, Breakable)},
            self.host.step,
        )
        self.freshbooks.step = self.dataverse.step = self.host.step
        self.host.deliveries(self._due, self.firm.freshbooks.deliveries.run_pending)

    @property
    def now(self) -> datetime:
        """The true time."""
        return self.timeline.now

    def clients(
        self, count: int, *, account: str | None = None, word: str = "Client", first: int = 0
    ) -> list[int]:
        """Create clients with names that are nothing like each other.

        The same word and number make the same name.
        """
        return [
            self.books.create_client(account=account, organization=_name(word, number))["id"]
            for number in range(first, first + count)
        ]

    def invoices(self, clients: list[int], count: int) -> list[int]:
        """Create invoices of one line, for one client after the other."""
        return [self.invoice(clients[number % len(clients)]) for number in range(count)]

    def invoice(self, client: int, *, price: str = "100.00", **fields: Any) -> int:
        """Create an invoice of one line."""
        created = self.books.create_invoice(
            client, lines=[{"name": "Work", "qty": "1", "unit_cost": price}], sent=True, **fields
        )
        return int(created["id"])

    def reprice(self, invoice: int, price: str) -> None:
        """Change what an invoice is about."""
        line = {"name": "Work", "qty": "1", "unit_cost": price}
        self.books.edit_invoice(invoice, lines=[line])

    def edit(self) -> None:
        """Let a bookkeeper do one thing in FreshBooks, if FreshBooks lets it be done."""
        with contextlib.suppress(RefusedError):
            self._bookkeeper.edit()

    def touch(self, invoice: int) -> None:
        """Change something of an invoice, deleted or not."""
        with contextlib.suppress(RefusedError):
            self.firm.remote_books().do("edit_invoice", invoice=invoice, po_number=f"P-{invoice}")

    def another_business(self, account: str) -> int:
        """Connect a business of another person's, and return who that is."""
        person = self.books.create_identity()
        self.books.create_business("Another", account=account, identity=person.id)
        self.firm.connect(account, identity=person.id)
        return person.id

    def end_login(self, identity: int) -> None:
        """Let FreshBooks forget a person's tokens, as when somebody removes the app there."""
        oauth, app = self.firm.freshbooks.oauth, self.firm.freshbooks.app
        for (owner, _), token in list(oauth._refresh.items()):
            if owner == identity:
                oauth.revoke(app, token.refresh)

    def reconnect(self) -> None:
        """Connect again, as the administrator would, who waits while webhooks are looked after."""
        consent = self.firm.log_in()
        for _ in range(20):
            self.firm.freshbooks.deliveries.run_pending()
            if self.firm.connector.connect.advance(consent).done:
                return
            self.host.run(30)
        raise AssertionError("FreshBooks was not connected again")

    def retry_letters(self) -> None:
        """Try again all that was given up, as the administrator would."""
        for _ in self.firm.connector.letters.retry(Wanted()):
            pass

    def settle(self, seconds: float = 6 * HOUR) -> None:
        """Let time pass until the queue is empty, at most so long."""
        done = self.host.run_until(
            self.now + timedelta(seconds=seconds),
            until=lambda: self.host.idle() and self._due() is None,
        )
        assert done, f"{len(self.queue.messages)} messages are left"

    def equal_after(self, longest: float) -> float | None:
        """Let time pass until both sides are equal, at most so long.

        Returns:
            Seconds until the last row was written, None if the sides are not equal by then.
        """
        began = written = self.now
        end = began + timedelta(seconds=longest)

        def note(_table: str, _row: object) -> None:
            nonlocal written
            written = self.now

        self.firm.dataverse.plug_in(note)
        while self.now <= end:
            self.host.run(max(20.0, (self.now - began).total_seconds() / 10))
            if not self.firm.differences():
                return (written - began).total_seconds()
        return None

    @contextlib.contextmanager
    def unheard(self) -> Iterator[None]:
        """Let no webhook of what changes meanwhile ever come."""
        knobs = self.firm.freshbooks.deliveries
        before = knobs.knobs.drop
        knobs.set(drop=1.0)
        try:
            yield
        finally:
            knobs.set(drop=before)

    def _due(self) -> datetime | None:
        waiting = self.firm.freshbooks.deliveries._waiting
        return waiting[0][0] if waiting else None

    def _build(self) -> Connector:
        return self.firm.start()


def _name(word: str, number: int) -> str:
    """Return a name that is like no other one's, so that no client is held for another."""
    return hashlib.sha256(f"{word} {number}".encode()).hexdigest()[:12]
