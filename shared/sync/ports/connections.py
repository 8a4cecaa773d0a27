"""What there is of the connections to FreshBooks: consents, businesses, callbacks, tokens.

Never shows a token, a code or a verifier: those are in Key Vault.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from shared.core.connections import Registration, SyncedBusiness
from shared.core.consent import Consent
from shared.core.tokens import ChainState


class Businesses(Protocol):
    """The FreshBooks businesses that are synced."""

    def get(self, business: str) -> SyncedBusiness | None:
        """Return one, None when it is not synced.

        Raises:
            UnreadableRowError: its row cannot be read.
        """

    def list_all(self) -> list[SyncedBusiness]:
        """Return all whose rows can be read, in order of their ids."""

    def upsert(self, business: SyncedBusiness) -> None:
        """Start to sync one, or to read it by another login."""

    def upsert_all(self, businesses: Sequence[SyncedBusiness]) -> None:
        """Do so with many, in few requests; what is cut short is done in part."""

    def delete(self, business: str) -> None:
        """Stop to sync one; one that is gone is fine."""


class Registrations(Protocol):
    """Our webhook callbacks."""

    def get(self, business: str, noun: str) -> Registration | None:
        """Return one, None when nothing is registered there."""

    def list_all(self) -> Iterator[Registration]:
        """Yield all; one whose row cannot be read is said to be so."""

    def upsert(self, registration: Registration) -> None:
        """Keep one."""

    def mark_seen(self, business: str, noun: str, moment: datetime) -> None:
        """Note when FreshBooks was seen to have one as it is kept; one that is gone stays gone."""

    def delete(self, business: str, noun: str) -> None:
        """Forget one; one that is gone is fine."""


class Consents(Protocol):
    """The tries to connect FreshBooks; every stage is reached once."""

    def get(self, consent: str) -> Consent | None:
        """Return one, None when there is none of this id."""

    def add(self, consent: Consent) -> Consent:
        """Keep a new one and return it with its version."""

    def replace(self, consent: Consent) -> Consent:
        """Keep the next stage of one and return it with its new version.

        Raises:
            ConflictError: somebody else took the step meanwhile.
        """

    def list_under_way(self, *, since: datetime) -> Iterator[Consent]:
        """Yield those that can be read, wait for no person, and reached their stage since then."""

    def prune(self, *, before: datetime, keep: Collection[str], most: int) -> int:
        """Delete those that were over before a moment, and return how many.

        Args:
            before: see `Consent.is_over`.
            keep: ids of those that stay: they name the logins businesses are read by.
            most: how many are deleted at most; the next call goes on.
        """


class Tokens(Protocol):
    """The tokens of every login to FreshBooks."""

    def keep_warm(self, connection: str) -> None:
        """Refresh a login's tokens ahead of their end.

        Raises:
            ReconnectNeededError: they are no good any more, or there are none.
            ConnectorError: they cannot be looked after now.
        """

    def look(self, connection: str) -> None:
        """See whether FreshBooks can be asked by a login now; renews nothing, changes nothing.

        Raises:
            ReconnectNeededError: its tokens are no good any more, or there are none.
            ConnectorError: they wait to be renewed, or it cannot be told.
        """

    def get_state(self, connection: str) -> ChainState:
        """Return what is kept of them."""
