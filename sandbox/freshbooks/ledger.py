"""What every kind of record in the books has in common: ids, changes, visibility, events.

Never knows the fields of one kind.
"""

import contextlib
import itertools
import random
import string
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from sandbox.freshbooks import eastern, rendering
from sandbox.freshbooks.businesses import Business, Identity, Membership
from sandbox.freshbooks.errors import RefusedError, invalid, unknown
from sandbox.freshbooks.money import number
from sandbox.freshbooks.switches import Switches
from sandbox.freshbooks.tables import Fields, Row, Table

ACTIVE, DELETED, ARCHIVED = 0, 1, 2

# The field a record's id is repeated in.
ID_FIELDS = {
    "client": "userid",
    "invoice": "invoiceid",
    "payment": "logid",
    "expense": "expenseid",
    "category": "categoryid",
}
_FIRST_IDS = {
    "client": 92_001,
    "invoice": 217_001,
    "payment": 235_001,
    "expense": 70_001,
    "category": 3_696_001,
}
_VERSIONED = {"invoice", "expense"}

Notify = Callable[[Business, str, int, Identity], None]


class Ledger:
    """The businesses and their rows.

    Attributes:
        businesses: by account id.
        identities: by id; the first one is whom everything is done as, unless said otherwise.
        tables: by kind.
        lock: held while rows change, and while several rows are picked.
    """

    def __init__(
        self, *, clock: Callable[[], datetime], seed: int, switches: Switches, notify: Notify
    ) -> None:
        self.clock = clock
        self.switches = switches
        self.businesses: dict[str, Business] = {}
        self.identities: dict[int, Identity] = {}
        self.lock = threading.RLock()
        self.tables = {
            "client": Table(day=_day, vis_state=_vis_state),
            "invoice": Table(day=_day, vis_state=_vis_state, customerid=lambda f: f["customerid"]),
            "payment": Table(
                day=_day,
                vis_state=_vis_state,
                clientid=lambda f: f["clientid"],
                invoiceid=lambda f: f["invoiceid"],
            ),
            "expense": Table(day=_day, vis_state=_vis_state, clientid=lambda f: f["clientid"]),
            "category": Table(day=_day, vis_state=_vis_state),
        }
        self._ids = {kind: itertools.count(first) for kind, first in _FIRST_IDS.items()}
        self._random = random.Random(f"ledger {seed}")
        self._notify = notify
        self._actor: ContextVar[Identity | None] = ContextVar("actor", default=None)

    # businesses and people

    def create_identity(self, *, email: str = "owner@harbourlight.example") -> Identity:
        """Add a person who can log in."""
        with self.lock:
            identity = Identity(4_242_001 + len(self.identities), email)
            self.identities[identity.id] = identity
        return identity

    def create_business(
        self,
        name: str = "Harbour Light Studio",
        *,
        account: str | None = None,
        currency: str = "USD",
        timezone: str = "America/New_York",
        role: str = "owner",
        userid: int = 1,
        hides_account_id: bool = False,
        identity: int | None = None,
    ) -> Business:
        """Add a business with empty books, of which `identity` is a member.

        Args:
            name: as shown in `users/me`.
            account: its account id; None draws one.
            currency: of new clients and expenses.
            timezone: decides when an invoice is overdue, and nothing else.
            role: `owner`, `manager`, `business_employee`, or `client`.
            userid: the member's number in the account; for role `client` the client's id.
            hides_account_id: see `Business`.
            identity: whose membership; None means the first person's.
        """
        with self.lock:
            member = identity or next(iter(self.identities))
            drawn = "".join(self._random.choices(string.ascii_letters + string.digits, k=6))
            business = Business(
                account_id=account or drawn,
                id=8_675_301 + 10 * len(self.businesses),
                name=name,
                currency=currency,
                timezone=timezone,
                hides_account_id=hides_account_id,
                members={member: Membership(role, userid)},
            )
            self.businesses[business.account_id] = business
            self._open(business)
        return business

    def business(self, account: str | None) -> Business:
        """Return the business with this account id; None means the first one.

        Raises:
            RefusedError: there is none (404).
        """
        chosen = account or next(iter(self.businesses))
        if chosen not in self.businesses:
            raise RefusedError(404, 404, "Account not found")
        return self.businesses[chosen]

    @contextlib.contextmanager
    def acting(self, identity: Identity) -> Iterator[None]:
        """Let changes in this context be `identity`'s; webhooks name who did it."""
        token = self._actor.set(identity)
        try:
            yield
        finally:
            self._actor.reset(token)

    # reading

    def row(self, kind: str, record: int, account: str | None = None) -> Row:
        """Return a row, deleted or not.

        Raises:
            RefusedError: there is none in the account (404, errno 1012).
        """
        found = self.tables[kind].get(account, record)
        if found is None:
            raise unknown(kind, ID_FIELDS[kind], record)
        return found

    def record(self, kind: str, record: int) -> Fields:
        """Return a record as it is now, deleted or not, lines and balances included."""
        return self.shown(kind, self.row(kind, record))

    def records(self, kind: str, account: str | None = None) -> list[Fields]:
        """Return all records of a kind, deleted ones too, lines and balances included."""
        with self.lock:
            rows = self.tables[kind].rows(self.business(account).account_id)
        return [self.shown(kind, row) for row in rows]

    def shown(self, kind: str, row: Row) -> Fields:
        """Return the row's own fields, an invoice's lines and a client's balances among them."""
        return rendering.render(self, kind, row.account, row.now, rendering.OWN[kind])

    def serve_stale(self, kind: str, record: int, times: int = 1) -> None:
        """Answer the next `times` GETs of this record with its previous version.

        The previous version of a record that has never changed is that there is none (404).
        """
        with self.lock:
            self.row(kind, record).stale = times

    # changing

    def set_visibility(self, kind: str, record: int, vis_state: int) -> Fields:
        """Make a record active (0), deleted (1) or archived (2); nothing else changes."""
        if vis_state not in {ACTIVE, DELETED, ARCHIVED}:
            raise invalid(kind, "vis_state", vis_state, "Invalid vis_state.")
        with self.lock:
            row = self.row(kind, record)
            if row.now["vis_state"] != vis_state:
                self._change(kind, row, {"vis_state": vis_state})
                if vis_state == DELETED:
                    self._fire(kind, "delete", row)
                elif self.switches.visibility_fires_update:
                    self._fire(kind, "update", row)
                self._visibility_changed(kind, row)
        return self.shown(kind, row)

    def _insert(self, kind: str, account: str, fields: Fields) -> Row:
        moment = self.clock()
        row = Row(next(self._ids[kind]), account, {}, moment)
        row.now = {"id": row.id, ID_FIELDS[kind]: row.id, **fields, "vis_state": ACTIVE}
        row.now |= _stamps(kind, moment)
        self.tables[kind].add(row)
        self._fire(kind, "create", row)
        return row

    def _change(self, kind: str, row: Row, changes: Fields, *, touch: bool = True) -> None:
        moment = row.at
        if touch:
            moment = self.clock()
            # Two changes never share a version, however coarse or frozen the clock.
            if timedelta(0) <= row.at - moment < timedelta(seconds=1):
                moment = row.at + timedelta(microseconds=1)
            changes = changes | _stamps(kind, moment)
        self.tables[kind].replace(row, row.now | changes, moment)

    def _fire(self, kind: str, verb: str, row: Row) -> None:
        actor = self._actor.get() or next(iter(self.identities.values()))
        self._notify(self.businesses[row.account], f"{kind}.{verb}", row.id, actor)

    def _open(self, business: Business) -> None:
        """Put into new books what every business starts with."""

    def _visibility_changed(self, kind: str, row: Row) -> None:
        """Carry a change of visibility on to other rows."""


