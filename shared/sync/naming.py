"""Makes sure that two clients alike do not get an account each because they come at once.

Never locks anybody out: who sees another one making an account alike looks again.

    claim    say which client an account is about to be made for, and what it is called
    look     at the claims of others, then at the accounts there are
    make     the account, if there was nobody and nothing alike
    give up  the claim, when the account is there or is not made after all

Of two that overlap, one at least looks after the other one's claim: it sees the claim, or the
account, for a claim is given up only after its account is there. So never both make one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.core.identity import RecordId
from shared.core.matching import Claim, alike
from shared.errors import ConflictError
from shared.sync.ports import Claims

# What was claimed longer ago than this is not made any more.
GOOD_FOR: Final = timedelta(minutes=4)
# What others heed: longer by what clocks may differ and the last write may take.
HEEDED_FOR: Final = timedelta(minutes=10)


class TakenError(ConflictError):
    """An account for a client alike is just being made; look again."""


@dataclass
class Naming:
    """One client on its way to a new account.

    Attributes:
        key: of the claim, no other handling's.
        claim: what others can see, None for nothing.
        taken: what is claimed and nobody else is about to make; None for nothing.
        since: when it was claimed, UTC.
        making: an account may be under way to Dataverse: the claim lapses by itself.
        exists: an account that was made for this client before is in the way of a new one.
    """

    claims: Claims
    clock: Callable[[], datetime]
    record: RecordId
    key: str
    claim: Claim | None = None
    taken: Claim | None = None
    making: bool = False
    exists: bool = False

    def covers(self, name: str) -> bool:
        """Say whether an account of this name is claimed."""
        return self.taken is not None and self.taken.name == name

    def take(self, name: str, *, decided: bool) -> None:
        """Claim what an account is about to be made for.

        Of several that are alike the first by number keeps its claim, so that the others give way.

        Args:
            name: the client's.
            decided: a person decided that this account is to be made, whoever is alike.

        Raises:
            TakenError: somebody else is making one for a client alike.
        """
        now = self.clock()
        self.claim = Claim(self.key, self.record, name, now + HEEDED_FOR)
        self.taken = None
        self.claims.put(self.claim)
        rivals = self._rivals(self.claim, now)
        if rivals and not decided:
            if min(rivals) < _order(self.record):
                self.give_up()
            raise TakenError(
                f"Another account of a similar name as that of {self.record} is just being made."
            )
        self.taken = self.claim

    def make(self) -> None:
        """Note that the account is being made now.

        Raises:
            ConflictError: the claim is too old to be relied on; start again.
        """
        left = self.taken.until - self.clock() if self.taken is not None else timedelta()
        if left < HEEDED_FOR - GOOD_FOR:
            raise ConflictError(f"It took too long to make an account for {self.record}.")
        self.making = True

    def made(self) -> None:
        """Note that the account is there, or is not being made any more."""
        self.making = False

    def give_up(self) -> None:
        """Give the claim up, unless an account may still be under way."""
        if self.claim is not None and not self.making:
            self.claims.delete(self.key)
            self.claim = self.taken = None

    def _rivals(self, mine: Claim, now: datetime) -> list[tuple[str, int]]:
        """Return where those stand that are about to make an account alike."""
        rivals = []
        for other in self.claims.list_all():
            if now - other.until > HEEDED_FOR:
                self.claims.delete(other.key)  # whoever made it died
            elif other.client != self.record and other.until > now and alike(mine, other):
                rivals.append(_order(other.client))
        return rivals


def _order(record: RecordId) -> tuple[str, int]:
    return record.business, record.number
