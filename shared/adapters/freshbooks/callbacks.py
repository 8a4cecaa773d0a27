"""FreshBooks' webhook callbacks: list, register, verify, delete.

Never keeps a verifier and never decides which callbacks there should be.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import requests

from shared.adapters.freshbooks.answers import EXPECTED, read_result
from shared.adapters.freshbooks.faults import read_faults
from shared.adapters.freshbooks.paging import PAGE_SIZE, Page, read_page, walk
from shared.adapters.http.authorize import Authorize
from shared.adapters.http.exact_json import decode_json
from shared.adapters.http.transport import Transport
from shared.core.connections import Callback
from shared.errors import (
    ConfigurationError,
    ReconnectNeededError,
    RecordRefusedError,
    RetryLaterError,
)

_NOT_FOUND: Final = 404
_ACCOUNT_UNKNOWN: Final = "account not found"


class CallbacksApi:
    """The port `Callbacks`.

    Every method may raise `RetryLaterError`, `ReconnectNeededError` and `ConfigurationError`.

    Args:
        transport: to `https://api.freshbooks.com`.
        authorize: gives a business its access token, whoever reads it.
    """

    def __init__(self, transport: Transport, authorize: Callable[[str], Authorize]) -> None:
        self._transport = transport
        self._authorize = authorize

    def list_callbacks(self, business: str) -> Iterator[Callback]:
        """Yield the business's callbacks."""

        def fetch(number: int) -> Page:
            params = [("page", str(number)), ("per_page", str(PAGE_SIZE))]
            response = self._send(business, "GET", _path(business), params=params)
            result = _checked(response, what=f"list callbacks of {business}")
            return read_page(result, name="callbacks", what=f"list callbacks of {business}")

        for raw in walk(fetch, identity=_number, what=f"the callbacks of {business}"):
            yield _callback(raw)

    def create_callback(self, business: str, *, event: str, uri: str) -> Callback:
        """Register an address for a noun; FreshBooks then calls it with `callback.verify`.

        An answer that was lost leaves a callback nobody waits for; listing shows it.

        Args:
            business: its FreshBooks account id.
            event: a noun such as `invoice`, for all of its verbs.
            uri: where FreshBooks should call, with https and without redirects.
        """
        body = {"callback": {"event": event, "uri": uri}}
        response = self._send(business, "POST", _path(business), json=body, idempotent=False)
        what = f"register a callback for {event} of {business}"
        result = _checked(response, what=what)
        raw = result.get("callback") if result is not None else None
        if not isinstance(raw, Mapping):
            raise RetryLaterError(f"FreshBooks: {what} was answered without a callback.")
        return _callback(raw)

    def verify_callback(self, business: str, callback: int, *, verifier: str) -> bool:
        """Send a verifier back; True when FreshBooks accepted it.

        FreshBooks documents `callback_id` in the body, its SDKs leave it out: it is sent.
        """
        body = {"callback": {"callback_id": callback, "verifier": verifier}}
        response = self._send(business, "PUT", _path(business, callback), json=body)
        if _is_gone(response):
            return False
        try:
            result = read_result(response, what=f"verify callback {callback} of {business}")
        except RecordRefusedError:
            return False
        raw = result.get("callback") if result is not None else None
        return isinstance(raw, Mapping) and raw.get("verified") is True

    def resend_verifier(self, business: str, callback: int) -> None:
        """Ask FreshBooks to call with `callback.verify` again; a callback that is gone is fine."""
        body = {"callback": {"callback_id": callback, "resend": True}}
        response = self._send(business, "PUT", _path(business, callback), json=body)
        if not _is_gone(response):
            _checked(response, what=f"resend the verifier of callback {callback} of {business}")

    def delete_callback(self, business: str, callback: int) -> None:
        """Delete a callback; one that is gone is fine."""
        response = self._send(business, "DELETE", _path(business, callback))
        if response.ok and not response.content:
            return
        if not _is_gone(response):
            _checked(response, what=f"delete callback {callback} of {business}")

    def _send(
        self,
        business: str,
        method: str,
        path: str,
        *,
        params: list[tuple[str, str]] | None = None,
        json: Any = None,
        idempotent: bool = True,
    ) -> requests.Response:
        return self._transport.send(
            method,
            path,
            params=params,
            json=json,
            idempotent=idempotent,
            authorize=self._authorize(business),
            unauthorized=ReconnectNeededError,
            expected=EXPECTED,
        )


def _path(business: str, callback: int | None = None) -> str:
    base = f"/events/account/{quote(business, safe='')}/events/callbacks"
    return base if callback is None else f"{base}/{callback}"


def _checked(response: requests.Response, *, what: str) -> Mapping[str, Any] | None:
    try:
        return read_result(response, what=what)
    except RecordRefusedError as error:  # an event or address it does not take is our setting
        raise ConfigurationError(
            f"{error} Check PUBLIC_URL: FreshBooks has to reach it by https."
        ) from error


def _is_gone(response: requests.Response) -> bool:
    """Say whether a callback is unknown; the events family says so without an errno of its own."""
    if response.status_code != _NOT_FOUND:
        return False
    try:
        body = decode_json(response.content)
    except ValueError:
        return False
    faults = read_faults(body) if isinstance(body, Mapping) else []
    return bool(faults) and not any(_ACCOUNT_UNKNOWN in each.message.lower() for each in faults)


def _callback(raw: Mapping[str, Any]) -> Callback:
    number = _number(raw)
    if not isinstance(number, int):
        raise RetryLaterError("FreshBooks answered a callback without its number.")
    return Callback(
        id=number,
        event=str(raw.get("event", "")),
        uri=str(raw.get("uri", "")),
        verified=raw.get("verified") is True,
    )


def _number(raw: Mapping[str, Any]) -> Any:
    # FreshBooks' examples show `callback_id` in requests; answers say `callbackid`.
    return raw.get("callbackid")
