"""Which records somebody means by a number, an id or a name: FreshBooks is asked, then the journal.

Never chooses between two.
"""

from dataclasses import dataclass
from typing import Final

from shared.core.called import Called, as_id, is_surely_id
from shared.core.identity import Kind, RecordId
from shared.errors import NotPossibleError, RecordRefusedError
from shared.sync.one import read_one
from shared.sync.ports import FreshBooks, Journal

MOST_PAGES: Final = 30  # of 100 rows, where FreshBooks does not look for a number itself
# What people call these is their id.
_BY_ID: Final = {Kind.CLIENT, Kind.PAYMENT, Kind.EXPENSE}


@dataclass(frozen=True)
class Identify:
    """Finds records by what people call them."""

    freshbooks: FreshBooks
    journal: Journal

    def find(self, business: str, kind: Kind, text: str) -> list[Called]:
        """Return the records that people call so, else the one that FreshBooks calls so.

        Args:
            business: whose records.
            kind: which.
            text: a number as people write it, an id in FreshBooks, which may stand behind `id:`, a
                client's name or a part of it, or for payments the number of their invoice.

        Raises:
            NotPossibleError: nothing is called so; the text says what was looked at.
        """
        text = text.strip()
        number = as_id(text)
        named = RecordId(business, kind, number) if number is not None else None
        if named is not None and (kind in _BY_ID or is_surely_id(text)):
            return [Called(named)]  # whether there is one shows when it is read
        if kind is Kind.PAYMENT:
            return self._payments_of(business, text)
        return self._called(business, kind, text, named)

    def _called(self, business: str, kind: Kind, text: str, named: RecordId | None) -> list[Called]:
        """Return the records that people call so, the least work first.

        Args:
            business: whose.
            kind: which.
            text: what people call them.
            named: the record whose id that is, None for none.

        Raises:
            NotPossibleError: there are none.
        """
        search = self.freshbooks.find_called(business, kind, text, most_pages=1)
        found = [Called.read(business, each) for each in search.records]
        if not (found and search.whole):
            known = {each.record for each in found}
            noted = map(Called.noted, self.journal.find_by_label(business, kind, text))
            found += [each for each in noted if each.record not in known]
        if not found and named is not None and (search.whole or self._is_there(named)):
            return [Called(named)]
        if not found and not search.whole:
            search = self.freshbooks.find_called(business, kind, text, most_pages=MOST_PAGES)
            found = [Called.read(business, each) for each in search.records]
        if not found:
            raise NotPossibleError(_nothing(kind, text, whole=search.whole))
        return sorted(found, key=lambda each: each.record.number)

    def _is_there(self, record: RecordId) -> bool:
        if self.journal.get_latest(record) is not None:
            return True
        try:
            return read_one(self.freshbooks, record) is not None
        except RecordRefusedError:
            return True  # it is there, and cannot be read

    def _payments_of(self, business: str, invoice: str) -> list[Called]:
        found = [
            Called(record)
            for each in self._called(business, Kind.INVOICE, invoice, None)
            for record in self.freshbooks.list_payments_of(business, each.record.number)
        ]
        if not found:
            raise NotPossibleError(f"The invoice {invoice} has no payment in FreshBooks.")
        return sorted(found, key=lambda each: each.record.number)


def unknown(record: RecordId) -> NotPossibleError:
    """Return what is said of an id that nobody knows."""
    return NotPossibleError(
        f"FreshBooks has no {record.kind} {record.number} in {record.business}, and Dynamics "
        "nothing of it. Its id stands in the address of its page in FreshBooks."
    )


def _nothing(kind: Kind, text: str, *, whole: bool) -> str:
    looked = (
        ""
        if whole
        else f" It does not look for that itself, so the first {MOST_PAGES * 100} of its list were "
        "looked through, and everything that was ever heard of."
    )
    return (
        f"FreshBooks has no {kind} {text}.{looked} Name it by its id in FreshBooks, a number that "
        "stands in the address of its page."
    )
