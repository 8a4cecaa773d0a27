"""Who sends to a service, in memory.

Never outlives its test.
"""

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.core.rates import Member
from shared.errors import ConflictError
from shared.sync.ports import Shares
from tests.memory.breakable import Breakable


class MemoryShares(Breakable, Shares):
    """Members by id; counts what was asked of them.

    Args:
        clock: dates what is written; None where nobody does.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__()
        self._clock = clock
        self.members: dict[str, Member] = {}
        self.reads = 0
        self.writes = 0
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def list_all(self) -> list[Member]:
        self._called(self.list_all)
        with self._lock:
            self.reads += 1
            return list(self.members.values())

    def insert(self, member: Member) -> Member:
        self._called(self.insert, member)
        with self._lock:
            if member.id in self.members:
                raise ConflictError(f"There is a member {member.id}.")
            return self._keep(member)

    def replace(self, member: Member) -> Member:
        self._called(self.replace, member)
        with self._lock:
            self._check(member)
            return self._keep(member)

    def delete(self, member: Member) -> None:
        self._called(self.delete, member)
        with self._lock:
            if member.id in self.members:
                self._check(member)
                self.writes += 1
                del self.members[member.id]

    def _check(self, member: Member) -> None:
        current = self.members.get(member.id)
        if current is None or current.version != member.version:
            raise ConflictError(f"The member {member.id} changed.")

    def _keep(self, member: Member) -> Member:
        self.writes += 1
        written = self._clock() if self._clock is not None else None
        kept = replace(member, version=f"v{next(self._versions)}", written=written)
        self.members[member.id] = kept
        return kept
