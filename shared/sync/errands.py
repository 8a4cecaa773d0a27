"""What a poll walks through a business's lists for: what changed, what is new, what no list tells.

Never walks itself.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from shared.core.cursor import Cursor
from shared.core.figures import age_of
from shared.core.identity import Kind, RecordId
from shared.core.pages import Listed, Listing
from shared.core.records import EASTERN, Invoice, Payment, Record
from shared.sync.walk import Errand

# Nothing tells what of them changed since when, so every poll compares all of them.
WHOLE: Final = frozenset({Kind.CREDIT, Kind.CATEGORY})
FEW_PAGES: Final = 5
OVERDUE: Final = "overdue"
BALANCES: Final = "balances"
CREDITS: Final = "credits"  # the payments that stand for credit notes

Also = Callable[[Record], RecordId | None]


def changes(
    business: str,
    kind: Kind,
    what: str,
    lists: tuple[Listed, ...],
    *,
    cursor: Cursor,
    listed_from: date,
    also: Also | None = None,
) -> Errand:
    """Return the errand that asks for what changed.

    Args:
        business: its FreshBooks account id.
        kind: of the records.
        what: its name.
        lists: one after the other.
        cursor: says since when.
        listed_from: the Eastern day from which the next poll lists again.
        also: returns what else a record makes due.
    """
    return Errand(
        business=business,
        kind=kind,
        what=what,
        lists=tuple(Listing(which, cursor.since) for which in lists),
        listed_from=listed_from,
        also=also,
        sure=kind not in WHOLE,  # the next poll lists all of them again
        numbered=kind is Kind.CREDIT,
        anew=what == kind and kind not in WHOLE and cursor.since is None,
    )


def news(business: str, kind: Kind, what: str, lists: tuple[Listed, ...], *, since: date) -> Errand:
    """Return the errand that asks for what is new while a longer one is under way."""
    return Errand(
        business=business,
        kind=kind,
        what=what,
        lists=tuple(Listing(which, since) for which in lists),
        sure=False,
        mend=False,
        kept=False,
        most_pages=FEW_PAGES,
    )


def balances(business: str) -> Errand:
    """Return the errand that compares the balances of all clients, a few pages at each poll.

    No source says that an invoice which comes or goes moves its client's `updated`.
    """
    return Errand(
        business=business,
        kind=Kind.CLIENT,
        what=BALANCES,
        lists=(Listing(),),
        sure=False,
        mend=False,
        most_pages=FEW_PAGES,
    )


def stand_ins(business: str) -> Errand:
    """Return the errand that has every payment read again that stands for a credit note.

    Entries of their own were made for them by an earlier release, or while credit notes could not
    be read.
    """

    def itself(record: Record) -> RecordId | None:
        return RecordId(business, Kind.PAYMENT, record.id) if isinstance(record, Payment) else None

    return Errand(
        business=business,
        kind=Kind.PAYMENT,
        what=CREDITS,
        lists=(Listing(Listed.CREDITS),),
        also=itself,
    )


def aged(business: str, *, before: datetime, now: datetime) -> Also:
    """Return what finds the client of an invoice that is older by now than a column of its row.

    Args:
        business: its FreshBooks account id.
        before: when the columns were last looked at, UTC.
        now: UTC.
    """
    days = tuple(moment.astimezone(EASTERN).date() for moment in (before, now))

    def client(record: Record) -> RecordId | None:
        if not isinstance(record, Invoice) or record.due_date is None:
            return None
        then, today = (age_of(record.due_date, day) for day in days)
        return RecordId(business, Kind.CLIENT, record.customerid) if today != then else None

    return client
