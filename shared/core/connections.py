"""What is known of the connections to FreshBooks: people, businesses, webhook callbacks.

Never holds a token, a code or a verifier: those are in Key Vault.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class Business:
    """A business the connected person belongs to.

    Attributes:
        id: the accounting account id, None when the business has none.
        role: the person's role, such as `owner`; with `client` reads are filtered.
    """

    id: str | None
    name: str
    role: str


@dataclass(frozen=True)
class Person:
    """Who logged in: FreshBooks' number of the identity, and its businesses."""

    identity: int
    businesses: tuple[Business, ...]


@dataclass(frozen=True)
class SyncedBusiness:
    """A FreshBooks business that is synced.

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


def by_connection(businesses: Iterable[SyncedBusiness]) -> dict[str, tuple[SyncedBusiness, ...]]:
    """Group businesses by the connection that reads them."""
    found: dict[str, tuple[SyncedBusiness, ...]] = {}
    for business in businesses:
        found[business.connection] = (*found.get(business.connection, ()), business)
    return found


@dataclass(frozen=True)
class Callback:
    """A callback as FreshBooks lists it."""

    id: int
    event: str
    uri: str
    verified: bool


class RegistrationState(StrEnum):
    """How a webhook callback of ours stands."""

    MISSING = "missing"  # FreshBooks does not have it, or by an earlier address of ours
    PENDING = "pending"  # registered; FreshBooks has yet to verify it
    LIVE = "live"
    DISABLED = "disabled"  # FreshBooks gave up delivering to it
    WITHOUT_VERIFIER = "without a verifier"  # Key Vault has lost what its deliveries are signed by


@dataclass(frozen=True)
class Registration:
    """A webhook callback of ours.

    Attributes:
        noun: what it reports: client | invoice | payment | expense.
        uri: the address FreshBooks calls.
        callback: its number in FreshBooks, None until FreshBooks told us.
        since: when it became live, or when FreshBooks was last asked to verify it, UTC.
        asked: how often FreshBooks was asked since it was live.
    """

    business: str
    noun: str
    uri: str
    state: RegistrationState
    callback: int | None = None
    since: datetime | None = None
    asked: int = 0
