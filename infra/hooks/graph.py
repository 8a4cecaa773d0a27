"""Microsoft Graph, asked with the sign-in of the Azure CLI.

Never holds a token: `az rest` adds it. A body goes through a file, so that no shell reads it.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from infra.hooks.commands import Ran, run

ROOT: Final = "https://graph.microsoft.com/v1.0"
WAITS: Final = (2.0, 4.0, 8.0, 16.0)  # seconds; what was just made is not everywhere at once

# What Graph says of an object that it does not have, or that was made elsewhere in it just now.
NOT_THERE: Final = (
    "Request_ResourceNotFound",
    "Not Found(",
    "NoBackingApplicationObject",
    "does not reference a valid application",
    "was not found on application",
)

Json = dict[str, Any]


class GraphError(Exception):
    """Graph did not do what it was asked for; the message is for a person."""


class NotFoundError(GraphError):
    """There is no such object, or not everywhere yet."""


class NotAllowedError(GraphError):
    """The person who is signed in may not do that."""


class Graph:
    """Asks Graph, and waits where an object was made a moment ago."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def get(self, path: str) -> Json | None:
        """Return an object, None when there is none."""
        try:
            return self.ask("get", path)
        except NotFoundError:
            return None

    def ask(self, method: str, path: str, body: Json | None = None, *, prefer: str = "") -> Json:
        """Send a request and return the answer, empty when there is none.

        Raises:
            NotFoundError: there is no such object.
            NotAllowedError: the person may not.
            GraphError: anything else, with Graph's own words.
        """
        words = ["az", "rest", "--method", method, "--url", f"{ROOT}{path}", "--output", "json"]
        if prefer:
            words += ["--headers", f"Prefer={prefer}", "Content-Type=application/json"]
        if body is None:
            return _answer(run(*words), f"{method} {path}")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "body.json"
            file.write_text(json.dumps(body), encoding="utf-8")
            return _answer(run(*words, "--body", f"@{file}"), f"{method} {path}")

    def patiently(self, method: str, path: str, body: Json | None = None) -> Json:
        """Send a request about something that was made a moment ago."""
        for wait in WAITS:
            try:
                return self.ask(method, path, body)
            except NotFoundError:
                self._sleep(wait)
        return self.ask(method, path, body)


def _answer(ran: Ran, what: str) -> Json:
    if ran.went_well:
        return dict(json.loads(ran.out)) if ran.out else {}
    if "Authorization_RequestDenied" in ran.err or "Forbidden(" in ran.err:
        raise NotAllowedError(f"Entra does not let you: {what}.")
    if any(sign in ran.err for sign in NOT_THERE):
        raise NotFoundError(f"Entra knows no such object: {what}.")
    raise GraphError(f"Entra did not take it ({what}): {ran.why}")
