"""What the connector keeps of its connections to FreshBooks: consents, accounts, callbacks.

Never holds a token, a code or a verifier: those are in Key Vault.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.core.consent import Stage
from shared.sync.ports.freshbooks import Business


@dataclass(frozen=True)
class SyncedAccount:
    """A FreshBooks account that is synced.

    Attributes:
        id: the accounting account id.
        name: the business's name.
        connection: names the login, and so the token chain, that reads it.
        identity: FreshBooks' number of the person who logged in.
    """

    id: str
    name: str
    connection: str
    identity: int


def by_connection(accounts: Iterable[SyncedAccount]) -> dict[str, tuple[SyncedAccount, ...]]:
    """Group accounts by the connection that reads them."""
    found: dict[str, tuple[SyncedAccount, ...]] = {}
    for account in accounts:
        found[account.connection] = (*found.get(account.connection, ()), account)
    return found


class Accounts(Protocol):
    """The FreshBooks accounts that are synced."""

    def get(self, account: str) -> SyncedAccount | None:
        """Return one, None when it is not synced."""

    def list_all(self) -> list[SyncedAccount]:
        """Return all, in order of their ids."""

    def upsert(self, account: SyncedAccount) -> None:
        """Start to sync an account, or to read it by another login."""

    def delete(self, account: str) -> None:
        """Stop to sync an account; one that is gone is fine."""


@dataclass(frozen=True)
class Registration:
    """A webhook callback of ours.

    Attributes:
        noun: what it reports: client | invoice | payment | expense.
        uri: the address FreshBooks calls.
        state: pending | live.
        callback: its number in FreshBooks, None until FreshBooks told us.
        since: when it became live, or when FreshBooks was last asked to verify it, UTC.
        asked: how often FreshBooks was asked since it was live.
    """

    account: str
    noun: str
    uri: str
    state: str
    callback: int | None = None
    since: datetime | None = None
    asked: int = 0


class Registrations(Protocol):
    """Our webhook callbacks."""

    def get(self, account: str, noun: str) -> Registration | None:
        """Return one, None when nothing is registered there."""

    def list_all(self) -> Iterator[Registration]:
        """Yield all."""

    def upsert(self, registration: Registration) -> None:
        """Keep one."""

    def delete(self, account: str, noun: str) -> None:
        """Forget one; one that is gone is fine."""


@dataclass(frozen=True)
class Consent:
    """One try of a person to connect FreshBooks, from the invitation to the choice of businesses.

    Attributes:
        id: random; names the connection that comes of it.
        at: when it reached its stage, UTC.
        problem: why it failed, in words for the person; "" otherwise.
        identity: FreshBooks' number of the person, 0 until it is known.
        businesses: what the person may choose from.
        wanted: the accounts that are to be synced, when they were named beforehand.
        accounts: what was chosen.
        answered: when FreshBooks sent the browser back with a code, UTC; None before.
        version: of the stored entry; "" before it is stored.
    """

    id: str
    stage: Stage
    at: datetime
    problem: str = ""
    identity: int = 0
    businesses: tuple[Business, ...] = ()
    wanted: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    answered: datetime | None = None
    version: str = field(default="", repr=False, compare=False)


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
