"""Which edition stands for a record whose first rows somebody deleted.

Never looks for more of a record than it was shown as.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from shared.core.editions import FIRST
from shared.core.identity import Edition, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.sync.ports import Crm

WAS_SHOWN: Final = frozenset(
    {OutcomeName.CREATED, OutcomeName.UPDATED, OutcomeName.UNCHANGED, OutcomeName.CANCELLED}
)

_View = TypeVar("_View")


def find_standing(
    record: RecordId,
    first: _View,
    *,
    noted: JournalEntry | None,
    crm: Crm,
    read: Callable[[Edition], _View],
    stands: Callable[[_View], bool],
) -> tuple[str, _View]:
    """Return the edition that stands for a record, and its rows, where its first ones are gone.

    The first rows say which edition came after them. Without them nothing does, so each currency is
    looked at: a record that has rows in another one must not get its first ones again beside them.

    Args:
        record: the record.
        first: its first rows, none of which is there.
        noted: of it so far, which says whether it was ever shown.
        crm: says which currencies there are.
        read: returns the rows of an edition.
        stands: says whether rows are there, and not replaced by others.
    """
    if noted is None or noted.outcome not in WAS_SHOWN:
        return FIRST, first
    for code in sorted(crm.list_currency_codes()):
        there = read(Edition(record, code))
        if stands(there):
            return code, there
    return FIRST, first
