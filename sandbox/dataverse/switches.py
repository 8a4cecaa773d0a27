"""`/_sandbox/`: rows and settings for other processes, and the pages a salesperson would see.

Never answers anything the real service does.
"""

import re
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.dataverse import errors, page, privileges
from sandbox.dataverse.encoding import dumps, loads_object
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.limits import Limits
from sandbox.dataverse.people import People

if TYPE_CHECKING:
    from sandbox.dataverse.app import Dataverse

_ROWS = re.compile(r"/_sandbox/rows/(\w+)(?:/([0-9a-fA-F-]{36}))?")
_ACCOUNT = re.compile(r"/_sandbox/accounts(?:/([0-9a-fA-F-]{36}))?")


def answer(dataverse: "Dataverse", people: People, request: Request) -> Response:
    """Answer one request below `/_sandbox/`."""
    try:
        return _answer(dataverse, people, request)
    except DataverseError as error:
        body = {"error": {"code": error.code, "message": error.message}}
        return _json(body, status=error.status)


def change(dataverse: "Dataverse", settings: dict[str, Any]) -> dict[str, Any]:
    """Change settings and return those in force.

    Raises:
        DataverseError: 400, a setting does not exist.
    """
    for name, value in settings.items():
        if name == "limits":
            dataverse.throttle.limits = _limits(dataverse.throttle.limits, value)
        elif name in {"latency", "latency_per_operation"}:
            setattr(dataverse, name, float(value))
        elif name == "key_delay":
            dataverse.environment.key_delay = float(value)
        elif name == "privileges":
            privileges.change(dataverse.environment, value)
        else:
            raise errors.request(f"There is no setting '{name}'.")
    limits = dataverse.throttle.limits
    return {
        "latency": dataverse.latency,
        "latency_per_operation": dataverse.latency_per_operation,
        "key_delay": dataverse.environment.key_delay,
        "limits": None if limits is None else asdict(limits),
        "privileges": dataverse.environment.privileges,
    }


def _limits(now: Limits | None, given: dict[str, Any] | None) -> Limits | None:
    if given is None:
        return None
    try:
        return replace(now or Limits(), **given)
    except TypeError as error:
        raise errors.request(f"There is no such limit: {error}") from None


def _answer(dataverse: "Dataverse", people: People, request: Request) -> Response:
    if request.path == "/_sandbox/settings":
        given = loads_object(request.get_data()) if request.method == "POST" else {}
        return _json(dataverse.set(given))
    account = _ACCOUNT.fullmatch(request.path)
    if account and request.method == "GET":
        with dataverse.environment.lock:
            html = page.render(dataverse.environment, account[1])
        return Response(html, content_type="text/html; charset=utf-8")
    rows = _ROWS.fullmatch(request.path)
    if rows is None:
        raise errors.no_segment(request.path)
    return _rows(people, request, rows[1], rows[2])


def _rows(people: People, request: Request, table: str, row_id: str | None) -> Response:
    if row_id is None:
        if request.method == "GET":
            return _json(people.all(table))
        if request.method == "POST":
            made = people.add(table, loads_object(request.get_data()))
            return _json({"id": made}, status=HTTPStatus.CREATED)
    elif request.method == "GET":
        found = people.get(table, row_id)
        if found is None:
            raise errors.missing(table, row_id)
        return _json(found)
    elif request.method == "PATCH":
        people.update(table, row_id, loads_object(request.get_data()))
        return Response(status=HTTPStatus.NO_CONTENT)
    elif request.method == "DELETE":
        people.delete(table, row_id)
        return Response(status=HTTPStatus.NO_CONTENT)
    raise errors.request(f"{request.method} does not apply here.", status=405)


def _json(body: Any, *, status: int = 200) -> Response:
    return Response(dumps(body), status=status, content_type="application/json")
