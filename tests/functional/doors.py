"""A door in front of Dataverse in which something happens around the first write that passes."""

import io


class Killed(BaseException):
    """The process died here; nothing catches it."""


def die():
    raise Killed


def nothing():
    """Let it pass."""


class FirstWrite:
    """Lets the first write to Dataverse wait for `before`, and tells what it did to the rows.

    Attributes:
        found: all rows as the write found them, None while none came.
        left: all rows as it left them.
        writes: how many writes came in all.
    """

    def __init__(self, firm, *, before=nothing, after=nothing):
        self.firm, self.before, self.after = firm, before, after
        self.found = self.left = None
        self.writes = 0
        firm.dataverse_door.app = self

    def __call__(self, environ, start_response):
        app = self.firm.dataverse
        if not _writes(environ):
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

    def open(self):
        """Stand in nobody's way any more."""
        self.firm.dataverse_door.app = self.firm.dataverse


def _writes(environ):
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    if environ["PATH_INFO"].endswith("/$batch"):
        return b"\r\nPATCH " in body or b"\r\nDELETE " in body
    return environ["REQUEST_METHOD"] in {"PATCH", "DELETE"}
