"""`/_sandbox/`: rows and settings for other processes, and the pages a salesperson would see.

Never answers anything the real service does.
"""

import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.dataverse import errors, pages, privileges
from sandbox.dataverse.customizing import customer
from sandbox.dataverse.encoding import dumps, loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.people import People
from sandbox.dataverse.switches import Switches

_ROWS = re.compile(r"/_sandbox/rows/(\w+)(?:/([0-9a-fA-F-]{36}))?")
_MERGE = re.compile(r"/_sandbox/rows/(\w+)/([0-9a-fA-F-]{36})/merge")
_MESSAGES = re.compile(r"/_sandbox/messages/(\w+)")
_PEOPLE = re.compile(r"/_sandbox/owners/(\w+)(?:/([0-9a-fA-F-]{36}))?")


class Remote:
    """Requests from outside the simulated service."""

    def __init__(self, env: Environment, people: People, switches: Switches) -> None:
        self._env = env
        self._people = people
        self._switches = switches

    def answer(self, request: Request) -> Response:
        """Answer one request below `/_sandbox/`."""
        try:
            return self._answer(request)
        except DataverseError as error:
            body = {"error": {"code": error.code, "message": error.message}}
            return _json(body, status=error.status)

    def _answer(self, request: Request) -> Response:
        if request.path in {"/_sandbox/settings", "/_sandbox/used"}:
            return self._state(request)
        if request.path == "/_sandbox/customizations" and request.method == "POST":
            with self._env.lock, self._env.transaction():
                return _json(asdict(customer.customize(self._env)), status=HTTPStatus.CREATED)
        if pages.owns(request.path):
            return pages.answer(self._env, request)
        return self._about_rows(request)

    def _about_rows(self, request: Request) -> Response:
        people = _PEOPLE.fullmatch(request.path)
        if people is not None:
            return self._owners(request, people[1], people[2])
        merged = _MERGE.fullmatch(request.path)
        if merged is not None and request.method == "POST":
            return self._merge(request, merged[1], merged[2])
        if (messages := _MESSAGES.fullmatch(request.path)) is not None:
            return self._limit_messages(request, messages[1])
        rows = _ROWS.fullmatch(request.path)
        if rows is None:
            raise errors.no_segment(request.path)
        return self._rows(request, rows[1], rows[2])

    def _merge(self, request: Request, table: str, master: str) -> Response:
        given = loads_object(request.get_data())
        self._people.merge(table, master, str(given.pop("subordinate", "")), given)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _limit_messages(self, request: Request, table: str) -> Response:
        names = loads_object(request.get_data()).get("messages")
        if request.method != "POST" or not isinstance(names, list):
            raise errors.request("The messages of a table are posted as a list.")
        self._people.limit_messages(table, [str(name) for name in names])
        return Response(status=HTTPStatus.NO_CONTENT)

    def _state(self, request: Request) -> Response:
        """Answer what is set, or what was used of the limits."""
        if request.path == "/_sandbox/used":
            return _json(asdict(self._switches.throttle.used()))
        given = loads_object(request.get_data()) if request.method == "POST" else {}
        return _json(self._switches.set(given))

    def _owners(self, request: Request, kind: str, row_id: str | None) -> Response:
        given = loads_object(request.get_data())
        role = given.pop("role", None)
        if request.method == "POST" and row_id is None:
            made = self._people.join(kind, given, role or privileges.ADMINISTRATOR)
            return _json({"id": made}, status=HTTPStatus.CREATED)
        if request.method != "PATCH" or row_id is None:
            raise errors.request(f"{request.method} does not apply here.", status=405)
        if role is not None:
            self._people.grant(row_id, role)
        if given:
            self._people.update(kind, row_id, given)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _rows(self, request: Request, table: str, row_id: str | None) -> Response:
        if row_id is None:
            if request.method == "GET":
                return _json(self._people.all(table))
            if request.method == "POST":
                made = self._people.add(table, loads_object(request.get_data()))
                return _json({"id": made}, status=HTTPStatus.CREATED)
        elif request.method == "GET":
            found = self._people.get(table, row_id)
            if found is None:
                raise errors.missing(table, row_id)
            return _json(found)
        elif request.method == "PATCH":
            self._people.update(table, row_id, loads_object(request.get_data()))
            return Response(status=HTTPStatus.NO_CONTENT)
        elif request.method == "DELETE":
            self._people.delete(table, row_id)
            return Response(status=HTTPStatus.NO_CONTENT)
        raise errors.request(f"{request.method} does not apply here.", status=405)


def _json(body: Any, *, status: int = 200) -> Response:
    return Response(dumps(body), status=status, content_type="application/json")
