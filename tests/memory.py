"""The small ports in memory: queue, journal, holds, dead letters, checkpoints, secrets, time."""

import base64
import heapq
import itertools
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.core.connections import SyncedBusiness
from shared.core.events import SyncRequest
from shared.errors import ConflictError
from shared.sync.ports import Lease


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now=datetime(2026, 11, 2, 15, 0, tzinfo=UTC)):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


class MemoryQueue:
    """`SyncQueue`: messages become visible by the clock; what was taken can be put back."""

    def __init__(self, clock):
        self.clock = clock
        self.messages = []
        self.sent = []
        self.broken = None
        self._order = itertools.count()
        self._lock = threading.Lock()

    def send(self, request, *, delay=0.0):
        if self.broken is not None:
            raise self.broken
        SyncRequest.parse(base64.b64decode(request.encode()))
        with self._lock:
            self.sent.append(request)
            at = self.clock() + timedelta(seconds=delay)
            heapq.heappush(self.messages, (at, next(self._order), request))

    def depth(self):
        return len(self.messages)

    def take(self):
        """Return the next visible message's body, None when none is visible."""
        with self._lock:
            if not self.messages or self.messages[0][0] > self.clock():
                return None
            return heapq.heappop(self.messages)[2].model_dump_json().encode()

    def next_visible(self):
        return self.messages[0][0] if self.messages else None

    def requests(self):
        return [request for _, _, request in sorted(self.messages)]


class MemoryJournal:
    def __init__(self):
        self.latest = {}
        self.history = []

    def write(self, entry):
        self.latest[entry.record] = entry
        if entry.outcome != "unchanged":
            self.history.append(entry)

    def list_latest(self, business, kind):
        return iter([e for r, e in self.latest.items() if (r.business, r.kind) == (business, kind)])

    def get_latest(self, record):
        return self.latest.get(record)

    def list_history(self, record):
        return reversed([e for e in self.history if e.record == record])

    def find_by_label(self, business, kind, label):
        return (e for e in self.list_latest(business, kind) if e.label == label)


class MemoryHolds:
    def __init__(self):
        self.holds = {}
        self.waiting = {}

    def get(self, business, awaited):
        return self.holds.get((business, awaited))

    def list_all(self, business=None):
        return iter([h for h in self.holds.values() if business in {None, h.business}])

    def upsert(self, hold):
        before = self.get(hold.business, hold.awaited)
        if before is not None:
            hold = replace(hold, since=before.since)
        self.holds[hold.business, hold.awaited] = hold

    def delete(self, business, awaited):
        self.holds.pop((business, awaited), None)

    def add_waiting(self, awaited, request):
        self.waiting[request.business, awaited, request.kind, request.number] = request

    def list_waiting(self, business, awaited):
        return iter(
            [r for (a, s, _, _), r in self.waiting.items() if (a, s) == (business, awaited)]
        )

    def delete_waiting(self, awaited, request):
        self.waiting.pop((request.business, awaited, request.kind, request.number), None)


class MemoryDeadLetters:
    def __init__(self):
        self.letters = {}

    def add(self, letter):
        self.letters[letter.key] = letter

    def list_all(self):
        return iter(list(self.letters.values()))

    def get(self, key):
        return self.letters.get(key)

    def delete(self, key):
        self.letters.pop(key, None)


class MemoryCheckpoints:
    def __init__(self):
        self.moments = {}

    def get(self, name):
        return self.moments.get(name)

    def set(self, name, moment):
        self.moments[name] = moment


class MemoryBusinesses:
    """`Accounts`: those named are connected already."""

    def __init__(self, *businesses):
        self.businesses = {
            business: SyncedBusiness(business, business, "a-connection", 1)
            for business in businesses
        }
        self.reads = 0

    def get(self, business):
        self.reads += 1
        return self.businesses.get(business)

    def list_all(self):
        return sorted(self.businesses.values(), key=lambda business: business.id)

    def upsert(self, business):
        self.businesses[business.id] = business

    def delete(self, business):
        self.businesses.pop(business, None)


class MemoryConsents:
    """`Consents`, by compare-and-set as the table."""

    def __init__(self):
        self.consents = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def get(self, consent):
        return self.consents.get(consent)

    def add(self, consent):
        return self._keep(consent)

    def replace(self, consent):
        with self._lock:
            if self.consents[consent.id].version != consent.version:
                raise ConflictError("the consent changed")
            return self._keep(consent)

    def _keep(self, consent):
        kept = replace(consent, version=f"v{next(self._versions)}")
        self.consents[consent.id] = kept
        return kept


class MemoryRegistrations:
    def __init__(self):
        self.registrations = {}
        self.reads = 0

    def get(self, account, noun):
        return self.registrations.get((account, noun))

    def list_all(self):
        self.reads += 1
        return iter(list(self.registrations.values()))

    def upsert(self, registration):
        self.registrations[registration.business, registration.noun] = registration

    def delete(self, account, noun):
        self.registrations.pop((account, noun), None)


class MemorySecrets:
    def __init__(self):
        self.values = {}
        self.reads = 0
        self.writes = 0

    def get(self, name):
        self.reads += 1
        return self.values.get(name)

    def set(self, name, value):
        self.writes += 1
        self.values[name] = value


class MemoryLeases:
    """`Leases` by the same rules as the table: expiry by the clock, changes by version."""

    def __init__(self, clock):
        self.clock = clock
        self.leases = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def read(self, name):
        return self.leases.get(name)

    def acquire(self, name, *, seconds):
        with self._lock:
            current = self.leases.get(name)
            if current is not None and current.until > self.clock():
                return None
            lease = Lease(
                name=name,
                holder=f"holder-{next(self._numbers)}",
                generation=current.generation + 1 if current else 1,
                until=self.clock() + timedelta(seconds=seconds),
                note=current.note if current else "",
                version=f"v{next(self._numbers)}",
            )
            self.leases[name] = lease
            return lease

    def renew(self, lease, *, seconds):
        with self._lock:
            if self.leases[lease.name].version != lease.version:
                raise ConflictError("taken over")
            renewed = replace(
                lease,
                until=self.clock() + timedelta(seconds=seconds),
                version=f"v{next(self._numbers)}",
            )
            self.leases[lease.name] = renewed
            return renewed

    def release(self, lease):
        with self._lock:
            if self.leases[lease.name].version == lease.version:
                self.leases[lease.name] = replace(
                    lease, holder="", until=self.clock(), version=f"v{next(self._numbers)}"
                )
