"""Businesses, registrations and consents in memory.

Never outlives its test.
"""

import itertools
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shared.core.connections import Registration, SyncedBusiness
from shared.core.consent import Consent, Stage
from shared.errors import ConflictError
from shared.sync.ports import Businesses, Consents, Registrations
from tests.memory.breakable import Breakable


class MemoryBusinesses(Breakable, Businesses):
    """Those named are synced already."""

    def __init__(self, *businesses: str) -> None:
        super().__init__()
        self.businesses = {
            business: SyncedBusiness(business, business, "a-connection", 1)
            for business in businesses
        }
        self.reads = 0

    def get(self, business: str) -> SyncedBusiness | None:
        self._called(self.get, business)
        self.reads += 1
        return self.businesses.get(business)

    def list_all(self) -> list[SyncedBusiness]:
        self._called(self.list_all)
        return sorted(self.businesses.values(), key=lambda business: business.id)

    def upsert(self, business: SyncedBusiness) -> None:
        self._called(self.upsert, business)
        self.businesses[business.id] = business

    def upsert_all(self, businesses: Sequence[SyncedBusiness]) -> None:
        self._called(self.upsert_all, businesses)
        self.businesses |= {business.id: business for business in businesses}

    def delete(self, business: str) -> None:
        self._called(self.delete, business)
        self.businesses.pop(business, None)


class MemoryRegistrations(Breakable, Registrations):
    """Registrations, and how often they were listed."""

    def __init__(self) -> None:
        super().__init__()
        self.registrations: dict[tuple[str, str], Registration] = {}
        self.reads = 0

    def get(self, business: str, noun: str) -> Registration | None:
        self._called(self.get, business, noun)
        return self.registrations.get((business, noun))

    def list_all(self) -> Iterator[Registration]:
        self._called(self.list_all)
        self.reads += 1
        yield from list(self.registrations.values())

    def upsert(self, registration: Registration) -> None:
        self._called(self.upsert, registration)
        self.registrations[registration.business, registration.noun] = replace(
            registration,
            since=registration.since.astimezone(UTC) if registration.since else None,
            seen=registration.seen.astimezone(UTC) if registration.seen else None,
        )

    def mark_seen(self, business: str, noun: str, moment: datetime) -> None:
        self._called(self.mark_seen, business, noun, moment)
        kept = self.registrations.get((business, noun))
        if kept is not None:
            self.registrations[business, noun] = replace(kept, seen=moment.astimezone(UTC))

    def delete(self, business: str, noun: str) -> None:
        self._called(self.delete, business, noun)
        self.registrations.pop((business, noun), None)


class MemoryConsents(Breakable, Consents):
    """Consents by compare-and-set, as the table; no answer is lost here, so no conflict is ours."""

    def __init__(self) -> None:
        super().__init__()
        self.consents: dict[str, Consent] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def get(self, consent: str) -> Consent | None:
        self._called(self.get, consent)
        return self.consents.get(consent)

    def add(self, consent: Consent) -> Consent:
        self._called(self.add, consent)
        with self._lock:
            if consent.id in self.consents:
                raise ConflictError("there is such a consent already")
            return self._keep(consent)

    def replace(self, consent: Consent) -> Consent:
        self._called(self.replace, consent)
        with self._lock:
            kept = self.consents.get(consent.id)
            if kept is None or kept.version != consent.version:
                raise ConflictError("the consent changed")
            return self._keep(consent)

    def list_under_way(self, *, since: datetime) -> Iterator[Consent]:
        self._called(self.list_under_way, since)
        for consent in list(self.consents.values()):
            if consent.stage in {Stage.EXCHANGING, Stage.SAVED} and consent.at >= since:
                yield consent

    def prune(self, *, before: datetime, keep: Collection[str], most: int) -> int:
        self._called(self.prune, before, keep, most)
        over = [
            each.id
            for each in self.consents.values()
            if each.is_over(before) and each.id not in keep
        ]
        for consent in over[:most]:
            del self.consents[consent]
        return len(over[:most])

    def _keep(self, consent: Consent) -> Consent:
        answered = consent.answered.astimezone(UTC) if consent.answered else None
        kept = replace(
            consent,
            at=consent.at.astimezone(UTC),
            answered=answered,
            version=f"v{next(self._versions)}",
        )
        self.consents[consent.id] = kept
        return kept
