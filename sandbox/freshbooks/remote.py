"""Control over HTTP: what tests and people in other processes can do under `/_sandbox/`.

Never part of FreshBooks itself, and never asks for a token.
"""

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.freshbooks import page
from sandbox.freshbooks.books import Books
from sandbox.freshbooks.callbacks import Callbacks
from sandbox.freshbooks.deliveries import Deliveries
from sandbox.freshbooks.errors import RefusedError
from sandbox.freshbooks.lists import PLURALS
from sandbox.freshbooks.oauth import OAuth, OAuthError
from sandbox.freshbooks.switches import Switches
from sandbox.web import json_response

_SINGULARS = {plural: kind for kind, plural in PLURALS.items()}


class Remote:
    """Requests from outside the simulated service.

    Args:
        books: to be shown and changed.
        callbacks: to be looked at, disabled and deleted.
        deliveries: to be disturbed and waited for.
        oauth: whose access tokens may be let expire.
        switches: to be set.
        grant: gives a token without a consent.
        refuse: lets the next accounting requests be refused.
    """

    def __init__(
        self,
        *,
        books: Books,
        callbacks: Callbacks,
        deliveries: Deliveries,
        oauth: OAuth,
        switches: Switches,
        grant: Callable[..., dict[str, Any]],
        refuse: Callable[..., None],
    ) -> None:
        self._books = books
        self._controls: dict[str, Callable[..., Any]] = {
            "deliveries": lambda **knobs: deliveries.set(**knobs) | deliveries.under_way(),
            "deliveries/settle": lambda **limit: (
                {"settled": deliveries.settle(**limit)} | deliveries.under_way()
            ),
            "deliveries/attempts": lambda: [
                asdict(one) | {"at": one.at.isoformat()} for one in list(deliveries.attempts)
            ],
            "grant": grant,
            "expire": oauth.expire_access_tokens,
            "switches": switches.set,
            "refusals": refuse,
            "callbacks": lambda account=None: [
                one.body | {"verifier": one.verifier}
                for one in callbacks.of(account or books.business(None).account_id)
            ],
            "callbacks/disable": lambda callback: callbacks.disable(callbacks.get(None, callback)),
            "callbacks/delete": lambda callback: callbacks.delete(callbacks.get(None, callback)),
            "businesses": lambda: [asdict(one) for one in books.businesses.values()],
        }

    def answer(self, request: Request) -> Response:
        """Answer one request; what is refused gets 400 or 404 with the reason."""
        parts = request.path.strip("/").split("/")[1:]
        try:
            if not parts:
                return page.show(self._books, request)
            if parts[0] == "forms":
                return page.submit(self._books, request, parts[-1])
            if parts[0] == "books":
                return json_response(self._operation(request, parts[-1]))
            return json_response(self._control(request, "/".join(parts)))
        except LookupError as error:
            return json_response({"error": str(error)}, status=404)
        except (RefusedError, OAuthError, TypeError, ValueError) as error:
            return json_response({"error": str(error)}, status=400)

    def _operation(self, request: Request, name: str) -> Any:
        if request.method == "GET":
            kind = _SINGULARS.get(name, name)
            if kind not in PLURALS:
                raise LookupError(f"no such kind of record: {name}")
            return self._books.records(kind, request.args.get("account"))
        done = self._books.perform(name, _arguments(request))
        return asdict(done) if is_dataclass(done) and not isinstance(done, type) else done or {}

    def _control(self, request: Request, name: str) -> Any:
        if name not in self._controls:
            raise LookupError(f"nothing to control: {name}")
        done = self._controls[name](**_arguments(request))
        return {} if done is None else done


def _arguments(request: Request) -> dict[str, Any]:
    """Return what is passed on: the JSON body of a POST, the query of a GET."""
    if request.method != "POST":
        return request.args.to_dict()
    body = request.get_json(force=True, silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise TypeError("the body must be a JSON object")
    return body
