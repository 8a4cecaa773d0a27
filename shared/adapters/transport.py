"""HTTP to one service: one session, timeouts, few retries, and one table from status to error.

Never logs or repeats a header, a body, a query or a token, and never decides what a record needs.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import requests
from requests.adapters import HTTPAdapter

from shared.errors import (
    ConfigurationError,
    ConflictError,
    ConnectorError,
    NeedsPersonError,
    RecordRefusedError,
    RetryLaterError,
)

_log = logging.getLogger(__name__)

Authorize = Callable[[bool], str]

RETRIES: Final = 2
_LONGEST_MESSAGE: Final = 300
_REQUEST_IDS: Final = ("x-ms-service-request-id", "req_id", "x-ms-request-id", "x-request-id")


class Outcome(Enum):
    """What an answer's status means for what happens next."""

    DONE = auto()
    MISCONFIGURED = auto()
    UNAUTHORIZED = auto()
    CONFLICT = auto()
    LATER = auto()
    REFUSED = auto()


# The one table: first the statuses with a meaning of their own, then the hundreds.
_BY_STATUS: Final = {
    401: Outcome.UNAUTHORIZED,
    403: Outcome.MISCONFIGURED,
    408: Outcome.LATER,
    412: Outcome.CONFLICT,
    429: Outcome.LATER,
    501: Outcome.REFUSED,  # "not implemented" does not heal
}
_BY_HUNDRED: Final = {
    2: Outcome.DONE,
    3: Outcome.MISCONFIGURED,  # an address that moved is a wrong setting
    4: Outcome.REFUSED,
    5: Outcome.LATER,
}
# Only here does Retry-After mean "wait": FreshBooks sends the header on successes too.
_WAIT_STATUSES: Final = {429, 503}


def outcome_of(status: int) -> Outcome:
    """Return what `status` means; one that HTTP does not know is an outage."""
    return _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, Outcome.LATER)


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
    unauthorized: type[NeedsPersonError] = ConfigurationError,
    now: float | None = None,
) -> ConnectorError:
    """Return the error an answer stands for; also for the answers inside a batch.

    Args:
        status: the answer's status, not 2xx.
        headers: the answer's headers, in any case.
        body: the answer's body, may be anything.
        what: service, method and path without query, such as `Dataverse: GET /accounts`.
        unauthorized: the class that a 401 becomes.
        now: seconds since the epoch, for a Retry-After that is a date; None asks the clock.
    """
    problem = read_problem(headers, body)
    said = ": ".join(part for part in (problem.code, problem.message) if part)
    text = f"{what} was answered {status}" + (f" ({said})" if said else "")
    if problem.request_id:
        text += f", request {problem.request_id}"
    match outcome_of(status):
        case Outcome.UNAUTHORIZED:
            return unauthorized(text)
        case Outcome.MISCONFIGURED:
            host = urlsplit(_header(headers, "Location")).hostname
            return ConfigurationError(text + (f", redirected to {host}" if host else ""))
        case Outcome.CONFLICT:
            return ConflictError(text)
        case Outcome.LATER:
            wait = _retry_after(_header(headers, "Retry-After"), now)
            return RetryLaterError(text, retry_after=wait if status in _WAIT_STATUSES else None)
        case Outcome.REFUSED | Outcome.DONE:
            return RecordRefusedError(text, code=problem.code, request_id=problem.request_id)


