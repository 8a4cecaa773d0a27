"""Callbacks: who wants to hear of which event, and whether they proved that they want to.

Never delivers; a callback's code and handshake are handed to the deliveries.
"""

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.freshbooks import eastern
from sandbox.freshbooks.errors import RefusedError
from sandbox.freshbooks.switches import Switches
from sandbox.freshbooks.webhook import new_verifier

# The scope that reading a noun needs is the scope that hearing of it needs; there is none for
# webhooks as such.
NOUNS = {
    "bill": "bills",
    "bill_vendor": "bill_vendors",
    "category": "expenses",
    "client": "clients",
    "credit_note": "credit_notes",
    "estimate": "estimates",
    "expense": "expenses",
    "invoice": "invoices",
    "item": "billable_items",
    "payment": "payments",
    "project": "projects",
    "recurring": "invoices",
    "service": "billable_items",
    "tax": "taxes",
    "time_entry": "time_entries",
}
EVENTS = (
    set(NOUNS)
    | {f"{noun}.{verb}" for noun in NOUNS for verb in ("create", "update", "delete")}
    | {"invoice.sendByEmail", "estimate.sendByEmail"}
)


@dataclass
class Callback:
    """One registration.

    Attributes:
        verifier: the code that FreshBooks signs with; every callback has its own.
        failing_since: when the unbroken run of failed deliveries began.
    """

    id: int
    account: str
    event: str
    uri: str
    verifier: str
    updated_at: datetime
    verified: bool = False
    failing_since: datetime | None = None
    deleted: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """Return the callback as the API shows it; the id's key is `callbackid`."""
        return {
            "callbackid": self.id,
            "event": self.event,
            "uri": self.uri,
            "verified": self.verified,
            "updated_at": eastern.iso(self.updated_at),
        }

    def wants(self, event: str) -> bool:
        """Say whether this callback is to hear of `event`, such as `invoice.update`."""
        return self.event in {event, event.partition(".")[0]}


class Callbacks:
    """The registrations of all accounts."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        seed: int,
        switches: Switches,
        handshake: Callable[[Callback], None],
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._handshake = handshake
        self._random = random.Random(f"callbacks {seed}")
        self._ids = itertools.count(778_001)
        self._kept: dict[int, Callback] = {}
        self._lock = threading.Lock()

    def create(self, account: str, event: str, uri: str) -> Callback:
        """Register and start the handshake."""
        refuse_bad_fields(event, uri)
        with self._lock:
            verifier = new_verifier(self._random)
            made = Callback(next(self._ids), account, event, uri, verifier, self._clock())
            self._kept[made.id] = made
        self._handshake(made)
        return made

    def get(self, account: str | None, callback: int) -> Callback:
        """Return a registration.

        Raises:
            RefusedError: it is unknown, deleted or another account's (404).
        """
        found = self._kept.get(callback)
        if found is None or account not in {None, found.account}:
            raise RefusedError(404, 404, "Requested resource could not be found.")
        return found

    def of(self, account: str, event: str | None = None) -> list[Callback]:
        """Return an account's registrations; with `event`, those that would hear of it."""
        with self._lock:
            kept = [one for one in self._kept.values() if one.account == account]
        return [one for one in kept if event is None or one.wants(event)]

    def update(self, callback: Callback, event: str | None, uri: str | None) -> None:
        """Change what a callback hears of, or where."""
        refuse_bad_fields(event or callback.event, uri or callback.uri)
        moved = uri is not None and uri != callback.uri
        callback.event, callback.uri = event or callback.event, uri or callback.uri
        callback.updated_at = self._clock()
        if moved and self._switches.update_unverifies:
            callback.verified = False
            self._handshake(callback)

    def verify(self, callback: Callback, verifier: str) -> None:
        """Accept the code that the handshake carried.

        Raises:
            RefusedError: it is another code (400).
        """
        if verifier != callback.verifier:
            raise _unprocessable({"verifier": "Value error, Invalid verifier."})
        callback.verified, callback.failing_since = True, None
        callback.updated_at = self._clock()

    def resend(self, callback: Callback) -> None:
        """Repeat the handshake."""
        if self._switches.resend_renews_verifier:
            with self._lock:
                callback.verifier = new_verifier(self._random)
            callback.verified = False
        self._handshake(callback)

    def disable(self, callback: Callback) -> None:
        """Stop delivering to a callback, as after failures over a long period."""
        callback.verified = False

    def delete(self, callback: Callback) -> None:
        """Forget a registration for good."""
        with self._lock:
            self._kept.pop(callback.id, None)
        callback.deleted, callback.verified = True, False


def refuse_bad_fields(event: object, uri: object) -> None:
    """Refuse an event nobody knows and an address that is none.

    Raises:
        RefusedError: HTTP 400 with errno 422 inside, and one detail per field.
    """
    reasons = {}
    if event not in EVENTS:
        reasons["event"] = "Value error, Unrecognized event."
    if not _is_address(uri):
        reasons["uri"] = "Input should be a valid URL"
    if reasons:
        raise _unprocessable(reasons)


def _is_address(uri: object) -> bool:
    try:
        parts = urlsplit(uri if isinstance(uri, str) else "")
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _unprocessable(reasons: dict[str, str]) -> RefusedError:
    return RefusedError(400, 422, "The request was well-formed but cannot be followed.", reasons)
