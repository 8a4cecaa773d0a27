"""A door in front of Dataverse in which something happens around the first write that passes."""

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NoReturn

from tests.functional.world import Firm

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Killed(BaseException):
    """The process died here; nothing catches it."""


def die() -> NoReturn:
    raise Killed


def nothing() -> None:
    """Let it pass."""


class FirstWrite:
    """Lets the first write to Dataverse wait for `before`, and tells what it did to the rows.

    Attributes:
        found: all rows as the write found them, None while none came.
        left: all rows as it left them.
        writes: how many writes came in all.
    """

    def __init__(
        self,
        firm: Firm,
        *,
        before: Callable[[], object] = nothing,
        after: Callable[[], object] = nothing,
    ) -> None:
        self.firm, self.before, self.after = firm, before, after
        self.found: str | None = None
        self.left: str | None = None
        self.writes = 0
        firm.dataverse_door.app = self

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        app = self.firm.dataverse
        if not writes(environ):
            return app(environ, start_response)
        self.writes += 1
        if self.writes > 1:
            return app(environ, start_response)
        self.before()
        self.found = self.firm.everything()
        answer = list(app(environ, start_response))
        self.left = self.firm.everything()
        self.after()
        return answer

    def open(self) -> None:
        """Stand in nobody's way any more."""
        self.firm.dataverse_door.app = self.firm.dataverse


def writes(environ: "WSGIEnvironment") -> bool:
    """Say whether a request to Dataverse changes rows."""
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    if environ["PATH_INFO"].endswith("/$batch"):
        return b"\r\nPATCH " in body or b"\r\nDELETE " in body
    return environ["REQUEST_METHOD"] in {"PATCH", "DELETE"}
