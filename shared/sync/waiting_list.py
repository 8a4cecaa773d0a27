"""The one list of everything that is not in Sales, and why.

Never changes anything, and never asks FreshBooks or Dataverse.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from shared.core.circuit import Circuit
from shared.core.identity import Awaited, AwaitedKind, Kind
from shared.core.listed import Listed, of_entry, of_hold, of_letter, of_wait
from shared.core.outcomes import OutcomeName
from shared.core.waiting import Wait
from shared.sync.ports import Businesses, DeadLetters, Holds, Journal

# What has no row that says what it waits for has a message on the queue.
_ON_ITS_WAY: Final = frozenset(
    {OutcomeName.DEFERRED, OutcomeName.ASKED, OutcomeName.WAITING, OutcomeName.HELD}
)
_EVERYBODYS: Final = {AwaitedKind.SERVICE, AwaitedKind.CONNECTION}
_AT_ONCE: Final = 100  # look-ups


@dataclass(frozen=True, kw_only=True)
class WaitingList:
    """Gathers what waits, what is left out and what was given up.

    Attributes:
        circuits: returns the open circuits, by the business each belongs to and what waits for it.
    """

    businesses: Businesses
    holds: Holds
    dead_letters: DeadLetters
    journal: Journal
    circuits: Callable[[], Mapping[tuple[str, Awaited], Circuit]]

    def gather(self, business: str | None = None) -> list[Listed]:
        """Return everything that would be in Sales itself, oldest first.

        Args:
            business: only what is this one's; None for all.
        """
        found = [*self._held(business), *self._letters(business)]
        listed = {each.key for each in found}
        on_their_way = (each for each in self._on_their_way(business) if each.key not in listed)
        every = (each for each in (*found, *on_their_way) if each.kind != Kind.CATEGORY)
        return sorted(every, key=lambda each: (each.since, each.key))

    def _held(self, business: str | None) -> Iterator[Listed]:
        holds = list(self.holds.list_all(business))
        ignored = {(hold.business, hold.awaited.name) for hold in holds if hold.leaves_out}
        clients = set()
        for hold in holds:
            # Where a client's account was taken from it, its hold asks what to do.
            if hold.leaves_out or (hold.is_open and hold.awaited.kind is AwaitedKind.CLIENT):
                listed = of_hold(hold)
                clients.add(listed.key)
                yield listed
        waits = list(self.holds.list_waits(business))
        reasons = {(hold.business, hold.awaited): hold.reason for hold in holds}
        circuits = self.circuits()
        over = self._over(waits)
        for wait in waits:
            where = wait.request.business
            key = wait.request.record.key
            if key in clients or (key, wait.awaited) in over:
                continue
            scope = "" if wait.awaited.kind in _EVERYBODYS else where
            yield of_wait(
                wait,
                ignored=wait.awaited.kind is AwaitedKind.CLIENT
                and (where, wait.awaited.name) in ignored,
                reason=reasons.get((where, wait.awaited), ""),
                circuit=circuits.get((scope, wait.awaited)),
            )

    def _over(self, waits: list[Wait]) -> set[tuple[str, object]]:
        """Return the waits of records that were carried over since by another release."""
        by_kind: defaultdict[tuple[str, Kind], list[Wait]] = defaultdict(list)
        for wait in waits:
            if wait.awaited.kind is AwaitedKind.POLICY:
                by_kind[wait.request.business, wait.request.kind].append(wait)
        over: set[tuple[str, object]] = set()
        for (business, kind), some in by_kind.items():
            for start in range(0, len(some), _AT_ONCE):
                part = some[start : start + _AT_ONCE]
                noted = self.journal.get_many(business, kind, [w.request.number for w in part])
                over |= {
                    (wait.request.record.key, wait.awaited)
                    for wait in part
                    if (entry := noted.get(wait.request.number)) is not None
                    and entry.awaited != str(wait.awaited)
                }
        return over

    def _letters(self, business: str | None) -> Iterator[Listed]:
        kept = ((letter, False) for letter in self.dead_letters.list_all())
        set_aside = ((letter, True) for letter in self.dead_letters.list_dismissed())
        for letter, dismissed in (*kept, *set_aside):
            listed = of_letter(letter, dismissed=dismissed)
            if business in {None, listed.business}:
                yield listed

    def _on_their_way(self, business: str | None) -> Iterator[Listed]:
        for each in self.businesses.list_all():
            if business in {None, each.id}:
                for kind in Kind:
                    for entry in self.journal.list_by_outcome(each.id, kind, _ON_ITS_WAY):
                        yield of_entry(entry)
