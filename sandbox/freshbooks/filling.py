"""Years of history put into the books at once, as large firms have them.

Never tells the webhooks, for all of it happened before; and never random twice.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.freshbooks import eastern
from sandbox.freshbooks.changes import stamps
from sandbox.freshbooks.clients import ClientOperations, snapshot
from sandbox.freshbooks.ledger import ACTIVE, DELETED, ID_FIELDS
from sandbox.freshbooks.money import ZERO, cents, money, number
from sandbox.freshbooks.payments import PaymentOperations
from sandbox.freshbooks.tables import Fields, Row

_DAYS_OF_A_YEAR = 365
_TERM = 30
# How many invoices share one set of lines: what firms sell repeats itself.
_SETS = 240
_CURRENCIES = ("USD", "USD", "USD", "CAD")
_WORK = ("Consulting", "Workshop", "Support", "Development", "Travel", "Licences", "Training")
_SYLLABLES = ("bar", "den", "fol", "gim", "hus", "kel", "lom", "mar", "nid", "pov", "rel", "tas")
_METHODS = ("Bank Transfer", "Check", "Credit Card", "ACH")


@dataclass(frozen=True)
class _Bill:
    """A set of lines with what an invoice of them looks like before, amid and after payment."""

    fields: Fields
    amount: Decimal
    part: Decimal
    figures: dict[Decimal, Fields]


class FillingOperations(PaymentOperations, ClientOperations):
    """What fills the books."""

    def fill(
        self,
        *,
        invoices: int,
        clients: int | None = None,
        lines: int = 3,
        years: int = 7,
        seed: int = 0,
        account: str | None = None,
    ) -> dict[str, int]:
        """Add clients with invoices and payments of years past; return how many of each.

        Nine in ten invoices older than their term are paid, a few of them in two parts; young ones
        are open, a few drafts; one in two hundred is deleted. The newest is of today. Numbers, ids
        and days rise together.

        Args:
            invoices: how many.
            clients: how many; None means one for fifty invoices.
            lines: of each invoice.
            years: over which the invoices are spread.
            seed: decides everything that is drawn.
            account: whose books; None means the first business'.

        Raises:
            ValueError: there is nothing to be added, or no time for it.
        """
        if min(invoices, lines, years) < 1 or (clients is not None and clients < 1):
            raise ValueError("invoices, clients, lines and years are at least 1")
        whose = self.business(account).account_id
        drawing = random.Random(f"fill {seed}")
        added = 0
        with self.lock:
            today = date.fromisoformat(self.today(whose))
            begun = today - timedelta(days=_DAYS_OF_A_YEAR * years)
            wanted = clients or max(1, invoices // 50)
            customers = [self._take_on(whose, number, begun) for number in range(wanted)]
            bills = self._bills(customers, lines, drawing)
            for place, day in enumerate(_days(begun, today, invoices)):
                client = drawing.choice(customers)
                bill = drawing.choice(bills[client.now["currency_code"]])
                added += self._bill(client, bill, day, place, (today, drawing))
        return {"clients": wanted, "invoices": invoices, "payments": added}

    def _take_on(self, account: str, place: int, day: date) -> Row:
        code = _CURRENCIES[place % len(_CURRENCIES)]
        made = self._started_client(self.business(account))
        made |= {
            "organization": _called(place),
            "email": f"accounts@customer{place + 1}.example",
            "currency_code": code,
            "p_city": "Halifax" if code == "CAD" else "Boston",
        }
        return self._put_back("client", account, made, _noon(day, place))

    def _bills(
        self, customers: list[Row], lines: int, drawing: random.Random
    ) -> dict[str, list[_Bill]]:
        """Draw sets of lines in each currency, and work their figures out once for all."""
        found: dict[str, list[_Bill]] = {}
        for client in customers:
            code = client.now["currency_code"]
            if code not in found:
                found[code] = [self._drawn_bill(client, lines, drawing) for _ in range(_SETS)]
        return found

    def _drawn_bill(self, client: Row, lines: int, drawing: random.Random) -> _Bill:
        work: list[dict[str, Any]] = [
            {
                "name": drawing.choice(_WORK),
                "description": f"Part {number}",
                "qty": drawing.choice(("1", "2", "0.5", "7.25", "12")),
                "unit_cost": f"{drawing.randint(40, 900)}.{drawing.randint(0, 99):02}",
                **drawing.choice(({}, {"taxName1": "HST", "taxAmount1": "13"})),
            }
            for number in range(1, lines + 1)
        ]
        start = self._started_invoice(client, sent=True)
        start |= {
            "due_offset_days": _TERM,
            "discount_value": drawing.choice(("0", "0", "0", "0", "10")),
        }
        fields = self._invoice(start, work)
        amount = number(self._figure(fields, ZERO, paid_on=None, automatic=False)["amount"])
        part = cents(amount * Decimal("0.4"))
        figures = {
            paid: self._figure(fields, paid, paid_on=None, automatic=False)
            for paid in (ZERO, part, amount)
        }
        return _Bill(fields, amount, part, figures)

    def _bill(
        self, client: Row, bill: _Bill, day: date, place: int, drawn: tuple[date, random.Random]
    ) -> int:
        """Put an invoice back with its payments; return how many these are."""
        today, drawing = drawn
        age, luck = (today - day).days, drawing.random()
        paid_on = min(day + timedelta(days=drawing.randint(1, 2 * _TERM)), today)
        shares: list[Decimal] = []
        if age > _TERM and luck < 0.9:
            whole = luck < 0.85
            shares = [bill.amount] if whole else [bill.part, bill.amount - bill.part]
            if luck > 0.88:
                shares = [bill.part]
        paid = sum(shares, ZERO)
        made = bill.fields | bill.figures[paid] | snapshot(client.now)
        made |= {
            "uuid": str(uuid.UUID(int=drawing.getrandbits(128), version=4)),
            "invoice_number": f"{self.tables['invoice'].count(client.account) + 1:07}",
            "customerid": client.id,
            "create_date": day.isoformat(),
            "due_date": (day + timedelta(days=_TERM)).isoformat(),
            "created_at": eastern.stamp(_noon(day, place)),
        }
        if paid == bill.amount:
            made["date_paid"] = paid_on.isoformat()
        if age < _TERM and luck < 0.05:
            made |= {"_stage": "draft", "status": 1, "v3_status": "draft"}
            made["display_status"] = "draft"
        gone = not shares and luck > 0.995
        touched = paid_on if shares and self.switches.payments_touch_invoices else day
        invoice = self._put_back(
            "invoice",
            client.account,
            made,
            _noon(touched, place),
            vis_state=DELETED if gone else ACTIVE,
        )
        for share in shares:
            given = {
                "amount": money(share, made["currency_code"]),
                "date": paid_on.isoformat(),
                "type": drawing.choice(_METHODS),
            }
            tender = self._tender(invoice, given)
            self._put_back("payment", client.account, tender, _noon(paid_on, place))
        return len(shares)

    def _put_back(
        self, kind: str, account: str, fields: Fields, at: datetime, *, vis_state: int = ACTIVE
    ) -> Row:
        """Insert a row as of a moment that is over."""
        at = min(at, self.clock())
        row = Row(next(self._ids[kind]), account, {}, at)
        row.now = {"id": row.id, ID_FIELDS[kind]: row.id, **fields, "vis_state": vis_state}
        row.now |= stamps(kind, at)
        self.tables[kind].add(row)
        return row


def _noon(day: date, place: int) -> datetime:
    """Return a moment of a day, by a second later than the one before."""
    return datetime(day.year, day.month, day.day, 17, place // 60 % 60, place % 60, tzinfo=UTC)


def _days(begun: date, today: date, count: int) -> Iterator[date]:
    """Yield the days of `count` invoices, spread evenly; the last is today's."""
    span = (today - begun).days
    for number_of in range(1, count + 1):
        yield begun + timedelta(days=span * number_of // count)


def _called(place: int) -> str:
    """Return a name of one word that no other client has, so that none is like another."""
    word, rest = "", place + len(_SYLLABLES) ** 2
    while rest:
        rest, at = divmod(rest, len(_SYLLABLES))
        word += _SYLLABLES[at]
    return word.capitalize()