class Transport:
    """One service over one `requests.Session`, shared by all threads.

    Args:
        service: its name in errors and logs.
        base_url: scheme, host and perhaps a path; relative paths are appended to it.
        session: None makes one; tests mount a simulator under theirs.
        timeout: seconds to connect and to wait for each piece of the answer.
        sleep: waits between tries.
        random: a number in [0, 1) that spreads tries out.
        clock: seconds since the epoch.
        max_wait: longest wait in seconds that is slept here; longer ones belong to the queue.
    """

    def __init__(
        self,
        *,
        service: str,
        base_url: str,
        timeout: tuple[float, float],
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
        max_wait: float = 3.0,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._sleep = sleep
        self._random = random
        self._clock = clock
        self._max_wait = max_wait
        self._session = session or _session()
        # An affinity cookie would pin all traffic to one of the service's servers.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(
        self,
        method: str,
        path_or_url: str,
        *,
        idempotent: bool,
        authorize: Authorize | None = None,
        unauthorized: type[NeedsPersonError] = ConfigurationError,
        expected: Container[int] = (404,),
        headers: Mapping[str, str] | None = None,
        params: Iterable[tuple[str, str]] | None = None,
        json: Any = None,
        data: bytes | Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request and return its answer: a 2xx or an expected status.

        Args:
            method: GET, POST, PATCH, PUT or DELETE.
            path_or_url: below `base_url`; an absolute URL must have the same origin, since it
                receives the token.
            idempotent: whether it may be sent again after an answer was lost. The one resend that
                every request gets is the one after a 401, which was not applied.
            authorize: returns the bearer token, called with True once after a 401.
            unauthorized: the error of a 401 that renewing did not mend.
            expected: 4xx statuses that are returned instead of raised. 408 and 429 never are, and
                401 only without `authorize`.
            headers: added to `Accept: application/json`.
            params: query pairs.
            json: a body to encode with `encode_json`.
            data: a body as it is, or a form.

        Raises:
            RetryLaterError: 408, 429, 5xx, a timeout, no connection, a broken answer.
            ConfigurationError: 403, a redirect, an address nobody could call.
            ConflictError: 412.
            RecordRefusedError: another 4xx that was not expected.
        """
        url = self._url(path_or_url)
        all_headers = dict(headers or {})
        if json is not None:
            all_headers.setdefault("Content-Type", "application/json")
            data = encode_json(json).encode()
        request = requests.Request(
            method, url, headers=all_headers, params=list(params or ()), data=data
        )
        response = self._try(request, authorize and authorize(False), idempotent=idempotent)
        if response.status_code == requests.codes.unauthorized and authorize is not None:
            response = self._try(request, authorize(True), idempotent=idempotent)
        outcome = outcome_of(response.status_code)
        lets_through = outcome is not Outcome.LATER and not (
            outcome is Outcome.UNAUTHORIZED and authorize is not None
        )
        if outcome is Outcome.DONE or (lets_through and response.status_code in expected):
            return response
        raise self._error(request, response, unauthorized)

    def read_json(self, response: requests.Response) -> Any:
        """Return an answer's JSON with exact numbers.

        Raises:
            RetryLaterError: it is none: cut off, or the page of something in between.
        """
        try:
            return decode_json(response.content)
        except ValueError:
            path = urlsplit(response.url).path
            raise RetryLaterError(
                f"{self.service}: the answer for {path} is no JSON ({response.status_code}, "
                f"{len(response.content)} bytes)."
            ) from None

    def _url(self, path_or_url: str) -> str:
        if "://" not in path_or_url.partition("?")[0]:
            return f"{self.base_url}/{path_or_url.lstrip('/')}"
        ours, theirs = urlsplit(self.base_url), urlsplit(path_or_url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise ConfigurationError(
                f"{self.service}: a link leads to {theirs.hostname} instead of {ours.hostname}; "
                "check the configured address."
            )
        return path_or_url

    def _try(
        self, request: requests.Request, token: str | None, *, idempotent: bool
    ) -> requests.Response:
        """Send until there is an answer worth deciding on, or tries or patience are used up."""
        for attempt in range(RETRIES + 1):
            last = attempt == RETRIES or not idempotent
            wait = self._random() * 0.4 * 2**attempt
            try:
                response = self._once(request, token)
            except (requests.Timeout, requests.RequestException) as error:
                lost = self._lost(request, error)
                # After a read timeout the service had all its time: the queue waits better.
                if last or isinstance(error, requests.ReadTimeout):
                    raise lost from error
            else:
                if last or outcome_of(response.status_code) is not Outcome.LATER:
                    return response
                failure = self._error(request, response, ConfigurationError)
                asked = getattr(failure, "retry_after", None) or 0.0
                if asked > self._max_wait:
                    return response
                wait += asked
            self._sleep(wait)
        raise AssertionError  # pragma: no cover  # the last try returns or raises

    def _once(self, request: requests.Request, token: str | None) -> requests.Response:
        started = time.perf_counter()
        status = 0
        try:
            response = self._session.request(
                request.method,
                request.url,
                params=request.params,
                data=request.data,
                headers={"Accept": "application/json", **request.headers},
                auth=_Bearer(token),
                timeout=self._timeout,
                allow_redirects=False,
            )
            status = response.status_code
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            path = urlsplit(request.url).path
            _log.debug("%s %s %s %.0f ms", request.method, path, status, milliseconds)
        return response

    def _what(self, request: requests.Request) -> str:
        return f"{self.service}: {request.method} {urlsplit(request.url).path}"

    def _error(
        self,
        request: requests.Request,
        response: requests.Response,
        unauthorized: type[NeedsPersonError],
    ) -> ConnectorError:
        return error_for(
            response.status_code,
            response.headers,
            response.content,
            what=self._what(request),
            unauthorized=unauthorized,
            now=self._clock(),
        )

    def _lost(self, request: requests.Request, error: requests.RequestException) -> ConnectorError:
        # The library's own text repeats the URL with its query: only the kind is told.
        kind = type(error).__name__
        if isinstance(error, ValueError) and not isinstance(error, requests.JSONDecodeError):
            return ConfigurationError(
                f"{self._what(request)} cannot be called ({kind}); check the configured address."
            )
        return RetryLaterError(f"{self._what(request)} got no whole answer ({kind}).")


class _Bearer(requests.auth.AuthBase):
    """Adds the token, or nothing; being there keeps a .netrc of the machine out."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _session() -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=64, max_retries=0))
    return session


def encode_json(value: Any) -> str:
    """Return `value` as compact JSON: Decimal as an exact number, days, instants and ids as text.

    Raises:
        TypeError: a value JSON has no words for, among them float and an instant without a zone.
        ValueError: a number that is not finite.
    """
    match value:
        case Mapping():
            pairs = (f"{json.dumps(str(name))}:{encode_json(item)}" for name, item in value.items())
            return "{" + ",".join(pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(encode_json, value)) + "]"
        case Decimal():
            if not value.is_finite():
                raise ValueError("JSON has no NaN and no infinity.")
            return format(value, "f")
        case float():
            raise TypeError("A float is not exact; use Decimal.")
        case _:
            return json.dumps(value, default=_text)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("An instant without a zone means nothing to a service.")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not sent to a service.")


def decode_json(body: bytes | str) -> Any:
    """Parse JSON with numbers that have a point or an exponent as Decimal.

    Raises:
        ValueError: it is no JSON; includes bytes that are no text.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}.")


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
