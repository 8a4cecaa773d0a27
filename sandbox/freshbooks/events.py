"""The events endpoints: callbacks are created, proven, repeated, changed and deleted here.

Never shows a verification code: that travels to the callback's own address only.
"""

from collections.abc import Collection
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.freshbooks import lists
from sandbox.freshbooks.callbacks import NOUNS, Callback, Callbacks
from sandbox.freshbooks.errors import RefusedError
from sandbox.web import json_response


class Events:
    """Requests on callbacks."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    def answer(
        self, request: Request, account: str, callback: int | None, scopes: Collection[str]
    ) -> Response:
        """Answer one request.

        Raises:
            RefusedError: the documented refusal.
        """
        if callback is None:
            if request.method == "GET":
                return self._list(request, account)
            if request.method == "POST":
                return self._create(request, account, scopes)
            raise RefusedError(405, 405, "Method Not Allowed")
        found = self._callbacks.get(account, callback)
        if request.method == "DELETE":
            self._callbacks.delete(found)
            return Response(status=204)
        if request.method == "PUT":
            self._put(found, _sent(request), scopes)
        elif request.method != "GET":
            raise RefusedError(405, 405, "Method Not Allowed")
        return _one(found)

    def _list(self, request: Request, account: str) -> Response:
        page = lists.page_of(request.args)
        event = request.args.get("search[event]")
        found = self._callbacks.of(account, event)
        begin = (page.number - 1) * page.size
        result = {
            "callbacks": [one.body for one in found[begin : begin + page.size]],
            **lists.counts(page, len(found)),
        }
        return json_response({"response": {"result": result}})

    def _create(self, request: Request, account: str, scopes: Collection[str]) -> Response:
        sent = _sent(request)
        _refuse_unread_noun(sent.get("event"), scopes)
        return _one(self._callbacks.create(account, sent.get("event", ""), sent.get("uri", "")))

    def _put(self, callback: Callback, sent: dict[str, Any], scopes: Collection[str]) -> None:
        if "verifier" in sent:
            self._callbacks.verify(callback, str(sent["verifier"]))
        elif sent.get("resend"):
            self._callbacks.resend(callback)
        else:
            _refuse_unread_noun(sent.get("event"), scopes)
            self._callbacks.update(callback, sent.get("event"), sent.get("uri"))


def _refuse_unread_noun(event: object, scopes: Collection[str]) -> None:
    """Refuse an event whose noun the token may not read; there is no scope for webhooks."""
    noun = str(event).partition(".")[0]
    if noun in NOUNS and f"user:{NOUNS[noun]}:read" not in scopes:
        raise RefusedError(403, 403, "The token does not have the scope for this event.")


def _one(callback: Callback) -> Response:
    return json_response({"response": {"result": {"callback": callback.body}}})


def _sent(request: Request) -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    sent = body.get("callback") if isinstance(body, dict) else None
    if not isinstance(sent, dict):
        text = "The request was well-formed but cannot be followed."
        raise RefusedError(400, 422, text, {"callback": "Field required"})
    return sent
