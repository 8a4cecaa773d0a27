"""What a backup holds: the connections, the decisions and what waits, and no secret of any kind.

Never holds a token, a verifier or the last part of a webhook's address.
"""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.core.connections import Registration, SyncedBusiness
from shared.core.events import SyncRequest
from shared.core.identity import Awaited
from shared.core.journal import DeadLetter
from shared.core.waiting import Candidate, Hold, HoldState
from shared.errors import NotPossibleError

VERSION: Final = 1
# What the poll has read. Other checkpoints say when something is next due: elsewhere that begins
# anew.
_OF_THE_POLL: Final = ("poll.", "overdue.")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptBusiness(_Part):
    """A business that is synced, and the login that reads it."""

    account: str
    name: str
    connection: str
    identity: int

    def value(self) -> SyncedBusiness:
        """Return it as the connector knows it."""
        return SyncedBusiness(self.account, self.name, self.connection, self.identity)


class KeptRegistration(_Part):
    """A webhook as it stood, for a person to look up; it is registered anew by itself."""

    account: str
    noun: str
    state: str
    callback: int | None
    since: AwareDatetime | None


class KeptHold(_Part):
    """Something that waits for a person, or a decision about a client or an invoice."""

    account: str
    subject: str
    name: str
    reason: str
    since: AwareDatetime
    candidates: list[tuple[UUID, str, str]]
    state: HoldState

    def value(self) -> Hold:
        """Return it as the connector knows it."""
        return Hold(
            business=self.account,
            awaited=Awaited.parse(self.subject),
            name=self.name,
            reason=self.reason,
            since=self.since,
            candidates=tuple(Candidate(*each) for each in self.candidates),
            state=self.state,
        )


class KeptWaiting(_Part):
    """A record that waits, and for what."""

    subject: str
    request: SyncRequest


class KeptLetter(_Part):
    """A message that nothing more is done for until a person decides."""

    key: str
    body: str
    reason: str
    at: AwareDatetime
    code: str
    request_id: str

    def value(self) -> DeadLetter:
        """Return it as the connector knows it."""
        return DeadLetter(**self.model_dump())


class KeptCheckpoint(_Part):
    """How far a poll had come."""

    name: str
    at: AwareDatetime


class KeptLink(_Part):
    """Which account of Dataverse a client is; the account itself says so too."""

    client: str
    row: UUID


class Backup(_Part):
    """Everything that lives in a deployment alone.

    Attributes:
        made: when.
        organization: the Dataverse organization it was carried to, None where that was not said.
        links: None where Dataverse could not be read.
    """

    version: Literal[1] = 1
    made: AwareDatetime
    organization: UUID | None
    businesses: list[KeptBusiness]
    registrations: list[KeptRegistration]
    holds: list[KeptHold]
    waiting: list[KeptWaiting]
    dead_letters: list[KeptLetter]
    checkpoints: list[KeptCheckpoint]
    links: list[KeptLink] | None

    @classmethod
    def parse(cls, text: bytes) -> "Backup":
        """Read a file.

        Raises:
            NotPossibleError: it is none, or of a version this release does not read.
        """
        try:
            found = _Versioned.model_validate_json(text)
        except ValidationError:
            raise NotPossibleError(
                "The file is no backup of the connector; nothing was restored."
            ) from None
        if found.version != VERSION:
            raise NotPossibleError(
                f"The backup is of version {found.version}, this release reads version {VERSION}. "
                "Restore it with the release that made it; nothing was restored."
            )
        try:
            backup = cls.model_validate_json(text)
            for hold in backup.holds:
                hold.value()
            for each in backup.waiting:
                Awaited.parse(each.subject)
        except ValidationError as error:
            where = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
            raise NotPossibleError(
                f"The backup is damaged at {', '.join(where[:5])}; nothing was restored."
            ) from None
        except ValueError:
            raise NotPossibleError(
                "The backup names something that no record waits for; nothing was restored."
            ) from None
        return backup


class _Versioned(BaseModel):
    version: int


def keep_business(business: SyncedBusiness) -> KeptBusiness:
    """Return a business as a backup holds it."""
    return KeptBusiness(
        account=business.id,
        name=business.name,
        connection=business.connection,
        identity=business.identity,
    )


def keep_registration(registration: Registration) -> KeptRegistration:
    """Return a webhook as a backup holds it, without its address."""
    return KeptRegistration(
        account=registration.business,
        noun=registration.noun,
        state=registration.state,
        callback=registration.callback,
        since=registration.since,
    )


_READABLE: Final = frozenset(
    {HoldState.WAITING, HoldState.RELEASED, HoldState.IGNORED, HoldState.OWN}
)


def keep_hold(hold: Hold) -> KeptHold:
    """Return a hold as a backup holds it; one whose row could not be read waits on."""
    readable = hold.state in _READABLE
    return KeptHold(
        account=hold.business,
        subject=str(hold.awaited),
        name=hold.name,
        reason=hold.reason,
        since=hold.since,
        candidates=[(each.account, each.name, each.note) for each in hold.candidates],
        state=hold.state if readable else HoldState.WAITING,
    )


def keep_waiting(awaited: Awaited, request: SyncRequest) -> KeptWaiting:
    """Return a record that waits as a backup holds it."""
    return KeptWaiting(subject=str(awaited), request=request.plain())


def keep_letter(letter: DeadLetter) -> KeptLetter:
    """Return a dead letter as a backup holds it: without its trace, which is long gone by then."""
    return KeptLetter(**{name: getattr(letter, name) for name in KeptLetter.model_fields})


def keep_checkpoint(name: str, at: datetime) -> KeptCheckpoint | None:
    """Return a checkpoint as a backup holds it, None for one that is of no use elsewhere."""
    return KeptCheckpoint(name=name, at=at) if name.startswith(_OF_THE_POLL) else None
