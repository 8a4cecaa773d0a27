"""What an answer means: one table from status to action, and a service's own words for a failure.

Never repeats a body, a header or a query; only the service's code, message and request id.
"""

import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final
from urllib.parse import urlsplit

from shared.adapters.http.exact_json import decode_json
from shared.errors import (
    ConfigurationError,
    ConflictError,
    ConnectorError,
    NeedsPersonError,
    RecordRefusedError,
    RetryLaterError,
)

_LONGEST_MESSAGE: Final = 300
_REQUEST_IDS: Final = ("x-ms-service-request-id", "req_id", "x-ms-request-id", "x-request-id")


class ResponseAction(Enum):
    """What an answer's status means for what happens next."""

    DONE = auto()
    MISCONFIGURED = auto()
    UNAUTHORIZED = auto()
    CONFLICT = auto()
    LATER = auto()
    REFUSED = auto()


# The statuses of success, for those who have nothing else to ask.
SUCCESS: Final = range(200, 300)
# The one table: first the statuses with a meaning of their own, then the hundreds.
_BY_STATUS: Final = {
    401: ResponseAction.UNAUTHORIZED,
    403: ResponseAction.MISCONFIGURED,
    408: ResponseAction.LATER,
    412: ResponseAction.CONFLICT,
    429: ResponseAction.LATER,
    501: ResponseAction.REFUSED,  # "not implemented" does not heal
}
_BY_HUNDRED: Final = {
    2: ResponseAction.DONE,
    3: ResponseAction.MISCONFIGURED,  # an address that moved is a wrong setting
    4: ResponseAction.REFUSED,
    5: ResponseAction.LATER,
}
# Only here does Retry-After mean "wait": FreshBooks sends the header on successes too.
_WAIT_STATUSES: Final = {429, 503}
_THROTTLED: Final = 429


def action_of(status: int) -> ResponseAction:
    """Return what `status` means; one that HTTP does not know is an outage."""
    return _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, ResponseAction.LATER)


@dataclass(frozen=True)
class Problem:
    """What a service says about a failure: its code, its message, its name for the request."""

    code: str
    message: str
    request_id: str


def read_problem(headers: Mapping[str, str], body: bytes) -> Problem:
    """Read an error's body, whatever it is: JSON of several shapes, HTML, or half of either."""
    try:
        parsed = decode_json(body)
    except ValueError:
        parsed = None
    fields = parsed if isinstance(parsed, dict) else {}
    inner = fields.get("error")
    if isinstance(inner, dict):
        code, message = inner.get("code"), inner.get("message")
    else:
        code = inner or fields.get("error_type") or fields.get("code")
        message = fields.get("error_description") or fields.get("message")
    lowered = {name.lower(): value for name, value in headers.items()}
    request_id = next((lowered[name] for name in _REQUEST_IDS if lowered.get(name)), "")
    return Problem(_plain(code, 80), _plain(message, _LONGEST_MESSAGE), _plain(request_id, 80))


def error_for(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    what: str,
    service: str = "",
    unauthorized: Callable[[str], NeedsPersonError] | None = None,
    throttle_codes: Container[str] = (),
    now: float | None = None,
) -> ConnectorError:
    """Return the error an answer stands for; also for the answers inside a batch.

    Args:
        status: the answer's status, not 2xx.
        headers: the answer's headers, in any case.
        body: the answer's body, may be anything.
        what: service, method and path without query, such as `Dataverse: GET /accounts`.
        service: whose answer it is.
        unauthorized: makes the error of a 401, a class or a function; None for a wrong setting.
        throttle_codes: of the service's own, in lower case, that mean too many requests.
        now: seconds since the epoch, for a Retry-After that is a date; None asks the clock.
    """
    problem = read_problem(headers, body)
    said = ": ".join(part for part in (problem.code, problem.message) if part)
    text = f"{what} was answered {status}" + (f" ({said})" if said else "")
    if problem.request_id:
        text += f", request {problem.request_id}"
    match action_of(status):
        case ResponseAction.UNAUTHORIZED:
            return (
                ConfigurationError(text, service=service)
                if unauthorized is None
                else unauthorized(text)
            )
        case ResponseAction.MISCONFIGURED:
            host = urlsplit(_header(headers, "Location")).hostname
            return ConfigurationError(
                text + (f", redirected to {host}: check the configured address" if host else ""),
                service=service,
            )
        case ResponseAction.CONFLICT:
            return ConflictError(
                text, code=problem.code, request_id=problem.request_id, service=service
            )
        case ResponseAction.LATER:
            throttled = status == _THROTTLED or problem.code.lower() in throttle_codes
            wait = retry_after(headers, now) if throttled or status in _WAIT_STATUSES else None
            return RetryLaterError(text, retry_after=wait, service=service, throttled=throttled)
        case ResponseAction.REFUSED | ResponseAction.DONE:
            return RecordRefusedError(
                text, code=problem.code, request_id=problem.request_id, service=service
            )


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return for how many seconds an answer asks to wait; None when it does not say."""
    return _retry_after(_header(headers, "Retry-After"), now)


def _plain(text: object, longest: int) -> str:
    """Return a service's text fit for one line of a log."""
    if not isinstance(text, str | int):
        return ""
    line = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(line.split())[:longest]


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def _retry_after(text: str, now: float | None) -> float | None:
    """Read Retry-After: seconds, or an HTTP date; None when it is neither."""
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, aware.timestamp() - (time.time() if now is None else now))
