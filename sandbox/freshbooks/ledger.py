"""What the books hold: businesses, the people in them, and the rows of every kind.

Never changes a row, and never knows the fields of one kind.
"""

import random
import string
import threading
from collections.abc import Callable
from datetime import datetime

from sandbox.freshbooks import eastern
from sandbox.freshbooks.businesses import Business, Identity, Membership
from sandbox.freshbooks.errors import RefusedError, unknown
from sandbox.freshbooks.switches import Switches
from sandbox.freshbooks.tables import Fields, Row, Table

ACTIVE, DELETED, ARCHIVED = 0, 1, 2

# The field a record's id is repeated in.
ID_FIELDS = {
    "client": "userid",
    "invoice": "invoiceid",
    "payment": "logid",
    "credit_note": "creditid",
    "expense": "expenseid",
    "category": "categoryid",
}


class Ledger:
    """The businesses and their rows.

    Attributes:
        businesses: by account id.
        identities: by id; the first one is whom everything is done as, unless said otherwise.
        tables: by kind.
        lock: held while rows change, and while several rows are picked.
    """

    def __init__(self, *, clock: Callable[[], datetime], seed: int, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.businesses: dict[str, Business] = {}
        self.identities: dict[int, Identity] = {}
        self.lock = threading.RLock()
        self.tables = {
            "client": Table(day=_day, vis_state=_vis_state),
            "invoice": Table(
                day=_day,
                date=lambda f: f["create_date"],
                vis_state=_vis_state,
                customerid=lambda f: f["customerid"],
            ),
            "payment": Table(
                day=_day,
                date=lambda f: f["date"],
                vis_state=_vis_state,
                clientid=lambda f: f["clientid"],
                invoiceid=lambda f: f["invoiceid"],
                creditid=lambda f: f["creditid"],
            ),
            "credit_note": Table(vis_state=_vis_state, clientid=lambda f: f["clientid"]),
            "expense": Table(
                day=_day,
                date=lambda f: f["date"],
                vis_state=_vis_state,
                clientid=lambda f: f["clientid"],
            ),
            "category": Table(day=_day, vis_state=_vis_state),
        }
        self._random = random.Random(f"ledger {seed}")

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
            timezone: decides which day it is and so what is overdue; `updated` is Eastern.
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

    def today(self, account: str) -> str:
        """Return the calendar day it is for the business."""
        return eastern.today(self.clock(), self.businesses[account].timezone)

    def row(self, kind: str, record: int, account: str | None = None) -> Row:
        """Return a row, deleted or not.

        Raises:
            RefusedError: there is none in the account (404, errno 1012).
        """
        found = self.tables[kind].get(account, record)
        if found is None:
            raise unknown(kind, ID_FIELDS[kind], record)
        return found

    def _open(self, business: Business) -> None:
        """Put into new books what every business starts with."""


def _day(fields: Fields) -> str:
    return str(fields.get("updated") or fields["updated_at"])[:10]


def _vis_state(fields: Fields) -> int:
    return int(fields["vis_state"])
