"""The host's admin endpoints, and the sandbox's own way to watch invocations.

Never asks for the master key, which they need in Azure.
"""

import json
import logging
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import azure.functions.http as functions_http
from werkzeug.wrappers import Request, Response

from sandbox.functions.index import Function
from sandbox.functions.invocations import FailedError, Invoker
from sandbox.functions.queues import queue_message
from sandbox.functions.timers import timer_request
from sandbox.functions.worker import StoppedError
from sandbox.web import json_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("sandbox.functions")


class Admin:
    """`/admin/host/*`, `/admin/functions*` and `/_sandbox/invocations`.

    Args:
        functions: of the app, disabled ones included.
        disabled: the names of those that do not run.
        invoker: runs them.
        errors: what kept the app from being indexed.
    """

    def __init__(
        self,
        functions: Iterable[Function],
        *,
        disabled: Iterable[str],
        invoker: Invoker,
        errors: Iterable[str],
    ) -> None:
        self._functions = {each.name.lower(): each for each in functions}
        self._disabled = set(disabled)
        self._invoker = invoker
        self._errors = list(errors)
        self._began = time.monotonic()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._route(Request(environ))(environ, start_response)

    def _route(self, request: Request) -> Response:  # noqa: PLR0911  # one case per endpoint
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["admin", "host", "status"]:
                return json_response(self._status())
            case (("GET" | "POST"), ["admin", "host", "ping"]):
                return Response(status=200)
            case "GET", ["admin", "functions"]:
                shown = [self._shown(each, request) for each in self._functions.values()]
                return json_response(shown)
            case "GET", ["admin", "functions", name] if name.lower() in self._functions:
                return json_response(self._shown(self._functions[name.lower()], request))
            case "POST", ["admin", "functions", name]:
                return self._start(name, request)
            case "GET", ["_sandbox", "invocations"]:
                return json_response(self._invocations())
            case _:
                return Response(status=404)

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {
            "id": "local",
            "state": "Running",
            "version": "4.sandbox",
            "processUptime": int((time.monotonic() - self._began) * 1000),
        }
        if self._errors:
            status["errors"] = self._errors
        return status

    def _shown(self, function: Function, request: Request) -> dict[str, Any]:
        base = request.host_url.rstrip("/")
        return {
            "name": function.name,
            "href": f"{base}/admin/functions/{function.name}",
            "language": "python",
            "isDisabled": function.name in self._disabled,
            "config": {
                "name": function.name,
                "entryPoint": function.name,
                "scriptFile": "function_app.py",
                "language": "python",
                "bindings": list(function.bindings),
            },
        }

    def _start(self, name: str, request: Request) -> Response:
        if request.mimetype != "application/json":
            return Response(status=415)
        try:
            body = json.loads(request.get_data())
        except ValueError:
            return Response(status=400)
        if not isinstance(body, dict):
            return Response(status=400)
        function = self._functions.get(name.lower())
        if function is None or function.name in self._disabled:
            return Response(status=404)
        given = body.get("input") or ""
        text = given if isinstance(given, str) else json.dumps(given)
        threading.Thread(
            target=self._invoke, args=(function, text, request.host_url), daemon=True
        ).start()
        return Response(status=202)

    def _invoke(self, function: Function, text: str, base: str) -> None:
        try:
            self._invoker.invoke(
                function,
                _value(function, text, base),
                reason="This function was programmatically called via the host APIs.",
            )
        except (FailedError, StoppedError):
            # Outside queue semantics: it is logged and counted, and that is all.
            log.debug("'%s', started by hand, did not succeed.", function.name)

    def _invocations(self) -> dict[str, Any]:
        counts = {name: vars(count) for name, count in self._invoker.counts().items()}
        quiet = {"running": 0, "finished": 0, "failed": 0}
        return {each.name: counts.get(each.name, quiet) for each in self._functions.values()}


def _value(function: Function, text: str, base: str) -> Any:
    match function.kind:
        case "timerTrigger":
            return timer_request({}, past_due=False)
        case "queueTrigger":
            return queue_message(function, text, None)
        case _:
            return functions_http.HttpRequest(
                method="POST",
                url=base,
                headers={},
                params={},
                route_params={},
                body_type="bytes",
                body=text.encode(),
            )
