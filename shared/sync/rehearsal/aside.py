"""What the use cases keep and send in a rehearsal: what is there is read, the rest stays here.

Never writes to a table or a queue, and never outlives the rehearsal.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.matching import Claim
from shared.core.outcomes import OutcomeName
from shared.core.retention import Cut, Slice
from shared.core.waiting import NOTHING_SHOWN, Hold, Shown, Wait
from shared.sync.ports import Claims, Holds, Journal, SyncQueue

_Place = tuple[str, Awaited]


class AsideQueue(SyncQueue):
    """What would be asked for, each record once until it is taken."""

    def __init__(self) -> None:
        self._asked: dict[RecordId, SyncRequest] = {}

    def take(self) -> SyncRequest | None:
        """Return what was asked for first, None when nothing is left."""
        record = next(iter(self._asked), None)
        return self._asked.pop(record) if record is not None else None

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:  # noqa: ARG002  # no time passes
        """Note what would be asked for."""
        self._asked.setdefault(request.record, request)

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        """Do nothing: no message is handled, so none is put back."""

    def depth(self) -> int:
        """Return how many records would be asked for."""
        return len(self._asked)

    def visible_since(self) -> datetime | None:
        """Return None: nobody waits for them."""
        return None


@dataclass(frozen=True)
class AsideJournal(Journal):
    """The journal as it is; what would be noted is not."""

    journal: Journal

    def write(self, entry: JournalEntry, *, history: bool = True) -> None:
        """Do nothing."""

    def replace(self, entry: JournalEntry, *, past: JournalEntry | None = None) -> JournalEntry:  # noqa: ARG002  # the port's
        """Do nothing, and return the entry."""
        return entry

    def write_all(
        self,
        entries: Sequence[JournalEntry],
        *,
        past: Collection[JournalEntry] = (),  # noqa: ARG002  # the port's
    ) -> set[RecordId]:
        """Do nothing, and say that it is done."""
        return {entry.record for entry in entries}

    def list_latest(self, business: str, kind: Kind) -> Iterator[JournalEntry]:
        """Yield the newest entry of every record of a kind."""
        return self.journal.list_latest(business, kind)

    def get_latest(self, record: RecordId) -> JournalEntry | None:
        """Return the newest entry of a record, as if no message were on its way to it.

        That message would write in a moment what nobody would ask for again.
        """
        found = self.journal.get_latest(record)
        return replace(found, pending="", pending_since=None) if found is not None else None

    def get_many(
        self, business: str, kind: Kind, numbers: Collection[int]
    ) -> dict[int, JournalEntry]:
        """Return the newest entries of some records."""
        return self.journal.get_many(business, kind, numbers)

    def list_history(self, record: RecordId) -> Iterator[JournalEntry]:
        """Yield a record's entries."""
        return self.journal.list_history(record)

    def find_by_label(self, business: str, kind: Kind, label: str) -> Iterator[JournalEntry]:
        """Yield the newest entries of the records people call `label`."""
        return self.journal.find_by_label(business, kind, label)

    def list_by_outcome(
        self, business: str, kind: Kind, outcomes: Collection[OutcomeName]
    ) -> Iterator[JournalEntry]:
        """Yield the newest entries that ended so."""
        return self.journal.list_by_outcome(business, kind, outcomes)

    def prune(self, cut: Cut, *, position: str = "", most: int) -> Slice:  # noqa: ARG002  # the port's
        """Do nothing."""
        return Slice(0)


@dataclass(frozen=True)
class AsideClaims(Claims):
    """Claims as they are, and those of the rehearsal."""

    claims: Claims
    own: dict[str, Claim] = field(default_factory=dict)

    def put(self, claim: Claim) -> None:
        """Keep a claim here."""
        self.own[claim.key] = claim

    def list_all(self) -> Iterator[Claim]:
        """Yield all claims."""
        yield from self.claims.list_all()
        yield from self.own.values()

    def delete(self, key: str) -> None:
        """Forget a claim of the rehearsal; the others stay."""
        self.own.pop(key, None)


@dataclass(frozen=True)
class AsideHolds(Holds):
    """Holds as they are, with what the rehearsal opened, closed and let wait.

    Attributes:
        opened: holds as they would be, None for those that would be closed.
        waits: what would wait.
        freed: what would wait no more, by whose it is and for what.
    """

    holds: Holds
    opened: dict[_Place, Hold | None] = field(default_factory=dict)
    waits: dict[tuple[_Place, RecordId], Wait] = field(default_factory=dict)
    freed: set[tuple[_Place, RecordId]] = field(default_factory=set)

    def get(self, business: str, awaited: Awaited) -> Hold | None:
        """Return a hold as it would be."""
        place = (business, awaited)
        return self.opened[place] if place in self.opened else self.holds.get(business, awaited)

    def list_all(self, business: str | None = None) -> Iterator[Hold]:
        """Yield all holds as they would be."""
        for hold in self.holds.list_all(business):
            if (hold.business, hold.awaited) not in self.opened:
                yield hold
        for opened in self.opened.values():
            if opened is not None and business in {None, opened.business}:
                yield opened

    def upsert(self, hold: Hold) -> None:
        """Open a hold here."""
        self.opened[hold.business, hold.awaited] = hold

    def delete(self, business: str, awaited: Awaited) -> None:
        """Close a hold here."""
        self.opened[business, awaited] = None

    def add_waiting(
        self,
        awaited: Awaited,
        request: SyncRequest,
        *,
        since: datetime | None = None,
        reason: str = "",
        shown: Shown = NOTHING_SHOWN,
        partly: bool = False,
        noted: bool = False,
    ) -> None:
        """Let a record wait here."""
        name = ((request.business, awaited), request.record)
        self.freed.discard(name)
        began = since or request.seen
        self.waits[name] = Wait(awaited, request, began, reason, shown, partly, noted)

    def list_waiting(
        self, business: str, awaited: Awaited, *, most: int | None = None
    ) -> Iterator[SyncRequest]:
        """Yield the records that would wait for something, at most so many."""
        place = (business, awaited)
        asked = None if most is None else most + len(self.freed)
        there = {
            each.record: each
            for each in self.holds.list_waiting(business, awaited, most=asked)
            if (place, each.record) not in self.freed
        }
        here = {record: each.request for (of, record), each in self.waits.items() if of == place}
        yield from list({**there, **here}.values())[:most]

    def list_waits(
        self, business: str | None = None, *, kind: AwaitedKind | None = None
    ) -> Iterator[Wait]:
        """Yield every record that waits now."""
        return self.holds.list_waits(business, kind=kind)

    def delete_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        """Let a record wait no longer here."""
        name = ((request.business, awaited), request.record)
        self.waits.pop(name, None)
        self.freed.add(name)

    def confirm(
        self,
        business: str,
        awaited: Awaited,
        request: SyncRequest | None = None,
        *,
        noted: bool = True,
    ) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Aside:
    """Everything that the use cases keep or send, aside."""

    queue: AsideQueue
    journal: AsideJournal
    holds: AsideHolds
    claims: AsideClaims

    @classmethod
    def of(cls, journal: Journal, holds: Holds, claims: Claims) -> "Aside":
        """Return it over what there is."""
        return cls(AsideQueue(), AsideJournal(journal), AsideHolds(holds), AsideClaims(claims))