def checked(kind: str, fields: Fields, writable: Fields) -> Fields:
    """Return `fields` if each of them may be written.

    Raises:
        RefusedError: one of them is not a field that can be written.
    """
    for name, value in fields.items():
        if name not in writable:
            raise invalid(kind, name, value, f"'{name}' cannot be written.", 1038)
    return fields


def decimal(kind: str, key: str, value: object) -> Any:
    """Return `value` as a Decimal.

    Raises:
        RefusedError: it is no number (422, errno 1015).
    """
    try:
        return number(value)
    except ValueError:
        raise invalid(kind, key, value, f"'{key}' must be a number.", 1015) from None


def calendar_day(kind: str, key: str, value: object) -> str:
    """Return `value` as `YYYY-MM-DD`.

    Raises:
        RefusedError: it is no day (422, errno 1033).
    """
    try:
        return eastern.day(value)
    except ValueError:
        raise invalid(kind, key, value, f"'{key}' must be a date.", 1033) from None


def _stamps(kind: str, moment: datetime) -> Fields:
    if kind == "category":
        return {"updated_at": eastern.stamp(moment)}
    if kind in _VERSIONED:
        return {"updated": eastern.stamp(moment), "version": eastern.version(moment)}
    return {"updated": eastern.stamp(moment)}


def _day(fields: Fields) -> str:
    return str(fields.get("updated") or fields["updated_at"])[:10]


def _vis_state(fields: Fields) -> int:
    return int(fields["vis_state"])
