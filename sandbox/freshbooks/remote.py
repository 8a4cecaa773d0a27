"""Control over HTTP: what tests and people in other processes can do under `/_sandbox/`.

Never part of FreshBooks itself, and never asks for a token.
"""

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.freshbooks import page
from sandbox.freshbooks.errors import RefusedError
from sandbox.freshbooks.lists import PLURALS
from sandbox.freshbooks.oauth import OAuthError
from sandbox.web import json_response

if TYPE_CHECKING:
    from sandbox.freshbooks.app import FreshBooks

_SINGULARS = {plural: kind for kind, plural in PLURALS.items()}


class Remote:
    """Requests from outside the simulated service."""

    def __init__(self, freshbooks: "FreshBooks") -> None:
        self._freshbooks = freshbooks

    def answer(self, request: Request) -> Response:
        """Answer one request; what is refused gets 400 or 404 with the reason."""
        parts = request.path.strip("/").split("/")[1:]
        try:
            if not parts:
                return page.show(self._freshbooks, request)
            if parts[0] == "forms":
                return page.submit(self._freshbooks, request, parts[-1])
            if parts[0] == "books":
                return json_response(self._books(request, parts[-1]))
            return json_response(self._control(request, "/".join(parts)))
        except LookupError as error:
            return json_response({"error": str(error)}, status=404)
        except (RefusedError, OAuthError, TypeError, ValueError) as error:
            return json_response({"error": str(error)}, status=400)

    def _books(self, request: Request, name: str) -> Any:
        books = self._freshbooks.books
        if request.method == "GET":
            kind = _SINGULARS.get(name, name)
            if kind not in PLURALS:
                raise LookupError(f"no such kind of record: {name}")
            return books.records(kind, request.args.get("account"))
        done = books.perform(name, _arguments(request))
        return asdict(done) if is_dataclass(done) and not isinstance(done, type) else done or {}

    def _control(self, request: Request, name: str) -> Any:
        freshbooks, deliveries = self._freshbooks, self._freshbooks.deliveries
        controls: dict[str, Callable[..., Any]] = {
            "deliveries": lambda **knobs: deliveries.set(**knobs) | deliveries.under_way(),
            "deliveries/settle": lambda **limit: (
                {"settled": deliveries.settle(**limit)} | deliveries.under_way()
            ),
            "deliveries/attempts": lambda: [
                asdict(one) | {"at": one.at.isoformat()} for one in list(deliveries.attempts)
            ],
            "grant": freshbooks.grant,
            "expire": freshbooks.oauth.expire_access_tokens,
            "switches": freshbooks.switches.set,
            "refusals": freshbooks.refuse,
            "callbacks": lambda account=None: [
                one.body | {"verifier": one.verifier}
                for one in freshbooks.callbacks.of(account or freshbooks.account)
            ],
            "callbacks/disable": lambda callback: freshbooks.callbacks.disable(
                freshbooks.callbacks.get(None, callback)
            ),
            "callbacks/delete": lambda callback: freshbooks.callbacks.delete(
                freshbooks.callbacks.get(None, callback)
            ),
            "businesses": lambda: [asdict(one) for one in freshbooks.books.businesses.values()],
        }
        if name not in controls:
            raise LookupError(f"nothing to control: {name}")
        done = controls[name](**_arguments(request))
        return {} if done is None else done


def _arguments(request: Request) -> dict[str, Any]:
    """Return what is passed on: the JSON body of a POST, the query of a GET."""
    if request.method != "POST":
        return request.args.to_dict()
    body = request.get_json(force=True, silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise TypeError("the body must be a JSON object")
    return body
