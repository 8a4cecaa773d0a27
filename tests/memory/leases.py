"""Leases in memory.

Never outlives its test.
"""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from shared.errors import ConflictError
from shared.sync.ports import Clock, Lease, Leases
from tests.memory.breakable import Breakable


class MemoryLeases(Breakable, Leases):
    """Leases by the same rules as the table: expiry by the clock, changes by version."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.leases: dict[str, Lease] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def read(self, name: str) -> Lease | None:
        self._called(self.read, name)
        return self.leases.get(name)

    def list_all(self) -> Iterator[Lease]:
        self._called(self.list_all)
        yield from sorted(self.leases.values(), key=lambda lease: lease.name)

    def acquire(self, name: str, *, seconds: float) -> Lease | None:
        self._called(self.acquire, name)
        with self._lock:
            current = self.leases.get(name)
            if current is not None and current.until > self.clock():
                return None
            return self._keep(
                Lease(
                    name=name,
                    holder=f"holder-{next(self._numbers)}",
                    generation=current.generation + 1 if current else 1,
                    until=self.clock() + timedelta(seconds=seconds),
                    note=current.note if current else "",
                )
            )

    def renew(self, lease: Lease, *, seconds: float) -> Lease:
        self._called(self.renew, lease)
        with self._lock:
            current = self.leases.get(lease.name)
            if current is None or current.holder != lease.holder:
                raise ConflictError("taken over")
            if current.version != lease.version:
                return current  # the holder's own: it renewed before
            return self._keep(replace(lease, until=self.clock() + timedelta(seconds=seconds)))

    def give_back(self, lease: Lease) -> None:
        self._called(self.give_back, lease)
        with self._lock:
            current = self.leases.get(lease.name)
            if current is not None and current.version == lease.version:
                self._keep(replace(lease, holder="", until=self.clock()))

    def delete(self, lease: Lease) -> None:
        self._called(self.delete, lease)
        with self._lock:
            current = self.leases.get(lease.name)
            if current is not None and current.version == lease.version:
                del self.leases[lease.name]

    def _keep(self, lease: Lease) -> Lease:
        kept = replace(lease, version=f"v{next(self._numbers)}")
        self.leases[lease.name] = kept
        return kept
