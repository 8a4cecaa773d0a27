"""What is known of the connections to FreshBooks: people, businesses, callbacks, how they stand.

Never holds a token, a code or a verifier: those are in Key Vault.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.errors import ConnectorError, ReconnectNeededError

# A handshake that has not come by then is asked for again.
HANDSHAKE_PATIENCE: Final = timedelta(minutes=1)
CONNECT: Final = "The administrator runs `python -m shared connect` and logs in to FreshBooks."
_CLIENT: Final = "client"
_WAIT: Final = "It is tried again every minute; if it stays, the administrator mends what it names."


@dataclass(frozen=True)
class Business:
    """A business the connected person belongs to.

    Attributes:
        id: the accounting account id, None when the business has none.
        role: the person's role, such as `owner`.
    """

    id: str | None
    name: str
    role: str

    @property
    def is_usable(self) -> bool:
        """Whether its books can be read: to somebody who is only its client, parts are shown."""
        return bool(self.id) and self.role != _CLIENT


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
    found: dict[str, list[SyncedBusiness]] = {}
    for business in businesses:
        found.setdefault(business.connection, []).append(business)
    return {connection: tuple(each) for connection, each in found.items()}


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
    UNKNOWN = "unknown"  # written by a later release
    UNREADABLE = "unreadable"  # its row cannot be read

    @classmethod
    def _missing_(cls, value: object) -> "RegistrationState":  # noqa: ARG003  # the enum's protocol
        return cls.UNKNOWN


@dataclass(frozen=True)
class Registration:
    """A webhook callback of ours.

    Attributes:
        noun: what it reports: client | invoice | payment | expense | credit | category.
        uri: the address FreshBooks calls.
        callback: its number in FreshBooks, None until FreshBooks told us.
        since: when it became live, or when FreshBooks was last asked to verify it, UTC.
        asked: how often FreshBooks was asked since it was live.
        seen: when FreshBooks was last seen to have it so, or was asked to, UTC; None for never.
        problem: why FreshBooks did not let us register it at the last try, "" when it did.
    """

    business: str
    noun: str
    uri: str
    state: RegistrationState
    callback: int | None = None
    since: datetime | None = None
    asked: int = 0
    seen: datetime | None = None
    problem: str = ""

    @property
    def is_live(self) -> bool:
        """Whether FreshBooks reports by it."""
        return self.state is RegistrationState.LIVE

    def is_asked(self, now: datetime) -> bool:
        """Say whether FreshBooks was asked for its handshake a moment ago."""
        waits = self.state is RegistrationState.PENDING and self.callback is not None
        return waits and self.since is not None and now - self.since < HANDSHAKE_PATIENCE

    def is_seen_since(self, moment: datetime) -> bool:
        """Say whether FreshBooks was looked at for it at a moment or later."""
        return self.seen is not None and self.seen >= moment


class ConnectionState(StrEnum):
    """Whether a login to FreshBooks can be used."""

    CONNECTED = "connected"
    RECONNECT_NEEDED = "reconnect needed"  # its tokens are no good any more
    NOT_CONNECTED = "not connected"  # nothing is known of any tokens
    UNKNOWN = "cannot be said now"


@dataclass(frozen=True)
class ConnectionStatus:
    """How a login to FreshBooks stands.

    Attributes:
        id: names the login.
        businesses: those that are read by it.
        problem: why it cannot be used now, in words for an operator; "" when it can.
        expires_at: when its access token ends, aware; None when that is not known.
        scope: the granted scopes, separated by blanks; "" when they are not known.
        registrations: the webhooks of its businesses, where they are of interest: as they are kept,
            or as FreshBooks has them.
        unseen: why FreshBooks could not be asked for its webhooks now; "" when it could, or when
            nobody wanted to.
    """

    id: str
    businesses: tuple[SyncedBusiness, ...]
    state: ConnectionState
    problem: str = ""
    expires_at: datetime | None = None
    scope: str = ""
    registrations: tuple[Registration, ...] = ()
    unseen: str = ""

    @property
    def works(self) -> bool:
        """Whether FreshBooks can be read by it now."""
        return self.state is ConnectionState.CONNECTED

    @property
    def needs_login(self) -> bool:
        """Whether somebody has to log in to FreshBooks again."""
        return self.state in {ConnectionState.RECONNECT_NEEDED, ConnectionState.NOT_CONNECTED}

    @property
    def advice(self) -> str:
        """Who has to do what, "" when nobody has to do anything."""
        if self.works:
            return ""
        return CONNECT if self.needs_login else _WAIT


def explain(what: str, error: ConnectorError) -> str:
    """Return in words for an operator why something of a connection cannot be looked after.

    Args:
        what: what cannot.
        error: why; where a new login is needed, the words begin as an alert expects it.
    """
    if isinstance(error, ReconnectNeededError):
        return f"Reconnect needed: {error}"
    return f"{what} cannot be looked after now: {error}"
