"""What travels: the one message on the queue, and the webhook it may come from.

Never carries a record's data; a message names a record, so a duplicate costs one more read.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from operator import not_
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
)
from pydantic_core import from_json

from shared.core.identity import Kind, RecordId
from shared.core.trace import valid_traceparent
from shared.errors import InvalidMessageError, LaterReleaseError

# Raised when a message means something an older reader must not leave out; a message is of the
# lowest version that says what it means.
VERSION: Final = 2
_FIRST: Final = 1
_SINCE: Final = {Kind.CREDIT: 2, Kind.CATEGORY: 2}  # kinds that earlier versions do not have
MAX_MESSAGE_BYTES: Final = 4096
MAX_RECORD_DIGITS: Final = 19
MAX_FIELDS: Final = 100  # of a webhook's form
_PAST_THE_LAST: Final = 2**63  # numbers are 64 bits wide


class Cause(StrEnum):
    """Why a record is to be brought up to date."""

    WEBHOOK = "webhook"
    POLL = "poll"
    FOLLOW_UP = "follow-up"
    RELEASE = "release"
    OPERATOR = "operator"
    BACKFILL = "backfill"
    RECONCILE = "reconcile"  # both sides were compared
    OTHER = "other"  # a later release's

    @classmethod
    def _missing_(cls, value: object) -> "Cause | None":
        return cls.OTHER if isinstance(value, str) else None


_TICKET: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_BUSINESS: Final = r"^[A-Za-z0-9]{1,32}$"
BusinessId = Annotated[str, StringConstraints(pattern=_BUSINESS)]
RecordNumber = Annotated[int, Field(gt=0, lt=_PAST_THE_LAST)]


def _valid_ticket(text: object) -> str:
    return text if isinstance(text, str) and _TICKET.fullmatch(text) else ""


class SyncRequest(BaseModel):
    """Bring this record up to date in Dataverse.

    The field names avoid `id`, `dequeueCount`, `popReceipt`, `insertionTime`, `expirationTime`,
    `nextVisibleTime` and `queueTrigger`: the Functions host would overwrite a trigger's metadata
    with them.

    Another release may run beside this one and read what it sends: a field that is added is
    optional, is left out where it is None, and nothing else changes as long as the version does
    not, which is written as `v`; a reader leaves a later one to a later release.

    Attributes:
        business: the FreshBooks business, such as `xazq5`; on the wire it is called `account`, as
            FreshBooks' API does.
        kind: which kind of record.
        number: the record's number in FreshBooks; on the wire it is called `record`.
        cause: why it was asked for.
        seen: when the change was noticed, UTC.
        attempt: how often the record itself was at fault so far.
        traceparent: the step of a trace it follows from, as W3C writes it; "" for none, and for
            whatever is none.
        due: when a delayed message becomes visible, UTC; the queue itself does not tell.
        ticket: by which the record's journal entry knows this message, to be sent only once; "" for
            none, and for whatever is none.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
    )

    business: Annotated[BusinessId, Field(alias="account")]
    kind: Kind
    number: Annotated[RecordNumber, Field(alias="record")]
    cause: Cause
    seen: AwareDatetime
    attempt: Annotated[int, Field(ge=0, le=1000)] = 0
    # What is not there is not written: the release before this one refuses what it does not know.
    traceparent: Annotated[str, BeforeValidator(valid_traceparent), Field(exclude_if=not_)] = ""
    due: Annotated[AwareDatetime | None, Field(exclude_if=not_)] = None
    ticket: Annotated[str, BeforeValidator(_valid_ticket), Field(exclude_if=not_)] = ""

    @classmethod
    def of(cls, record: RecordId, *, cause: Cause, seen: datetime) -> "SyncRequest":
        """Ask for a record."""
        return cls(
            business=record.business,
            kind=record.kind,
            number=record.number,
            cause=cause,
            seen=seen,
        )

    @model_serializer(mode="wrap")
    def _with_version(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"v": _SINCE.get(self.kind, _FIRST), **write(self)}

    @property
    def record(self) -> RecordId:
        """The record it asks for."""
        return RecordId(self.business, self.kind, self.number)

    @property
    def own_ticket(self) -> str:
        """The ticket by which the record's journal entry knows this message, "" for none.

        What a poll finds needs no field for it: the release before can read all of a history that
        it meets after a roll back.
        """
        if self.ticket or self.cause is not Cause.POLL:
            return self.ticket
        return self.seen.astimezone(UTC).isoformat()

    def encode(self) -> str:
        """Return the queue message's text: base64 of JSON, as host.json asks for."""
        return base64.b64encode(self.model_dump_json(exclude_none=True).encode()).decode()

    def plain(self) -> "SyncRequest":
        """Return it with no optional field, for what is kept: every release reads that."""
        return SyncRequest.of(self.record, cause=self.cause, seen=self.seen).model_copy(
            update={"attempt": self.attempt}
        )

    @classmethod
    def parse(cls, body: bytes) -> "SyncRequest":
        """Read the JSON of a queue message.

        Raises:
            LaterReleaseError: it is of a version that only a later release reads.
            InvalidMessageError: it is no `SyncRequest`; the text names fields, not values.
        """
        if (version := read_version(body)) > VERSION:
            raise LaterReleaseError(
                f"The message is of version {version}, which only a later release reads."
            )
        if len(body) > MAX_MESSAGE_BYTES:
            raise InvalidMessageError(f"The message is too long: {len(body)} bytes.")
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, problem['loc'])) or 'message'}: {problem['msg']}"
                for problem in error.errors(include_url=False, include_input=False)
            )
            raise InvalidMessageError(f"The message is no SyncRequest: {problems}") from None

    def __str__(self) -> str:
        return str(self.record)


