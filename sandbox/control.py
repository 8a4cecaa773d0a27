"""What every simulator can be told from outside: count your traffic, fail on demand.

Wraps a simulator and answers `/_sandbox/traffic` and `/_sandbox/faults` itself.
"""

import collections
import random
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request

from sandbox.web import drop_connection, json_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass
class Fault:
    """One way to fail, for the requests it matches.

    `kind` is `status` (answer `status` without reaching the service), `delay` (wait `seconds`, then
    go on), `drop-before` (close without applying) or `drop-after` (apply, then close without an
    answer). `times` counts down; None means always. `probability` is per matching request.
    """

    kind: str
    method: str = ""
    path: str = ""
    status: int = 503
    seconds: float = 0.0
    retry_after: str | None = None
    body: str = ""
    times: int | None = 1
    probability: float = 1.0

    def matches(self, method: str, path: str) -> bool:
        """Say whether this fault is meant for the request."""
        return self.method in {"", method} and re.search(self.path, path) is not None


class Controlled:
    """A simulator with its traffic counted and its faults injected.

    Attributes:
        traffic: requests so far by `"<METHOD> <path with ids folded to *>"`.
        faults: the faults still to come, first match wins.
    """

    def __init__(self, app: "WSGIApplication", *, seed: int = 0) -> None:
        self.app = app
        self.traffic: collections.Counter[str] = collections.Counter()
        self.faults: list[Fault] = []
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        if request.path.startswith("/_sandbox/traffic"):
            return self._show_traffic(request)(environ, start_response)
        if request.path.startswith("/_sandbox/faults"):
            return self._set_faults(request)(environ, start_response)
        if request.path.startswith("/_sandbox/"):
            return self.app(environ, start_response)
        with self._lock:
            self.traffic[f"{request.method} {fold(request.path)}"] += 1
        fault = self._draw(request.method, request.path)
        if fault is None:
            return self.app(environ, start_response)
        return self._fail(fault, environ, start_response)

    def fail(self, **fault: Any) -> None:
        """Add a fault; the arguments are those of `Fault`."""
        with self._lock:
            self.faults.append(Fault(**fault))

    def heal(self) -> None:
        """Forget all faults."""
        with self._lock:
            self.faults.clear()

    def _draw(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.matches(method, path) and self._random.random() < fault.probability:
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self.faults.remove(fault)
                    return fault
        return None

    def _fail(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if fault.kind == "drop-before":
            drop_connection()
        if fault.kind == "drop-after":
            list(self.app(environ, start_response))
            drop_connection()
        if fault.kind == "delay":
            time.sleep(fault.seconds)
            return self.app(environ, start_response)
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else None
        response = json_response({"error": fault.body}, status=fault.status, headers=headers)
        return response(environ, start_response)

    def _show_traffic(self, request: Request) -> "WSGIApplication":
        with self._lock:
            counted = dict(self.traffic)
            if request.method == "DELETE":
                self.traffic.clear()
        return json_response(counted)

    def _set_faults(self, request: Request) -> "WSGIApplication":
        if request.method == "DELETE":
            self.heal()
        elif request.method == "POST":
            self.fail(**request.get_json())
        with self._lock:
            return json_response([vars(fault) for fault in self.faults])


def fold(path: str) -> str:
    """Fold ids in `path` so that requests of one kind count together.

    >>> fold("/api/data/v9.2/invoices(6f9619ff-8b86-d011-b42d-00c04fc964ff)")
    '/api/data/v9.2/invoices(*)'
    >>> fold("/accounting/account/FrEsHb/invoices/invoices/177")
    '/accounting/account/*/invoices/invoices/*'
    """
    path = re.sub(r"\([^)]*\)", "(*)", path)
    path = re.sub(r"/account/[^/]+", "/account/*", path)
    return re.sub(r"/\d+(?=/|$)", "/*", path)
