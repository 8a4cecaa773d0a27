"""One real service as the checks see it: plain requests, counted, with what has to be undone.

Never retries, and never repeats a token, a header or a body in what it reports.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

TIMEOUT = (10, 60)


class OutOfBoundsError(Exception):
    """A check wanted to change something where only reading was allowed."""


@dataclass
class Site:
    """A service, an account or environment of it, and a way in.

    Attributes:
        name: of the service.
        base: address that paths are appended to.
        session: over which everything goes.
        token: returns the bearer token, "" for none.
        mark: what everything that is written here carries, "" where nothing may be written.
        account: FreshBooks' account id.
        sleep: lets seconds pass at the service, between two changes it tells apart by the second.
        undo: what was written and how it is taken away again, newest last.
        sent: how many requests so far.
    """

    name: str
    base: str
    session: requests.Session
    token: Callable[[], str] = lambda: ""
    mark: str = ""
    account: str = ""
    sleep: Callable[[float], object] = time.sleep
    undo: list[tuple[str, Callable[[], Any]]] = field(default_factory=list)
    sent: int = 0

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
        token: str | None = None,
        changes: bool = True,
    ) -> requests.Response:
        """Send one request and return whatever is answered.

        Args:
            method: HTTP method.
            path: below the base address, or a whole address.
            json: a body.
            data: a body as it is.
            headers: of this request.
            token: instead of the site's own; "" sends none.
            changes: False for a POST that changes nothing, such as a batch of reads.

        Raises:
            OutOfBoundsError: it may change something, and only reading is allowed.
        """
        if method not in {"GET", "HEAD"} and changes and not self.mark:
            raise OutOfBoundsError(f"{method} {path} is no reading")
        bearer = self.token() if token is None else token
        authorization = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self.sent += 1
        return self.session.request(
            method,
            path if "://" in path.partition("?")[0] else self.base + path,
            json=json,
            data=data,
            headers={"Accept": "application/json", **authorization, **(headers or {})},
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def later(self, what: str, undo: Callable[[], Any]) -> None:
        """Remember how something that was just written is taken away again."""
        self.undo.append((what, undo))


def body(answer: requests.Response) -> Any:
    """Return an answer's JSON, None when it is none."""
    try:
        return answer.json()
    except ValueError:
        return None


def code(answer: requests.Response) -> str:
    """Return status and code of an answer, such as `412 0x80060892`."""
    found = body(answer)
    inner = found.get("error") if isinstance(found, dict) else None
    said = inner.get("code") if isinstance(inner, dict) else inner
    return f"{answer.status_code} {said}" if said else str(answer.status_code)
