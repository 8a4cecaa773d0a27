"""Claims in memory.

Never outlives its test.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

from shared.core.matching import Claim
from shared.sync.ports import Claims
from tests.memory.breakable import Breakable


class MemoryClaims(Breakable, Claims):
    """Claims by their keys."""

    def __init__(self) -> None:
        super().__init__()
        self.claims: dict[str, Claim] = {}

    def put(self, claim: Claim) -> None:
        self._called(self.put, claim)
        self.claims[claim.key] = replace(claim, until=claim.until.astimezone(UTC))

    def list_all(self) -> Iterator[Claim]:
        self._called(self.list_all)
        yield from list(self.claims.values())

    def delete(self, key: str) -> None:
        self._called(self.delete, key)
        self.claims.pop(key, None)
