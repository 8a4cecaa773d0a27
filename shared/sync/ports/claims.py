"""Claims as those who make accounts see them: what is being made right now, by anybody.

Never says whether an account is there already; Dataverse does.
"""

from collections.abc import Iterator
from typing import Protocol

from shared.core.matching import Claim


class Claims(Protocol):
    """Accounts that are about to be made, across all instances and businesses."""

    def put(self, claim: Claim) -> None:
        """Let everybody see a claim; the same key again replaces it."""

    def list_all(self) -> Iterator[Claim]:
        """Yield all claims, lapsed ones too."""

    def delete(self, key: str) -> None:
        """Forget a claim; one that is gone is fine."""
