"""What is forgotten, part by part, each in bounded pieces: the order, and what each part goes by.

Never forgets what is held or ignored, a record that waits, a dead letter that nobody dismissed, or
a newest state that still counts.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final, Protocol

from shared.core.identity import (
    Kind,
    candidate_secret,
    token_secret,
    verifier_secret,
    webhooks_lease,
)
from shared.core.retention import (
    Cut,
    Progress,
    Slice,
    is_of_business,
    is_past_balances,
    last_heard,
)
from shared.errors import ConflictError, UnreadableRowError
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    Clock,
    Consents,
    DeadLetters,
    Holds,
    Journal,
    Leases,
    Registrations,
    Secrets,
)

MOST_ENTRIES: Final = 5000  # of the journal that a piece looks at
MOST_ROWS: Final = 200  # that a piece deletes one by one
MOST_SECRETS: Final = 20
MOST_GONE: Final = 100  # businesses that one run forgets
_TOKENS: Final = token_secret("")
_MORE: Final = "more"  # the part begins anew, and finds less than before


class Old(Protocol):
    """Something that knows itself what of it is old."""

    def prune(self, *, before: datetime, most: int) -> int:
        """Forget at most so many that are of no use since a moment; return how many."""


Part = Callable[[Progress], Progress]


@dataclass(frozen=True, kw_only=True)
class Forget:
    """The parts of a run. Each returns how far the run has come, and may be done again.

    Attributes:
        days: how long what happened is kept, and what a business or a login left behind.
        keep: how many entries of a record's history are kept.
        also: what else has something old.
    """

    journal: Journal
    holds: Holds
    dead_letters: DeadLetters
    checkpoints: Checkpoints
    consents: Consents
    businesses: Businesses
    registrations: Registrations
    leases: Leases
    secrets: Secrets
    clock: Clock
    days: int
    keep: int
    also: Sequence[Old] = ()

    def list_parts(self) -> Sequence[Part]:
        """Return the parts in their order: what others go by is forgotten last."""
        return (
            self._balances,
            self._find_gone,
            self._histories,
            self._dismissed,
            self._tries,
            self._logins,
            *(partial(self._of_others, old) for old in self.also),
            self._gone,
        )

    @property
    def _before(self) -> datetime:
        return self.clock() - timedelta(days=self.days)

    def _balances(self, progress: Progress) -> Progress:
        """Forget until when balances were asked for: it counts for minutes, one for each client."""
        now = self.clock()
        past = (name for name, at in self.checkpoints.list_all() if is_past_balances(name, at, now))
        return progress.after(self._forget_checkpoints(past))

    def _find_gone(self, progress: Progress) -> Progress:
        """Find the businesses that are not synced and were not heard of for so long."""
        listed = {business.id for business in self.businesses.list_all()}
        heard = last_heard(self.checkpoints.list_all())
        unlisted = [business for business in sorted(heard) if business not in listed]
        # One that cannot be read is synced, by a login that is not known.
        blind = any(self._is_synced(business) for business in unlisted)
        gone = [
            business
            for business in unlisted
            if heard[business] < self._before and not self._is_synced(business)
        ]
        found = {"gone": tuple(gone[:MOST_GONE]), "blind": blind}
        return progress.after(Slice(0)).model_copy(update=found)

    def _histories(self, progress: Progress) -> Progress:
        gone = frozenset(b for b in progress.gone if not self._is_synced(b))
        if not progress.position:
            for business in gone:
                self._untell(business)
        cut = Cut(self._before, self.keep, gone)
        piece = self.journal.prune(cut, position=progress.position, most=MOST_ENTRIES)
        return progress.after(piece)

    def _untell(self, business: str) -> None:
        """Have what stands beside invoices marked anew, whose entries are about to be forgotten."""
        for hold in list(self.holds.list_all(business)):
            if hold.noted:
                self.holds.confirm(business, hold.awaited, noted=False)
        for wait in list(self.holds.list_waits(business)):
            if wait.noted:
                self.holds.confirm(business, wait.awaited, wait.request, noted=False)

    def _dismissed(self, progress: Progress) -> Progress:
        """Forget letters that were dismissed; the journal knows which state of a record it was."""
        old = (
            letter
            for letter in self.dead_letters.list_dismissed()
            if letter.dismissed_at is not None and letter.dismissed_at < self._before
        )
        deleted = 0
        for letter in list(islice(old, MOST_ROWS)):
            with contextlib.suppress(ConflictError):  # it is retried, or a newer one, by now
                self.dead_letters.delete(letter.key, version=letter.version)
            deleted += 1
        return progress.after(_piece(deleted, MOST_ROWS))

    def _tries(self, progress: Progress) -> Progress:
        """Forget tries to connect; by those that led to a login in use the newest is known."""
        used = {business.connection for business in self.businesses.list_all()}
        deleted = self.consents.prune(before=self._before, keep=used, most=MOST_ROWS)
        return progress.after(_piece(deleted, MOST_ROWS))

    def _logins(self, progress: Progress) -> Progress:
        """Forget the tokens of logins that read no business: a lease tells of each login."""
        if progress.blind:
            return progress.after(Slice(0))
        used = {token_secret(business.connection) for business in self.businesses.list_all()}
        old = (
            lease
            for lease in self.leases.list_all()
            if lease.name.startswith(_TOKENS)
            and lease.name not in used
            and lease.until < self._before
        )
        deleted = 0
        for lease in list(islice(old, MOST_SECRETS)):
            self.secrets.delete(lease.name)
            self.leases.delete(lease)
            deleted += 1
        return progress.after(_piece(deleted, MOST_SECRETS))

    def _of_others(self, old: Old, progress: Progress) -> Progress:
        deleted = old.prune(before=self._before, most=MOST_ROWS)
        return progress.after(_piece(deleted, MOST_ROWS))

    def _gone(self, progress: Progress) -> Progress:
        """Forget what else there is of the businesses that are gone, one in each piece.

        Their checkpoints are last, and only in a run in which nothing failed: the next run knows
        these businesses by them.
        """
        left = [b for b in progress.gone if b >= progress.position and not self._is_synced(b)]
        if not left:
            return progress.after(Slice(0))
        business = left[0]
        self._forget_webhooks(business)
        piece = Slice(0)
        if not progress.failed:
            names = (name for name, _ in self.checkpoints.list_all())
            piece = self._forget_checkpoints(n for n in names if is_of_business(n, business))
        if piece.position is not None:
            return progress.after(Slice(piece.deleted, business))
        return progress.after(Slice(piece.deleted, left[1] if len(left) > 1 else None))

    def _forget_webhooks(self, business: str) -> None:
        for kind in Kind:
            self.registrations.delete(business, kind)
            self.secrets.delete(candidate_secret(business, kind))
            self.secrets.delete(verifier_secret(business, kind))
        lease = self.leases.read(webhooks_lease(business))
        if lease is not None:
            self.leases.delete(lease)

    def _forget_checkpoints(self, names: Iterator[str]) -> Slice:
        deleted = 0
        for name in list(islice(names, MOST_ROWS)):
            self.checkpoints.delete(name)
            deleted += 1
        return _piece(deleted, MOST_ROWS)

    def _is_synced(self, business: str) -> bool:
        try:
            return self.businesses.get(business) is not None
        except UnreadableRowError:
            return True


def _piece(deleted: int, most: int) -> Slice:
    return Slice(deleted, _MORE if deleted == most else None)