def read_version(body: bytes) -> int:
    """Return the version a text says it is of, the first where it does not say."""
    try:
        found = from_json(body)
    except ValueError:
        return _FIRST
    version = found.get("v") if isinstance(found, dict) else None
    return version if type(version) is int else _FIRST


@dataclass(frozen=True)
class Handshake:
    """FreshBooks asks whether a callback's address is ours; the code goes back by PUT."""

    callback: int
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class NotOurs:
    """A well-formed webhook that nothing has to be done for."""

    reason: str


@dataclass(frozen=True)
class Malformed:
    """A form that is no webhook of FreshBooks."""


@dataclass(frozen=True)
class Webhook:
    """A webhook as it arrived; whether it is FreshBooks' own is not known yet.

    Attributes:
        fields: of its form, in the order received, blank ones kept: what the signature is over.
        says: what it asks for, if it is FreshBooks' own.
    """

    fields: Mapping[str, str] = field(repr=False)
    says: SyncRequest | Handshake | NotOurs | Malformed


def read_webhook(body: bytes, *, business: str, seen: datetime) -> Webhook | None:
    """Read a webhook that arrived for a business.

    `name` is `<noun>.<verb>`; a callback registered for the bare noun may deliver the bare noun,
    FreshBooks does not say, so both are read alike. `object_id` is the record's number, and the
    callback's number in the handshake.

    Args:
        body: as received.
        business: whose address it arrived at.
        seen: now, UTC.

    Returns:
        None when the body is no form: empty, not UTF-8, no `key=value`, or with too many fields.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        return None
    fields = dict(pairs)
    return Webhook(fields, _says(fields, business, seen)) if fields else None


def _says(
    fields: Mapping[str, str], business: str, seen: datetime
) -> SyncRequest | Handshake | NotOurs | Malformed:
    name, number = fields.get("name", ""), fields.get("object_id", "")
    if not name or not _is_record_number(number) or not re.fullmatch(_BUSINESS, business):
        return Malformed()
    if name == "callback.verify":
        verifier = fields.get("verifier", "")
        return Handshake(callback=int(number), verifier=verifier) if verifier else Malformed()
    if fields.get("account_id", business) != business:
        return NotOurs("it names another business than its address")
    noun = name.partition(".")[0]
    kind = Kind.of_noun(noun)
    if kind is None:
        return NotOurs(f"{noun[:40]} is not synced")
    return SyncRequest.of(RecordId(business, kind, int(number)), cause=Cause.WEBHOOK, seen=seen)


def _is_record_number(text: str) -> bool:
    return (
        text.isascii()
        and text.isdigit()
        and len(text) <= MAX_RECORD_DIGITS
        and 0 < int(text) < _PAST_THE_LAST
    )
