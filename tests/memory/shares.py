"""Who sends to a service, in memory.

Never outlives its test.
"""

import itertools
import threading
from dataclasses import replace

from shared.core.rates import Member
from shared.errors import ConflictError
from shared.sync.ports import Shares
from tests.memory.breakable import Breakable


class MemoryShares(Breakable, Shares):
    """Members by id; counts what was asked of them."""

    def __init__(self) -> None:
        super().__init__()
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
        kept = replace(member, version=f"v{next(self._versions)}")
        self.members[member.id] = kept
        return kept
