"""HTTP to one service: one session, timeouts, few retries, errors by the one table.

Never logs or repeats a header, a body, a query or a token, and never decides what a record needs.
"""

import logging
import random
import time
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from shared.adapters.http.authorize import Authorize
from shared.adapters.http.exact_json import decode_json, encode_json
from shared.adapters.http.faults import (
    SUCCESS,
    ResponseAction,
    action_of,
    error_for,
    read_problem,
)
from shared.adapters.http.limiter import Limiter, Turn
from shared.adapters.http.round_trip import RoundTrip
from shared.adapters.http.session import Bearer, new_session
from shared.adapters.telemetry.logs import Logs
from shared.core.pace import Answer
from shared.errors import ConfigurationError, ConnectorError, NeedsPersonError, RetryLaterError
from shared.sync.ports import Telemetry, Traffic, count_request, current_traffic

_log = logging.getLogger(__name__)

TRIES: Final = 2
_THROTTLED: Final = 429
_ADVICE: Final = "x-ms-dop-hint"  # how many requests the service advises to have under way
_MOST_ADVISED: Final = 1000


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
        telemetry: told of every try.
        throttle_codes: the service's own codes, in lower case, that mean too many requests.
        limiter: gives every single request its turn; None for a service that is not limited.
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
        telemetry: Telemetry | None = None,
        throttle_codes: Container[str] = (),
        limiter: Limiter | None = None,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._sleep = sleep
        self._random = random
        self._clock = clock
        self._max_wait = max_wait
        self._telemetry = telemetry or Logs()
        self._throttle_codes = throttle_codes
        self._limiter = limiter
        self._round_trip = RoundTrip()
        self._session = session or new_session(self._round_trip)
        # An affinity cookie would pin all traffic to one of the service's servers.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(
        self,
        method: str,
        path_or_url: str,
        *,
        idempotent: bool,
        authorize: Authorize | None = None,
        unauthorized: Callable[[str], NeedsPersonError] | None = None,
        expected: Container[int] = (404,),
        headers: Mapping[str, str] | None = None,
        params: Iterable[tuple[str, str]] | None = None,
        json: Any = None,
        data: bytes | Mapping[str, str] | None = None,
        timeout: tuple[float, float] | None = None,
        in_turn: bool = True,
    ) -> requests.Response:
        """Send a request and return its answer: a 2xx or an expected status.

        Args:
            method: GET, POST, PATCH, PUT or DELETE.
            path_or_url: below `base_url`; an absolute URL must have the same origin, since it
                receives the token.
            idempotent: whether it may be sent again after an answer was lost. The one resend that
                every request gets is the one after a 401, which was not applied.
            authorize: returns the bearer token; asked once more after a 401, with the refused one.
            unauthorized: the error of a 401 that another token did not mend; None for a wrong
                setting.
            expected: 4xx statuses that are returned instead of raised. 408 and 429 never are, and
                401 only without `authorize`.
            headers: added to `Accept: application/json`.
            params: query pairs.
            json: a body to encode with `encode_json`.
            data: a body as it is, or a form.
            timeout: instead of the transport's own.
            in_turn: whether it waits for its turn; not what somebody holds a lease for.

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
        patience = timeout or self._timeout
        token = authorize(None) if authorize is not None else None
        response = self._try(
            request, token, idempotent=idempotent, timeout=patience, in_turn=in_turn
        )
        if response.status_code == requests.codes.unauthorized and authorize is not None:
            token = authorize(token)
            response = self._try(
                request, token, idempotent=idempotent, timeout=patience, in_turn=in_turn
            )
        if response.status_code in SUCCESS:
            return response
        action = action_of(response.status_code)
        lets_through = action is not ResponseAction.LATER and not (
            action is ResponseAction.UNAUTHORIZED and authorize is not None
        )
        if lets_through and response.status_code in expected:
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
                f"{len(response.content)} bytes).",
                service=self.service,
            ) from None

    def _url(self, path_or_url: str) -> str:
        if "://" not in path_or_url.partition("?")[0]:
            return f"{self.base_url}/{path_or_url.lstrip('/')}"
        ours, theirs = urlsplit(self.base_url), urlsplit(path_or_url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise ConfigurationError(
                f"{self.service}: a link leads to {theirs.hostname} instead of {ours.hostname}; "
                "check the configured address.",
                service=self.service,
            )
        return path_or_url

    def _try(
        self,
        request: requests.Request,
        token: str | None,
        *,
        idempotent: bool,
        timeout: tuple[float, float],
        in_turn: bool,
    ) -> requests.Response:
        """Send, and once more where that may mend it within seconds.

        A connection that was lost and an outage of a moment are tried again, a short pause that was
        asked for is made. What lasts longer is the circuit breaker's, and a probe is one request.
        """
        once = not idempotent or current_traffic() is Traffic.PROBE
        for attempt in range(TRIES):
            last = once or attempt == TRIES - 1
            wait = self._random() * 0.4
            try:
                response = self._once(request, token, timeout, in_turn=in_turn)
            except requests.RequestException as error:
                lost = self._lost(request, error)
                # After a read timeout the service had all its time: the queue waits better.
                if last or isinstance(error, requests.ReadTimeout):
                    raise lost from error
            else:
                if last or response.status_code in SUCCESS:
                    return response
                if action_of(response.status_code) is not ResponseAction.LATER:
                    return response
                failure = self._error(request, response, None)
                asked = getattr(failure, "retry_after", None)
                throttled = getattr(failure, "throttled", False)
                if (asked or 0.0) > self._max_wait or (throttled and asked is None):
                    return response
                wait += asked or 0.0
            self._sleep(wait)
        raise AssertionError  # pragma: no cover  # the last try returns or raises

    def _once(
        self,
        request: requests.Request,
        token: str | None,
        timeout: tuple[float, float],
        *,
        in_turn: bool,
    ) -> requests.Response:
        started = time.perf_counter()
        path = urlsplit(request.url).path
        status = 0
        # Of Dataverse's paths up to the key: one may be chosen by what a row holds.
        asked = f"{request.method} {path.partition('(')[0]}"
        try:
            with (
                self._turn(_kind(asked, request.data), in_turn=in_turn) as turn,
                self._telemetry.request(self.service, asked) as told,
            ):
                response = self._session.send(
                    self._prepared(request, token),
                    timeout=timeout,
                    allow_redirects=False,
                    **self._environment,
                )
                status = response.status_code
                told.answered(status)
                answer = self._answer(response)
                turn.answered(
                    answer,
                    took=max(0.0, response.elapsed.total_seconds() - self._round_trip.least()),
                    advised=_advised(response),
                )
                count_request(self.service, throttled=answer is Answer.THROTTLED)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            _log.debug("%s %s %s %.0f ms", request.method, path, status, milliseconds)
        return response

    @cached_property
    def _environment(self) -> Mapping[str, Any]:
        # The proxies and authorities of this machine: once, for all requests have one origin.
        return self._session.merge_environment_settings(self.base_url, {}, None, None, None)

    def _prepared(self, request: requests.Request, token: str | None) -> requests.PreparedRequest:
        # What the session's own way adds is looking at the machine again for each request.
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**self._session.headers, "Accept": "application/json", **request.headers},
            params=request.params,
            data=request.data,
            auth=Bearer(token),
        )
        return prepared

    def _turn(self, kind: str, *, in_turn: bool) -> AbstractContextManager[Turn]:
        if self._limiter is None or not in_turn:
            return nullcontext(Turn())
        return self._limiter.turn(kind)

    def _answer(self, response: requests.Response) -> Answer:
        """Return what an answer says about how much the service takes."""
        status = response.status_code
        if status in SUCCESS:
            return Answer.FINE
        if status == _THROTTLED or (
            self._throttle_codes
            and read_problem(response.headers, response.content).code.lower()
            in self._throttle_codes
        ):
            return Answer.THROTTLED
        return Answer.LOST if action_of(status) is ResponseAction.LATER else Answer.FINE

    def _what(self, request: requests.Request) -> str:
        return f"{self.service}: {request.method} {urlsplit(request.url).path}"

    def _error(
        self,
        request: requests.Request,
        response: requests.Response,
        unauthorized: Callable[[str], NeedsPersonError] | None,
    ) -> ConnectorError:
        return error_for(
            response.status_code,
            response.headers,
            response.content,
            what=self._what(request),
            service=self.service,
            unauthorized=unauthorized,
            throttle_codes=self._throttle_codes,
            now=self._clock(),
        )

    def _lost(self, request: requests.Request, error: requests.RequestException) -> ConnectorError:
        # The library's own text repeats the URL with its query: only the kind is told.
        kind = type(error).__name__
        if isinstance(error, ValueError) and not isinstance(error, requests.JSONDecodeError):
            return ConfigurationError(
                f"{self._what(request)} cannot be called ({kind}); check the configured address.",
                service=self.service,
            )
        return RetryLaterError(
            f"{self._what(request)} got no whole answer ({kind}).", service=self.service
        )


def _kind(asked: str, body: Any) -> str:
    """Return what requests have in common that take about as long: where they go, and their size.

    A batch of one row and one of a thousand have the same address; each kind is up to twice as
    large as the one before.
    """
    size = len(body).bit_length() if isinstance(body, (bytes, str)) else 0
    return f"{asked} {size}"


def _advised(response: requests.Response) -> int | None:
    text = response.headers.get(_ADVICE, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004  # a number that fits
        return None
    return min(_MOST_ADVISED, int(text)) or None
