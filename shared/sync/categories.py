"""A category of expenses: whether it is called as it was, and what is asked for if it is not.

Never carried over itself; every expense shows what its category is called when it is read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.core.events import SyncRequest
from shared.core.fingerprints import GONE, fingerprint
from shared.core.journal import JournalEntry
from shared.core.outcomes import Result, Skipped
from shared.core.policies import ExpensePolicy
from shared.core.shown import shown_of
from shared.errors import RetryLaterError
from shared.sync.follow_ups import FollowUps
from shared.sync.ports import FreshBooks


@dataclass(frozen=True, kw_only=True)
class CategorySync:
    """Has expenses follow the name of their category.

    The journal says under which name it was seen last. A category that was not seen before counts
    as renamed: expenses may have been read under an older name.
    """

    freshbooks: FreshBooks
    follow_ups: FollowUps
    expenses: ExpensePolicy
    clock: Callable[[], datetime]

    def sync(self, request: SyncRequest, before: JournalEntry | None) -> Result:
        """Ask for the expenses of a category that is not called as it was."""
        record, read_at = request.record, self.clock()
        found = self.freshbooks.get_category(record.business, record.number)
        if found is None:
            gone = Skipped("FreshBooks has no such category any more")
            return Result(gone, fingerprint=GONE, read_at=read_at)
        mark = fingerprint(found)
        known = before is not None and before.fingerprint == mark
        asked = 0 if known else self._ask_for_expenses(request)
        outcome = Skipped(f"its name is seen on expenses only; {asked} of them are asked for")
        return Result(outcome, shown_of(found), mark, read_at)

    def _ask_for_expenses(self, request: SyncRequest) -> int:
        if self.expenses is ExpensePolicy.OFF:
            return 0
        try:
            found = list(self.freshbooks.list_expenses_of(request.business, request.number))
        except RetryLaterError as error:
            if error.throttled or error.retry_after is not None:
                raise
            # The category itself was answered: it is this list, and no trouble of the service.
            raise RetryLaterError(str(error)) from error
        return self.follow_ups.request_in_turn(found)
