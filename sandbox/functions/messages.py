"""Queue messages as a function sees them. Pure.

Never talks to a queue.
"""

import base64
import binascii
import json
import re
from typing import Any

from azure.functions.meta import Datum

from sandbox.functions.storage import Message

_LONGEST_QUEUE_NAME = 63
_POISON = "-poison"


class UndecodableError(ValueError):
    """A message that is not base64 though host.json says messages are."""


def encode(content: str | bytes, *, base64_on_wire: bool) -> str:
    """Return the wire form of a message."""
    raw = content.encode() if isinstance(content, str) else content
    return base64.b64encode(raw).decode() if base64_on_wire else raw.decode()


def decode(text: str, *, base64_on_wire: bool) -> str:
    """Return a message's text from its wire form; bytes that are no UTF-8 are replaced.

    Raises:
        UndecodableError: it is not base64.
    """
    if not base64_on_wire:
        return text
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError) as error:
        raise UndecodableError(str(error)) from error


def poison_name(queue: str) -> str | None:
    """Return the name of a queue's poison queue; None for a poison queue or too long a name.

    >>> poison_name("sync-requests"), poison_name("sync-requests-poison")
    ('sync-requests-poison', None)
    """
    name = queue + _POISON
    if queue.endswith(_POISON) or len(name) > _LONGEST_QUEUE_NAME:
        return None
    return name


def trigger_metadata(text: str, message: Message | None) -> dict[str, Datum]:
    """Return the trigger metadata of a message, the payload's own properties laid over it.

    The host copies every top-level property of a JSON payload, arrays excepted, into the same
    case-blind dictionary: `{"id": ...}` replaces the message's own id.

    Args:
        text: the decoded message.
        message: as received; None for a run started through the admin endpoint.
    """
    metadata: dict[str, Datum] = {
        "QueueTrigger": Datum(text, "string"),
        "Id": Datum(message.id if message else "", "string"),
        "DequeueCount": Datum(message.dequeue_count if message else 0, "int"),
        "PopReceipt": Datum(message.receipt if message else "", "string"),
    }
    if message:
        metadata |= {
            "InsertionTime": _moment(message.inserted.isoformat()),
            "ExpirationTime": _moment(message.expires.isoformat()),
            "NextVisibleTime": _moment(message.next_visible.isoformat()),
        }
    known = {name.lower(): name for name in metadata}
    for name, value in _payload_properties(text).items():
        spelled = known.setdefault(name.lower(), name)
        metadata[spelled] = _property(value)
    return metadata


def _payload_properties(text: str) -> dict[str, Any]:
    if not re.fullmatch(r"\s*\{.*\}\s*", text, re.DOTALL):
        return {}
    try:
        payload = json.loads(text)
    except ValueError:
        return {}
    return {
        name: value
        for name, value in payload.items()
        if value is not None and not isinstance(value, list)
    }


def _property(value: Any) -> Datum:
    if isinstance(value, dict):
        return Datum(json.dumps(value), "json")
    if isinstance(value, bool):
        return Datum(str(value), "string")
    return Datum(value if isinstance(value, str) else json.dumps(value), "string")


def _moment(text: str) -> Datum:
    return Datum(json.dumps(text), "json")
