"""What another release left behind: a message this one cannot read yet, or can read again.

Never changes what a message of a later release says, and never sends one back and forth for ever.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from pydantic_core import from_json

from shared.core.events import Cause, SyncRequest
from shared.core.journal import DeadLetter
from shared.core.retries import LONGEST_DELAY, growing
from shared.errors import InvalidMessageError

PATIENCE: Final = timedelta(days=7)  # a release that was rolled back may take so long to return
MOST_RETURNS: Final = 10
_SINCE: Final = "waiting_since"  # reserved: no field of a message is ever called so
_MOMENT: Final = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class Postponed:
    """A message of a later release as it goes back on the queue.

    Attributes:
        body: as it came, with the moment since when it waits.
        delay: seconds.
    """

    body: bytes
    delay: float


def postpone(body: bytes, *, now: datetime, draw: float) -> Postponed | None:
    """Return how a message goes on that only a later release reads; None when it waited too long.

    Args:
        body: a JSON object.
        now: UTC.
        draw: a number in [0, 1) that spreads tries out.
    """
    since = from_json(body).get(_SINCE)
    if since is None:
        # Into the text, so that not a digit of what we do not know changes.
        stamp = f'{{"{_SINCE}":"{now.isoformat()}",'.encode()
        return Postponed(stamp + body.lstrip()[1:], growing(0.0, longest=LONGEST_DELAY, draw=draw))
    try:
        age = now - _MOMENT.validate_python(since)
    except ValidationError:
        return None
    if age >= PATIENCE:
        return None
    return Postponed(body, growing(age.total_seconds(), longest=LONGEST_DELAY, draw=draw))


def nameless_key(body: bytes) -> str:
    """Return the key of a dead letter whose message names no record to the release that read it."""
    return hashlib.sha256(body).hexdigest()[:16]


def readable_again(letter: DeadLetter, *, now: datetime) -> SyncRequest | None:
    """Return the message of a dead letter that another release could not read; None for any other.

    It has no optional field, so that whichever release takes it next can read it. Should one bury
    it all the same, the attempts it counts end the matter.
    """
    body = letter.body.encode("utf-8", "replace")
    if letter.key != nameless_key(body):
        return None
    try:
        request = SyncRequest.parse(body)
    except InvalidMessageError:
        return None
    if request.attempt >= MOST_RETURNS:
        return None
    cause = Cause.RELEASE if request.cause is Cause.OTHER else request.cause
    again = SyncRequest.of(request.record, cause=cause, seen=now)
    return again.model_copy(update={"attempt": request.attempt + 1})
