"""What people call records: their numbers and names, and which records a text can mean.

Never takes a list for what was asked for: FreshBooks ignores a filter it does not know.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.core.identity import RecordId
from shared.core.journal import JournalEntry
from shared.core.matching import normal
from shared.core.records import Client, Credit, Invoice, Record, kind_of
from shared.core.shown import shown_of
from shared.core.waiting import NOTHING_SHOWN, Shown

_ID: Final = "id:"
_PAST_THE_LAST: Final = 2**63  # numbers are 64 bits wide


@dataclass(frozen=True)
class Called:
    """A record that somebody may mean.

    Attributes:
        shown: what tells it from others, nothing where it was not read.
        day: of its date, "" for none.
    """

    record: RecordId
    shown: Shown = NOTHING_SHOWN
    day: str = ""

    @classmethod
    def read(cls, business: str, record: Record) -> "Called":
        """Return what a record is called as FreshBooks shows it."""
        day = record.create_date.isoformat() if isinstance(record, Invoice | Credit) else ""
        return cls(RecordId(business, kind_of(record), record.id), shown_of(record), day)

    @classmethod
    def noted(cls, entry: JournalEntry) -> "Called":
        """Return what a record was called when it was handled last."""
        shown = Shown(entry.label, entry.name, entry.amount, entry.currency)
        return cls(entry.record, shown)


@dataclass(frozen=True)
class Search:
    """What was found of the records people call so.

    Attributes:
        whole: everything was looked at that may be called so.
    """

    records: tuple[Record, ...] = ()
    whole: bool = True


def called_so(records: Iterable[Record], text: str) -> tuple[Record, ...]:
    """Return the records of one kind that a text names.

    Numbers are compared to the letter. A client is named by its whole name in either case, or,
    where no client has that name, by a part of it.
    """
    found, wanted = list(records), _spelled(text)
    if not wanted:
        return ()
    exact = [each for each in found if wanted in _names_of(each)]
    parts = [each for each in found if isinstance(each, Client) and wanted in _spelled(each.name)]
    return tuple(exact or parts)


def telling_word(text: str) -> str:
    """Return the longest word of a name: FreshBooks looks for a text in one field at a time."""
    return max(normal(text).split(), key=len, default="")


def as_id(text: str) -> int | None:
    """Return the number that names a record in FreshBooks, None where the text is none.

    A number with noughts in front is what people call a record, and no id.
    """
    return _number(text.removeprefix(_ID))


def is_surely_id(text: str) -> bool:
    """Say whether a text says of itself that it is an id, as `id:17` does."""
    return text.startswith(_ID) and as_id(text) is not None


def surely(number: int) -> str:
    """Return the text that names a record by its id, whatever others are called."""
    return f"{_ID}{number}"


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()) or text.startswith("0"):
        return None
    number = int(text[:20])
    return number if number < _PAST_THE_LAST else None


def _names_of(record: Record) -> tuple[str, ...]:
    match record:
        case Client():
            return (_spelled(record.name),)
        case Invoice():
            return (_spelled(record.invoice_number),)
        case Credit():
            return (_spelled(record.credit_number),)
        case _:
            return ()


def _spelled(text: str) -> str:
    return normal(text).casefold()
