"""HTTP triggers: from a WSGI request to a function's `HttpRequest` and back.

Never checks keys: like `func start`, this host lets everybody in.
"""

import http
import logging
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import azure.functions.http as functions_http

from sandbox.functions import routes
from sandbox.functions.index import Function
from sandbox.functions.invocations import FailedError, Invoker
from sandbox.functions.outputs import Answer
from sandbox.functions.worker import StoppedError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("sandbox.functions")

# The host's own default for FUNCTIONS_REQUEST_BODY_SIZE_LIMIT.
LARGEST_BODY = 104_857_600


class HttpTriggers:
    """The WSGI app in front of an app's HTTP triggers.

    Args:
        functions: with an HTTP trigger; the others are ignored.
        prefix: of every route, host.json's `routePrefix`.
        invoker: runs them.
        admin: answers what begins with `/admin/` or `/_sandbox/`.
    """

    def __init__(
        self,
        functions: Iterable[Function],
        *,
        prefix: str,
        invoker: Invoker,
        admin: "WSGIApplication",
    ) -> None:
        table = [
            (routes.parse(each.trigger["route"], prefix), _methods(each), each)
            for each in functions
            if each.kind == "httpTrigger"
        ]
        self._table = sorted(table, key=lambda entry: entry[0].rank)
        self._invoker = invoker
        self._admin = admin
        self._running = 0
        self._stopping = False
        self._changed = threading.Condition()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
        if path.startswith(("/admin/", "/_sandbox/")):
            return self._admin(environ, start_response)
        with self._changed:
            stopping = self._stopping
            self._running += not stopping
        if stopping:
            return _send(Answer(503), start_response)
        try:
            body = _body(environ)
            if body is None:
                return _send(Answer(413, [("Connection", "close")]), start_response)
            return _send(self._answer(environ, path, body), start_response)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def stop(self, seconds: float) -> None:
        """Take no more requests and wait for those running."""
        with self._changed:
            self._stopping = True
            self._changed.wait_for(lambda: self._running == 0, seconds)

    def _answer(self, environ: "WSGIEnvironment", path: str, body: bytes) -> Answer:
        found = self._find(environ["REQUEST_METHOD"], path.strip("/"))
        if found is None:
            # Also for a wrong method: the host routes by method, so nothing fits.
            return Answer(404)
        function, parameters = found
        request = http_request(environ, parameters, body)
        try:
            return self._invoker.invoke(
                function, request, reason="This function was programmatically called via HTTP."
            )
        except FailedError:
            return Answer(500)
        except StoppedError:
            return Answer(503)

    def _find(self, method: str, path: str) -> tuple[Function, dict[str, str]] | None:
        for template, methods, function in self._table:
            if methods and method not in methods:
                continue
            parameters = template.match(path)
            if parameters is not None:
                return function, parameters
        return None


def http_request(
    environ: "WSGIEnvironment", parameters: dict[str, str], body: bytes
) -> functions_http.HttpRequest:
    """Build the request a function sees.

    Header names are lower case, empty header and query values are dropped and repeated query keys
    joined by commas: that is how the host hands requests to a worker.
    """
    return functions_http.HttpRequest(
        method=environ["REQUEST_METHOD"],
        url=_url(environ),
        headers=_headers(environ),
        params=_query(environ.get("QUERY_STRING", "")),
        route_params=parameters,
        body_type="bytes",
        body=body,
    )


def _methods(function: Function) -> frozenset[str]:
    return frozenset(str(method).upper() for method in function.trigger.get("methods") or ())


def _body(environ: "WSGIEnvironment") -> bytes | None:
    stream = environ["wsgi.input"]
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        # The host hands a body on only when its length was declared. Read all the same, so that
        # the connection can be used again.
        while stream.read(65_536):
            continue
        return b""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > LARGEST_BODY:
        return None
    return bytes(stream.read(length)) if length else b""


def _headers(environ: "WSGIEnvironment") -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and value
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return headers


def _query(text: str) -> dict[str, str]:
    if not text:
        return {}
    values: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values.setdefault(spelled.setdefault(name.lower(), name), []).append(value)
    joined = {name: ",".join(each) for name, each in values.items()}
    return {name: value for name, value in joined.items() if value}


def _url(environ: "WSGIEnvironment") -> str:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    target = environ.get("REQUEST_URI") or environ["PATH_INFO"]
    if "?" not in target and environ.get("QUERY_STRING"):
        target += f"?{environ['QUERY_STRING']}"
    return f"{environ['wsgi.url_scheme']}://{host}{target}"


def _send(answer: Answer, start_response: "StartResponse") -> Iterable[bytes]:
    try:
        phrase = http.HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers: list[Any] = [
        pair for pair in answer.headers if pair[0].lower() not in {"content-length", "date"}
    ]
    body = [] if answer.status in {204, 304} else [answer.body]
    if body:
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status} {phrase}", headers)
    return body
