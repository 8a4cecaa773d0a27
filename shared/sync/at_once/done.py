"""What was read of a record, decided about it and written for it.

Never says it in words for people.
"""

from dataclasses import dataclass

from shared.core.foreseen import Foreseen
from shared.core.identity import RecordId
from shared.core.outcomes import OutcomeName
from shared.core.records import Record
from shared.core.waiting import Shown


@dataclass(frozen=True)
class Done:
    """How one record was carried over.

    Attributes:
        source: as it was read last, None where FreshBooks has none or was not asked here.
        shown: what people call it.
        outcome: as the journal notes it; ASKED where the app has not said yet.
        reason: why, "" where that is plain.
        account: name of the account in Dynamics it is on, "" for none or where it is not known.
        linked: why that account is its client's, "" where that is not known.
        written: what was written here for it and for what it brought along, in order.
        asked: records that follow, by messages on the queue.
        not_here: why the app was asked to do it, "" where it was done here.
    """

    record: RecordId
    source: Record | None
    shown: Shown
    outcome: OutcomeName
    reason: str = ""
    account: str = ""
    linked: str = ""
    written: tuple[Foreseen, ...] = ()
    asked: tuple[RecordId, ...] = ()
    not_here: str = ""
