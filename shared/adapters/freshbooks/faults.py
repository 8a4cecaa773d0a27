"""What FreshBooks says when it refuses: its errors in whichever shape, and what each means.

Never takes a wrong account or a missing role for a deletion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.errors import ConfigurationError, ConnectorError, RecordRefusedError, RetryLaterError

GONE: Final = {"1011", "1012"}  # deleted resource, unknown resource
_NO_ACCESS: Final = {"404", "1003", "1042"}  # account not found, access denied, inactive account
_LOCKED: Final = "409"  # another request modifies the row
_BROKEN: Final = "500"  # an error of theirs, whatever the status beside it
SERVICE: Final = "FreshBooks"
OK: Final = range(200, 300)
FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_BUSY_STATUS: Final = 409
_LONGEST_MESSAGE: Final = 200


@dataclass(frozen=True)
class Fault:
    """One error as FreshBooks words it.

    Attributes:
        errno: its number as text, "" when it has none.
        message: its words.
        field: the field it is about, "" when it names none.
    """

    errno: str
    message: str
    field: str = ""

    def __str__(self) -> str:
        words = _plain(self.message) or "no message"
        where = f" [{_plain(self.field)}]" if self.field else ""
        return f"errno {self.errno}: {words}{where}" if self.errno else words + where


def error_for(status: int, faults: list[Fault], *, what: str) -> ConnectorError:
    """Return the error that an answer without a result stands for."""
    said = "; ".join(map(str, faults)) or "no reason given"
    text = f"FreshBooks: {what} was answered {status} ({said})"
    numbers = {fault.errno for fault in faults}
    if _BROKEN in numbers:
        return RetryLaterError(f"{text}.", service=SERVICE)
    if status == _BUSY_STATUS or _LOCKED in numbers:
        return RetryLaterError(f"{text}.")  # about this row alone
    if status in {FORBIDDEN, _NOT_FOUND} or status in OK or numbers & _NO_ACCESS:
        # A swapped id or an unknown account is a 404 too: it must never look like a deletion.
        return ConfigurationError(
            f"{text}. Check the account id, the role of the person who connected FreshBooks in "
            "that account, and the app's scopes.",
            service=SERVICE,
        )
    return RecordRefusedError(f"{text}.", code=next(iter(sorted(numbers)), ""), service=SERVICE)


def read_faults(body: Mapping[str, Any]) -> list[Fault]:
    """Return the errors in a body, whichever of FreshBooks' shapes it has; empty when none.

    The accounting family nests `response.errors` (a list or one object) and, in newer API versions,
    answers in Google's style with the number under `reason`; the events family has `errno` or
    `code` at the top; the authorization family has `error` and `error_description`.
    """
    envelope = body.get("response")
    if isinstance(envelope, Mapping) and envelope.get("errors"):
        return _listed(envelope["errors"])
    details = body.get("details")
    if "code" in body:
        reasons = [_google(each, body) for each in _objects(details) if "reason" in each]
        violations = [
            Fault("", str(each.get("description", "")), str(each.get("field", "")))
            for detail in _objects(details)
            for each in _objects(detail.get("fieldViolations"))
        ]
        return [*reasons, *violations] or [Fault("", str(body.get("message", "")))]
    if "errno" in body:
        more = details if isinstance(details, list) else []
        words = [str(body.get("message", "")), *map(str, more)]
        return [Fault(str(body["errno"]), " ".join(words))]
    if body.get("errors"):
        return _listed(body["errors"])
    if body.get("error"):
        return [Fault("", f"{body['error']} {body.get('error_description', '')}".strip())]
    return [Fault("", str(body["message"]))] if envelope is None and "message" in body else []


def _listed(errors: Any) -> list[Fault]:
    found = [
        Fault(
            errno=str(each.get("errno", "")),
            message=str(each.get("message", "")),
            field=str(each.get("field") or ""),
        )
        for each in _objects(errors)
    ]
    return found or [Fault("", "")]


def _google(detail: Mapping[str, Any], body: Mapping[str, Any]) -> Fault:
    metadata = detail.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    return Fault(
        errno=str(detail["reason"]),
        message=str(known.get("message") or body.get("message", "")),
        field=str(known.get("field") or ""),
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    candidates = value if isinstance(value, list) else [value]
    return [each for each in candidates if isinstance(each, Mapping)]


def _plain(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_MESSAGE]
